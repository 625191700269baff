"""Forms of claims that readings of the prediction make, with what each is held against."""

import re

import numpy as np

from sam_explore.mask_overlap import mask_iou
from sam_explore.probes.common.windows import arithmetic as count
from sam_explore.probes.common.windows import with_window
from sam_explore.tracing import Trace, mirror_of
from sam_explore.tracing.attribution import (
    control_of,
    patches_with_content,
    rank_correlation,
)
from sam_explore.tracing.interventions import PatchTokens

from .caption import (
    NUMBER,
    SHARE,
    Caption,
    in_two_decimals,
    number,
    said,
    said_in_two_digits,
    share_is,
)

TWO = r"(−?\d+\.\d\d)"


def run_of(caption: Caption) -> Trace:
    """The run that a number is taken of."""
    shuffled = getattr(caption.probe, "weights", "trained") == "shuffled"
    return control_of(caption.trace) if shuffled else caption.trace


def mean_logit(caption: Caption, mask: str, value: str) -> bool:
    """The region is that of the trained weights, above the threshold or else everywhere."""
    inside = caption.trace.prediction.visible[int(mask)] > caption.probe.threshold
    inside = inside if inside.any() else ~inside
    return said(value, run_of(caption).prediction.visible[int(mask)][inside].mean())


def predicted_iou(caption: Caption, mask: str, value: str) -> bool:
    return said(value, run_of(caption).prediction.iou[int(mask)])


def range_of_maps(caption: Caption, several: str) -> bool:
    ranges = re.findall(rf"([a-z ]+) {NUMBER} to {NUMBER}", several)
    maps = {each.title.lower(): each.values for each in caption.maps}
    return len(ranges) == len(maps) and all(
        said(low, maps[name.strip()].min()) and said(high, maps[name.strip()].max())
        for name, low, high in ranges
    )


def range_of_map(caption: Caption, low: str, high: str) -> bool:
    return any(
        said(low, each.values.min()) and said(high, each.values.max()) for each in caption.maps
    )


def correlations(caption: Caption, *values: str) -> bool:
    """Each gradient's map stands before that of the occlusion; patches count that can lose."""
    patch = caption.probe.patch_side(caption.trace.config)
    maps = [each.values[::patch, ::patch] for each in caption.maps]
    methods = [each.title.lower() for each in caption.maps]
    for value, (at, method) in zip(values, list(enumerate(methods))[::2], strict=True):
        holds = patches_with_content(caption.trace, method, patch)
        found = rank_correlation(maps[at][holds], maps[at + 1][holds])
        if not said_in_two_digits(value, found):
            return False
    return True


def is_a_correlation(caption: Caption, value: str) -> bool:
    return -1 <= number(value) <= 1


def ends_of_removal(caption: Caption, first: str, last: str) -> bool:
    deletion = caption.charts[0].curves[0].y
    insertion = caption.charts[1].curves[0].y
    is_so = said(first, deletion[0]) and said(last, deletion[-1])
    return is_so and said(first, insertion[-1]) and said(last, insertion[0])


def area(caption: Caption, kind: str, own: str, random: str) -> bool:
    [chart] = [each for each in caption.charts if each.title.lower().startswith(kind)]
    areas = [np.trapezoid(each.y, chart.x / 100) for each in chart.curves]
    return said(own, areas[0]) and said(random, areas[1])


def slopes(caption: Caption, several: str) -> bool:
    [table] = caption.tables
    found = re.findall(rf"([\w, ]+): {NUMBER} and {NUMBER}", several)
    return len(found) == len(table.rows) and all(
        row.endswith(name.strip()) and said(x, values[0]) and said(y, values[1])
        for (name, x, y), row, values in zip(found, table.rows, table.values, strict=True)
    )


