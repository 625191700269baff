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
    """Lines from each column to the next one, also where that begins another row.

    A part that would have no line to what reads it, or none from what it reads, has one to the
    first reader, or from the last source, past what stands between.
    """
    columns = [(index, column) for index, row in enumerate(rows) for column in row]
    near = [
        (other, name)
        for (_, before), (_, column) in pairwise(columns)
        for name in column
        for other in before
        if other in reads[name]
    ]
    row_of = {name: row for row, column in columns for name in column}
    for start, end in near:
        boxes = placed[start].boxes[0], placed[end].boxes[0]
        yield _line(*boxes, wraps=row_of[start] != row_of[end])
    for start, end in _left_alone(list(row_of), near, reads):
        first, last = row_of[start], row_of[end]
        passed = [name for name, row in row_of.items() if first < row < last]
        rights = [placed[name].boxes[0].left + placed[name].boxes[0].width for name in passed]
        bottoms = [_bottom(placed[name].boxes[0]) for name, row in row_of.items() if row == first]
        yield _line_past(placed[start].boxes[0], placed[end].boxes[0], max(bottoms), rights)


def _left_alone(
    names: list[str], near: list[tuple[str, str]], reads: dict[str, set[str]]
) -> Iterator[tuple[str, str]]:
    """Pairs of a part and one that reads it, for parts that no pair in `near` connects.

    Args:
        names: of the parts, in the order of the columns.
        near: pairs of neighbours, a part and one that reads it.
        reads: for each part, what it is computed from.
    """
    starts, ends = {start for start, _ in near}, {end for _, end in near}
    for name in names:
        later = [other for other in names if name in reads[other]]
        if later and name not in starts:
            ends.add(later[0])
            yield name, later[0]
    for name in names:
        earlier = [other for other in names if other in reads[name]]
        if earlier and name not in ends:
            yield earlier[-1], name


def _bottom(box: Box) -> int:
    return box.top + box.height


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


def _line_past(start: Box, end: Box, bottom: int, rights: list[int]) -> tuple[Place, ...]:
    """From the right side of a box to a later one, through the room between rows.

    Args:
        start, end: the boxes.
        bottom: where the row of `start` ends.
        rights: where the boxes of the rows in between end; the line passes them on their right.
    """
    y = start.top + min(start.height, BOX_HEIGHT) / 2
    goes_on = end.top >= bottom + GAP
    out, below = start.left + start.width + GAP / 3, bottom + (GAP if goes_on else PADDING) / 2
    aside = max([out, *(right + GAP / 3 for right in rights)])
    into = min(max(aside, end.left + BOX / 4), end.left + end.width - BOX / 4)
    edge = end.top if goes_on else _bottom(end)
    above = edge - GAP / 2 if goes_on else below
    line = (start.left + start.width, y), (out, y), (out, below), (aside, below)
    return *line, (aside, above), (into, above), (into, edge)


def _moved(block: _Block, right: int, down: int) -> _Block:
    boxes = tuple(box.moved(right, down) for box in block.boxes)
    arrows = tuple(tuple((x + right, y + down) for x, y in line) for line in block.arrows)
    return replace(block, boxes=boxes, arrows=arrows)
