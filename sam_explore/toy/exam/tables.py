"""Tables of means by level, stratum and kind, and writing them into a page."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.scenes.ground_truth import LEVELS

from .held_out import DRAWN_BY
from .manifest import Target
from .measures import STRATA

Groups = dict[str, dict[str, float]]


def mean_by_group(
    asked: Sequence[tuple[str, Target]], columns: Mapping[str, Float[np.ndarray, "target"]]
) -> Groups:
    """The mean of each column over all targets, and over those of each level, stratum and kind.

    asked: kind of scene and target, in the order of the columns' numbers. Groups without a target
    are left out, and so is a kind that all scenes have.
    """
    return {
        group: {"targets": int(here.sum())}
        | {name: float(np.asarray(values)[here].mean()) for name, values in columns.items()}
        for group, here in _groups(asked)
        if here.any()
    }


def _groups(
    asked: Sequence[tuple[str, Target]],
) -> Iterable[tuple[str, Bool[np.ndarray, "target"]]]:
    yield "all", np.ones(len(asked), bool)
    levels, strata = [target.level for _, target in asked], [target.stratum for _, target in asked]
    kinds = [kind for kind, _ in asked]
    named: list[tuple[Iterable[str], list[str]]] = [(LEVELS, levels), (STRATA, strata)]
    if len(set(kinds)) > 1:
        named.append((DRAWN_BY, kinds))
    for names, each in named:
        for name in names:
            yield name, np.array(each) == name


def markdown(rows: Iterable[Sequence[object]]) -> list[str]:
    """A table with a header row; fractions with three digits, columns as wide as needed."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    cells.insert(1, ["-" * width for width in widths])
    return [
        "| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]


def group_rows(groups: Groups) -> list[list[object]]:
    """The means as rows for `markdown`."""
    head = list(next(iter(groups.values())))
    return [["", *head], *([group, *row.values()] for group, row in groups.items())]


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def write_between_marks(path: Path, mark: str, lines: Sequence[str]) -> None:
    """Replace the text between two marks of a name in a markdown file.

    Raises ValueError if the file lacks them.
    """
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    text = path.read_text("utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{path} should hold the lines {begin} and {end}; put them in first.")
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text("\n".join([before + begin, "", *lines, "", end]) + after, "utf-8")
