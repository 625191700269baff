"""The layout of the map: boxes, the frames of what is unfolded, and the arrows between them.

Parts of a level stand in columns from left to right, each after those that it is computed from, and
columns continue on the next row where there is no more room.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, runtime_checkable

from .parts import INPUTS, Part

BOX, PICTURE = 98, 48  # CSS pixels: the width of a box, and the height of the picture in it
LINE = 14  # of a line of text in a box
TITLE_LINES = 2
BOX_HEIGHT = TITLE_LINES * LINE + PICTURE + LINE + 10
HEADER = 20  # of an unfolded part's frame
PADDING = 8
GAP = 18  # between columns, for an arrow
BETWEEN = 8  # boxes of a column
_MOST_IN_COLUMN = 4
_FULL = 0.8  # of the room: what follows so wide a row begins another one

Place = tuple[float, float]


@runtime_checkable
class Connected(Protocol):
    """The part of a `Network` that the layout depends on."""

    @property
    def root(self) -> Part: ...

    @property
    def before(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def from_weights(self) -> Collection[str]: ...


@dataclass(frozen=True)
class Box:
    """A part that is drawn as one box, or an unfolded one's frame. Lengths are CSS pixels.

    `depth` counts the frames around it.
    """

    part: Part
    left: int
    top: int
    width: int
    height: int
    depth: int
    is_frame: bool = False

    def holds(self, x: float, y: float) -> bool:
        """Whether it can be pointed at there: a frame only at its header."""
        height = HEADER if self.is_frame else self.height
        return self.left <= x < self.left + self.width and self.top <= y < self.top + height

    @property
    def middle(self) -> Place:
        """Of what can be pointed at."""
        return self.left + self.width / 2, self.top + (HEADER if self.is_frame else self.height) / 2

    def moved(self, right: int, down: int) -> "Box":
        """The same at another place."""
        return replace(self, left=self.left + right, top=self.top + down)


@dataclass(frozen=True)
class MapLayout:
    """The map, laid out. All lengths are CSS pixels.

    `boxes` are in the order of a run, the frame of an unfolded part before the boxes in it.
    `arrows` are lines of places, each from a part to the next one that is computed from it.
    """

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Place, ...], ...]
    width: int
    height: int

    def at(self, x: float, y: float) -> Box | None:
        """What lies at a place; of a frame its header."""
        return next((box for box in self.boxes if box.holds(x, y)), None)

    def box_of(self, name: str) -> Box | None:
        """The box or the frame of a part, None if it is not shown."""
        return next((box for box in self.boxes if box.part.name == name), None)

    @property
    def shown(self) -> tuple[Box, ...]:
        """The boxes without frames."""
        return tuple(box for box in self.boxes if not box.is_frame)


@dataclass(frozen=True)
class _Block:
    """A part with all that is drawn in it, counted from its own corner."""

    boxes: tuple[Box, ...]
    arrows: tuple[tuple[Place, ...], ...]
    width: int
    height: int


def lay_out_map(network: Connected, opened: Collection[str], width: int) -> MapLayout:
    """Lay out a network in `width` CSS pixels.

    Args:
        network: the network.
        opened: names of the parts that are unfolded.
        width: at least that of one box within the frames around it.
    """
    inside = _lay_out_parts(network, network.root, opened, width - 2 * PADDING, depth=0)
    inside = _moved(inside, PADDING, PADDING)
    return MapLayout(inside.boxes, inside.arrows, width, inside.height + 2 * PADDING)


def _block(
    network: Connected, part: Part, opened: Collection[str], room: int, depth: int
) -> _Block:
    if not part.parts or part.name not in opened:
        return _Block((Box(part, 0, 0, BOX, BOX_HEIGHT, depth),), (), BOX, BOX_HEIGHT)
    inside = _lay_out_parts(network, part, opened, room - 2 * PADDING, depth + 1)
    width, height = inside.width + 2 * PADDING, inside.height + HEADER + 2 * PADDING
    moved = _moved(inside, PADDING, HEADER + PADDING)
    frame = Box(part, 0, 0, width, height, depth, is_frame=True)
    return _Block((frame, *moved.boxes), moved.arrows, width, height)


def _lay_out_parts(
    network: Connected, whole: Part, opened: Collection[str], room: int, depth: int
) -> _Block:
    """The parts of a component in rows of columns."""
    blocks = {part.name: _block(network, part, opened, room, depth) for part in whole.parts}
    reads = _connections(network, whole)
    rows: list[list[list[str]]] = [[]]
    used = 0
    for column in columns_of(whole, reads, network.from_weights, opened):
        wide = max(blocks[name].width for name in column)
        if rows[-1] and (used + GAP + wide > room or used > _FULL * room):
            rows.append([])
            used = 0
        used += wide + (GAP if rows[-1] else 0)
        rows[-1].append(column)
    placed: dict[str, _Block] = {}
    top = width = 0
    for row in rows:
        top, wide = _place_row(row, blocks, placed, top)
        width = max(width, wide)
    boxes = tuple(box for part in whole.parts for box in placed[part.name].boxes)
    inner = tuple(arrow for part in whole.parts for arrow in placed[part.name].arrows)
    arrows = inner + tuple(_arrows(rows, reads, placed))
    return _Block(boxes, arrows, width, top - GAP)


def _place_row(
    row: list[list[str]], blocks: dict[str, _Block], placed: dict[str, _Block], top: int
) -> tuple[int, int]:
    """Place the blocks of a row; returns where the next row begins, and the row's width."""
    left = height = 0
    for column in row:
        down = 0
        for name in column:
            placed[name] = _moved(blocks[name], left, top + down)
            down += blocks[name].height + BETWEEN
        height = max(height, down - BETWEEN)
        left += max(blocks[name].width for name in column) + GAP
    return top + height + GAP, left - GAP


