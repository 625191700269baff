"""Forms of claims that readings of the image encoder make, with what each is held against."""

import re
from math import ceil, prod

import numpy as np

from .caption import NUMBER, SHARE, Caption, greatest_at, said, share_is


def column_sum(caption: Caption, total: str, even: str, most: str, row: str, column: str) -> bool:
    values = caption.maps[0].values
    keys = prod(caption.trace.attended(caption.probe.block))
    return (
        said(total, np.nansum(values))
        and said(even, np.isfinite(values).sum() / keys)
        and said(most, np.nanmax(values))
        and greatest_at(values, row, column)
    )


def column_sums(
    caption: Caption, least: str, first: str, most: str, second: str, count: str, even: str
) -> bool:
    sums = np.array([np.nansum(each.values) for each in caption.maps])
    keys = prod(caption.trace.attended(caption.probe.block))
    return (
        (int(first), int(second), int(count)) == (sums.argmin(), sums.argmax(), len(sums))
        and said(least, sums.min())
        and said(most, sums.max())
        and said(even, np.isfinite(caption.maps[0].values).sum() / keys)
    )


def row_of_weights(
    caption: Caption, row: str, column: str, most: str, times: str, itself: str
) -> bool:
    values = caption.maps[0].values
    keys = prod(caption.trace.attended(caption.probe.block))
    return (
        greatest_at(values, row, column)
        and said(most, np.nanmax(values))
        and said(times, np.nanmax(values) * keys)
        and said(itself, values[caption.probe.token])
    )


def on_padding(caption: Caption, share: str) -> bool:
    """All weights sum up to 1. Where padding has tokens, the map has them too."""
    values, picture = caption.maps[0].values, caption.maps[0].underlay
    if np.isclose(np.nansum(values), 1):
        values = values[: ceil(picture.rows), : ceil(picture.columns)]
    return share_is(share, 100 * (1 - np.nansum(values)))


def row_of_terms(caption: Caption, low: str, high: str, row: str, column: str) -> bool:
    values = caption.maps[0].values
    is_range = said(low, np.nanmin(values)) and said(high, np.nanmax(values))
    return is_range and greatest_at(values, row, column)


def row_of_heads(caption: Caption, count: str, most: str, head: str, row: str, column: str) -> bool:
    greatest = [np.nanmax(each.values) for each in caption.maps]
    return (
        (int(count), int(head)) == (len(greatest), int(np.argmax(greatest)))
        and said(most, max(greatest))
        and greatest_at(caption.maps[int(head)].values, row, column)
    )


def over_depth(caption: Caption, mean: str, kind: str, even: str) -> bool:
    [table] = caption.tables
    rows = ["global" in row for row in table.rows]
    values = table.values[np.array(rows) == (kind == "global")]
    [chart] = [each for each in caption.charts if each.title.lower().startswith(kind)]
    return said(mean, values.mean()) and said(even, chart.curves[1].y.mean())


def ends_over_depth(caption: Caption, *found: str) -> bool:
    values = caption.tables[0].values
    least, low_head, low_block, most, high_head, high_block = found
    return (
        said(least, values.min())
        and said(most, values.max())
        and said(least, values[int(low_block), int(low_head)])
        and said(most, values[int(high_block), int(high_head)])
    )


def similar(caption: Caption, low: str, high: str, mean: str) -> bool:
    others = caption.maps[0].values.copy()
    others[caption.probe.token] = np.nan
    found = np.nanmin(others), np.nanmax(others), np.nanmean(others)
    return all(map(said, (low, high, mean), found))


def median_of_map(caption: Caption, median: str) -> bool:
    return any(said(median, np.median(each.values)) for each in caption.maps)


def mean_of_map(caption: Caption, mean: str) -> bool:
    return any(said(mean, each.values.mean()) for each in caption.maps)


def range_of_part(caption: Caption, low: str, high: str) -> bool:
    arrays = [each.values for each in (*caption.maps, *caption.tables)]
    arrays += [curve.y for chart in caption.charts for curve in chart.curves]
    arrays += [np.stack([curve.y for curve in chart.curves]) for chart in caption.charts]
    return any(said(low, np.nanmin(a)) and said(high, np.nanmax(a)) for a in arrays)


def norms_of_blocks(caption: Caption, first: str, last: str, block: str) -> bool:
    medians = [np.median(each.values) for each in caption.maps]
    return said(first, medians[0]) and said(last, medians[-1]) and int(block) == len(medians) - 1


