import pytest

from sam_explore.geometry import Prompts
from sam_explore.widgets.canvas.marks import Mark, nearest_mark

PROMPTS = Prompts([(10, 10), (40, 10), (40, 10)], [1, 0, 1], box=(20, 20, 60, 50))


@pytest.mark.parametrize(
    ("at", "mark"),
    [
        ((13, 14), Mark("point", 0)),  # 3, 4, 5
        ((13.1, 14), None),
        ((40, 10), Mark("point", 2)),  # the later one lies on top
        ((61, 21), Mark("corner", 1)),
        ((40, 35), None),  # the inside of a box is no mark
    ],
)
def test_the_nearest_mark_within_reach(at, mark):
    assert nearest_mark(PROMPTS, at, 5.0) == mark


def test_without_marks_there_is_none():
    assert nearest_mark(Prompts(), (1, 1), 1e9) is None


def test_a_point_is_moved_and_keeps_its_label():
    moved = Mark("point", 1).moved(PROMPTS, (5, 6))
    assert moved.points.tolist() == [[10, 10], [5, 6], [40, 10]]
    assert moved.labels.tolist() == [1, 0, 1]
    assert moved.box is PROMPTS.box or moved.box.tolist() == [20, 20, 60, 50]


@pytest.mark.parametrize(
    ("corner", "to", "box"),
    [
        (0, (10, 30), [10, 30, 60, 50]),
        (1, (70, 10), [20, 10, 70, 50]),
        (2, (0, 0), [0, 0, 20, 20]),  # over the opposite corner
        (3, (30, 60), [30, 20, 60, 60]),
    ],
)
def test_a_corner_is_moved_and_the_opposite_one_stays(corner, to, box):
    assert Mark("corner", corner).moved(PROMPTS, to).box.tolist() == box


def test_a_point_is_removed_with_its_label_and_a_corner_with_its_box():
    without = Mark("point", 1).removed(PROMPTS)
    assert without.points.tolist() == [[10, 10], [40, 10]]
    assert without.labels.tolist() == [1, 1]
    assert Mark("corner", 2).removed(PROMPTS).box is None
    assert len(Mark("corner", 2).removed(PROMPTS).points) == 3