def moved(caption: Caption, distance: str, click: str, change: str, tangent: str) -> bool:
    [chart] = caption.charts
    again, line = (each.y for each in chart.curves)
    last, middle = np.flatnonzero(np.isfinite(again))[-1], len(again) // 2
    return (
        chart.title.startswith(f"Click {click} ")
        and said(distance, chart.x[last])
        and said(change, again[last] - again[middle])
        and said(tangent, line[last] - line[middle])
    )


def greatest_effect(caption: Caption, *found: str) -> bool:
    count, head, block, most, median = found
    values = caption.tables[0].values
    at = np.unravel_index(np.abs(values).argmax(), values.shape)
    return (
        int(count) == values.size
        and (caption.tables[0].rows[at[0]].split(",")[0], at[1]) == (block, int(head))
        and said(most, values[at])
        and said(median, np.median(np.abs(values)))
    )


def least_kept(caption: Caption, least: str, head: str, block: str) -> bool:
    table = caption.tables[1]
    [row] = [i for i, each in enumerate(table.rows) if each.split(",")[0] == block]
    return said(least, table.values.min()) and said(least, table.values[row, int(head)])


def effects_and_looks(caption: Caption, value: str) -> bool:
    effects, _, looks = (each.values for each in caption.tables)
    return said_in_two_digits(value, rank_correlation(np.abs(effects), looks))


