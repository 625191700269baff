import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.widgets.prompting.brush import INSIDE, OUTSIDE, painted, px_from_cells, under_brush

# A picture of 64 x 32 in an input of 128: a cell of a hint of 8 x 8 is 8 pixels of the picture.
FRAME, SIZE = Frame((32, 64), (64, 128), 128, 16), (8, 8)


def cells(covered: np.ndarray) -> list[tuple[int, int]]:
    return [tuple(map(int, cell)) for cell in np.argwhere(covered)]


def test_cells_lie_where_their_share_of_the_picture_is():
    assert px_from_cells(np.array([0.0, 0.0]), FRAME, SIZE).tolist() == [0, 0]
    assert px_from_cells(np.array([8.0, 4.0]), FRAME, SIZE).tolist() == [64, 32]
    assert px_from_cells(np.array([0.5, 1.5]), FRAME, SIZE).tolist() == [4, 12]


@pytest.mark.parametrize(
    ("way", "radius", "expected"),
    [
        ([(12, 4)], 1, [(0, 1)]),
        ([(13, 5)], 0.1, [(0, 1)]),  # reaches no middle: the nearest one
        ([(12, 12)], 8, [(0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]),
        ([(4, 4), (28, 4)], 1, [(0, 0), (0, 1), (0, 2), (0, 3)]),
        ([(4, 4), (4, 12), (20, 12)], 1, [(0, 0), (1, 0), (1, 1), (1, 2)]),
    ],
)
def test_a_brush_covers_cells_whose_middle_it_reaches(way, radius, expected):
    assert cells(under_brush(np.array(way, float), radius, FRAME, SIZE)) == expected


def test_painting_adds_to_a_hint_and_erasing_takes_away():
    def stroke(prompts, way, erase=False):
        return painted(prompts, way, 1.0, erase=erase, frame=FRAME, size=SIZE)

    one = stroke(Prompts([(1, 1)]), [(4, 4)])
    assert one.mask_hint[0, 0] == INSIDE
    assert (one.mask_hint == OUTSIDE).sum() == 63
    assert one.points.tolist() == [[1, 1]]
    two = stroke(one, [(12, 4)])
    assert cells(two.mask_hint == INSIDE) == [(0, 0), (0, 1)]
    assert cells(stroke(two, [(4, 4)], erase=True).mask_hint == INSIDE) == [(0, 1)]


def test_logits_that_are_not_painted_over_stay_as_they_are():
    hint = np.full(SIZE, 1.5, np.float32)
    after = painted(Prompts(mask_hint=hint), [(4, 4)], 1, erase=True, frame=FRAME, size=SIZE)
    assert after.mask_hint[0, 0] == OUTSIDE
    assert (after.mask_hint == 1.5).sum() == 63


def test_erasing_without_a_hint_changes_nothing():
    prompts = Prompts([(1, 1)])
    assert painted(prompts, [(4, 4)], 1, erase=True, frame=FRAME, size=SIZE) is prompts