def greatest_of_blocks(caption: Caption, most: str, block: str, row: str, column: str) -> bool:
    greatest = [each.values.max() for each in caption.maps]
    at = int(block)
    is_there = greatest_at(caption.maps[at].values, row, column)
    return said(most, max(greatest)) and said(most, greatest[at]) and is_there


def outliers(caption: Caption, count: str, size: str, median: str, limit: str) -> bool:
    [shown] = caption.maps
    number = 0 if count == "No" else int(count)
    above = np.sort(shown.values, axis=None)[::-1][:number]
    return (
        (number, int(size)) == (len(shown.marks), shown.values.size)
        and all(shown.values[mark] in above for mark in shown.marks)
        and said(median, np.median(shown.values))
        and all(each > float(limit) * 0.99 for each in above)
    )


def greatest_of_map(caption: Caption, most: str) -> bool:
    return said(most, caption.maps[0].values.max())


def norms_over_depth(caption: Caption, first: str, last: str, block: str) -> bool:
    median = caption.curve("median").y
    is_last = int(block) == len(median) - 2  # the first is the embedding
    return said(first, median[0]) and said(last, median[-1]) and is_last


def ends_of_last(caption: Caption, least: str, most: str, low: str, high: str) -> bool:
    median = caption.curve("median")
    ends = caption.curve("least").y[-1], caption.curve("greatest").y[-1]
    return all(map(said, (least, most, low, high), (*ends, median.low[-1], median.high[-1])))


def added(caption: Caption, *found: str) -> bool:
    """The least and the greatest of a curve's medians, at their blocks."""
    low, first, high, second = found
    return any(
        said(low, curve.y.min())
        and said(high, curve.y.max())
        and said(low, curve.y[int(first)])
        and said(high, curve.y[int(second)])
        for curve in caption.charts[0].curves
    )


def distances(caption: Caption, axis: str, low: str, high: str, at: str) -> bool:
    curve, x = caption.curve(axis).y, caption.charts[0].x
    is_range = said(low, np.nanmin(curve)) and said(high, np.nanmax(curve))
    return is_range and said(at, x[np.nanargmax(curve)])


def waves(caption: Caption, low: str, high: str, share: str, size: str) -> bool:
    frequency, _, shares = (chart.curves[0].y for chart in caption.charts)
    return (
        said(low, np.nanmin(frequency))
        and said(high, np.nanmax(frequency))
        and abs(float(share) - 100 * np.nanmedian(shares)) < 1
        and int(size) == len(frequency) // 4
    )


def quarters(caption: Caption, along_x: str, means: str, falling: str) -> bool:
    frequency, orientation, _ = (chart.curves[0].y for chart in caption.charts)
    counts = [int((np.abs(part) < 45).sum()) for part in np.array_split(orientation, 4)]
    steps = [np.diff(part) for part in np.array_split(frequency, 4)]
    shares = [100 * (each[np.isfinite(each)] <= 0).mean() for each in steps]
    of_each = [np.nanmean(part) for part in np.array_split(frequency, 4)]
    return (
        list(map(int, re.findall(r"\d+", along_x))) == counts
        and all(map(said, re.findall(NUMBER, means), of_each))
        and all(
            abs(float(a) - b) < 1 for a, b in zip(re.findall(NUMBER, falling), shares, strict=True)
        )
    )


def in_windows(caption: Caption, count: str, side: str) -> bool:
    [shown] = caption.maps
    return int(count) * int(side) ** 2 == shown.values.size


def filled_up(caption: Caption, *found: str) -> bool:
    rows, columns, filled_rows, filled_columns, padded, share = found
    [shown] = caption.maps
    padding = int(np.isnan(shown.values).sum())
    return (
        shown.values.shape == (int(filled_rows), int(filled_columns))
        and int(padded) == padding == shown.values.size - int(rows) * int(columns)
        and share_is(share, 100 * padding / shown.values.size)
    )


def fits(caption: Caption, rows: str, columns: str) -> bool:
    return caption.maps[0].values.shape == (int(rows), int(columns))


def sees_all(caption: Caption, count: str) -> bool:
    return int(count) == caption.maps[0].values.size


