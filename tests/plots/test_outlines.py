import numpy as np
import pytest

from sam_explore.plots.outlines import outlines


def area(line: np.ndarray) -> float:
    x, y = line.T
    return abs(float(x[:-1] @ y[1:] - y[:-1] @ x[1:])) / 2


def test_one_cell_among_zeros_has_a_diamond_half_way_to_its_neighbours():
    values = np.zeros((5, 5))
    values[2, 3] = 1.0
    (line,) = outlines(values, 0.5)
    corners = {tuple(point) for point in line.tolist()}
    assert corners == {(3.5, 2.0), (4.0, 2.5), (3.5, 3.0), (3.0, 2.5)}
    assert area(line) == 0.5


def test_what_reaches_the_border_is_closed_along_it():
    values = np.full((4, 6), -1.0)
    values[:, 3:] = 1.0
    (line,) = outlines(values, 0.0)
    assert (line[0] == line[-1]).all()
    assert line[:, 0].min() == 3.0
    # Between the last centre and the border the values end, so the line runs somewhere there.
    assert 5.5 <= line[:, 0].max() <= 6
    assert area(line) == pytest.approx(3 * 4, rel=0.2)


def test_two_regions_and_a_hole_are_three_lines():
    values = np.full((9, 20), -1.0)
    values[1:8, 1:8] = values[2:6, 12:18] = 1.0
    values[4, 4] = -1.0
    assert len(outlines(values, 0.0)) == 3


@pytest.mark.parametrize("value", [-3.0, 0.0])
def test_nothing_above_the_level_has_no_line(value):
    assert outlines(np.full((4, 4), value), 0.0) == []
