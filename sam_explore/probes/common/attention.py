"""Shared by the probes of the image encoder's attention: heads, windows and depth."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve, Gallery, Heatmap, Matrix, Panel, Profile, Scale
from sam_explore.tracing import AttentionStatistics, Trace, attention_statistics, even_statistics

from .numbers import array, counted
from .probe import knob

ALL, MEAN = -2, -1
QUERIES = ("picture", "grid")


def head_knob(lowest: int = ALL, *, matters: bool = False) -> Any:
    """A field that is one head, or −1 for the mean of all, or −2 for all side by side."""
    return knob(
        MEAN,
        "head",
        low=lowest,
        high=lambda run: run.config.encoder_heads - 1,
        names=tuple(each for each in ((ALL, "all"), (MEAN, "mean")) if each[0] >= lowest),
        matters=matters,
    )


def single_head_knob(**about_values: Any) -> Any:
    """A field that is one head of the image encoder."""
    return knob(0, "head", low=0, high=lambda run: run.config.encoder_heads - 1, **about_values)


def _all_heads(probe: Any) -> bool:
    return bool(probe.head == ALL)


def shared_knob(of: str = "heads", when: Callable[[Any], bool] = _all_heads) -> Any:
    """A field that says whether all maps side by side have one scale or each its own.

    Args:
        of: what the maps are of.
        when: whether a probe shows several.
    """
    return knob(True, f"one scale for all {of}", choices=(True, False), when=when)


def queries_knob() -> Any:
    """A field that says which queries a mean is over: those that show the picture, or all."""
    return knob("picture", "queries of the", choices=QUERIES)


def of_head(values: Float[np.ndarray, "head *any"], head: int) -> Float[np.ndarray, "*any"]:
    """One head's values, or the mean of all."""
    return np.asarray(values.mean(axis=0) if head == MEAN else values[head])


def head_in_words(head: int, count: int) -> str:
    """Such as "head 3" or "the mean of 12 heads"."""
    return f"the mean of {counted(count, 'head')}" if head == MEAN else f"head {head}"


def token_in_words(token: tuple[int, int]) -> str:
    """Such as "row 3, column 5"."""
    return f"row {token[0]}, column {token[1]}"