LIST = r"((?:[\d.]+%?(?: %)?(?:, | and )?)+)"
CLAIMS = (
    (
        rf"From all queries together, the key at row \d+, column \d+ in block \d+ gets {NUMBER} in "
        rf"(?:head \d+|the mean of \d+ heads?); evenly spread attention would give it {NUMBER}\. "
        rf"The most, {NUMBER}, comes from row (\d+), column (\d+)",
        column_sum,
    ),
    (
        rf"From all queries together, the key at row \d+, column \d+ in block \d+ gets between "
        rf"{NUMBER}, in head (\d+), and {NUMBER}, in head (\d+) of (\d+); evenly spread attention "
        rf"would give it {NUMBER}",
        column_sums,
    ),
    (
        rf"For the query at row \d+, column \d+ in block \d+, (?:head \d+|the mean of \d+ heads?) "
        rf"gives the greatest weight to row (\d+), column (\d+): {NUMBER}, which is {NUMBER} times "
        rf"an even share\. The token gives itself {NUMBER}",
        row_of_weights,
    ),
    (rf"{SHARE} falls on padding", on_padding),
    (
        rf"For the query at row \d+, column \d+ in block \d+, the [\w ]+ of (?:head \d+|the mean of"
        rf" \d+ heads?) go from {NUMBER} to {NUMBER}, the greatest at row (\d+), column (\d+)",
        row_of_terms,
    ),
    (
        rf"For the query at row \d+, column \d+ in block \d+, the greatest of the [\w ]+ of all "
        rf"(\d+) heads is {NUMBER}, of head (\d+) at row (\d+), column (\d+)",
        row_of_heads,
    ),
    (
        rf"{NUMBER} in (windowed|global) blocks, where evenly spread attention has {NUMBER}",
        over_depth,
    ),
    (
        rf"The least is {NUMBER} in head (\d+) of block (\d+), the most {NUMBER} in head (\d+) of "
        r"block (\d+)",
        ends_over_depth,
    ),
    (rf"have cosines from {NUMBER} to {NUMBER}, {NUMBER} in the mean", similar),
    (rf"with a median of {NUMBER}", median_of_map),
    (rf"its mean is {NUMBER}", mean_of_map),
    (rf"After block \d+: from {NUMBER} to {NUMBER}", range_of_part),
    (rf"The vectors of block \d+ have lengths from {NUMBER} to {NUMBER}", range_of_part),
    (rf"(?:: 0 along x, 90 along y|wave|power) goes from {NUMBER} to {NUMBER} ", range_of_part),
    (
        rf"A token's norm is {NUMBER} in the median after block 0 and {NUMBER} after block (\d+)",
        norms_of_blocks,
    ),
    (
        rf"The greatest of all, {NUMBER}, comes after block (\d+) at row (\d+), column (\d+)",
        greatest_of_blocks,
    ),
    (
        rf"(\d+|No) tokens? of (\d+) lies? more than [\d.]+ robust deviations above the median "
        rf"norm after block \d+, {NUMBER}; the limit is {NUMBER}",
        outliers,
    ),
    (rf"The greatest, {NUMBER}, is at", greatest_of_map),
    (
        rf"The median norm of a token goes from {NUMBER} after the embedding to {NUMBER} after "
        r"block (\d+)",
        norms_over_depth,
    ),
    (
        rf"the tokens lie between {NUMBER} and {NUMBER}, 90 % of them between {NUMBER} and "
        rf"{NUMBER}",
        ends_of_last,
    ),
    (
        rf"from {NUMBER} times as large in block (\d+) to {NUMBER} times in block (\d+)",
        added,
    ),
    (
        rf"(vertical|horizontal) distances add from {NUMBER} to {NUMBER}, the most at {NUMBER}",
        distances,
    ),
    (
        rf"The strongest waves go from {NUMBER} to {NUMBER} cycles across the grid and hold "
        rf"{NUMBER} % of a channel's power in the median\. In the four quarters of (\d+) channels",
        waves,
    ),
    (
        rf"channels each, {LIST} change more along x than along y\. Their mean frequencies are "
        rf"{LIST} cycles across the grid\. From one channel to the next in a quarter, the "
        rf"frequency falls or stays in {LIST} of the steps",
        quarters,
    ),
    (r"attends in (\d+) windows? of (\d+) × \d+ tokens", in_windows),
    (
        r"The grid of (\d+) × (\d+) tokens is filled up to (\d+) × (\d+) with (\d+) padded "
        rf"tokens?: {SHARE} of the attention's work",
        filled_up,
    ),
    (r"They fit the grid of (\d+) × (\d+) tokens", fits),
    (r"each of the (\d+) tokens sees all of them", sees_all),
)
