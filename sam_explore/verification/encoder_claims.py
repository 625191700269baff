"""What is said of the released models' image encoder, measured on one picture."""

import numpy as np
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import SamConfig
from sam_explore.model.addresses import POSITION_ENCODING, in_block
from sam_explore.model.windows import padded_grid
from sam_explore.probes.common.outliers import robust_deviation
from sam_explore.probes.common.waves import strongest_waves
from sam_explore.probes.common.windows import with_window
from sam_explore.tracing import (
    Trace,
    attention_row,
    attention_statistics,
    even_statistics,
    interventions,
    norm,
    zero,
)

from .rows import Row, Subject, logit_change, mask_change

POSITIONS, NORMS, WINDOWS = "03_position_encodings", "06_tokens_through_depth", "05_windows"
ATTENTION, INTERVENTIONS = "04_attention", "13_interventions"
KNOWLEDGE = "07_what_tokens_know"
# Fractions of the logits' spread, of the mask, and of IoU, as in docs/phenomena.
MOVED, HARDLY, LOST = 0.05, 0.05, 0.02

Table = Float[np.ndarray, "row column channel"]


def waves_in_the_table_of_positions(subject: Subject) -> list[Row]:
    """Slow waves, in four families, with falling frequencies, and the cosines faster."""
    encoder = subject.sam.image_encoder.position_encoder
    table = encoder.table[0].double().cpu().numpy()
    places = np.random.default_rng(0).permutation(table.shape[0] * table.shape[1])
    shuffled = table.reshape(len(places), -1)[places].reshape(table.shape)
    slow, by_chance = 100 * slow_share(table), 100 * slow_share(shuffled)
    frequency, orientation, _ = strongest_waves(table)
    quarters = np.array_split(frequency, 4)
    along_x = [100 * float((np.abs(part) < 45).mean()) for part in np.array_split(orientation, 4)]
    falling = [100 * float((np.diff(part) <= 0).mean()) for part in quarters]
    sine_x, cosine_x, sine_y, cosine_y = (float(np.nanmean(part)) for part in quarters)
    return [
        Row("the position encodings are slow waves",
            f"{slow:.0f} % of the power in at most two cycles, {by_chance:.0f} % with positions "
            "shuffled", "at least twice as much", slow >= 2 * by_chance, POSITIONS),
        Row("their channels form four families: x, x, y, y", f"{_listed(along_x)} % along x",
            "over 60 % in the first two quarters, under 40 % in the others",
            min(along_x[:2]) > 60 and max(along_x[2:]) < 40, POSITIONS),
        Row("in each family the frequency falls",
            f"falls or stays in {_listed(falling)} % of the steps",
            "over 60 % in each", min(falling) > 60, POSITIONS),
        Row("cosines change faster than sines",
            f"{cosine_x:.2f} against {sine_x:.2f} cycles along x, {cosine_y:.2f} against "
            f"{sine_y:.2f} along y", "faster along both",
            cosine_x > sine_x and cosine_y > sine_y, POSITIONS),
    ]  # fmt: skip


def slow_share(table: Table) -> float:
    """The mean share of a channel's power in waves of at most two cycles along each axis."""
    power = np.abs(np.fft.fft2(table - table.mean(axis=(0, 1)), axes=(0, 1))) ** 2
    down, across = (np.abs(np.fft.fftfreq(length, 1 / length)) for length in table.shape[:2])
    slow = (down[:, None] <= 2) & (across[None] <= 2)
    return float((power[slow].sum(axis=0) / power.sum(axis=(0, 1))).mean())


def an_encoder_without_positions(subject: Subject) -> list[Row]:
    """The encoder with zeros instead of the table."""
    trace = subject.trace
    without = trace.with_edit(POSITION_ENCODING, zero)
    logits, mask = _against(subject, without)
    return [
        Row("without position encodings the encoder still works",
            f"{1 - mask:.2f} IoU with the usual mask; the logits change by {logits:.2f} standard "
            "deviations", "an IoU over 0.5", 1 - mask > 0.5, POSITIONS),
    ]  # fmt: skip


def norms_by_block(subject: Subject) -> list[Row]:
    """Growth from the embedding to the last block, and what stands out there."""
    before = in_block(0, "hook_residual_pre")
    after = in_block(subject.sam.config.encoder_depth - 1, "hook_residual_post")
    read = subject.trace.read([before, after], norm)
    first, last = (read[name][0].double().cpu().numpy() for name in (before, after))
    growth = float(np.median(last) / np.median(first))
    limit = np.median(last) + 5 * robust_deviation(last)
    return [
        Row("tokens get larger from the embedding to the last block",
            f"{growth:.2f} times in the median", "over 1", growth > 1, NORMS),
        Row("outliers after the last block",
            f"{int((last > limit).sum())} of {last.size} tokens are five robust deviations above "
            f"the median; the largest norm is {last.max() / np.median(last):.1f} medians",
            where=KNOWLEDGE),
    ]  # fmt: skip