def goes_of_the_way(caption: Caption, mask: str, share: str) -> bool:
    """By least squares, over the cells of the replaced tokens: four by four of them a token."""
    probe, here = caption.probe, caption.trace
    places, there = probe.places(here.frame.grid), probe.other or mirror_of(here)
    changed = here.with_interventions(PatchTokens(there, probe.block, places))
    start, now, end = (
        np.stack([
            run.prediction.logits[int(mask)][4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
            for row, column in places
        ]).ravel()
        for run in (here, changed, there.with_prompts(here.prompts))
    )  # fmt: skip
    [way] = np.linalg.lstsq((end - start)[:, None], now - start, rcond=None)[0]
    return said_in_two_digits(share, way)


def patched(caption: Caption, block: str, count: str, mean: str) -> bool:
    apart = caption.maps[0]
    return int(count) == len(apart.marks) and said(
        mean, np.mean([apart.values[place] for place in apart.marks])
    )


def patched_logits(caption: Caption, mask: str, before: str, after: str) -> bool:
    maps = {each.title: each.values for each in caption.maps}
    was, now = maps[f"Mask {mask} before"], maps[f"Mask {mask} after"]
    inside = was > caption.probe.threshold
    inside = inside if inside.any() else ~inside
    return said(before, was[inside].mean()) and said(after, now[inside].mean())


def choice_moves(caption: Caption, before: str, after: str) -> bool:
    """It says so only where it moves; before is the run itself, or the one in trained windows."""
    starts = {run.prediction.chosen for run in (caption.trace, caption.trace.with_windows(None))}
    return int(before) in starts and before != after


def changed(caption: Caption, mask: str, mean: str, most: str) -> bool:
    size = np.abs(caption.maps[1].values)
    return said(mean, size.mean()) and said(most, size.max())


def overlaps(caption: Caption, several: str) -> bool:
    found = re.findall(TWO, several)
    values = caption.tables[0].values[:, 0]
    return all(in_two_decimals(*pair) for pair in zip(found, values, strict=True))


def true_moves(caption: Caption, mask: str, before: str, after: str) -> bool:
    row = caption.tables[0].values[int(mask)]
    return in_two_decimals(before, row[2]) and in_two_decimals(after, row[4])


def arithmetic(caption: Caption, share: str) -> bool:
    """Of all blocks, in the windows that the probe chooses and in the trained ones."""
    probe, trace = caption.probe, caption.trace
    config = trace.sam.config
    windows = with_window(trace.windows, probe.blocks(config), probe.window)
    needs = [count(config, each, trace.frame.grid) for each in (windows, config.windows)]
    return share_is(share, 100 * needs[0] / needs[1])


def window_that_changes(caption: Caption, which: str, window: str, moved: str, kept: str) -> bool:
    """The most is the largest change over all sizes, the least the smallest above 0."""
    overlap, change = caption.charts[:2]
    mask = int(re.findall(r"mask (\d)'s", change.title)[0])
    moves = change.curves[0].y
    place = moves.argmax() if which == "most" else np.where(moves > 0, moves, np.inf).argmin()
    label = overlap.x_labels[place]
    is_named = window == ("global attention" if label == "global" else f"windows of {label} tokens")
    shown = said(moved, moves[place]) and in_two_decimals(kept, overlap.curves[mask].y[place])
    return bool(is_named and shown)


def beyond_what_is_drawn(caption: Caption, share: str) -> bool:
    return share_is(share, 100 * (1 - caption.charts[0].curves[0].y.sum()))


def checkerboard(caption: Caption, mask: str, size: str) -> bool:
    """Tokens of 4 x 4 logits, as far as they are whole."""
    logits = caption.trace.prediction.visible[int(mask)].astype(float)
    rows, columns = (length // 4 * 4 for length in logits.shape)
    tokens = [
        logits[row : row + 4, column : column + 4]
        for row in range(0, rows, 4)
        for column in range(0, columns, 4)
    ]
    mean = np.mean(tokens, axis=0)
    return abs(number(size) - np.sqrt(((mean - mean.mean()) ** 2).mean())) <= 0.06 * number(size)


def areas(caption: Caption, small: str, least: str, large: str, most: str) -> bool:
    inside = 100 * (caption.trace.prediction.visible > caption.probe.threshold).mean(axis=(1, 2))
    return (
        int(small) == inside.argmin()
        and int(large) == inside.argmax()
        and share_is(least, inside.min())
        and share_is(most, inside.max())
    )


def stability(caption: Caption, value: str) -> bool:
    found = caption.trace.prediction.stability(caption.probe.threshold)
    return any(in_two_decimals(value, each) for each in found)


def true_iou(caption: Caption, mask: int, run: Trace | None = None) -> float:
    scene = caption.probe.truth.scene
    cut = (run or run_of(caption)).prediction.masks(caption.probe.threshold)[mask]
    return mask_iou(cut, scene.mask(0))


def best_mask(caption: Caption, best: str, true: str, hoped: str | None, predicted: str) -> bool:
    """The second mask is named where it is another one."""
    guesses = caption.trace.prediction.iou
    ious = [true_iou(caption, mask) for mask in range(len(guesses))]
    return (
        int(best) == np.argmax(ious)
        and int(hoped or best) == guesses.argmax()
        and in_two_decimals(true, max(ious))
        and in_two_decimals(predicted, guesses.max())
    )


def one_true(caption: Caption, mask: str, predicted: str, true: str) -> bool:
    return in_two_decimals(
        predicted, run_of(caption).prediction.iou[int(mask)]
    ) and in_two_decimals(true, true_iou(caption, int(mask)))


def before_and_after_a_patch(caption: Caption, mask: str, *said: str) -> bool:
    """Predicted IoU and true IoU, each without the patch and with it."""
    probe, trace = caption.probe, caption.trace
    places = probe.places(trace.frame.grid)
    patched = trace.with_interventions(PatchTokens(mirror_of(trace), probe.block, places))
    right = [each.prediction.iou[int(mask)] for each in (trace, patched)]
    right += [true_iou(caption, int(mask), each) for each in (trace, patched)]
    return all(map(in_two_decimals, said, right))


WHERE = (
    rf"(?:where it (?:lies|is) above {NUMBER.replace('(', '(?:', 1)}[\w ]*|over the whole picture)"
)
CLAIMS = (
    (
        rf"IoU of mask (\d) goes from {TWO} to {TWO}, its true IoU with [\w ]+ from {TWO} to {TWO}",
        before_and_after_a_patch,
    ),
    (rf"mask (\d)'s mean logit {WHERE} is {NUMBER}", mean_logit),
    (rf"mask (\d)'s predicted IoU is {NUMBER}", predicted_iou),
    (
        rf"All on one scale \([\w ]+\), by [^:]+: ((?:[a-z ]+ {NUMBER} to {NUMBER}(?:, )?)+)",
        lambda caption, several, *_: range_of_maps(caption, several),
    ),
    (rf"(?:gradient|occlusion)[\w ]+: {NUMBER} to {NUMBER}", range_of_map),
    (rf"the occlusion of the same patches is {NUMBER}[.](?: |$)", correlations),
    (rf"the occlusion of the same patches is {NUMBER} for [a-z ]+, {NUMBER} for", correlations),
    (rf"rank correlation with the trained ones' map is {NUMBER}", is_a_correlation),
    (rf" is {NUMBER}, and {NUMBER} without any content", ends_of_removal),
    (rf"area of the (deletion|insertion) curve is {NUMBER}, in random order {NUMBER}", area),
    (r"for a pixel to the right and for one down, by (.+?)\.(?: |$)", slopes),
    (
        rf"{NUMBER} pixels along its gradient, click (\d+) changes the number by {NUMBER}; the "
        rf"gradient says {NUMBER}",
        moved,
    ),
    (
        rf"Of (\d+) heads, head (\d+) of block (\d+) has the greatest effect: without it [^:;]+? "
        rf"changes by {NUMBER}, where the median head changes it by {NUMBER}",
        greatest_effect,
    ),
    (rf"keeps an IoU of at least {NUMBER}, without head (\d+) of block (\d+)", least_kept),
    (
        r"rank correlation of the effects' size with the attention to row \d+, column \d+ is "
        rf"{NUMBER}",
        effects_and_looks,
    ),
    (
        rf"After block (\d+), (\d+) tokens? around row \d+, column \d+ come from the other run; in "
        rf"the mean they lie {NUMBER} norms from",
        patched,
    ),
    (
        rf"There the logits of mask (\d) go {NUMBER} of the way to those that the other run has",
        goes_of_the_way,
    ),
    (rf"The runs lie {NUMBER} to {NUMBER} norms apart", range_of_map),
    (
        rf"Mask (\d)'s mean logit (?:where it lay above {NUMBER.replace('(', '(?:', 1)}|over the "
        rf"whole picture) goes from {NUMBER} to {NUMBER}",
        patched_logits,
    ),
    (r"The model's choice goes from mask (\d) to mask (\d)", choice_moves),
    (rf"The logits of mask (\d) change by {NUMBER} in the mean and {NUMBER} at most", changed),
    (r"same token's mask in the trained windows: ([\d., ]+\d)\.", overlaps),
    (rf"Mask (\d)'s true IoU with [^.]+? goes from {TWO} to {TWO}", true_moves),
    (rf"The image encoder's blocks need {SHARE} of the arithmetic", arithmetic),
    (
        rf"(most|least) with (global attention|windows of \d+ tokens) \({NUMBER} logits in the "
        rf"mean, overlap {TWO}\)",
        window_that_changes,
    ),
    (rf"{SHARE} of the logits lie beyond what is drawn", beyond_what_is_drawn),
    (rf"in mask (\d) it departs by {NUMBER} from a token's mean", checkerboard),
    (
        rf"The smallest mask is mask (\d) \({SHARE} of the picture\), the largest mask (\d) "
        rf"\({SHARE}\)",
        areas,
    ),
    (rf"Its stability score is {TWO}", stability),
    (
        rf"Mask (\d) is the best by true IoU with [^.]+? \({TWO}\)(?: and|, mask (\d)) by "
        rf"predicted IoU \({TWO}\)",
        best_mask,
    ),
    (rf"The predicted IoU of mask (\d) is {TWO}, its true IoU with [^.]+? {TWO}\.", one_true),
)
