"""Where boxes stand: after what they are computed from, inside what they belong to."""

from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch

from sam_explore.course.network.map_layout import (
    BETWEEN,
    BOX,
    BOX_HEIGHT,
    GAP,
    HEADER,
    PADDING,
    columns_of,
    lay_out_map,
)  # fmt: skip
from sam_explore.course.network.parts import Network, Part
from sam_explore.model import Sam
from sam_explore.model.config import VIT_B, VIT_H

from ...small import SMALL


def chain(*names: str, **reads: tuple[str, ...]) -> SimpleNamespace:
    """A network of tensors, each computed from the ones that are given."""
    root = Part("", "", names[-1], tuple(Part(name, name, name) for name in names))
    before = {name: reads.get(name, ()) for name in names}
    return SimpleNamespace(root=root, before=before, from_weights=frozenset())


def places(layout) -> dict[str, tuple[int, int]]:
    return {box.part.name: (box.left - PADDING, box.top - PADDING) for box in layout.boxes}


STEP, DOWN = BOX + GAP, BOX_HEIGHT + BETWEEN


def test_each_part_stands_right_of_what_it_is_computed_from():
    network = chain("a", "b", "c", "d", b=("a",), c=("a",), d=("b", "c"))
    layout = lay_out_map(network, {""}, 1000)
    assert places(layout) == {"a": (0, 0), "b": (STEP, 0), "c": (STEP, DOWN), "d": (2 * STEP, 0)}
    assert len(layout.arrows) == 4
    middle = PADDING + BOX_HEIGHT / 2
    assert layout.arrows[0][0] == (PADDING + BOX, middle)  # from the right side of a
    assert layout.arrows[0][-1] == (PADDING + STEP, middle)  # to the left side of b


def test_columns_go_on_in_the_next_row_where_the_room_ends():
    network = chain("a", "b", "c", b=("a",), c=("b",))
    layout = lay_out_map(network, {""}, 2 * BOX + GAP + 2 * PADDING)
    assert places(layout)["c"] == (0, BOX_HEIGHT + GAP)
    assert layout.height == 2 * BOX_HEIGHT + GAP + 2 * PADDING
    assert layout.arrows[1][-1] == (PADDING, PADDING + 1.5 * BOX_HEIGHT + GAP)


def test_what_has_no_reader_next_to_it_has_a_line_to_the_one_farther_on():
    """Of a and b only b stands before c, which reads both."""
    network = chain("a", "b", "c", "d", b=(), c=("b",), d=("a", "c"))
    layout = lay_out_map(network, {""}, 1000)
    assert places(layout)["d"] == (2 * STEP, 0)
    assert len(layout.arrows) == 3
    (x, y), *_, (to_x, to_y) = layout.arrows[-1]
    assert (x, y) == (PADDING + BOX, PADDING + BOX_HEIGHT / 2)  # from the right side of a
    end = layout.box_of("d")
    assert end.left < to_x < end.left + end.width
    assert to_y == end.top + end.height  # to d, from below


@pytest.mark.parametrize("width", [500, 800, 933])
def test_each_component_that_reads_another_has_a_line(width):
    network = Network(Sam(SMALL))
    layout = lay_out_map(network, network.opened, width)
    encoder, decoder = layout.box_of("image_encoder"), layout.box_of("mask_decoder")
    line = next(each for each in layout.arrows if touches(encoder, each[0]))
    assert touches(decoder, line[-1])
    for (x, y), (to_x, to_y) in pairwise(line):
        assert x == to_x or y == to_y
        passed = [box for box in layout.shown if not box.depth and crosses(box, (x, y, to_x, to_y))]
        assert not passed


def touches(box, place) -> bool:
    """Whether a place is on the edge of a box."""
    x, y = place
    right, bottom = box.left + box.width, box.top + box.height
    inside = box.left <= x <= right and box.top <= y <= bottom
    return inside and (x in (box.left, right) or y in (box.top, bottom))


def crosses(box, line) -> bool:
    """Whether a line along an axis goes through a box."""
    x, y, to_x, to_y = line
    across = max(x, to_x) > box.left and min(x, to_x) < box.left + box.width
    return across and max(y, to_y) > box.top and min(y, to_y) < box.top + box.height


def test_what_weights_alone_decide_stands_next_to_its_reader():
    network = chain("a", "w", "b", "c", b=("a",), c=("b", "w"))
    reads = {name: set(before) for name, before in network.before.items()}
    assert list(columns_of(network.root, reads, (), ())) == [["a", "w"], ["b"], ["c"]]
    assert list(columns_of(network.root, reads, {"w"}, ())) == [["a"], ["w", "b"], ["c"]]


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(Sam(SMALL))


def test_an_unfolded_part_is_a_frame_around_its_parts(network):
    layout = lay_out_map(network, {"", "image_encoder"}, 1000)
    frame = layout.box_of("image_encoder")
    inside = [layout.box_of(part.name) for part in frame.part.parts]
    assert frame.is_frame
    assert min(box.left for box in inside) == frame.left + PADDING
    assert min(box.top for box in inside) == frame.top + HEADER + PADDING
    assert max(box.left + box.width for box in inside) == frame.left + frame.width - PADDING
    assert layout.at(frame.left + 1, frame.top + 1) is frame  # its header
    assert layout.at(frame.left + 1, frame.top + HEADER + 1) is None  # its padding
    assert layout.at(*inside[0].middle) is inside[0]
    assert frame not in layout.shown


@pytest.mark.parametrize(
    ("config", "width"), [(SMALL, 480), (SMALL, 990), (VIT_B, 480), (VIT_H, 990)]
)
def test_boxes_of_any_network_unfolded_all_the_way_do_not_overlap(config, width):
    with torch.device("meta"):
        network = Network(Sam(config))
    opened = {"", *(part.name for part in network.parts.values() if part.parts)}
    layout = lay_out_map(network, opened, width)
    tensors = [box.part.hook for box in layout.shown]
    assert sorted(tensors) == sorted(network.root.hooks)
    assert max(box.left + box.width for box in layout.boxes) <= width
    assert max(box.top + box.height for box in layout.boxes) <= layout.height
    boxes = sorted(layout.shown, key=lambda box: box.top)
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            if other.top >= one.top + one.height:
                break
            are_apart = one.left + one.width <= other.left or other.left + other.width <= one.left
            assert are_apart, (one.part.name, other.part.name)