def windows_of_another_size(subject: Subject) -> list[Row]:
    """The trained windows' padding, and windows that fit the grid instead."""
    config = subject.sam.config
    trained = [window for window in config.windows if window]
    if not trained or trained[0] >= config.grid:
        return [Row("windows", "this network has none that are smaller than its grid")]
    filled, _ = padded_grid(trained[0], (config.grid, config.grid))
    fitting = next(
        side for side in range(trained[0] + 1, config.grid + 1) if config.grid % side == 0
    )
    blocks = [block for block, window in enumerate(config.windows) if window]
    windows = with_window(config.windows, blocks, fitting)
    logits, mask = _against(subject, subject.trace.with_windows(windows))
    return [
        Row("windows", f"of {trained[0]} tokens, which fill {config.grid} up to {filled}; "
            f"{len(config.global_blocks)} global blocks", where=WINDOWS),
        Row(f"windows of {fitting} instead change the logits",
            f"by {logits:.3f} standard deviations", f"over {MOVED:g}", logits > MOVED, WINDOWS),
        Row(f"windows of {fitting} instead hardly change the mask", f"{100 * mask:.1f} % of it",
            f"under {100 * HARDLY:g} %", mask < HARDLY, WINDOWS),
    ]  # fmt: skip


def a_row_by_itself(subject: Subject) -> list[Row]:
    """A row of attention that is computed alone, and the row of the whole matrix."""
    config = subject.sam.config
    windowed = _first_windowed(config)
    if windowed is None:
        return [Row("a row computed alone", "this network has no windowed block",
                    where=ATTENTION)]  # fmt: skip
    difference = _row_against_matrix(subject.trace, windowed, config.windows[windowed])
    return [
        Row("a row of attention computed alone is the row of the matrix",
            f"differs by {difference:.1e}", "at most 1e-05", difference <= 1e-5, ATTENTION),
    ]  # fmt: skip


def attention_in_the_first_and_the_last_blocks(subject: Subject) -> list[Row]:
    """The weight on padding, and how far global heads look."""
    config, trace, rows = subject.sam.config, subject.trace, []
    windowed = _first_windowed(config)
    if windowed is not None:
        padding = float(attention_statistics(trace, windowed).padding.mean())
        even = float(even_statistics(trace, windowed).padding.mean())
        rows.append(
            Row(f"windows attend to their padding (block {windowed})",
                f"{100 * padding:.1f} % of the weight, where an even share is {100 * even:.1f} %",
                where=ATTENTION)
        )  # fmt: skip
    if len(config.global_blocks) > 1:
        first, last = (_reach(trace, config.global_blocks[at]) for at in (0, -1))
        rows.append(
            Row("the last global block looks farther than the first",
                f"{last:.2f} against {first:.2f} of an even spread's distance",
                "farther in the median head", last > first, ATTENTION)
        )  # fmt: skip
    return rows


def heads_of_the_last_block(subject: Subject) -> list[Row]:
    """Each ablated alone."""
    config, chosen = subject.sam.config, subject.answer.chosen
    block, before = config.encoder_depth - 1, subject.answer.masks()[chosen]
    kept = []
    for head in range(config.encoder_heads):
        without = interventions.AblateHead(block=block, head=head)
        after = subject.trace.with_interventions(without).prediction
        kept.append(mask_iou(before, after.masks()[chosen]))
    return [
        Row("a head of the last block can be removed without much loss",
            f"{np.median(kept):.3f} of the mask is kept in the median of {len(kept)} heads, "
            f"{min(kept):.3f} without the one that matters most", "over 0.95 in the median",
            float(np.median(kept)) > 0.95, INTERVENTIONS),
    ]  # fmt: skip


def a_stretched_picture(subject: Subject) -> list[Row]:
    """The picture stretched to a square instead of padded, as training always did."""
    chosen = subject.answer.chosen
    stretched = Trace(subject.sam, subject.image, subject.click, preprocessing="stretch")
    padded_iou, stretched_iou = (
        mask_iou(answer.masks()[chosen], subject.truth)
        for answer in (subject.answer, stretched.prediction)
    )
    return [
        Row("stretching instead of padding costs little",
            f"true IoU {stretched_iou:.3f} stretched, {padded_iou:.3f} padded",
            f"at most {LOST:g} less", stretched_iou >= padded_iou - LOST, "docs/phenomena"),
    ]  # fmt: skip


CLAIMS = (
    waves_in_the_table_of_positions,
    an_encoder_without_positions,
    norms_by_block,
    windows_of_another_size,
    attention_in_the_first_and_the_last_blocks,
    heads_of_the_last_block,
    a_stretched_picture,
)


def _first_windowed(config: SamConfig) -> int | None:
    return next((block for block, window in enumerate(config.windows) if window), None)


def _against(subject: Subject, other: Trace) -> tuple[float, float]:
    """Change of the logits and of the mask that was chosen."""
    chosen = subject.answer.chosen
    before, after = subject.answer.visible[chosen], other.prediction.visible[chosen]
    return logit_change(before, after), mask_change(before, after)


def _row_against_matrix(trace: Trace, block: int, window: int) -> float:
    """The largest difference of the first token's row in the first window."""
    pattern = trace[in_block(block, "attention.hook_pattern")]
    of_matrix = pattern[0, :, 0].unflatten(-1, (window, window))
    alone = attention_row(trace, block, (0, 0)).weights
    rows, columns = (min(window, length) for length in alone.shape[1:])
    one, other = alone[:, :rows, :columns], of_matrix[:, :rows, :columns]
    return float((one - other).abs().max())


def _reach(trace: Trace, block: int) -> float:
    """The median head's mean distance, as a part of what an even spread has."""
    statistics, even = attention_statistics(trace, block), even_statistics(trace, block)
    by_head = statistics.distance.nanmean(dim=(1, 2)) / even.distance.nanmean()
    return float(by_head.median())


def _listed(values: list[float]) -> str:
    *first, last = (f"{value:.0f}" for value in values)
    return f"{', '.join(first)} and {last}"