def window_edges(trace: Trace, block: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Rows and columns of the grid after which a window of the block ends."""
    rows, columns = (
        tuple(range(side - 1, length - 1, side))
        for length, side in zip(trace.frame.grid, trace.attended(block), strict=True)
    )
    return rows, columns


def by_grid(
    trace: Trace, block: int, vectors: Float[np.ndarray, "window head token channel"]
) -> Float[np.ndarray, "head row column channel"]:
    """Vectors of a block's attention, which it has by window, over the grid without padding."""
    rows, columns = trace.frame.grid
    down, across = trace.attended(block)
    windows = -(-rows // down), -(-columns // across)
    _, heads, _, channels = vectors.shape
    placed = vectors.reshape(*windows, heads, down, across, channels).transpose(2, 0, 3, 1, 4, 5)
    whole = placed.reshape(heads, windows[0] * down, windows[1] * across, channels)
    return whole[:, :rows, :columns]


def by_head(
    values: Float[np.ndarray, "head row column"],
    head: int,
    draw: Callable[[Float[np.ndarray, "row column"], str], Heatmap],
    title: str,
    words: str,
    shared: bool,
) -> Heatmap | Gallery:
    """The map of one head or of their mean; or all in a gallery, on one scale if it is `shared`.

    `draw` makes a map of values and a title.
    """
    if head != ALL:
        return draw(of_head(values, head), title)
    maps = tuple(draw(each, f"head {index}") for index, each in enumerate(values))
    return Gallery(maps, title, words, maps[0].scale if shared else None)


def over_depth(
    trace: Trace, statistic: str, queries: str, title: str, name: str, unit: str
) -> Panel:
    """One of the `AttentionStatistics` over the blocks: the heads' range, and each head by itself.

    Args:
        trace: the run.
        statistic: its name there.
        queries: whose mean is taken: "picture" for the tokens that show the picture, or "grid".
        title: of the panel.
        name: the statistic in a sentence, with its unit, such as "entropy in bits".
        unit: of the table's colours.
    """
    blocks = range(trace.sam.config.encoder_depth)
    values, even = (
        np.stack(
            [mean_over_queries(find(trace, each), statistic, queries, trace) for each in blocks]
        )
        for find in (attention_statistics, even_statistics)
    )
    kinds = _kinds(trace.windows)
    words = _words(kinds, values, even[:, 0], name)
    reach = float(max(np.nanmax(values), np.nanmax(even)))
    curves = (
        _curves(kind, at, values, even[:, 0], words, name, reach) for kind, at in kinds.items()
    )
    scale = Scale(unit, low=0.0)
    table = head_table(trace.windows, values, scale, "Each head by itself", words)
    return Panel((*curves, table), title=title, words=words, across=2)


def head_table(
    windows: Sequence[int],
    values: Float[np.ndarray, "block head"],
    scale: Scale,
    title: str,
    words: str,
    first: int = 0,
) -> Matrix:
    """A number for each head of blocks from the `first` on; `windows` tell which are global."""
    return Matrix(
        values,
        rows=tuple(
            f"{block}{'' if windows[block] else ', global'}"
            for block in range(first, first + len(values))
        ),
        columns=tuple(map(str, range(values.shape[1]))),
        title=title,
        words=words,
        row_name="block",
        column_name="head",
        scale=scale,
    )


def _kinds(windows: Sequence[int]) -> dict[str, list[int]]:
    """The windowed and the global blocks, as far as there are any."""
    kinds: dict[str, list[int]] = {"windowed": [], "global": []}
    for block, window in enumerate(windows):
        kinds["windowed" if window else "global"].append(block)
    return {kind: blocks for kind, blocks in kinds.items() if blocks}


def mean_over_queries(
    found: AttentionStatistics, statistic: str, queries: str, trace: Trace
) -> Float[np.ndarray, "head"]:
    """The mean over the queries for each head; queries without a value are left out."""
    rows, columns = trace.frame.tokens_shown if queries == "picture" else trace.frame.grid
    values = array(getattr(found, statistic))[:, :rows, :columns]
    there = np.isfinite(values)
    total, count = np.where(there, values, 0).sum(axis=(1, 2)), there.sum(axis=(1, 2))
    return np.divide(total, count, out=np.full(len(values), np.nan), where=count > 0)


def _curves(
    kind: str,
    blocks: list[int],
    values: Float[np.ndarray, "block head"],
    even: Float[np.ndarray, "block"],
    words: str,
    name: str,
    reach: float,
) -> Profile:
    heads = f"mean of {counted(values.shape[1], 'head')}, with their range"
    values = values[blocks]
    return Profile(
        np.array(blocks, dtype=float),
        (
            Curve(values.mean(axis=1), heads, values.min(axis=1), values.max(axis=1)),
            Curve(even[blocks], "if attention were spread evenly"),
        ),
        title=f"{kind.capitalize()} blocks",
        words=words,
        x_name="block",
        y_name=name,
        x_labels=tuple(map(str, blocks)),
        # The charts of both kinds are compared; none of these statistics is below 0.
        y_reach=(0.0, reach),
    )


def _words(
    kinds: dict[str, list[int]],
    values: Float[np.ndarray, "block head"],
    even: Float[np.ndarray, "block"],
    name: str,
) -> str:
    means = ", and ".join(
        f"{text(float(values[blocks].mean()))} in {kind} blocks, where evenly spread attention has "
        f"{text(float(even[blocks].mean()))}"
        for kind, blocks in kinds.items()
    )
    least, most = (
        f"{text(float(values.ravel()[at]))} in head {at % values.shape[1]} of block "
        f"{at // values.shape[1]}"
        for at in (values.argmin(), values.argmax())
    )
    return (
        f"In the mean over heads and queries, the {name} is {means}. The least is {least}, the "
        f"most {most}."
    )