def columns_of(
    whole: Part, reads: dict[str, set[str]], from_weights: Collection[str], opened: Collection[str]
) -> Iterator[list[str]]:
    """The parts of a component in columns, each part after those that it is computed from.

    What the weights alone decide stands right before what is computed from it. An unfolded part
    has a column of its own.
    """
    depths: dict[str, int] = {}
    for part in whole.parts:
        depths[part.name] = max((depths[each] + 1 for each in reads[part.name]), default=0)
    for part in whole.parts:
        readers = [depths[name] for name, each in reads.items() if part.name in each]
        if readers and not reads[part.name] and part.hook in from_weights:
            depths[part.name] = max(0, min(readers) - 1)
    folded = {part.name for part in whole.parts if not (part.parts and part.name in opened)}
    for depth in range(max(depths.values(), default=-1) + 1):
        column: list[str] = []
        for part in whole.parts:
            if depths[part.name] != depth:
                continue
            if part.name not in folded:
                yield [part.name]
                continue
            column.append(part.name)
            if len(column) == _MOST_IN_COLUMN:
                yield column
                column = []
        if column:
            yield column


def _connections(network: Connected, whole: Part) -> dict[str, set[str]]:
    """For each part of a component, which of the others it is computed from."""
    holder = {hook: part.name for part in whole.parts for hook in part.hooks}
    reads: dict[str, set[str]] = {part.name: set() for part in whole.parts}
    for hook, name in holder.items():
        before = () if hook in INPUTS else network.before[hook]
        reads[name] |= {holder[each] for each in before if each in holder} - {name}
    return reads


def _arrows(
    rows: list[list[list[str]]], reads: dict[str, set[str]], placed: dict[str, _Block]
) -> Iterator[tuple[Place, ...]]:
    """Lines from each column to the next one, also where that begins another row."""
    columns = [(index, column) for index, row in enumerate(rows) for column in row]
    for (row, before), (next_row, column) in pairwise(columns):
        for name in column:
            for other in before:
                if other in reads[name]:
                    start, end = placed[other].boxes[0], placed[name].boxes[0]
                    yield _line(start, end, wraps=row != next_row)


def _line(start: Box, end: Box, wraps: bool) -> tuple[Place, ...]:
    """From the right side of a box to the left side of another, around the corner if it wraps."""
    x, y = start.left + start.width, start.top + min(start.height, BOX_HEIGHT) / 2
    to_x, to_y = end.left, end.top + min(end.height, BOX_HEIGHT) / 2
    if not wraps:
        middle = (x + to_x) / 2
        return (x, y), (middle, y), (middle, to_y), (to_x, to_y)
    above = end.top - GAP / 2
    out, back = x + GAP / 3, to_x - PADDING / 2
    return (x, y), (out, y), (out, above), (back, above), (back, to_y), (to_x, to_y)


def _moved(block: _Block, right: int, down: int) -> _Block:
    boxes = tuple(box.moved(right, down) for box in block.boxes)
    arrows = tuple(tuple((x + right, y + down) for x, y in line) for line in block.arrows)
    return replace(block, boxes=boxes, arrows=arrows)
