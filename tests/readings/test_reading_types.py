"""Readings: frozen, read-only, and refused where they contradict themselves."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from sam_explore.readings import Curve, Heatmap, Matrix, Profile


def test_values_are_a_read_only_copy():
    values = np.zeros((2, 2))
    heatmap = Heatmap(values, "t", "w.")
    values[0, 0] = 5
    assert heatmap.values[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        heatmap.values[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        heatmap.title = "other"


def test_readings_compare_by_identity():
    one, other = (Heatmap(np.zeros((2, 2)), "t", "w.") for _ in range(2))
    assert one == one != other


def test_a_curve_is_as_long_as_its_profile():
    with pytest.raises(ValueError, match=r"The curve 'norm' must hold 3 entries.* but has 2"):
        Profile(np.arange(3.0), (Curve(np.ones(2), "norm"),), "t", "w.", "x", "y")
    with pytest.raises(ValueError, match="x_labels must hold 3 entries"):
        Profile(np.arange(3.0), (), "t", "w.", "x", "y", x_labels=("a",))


def test_a_matrix_has_a_name_for_each_row_and_column():
    with pytest.raises(ValueError, match="columns must hold 2 entries"):
        Matrix(np.ones((1, 2)), ("a",), ("b",), "t", "w.", "row", "column")


def test_an_unknown_style_is_refused():
    with pytest.raises(ValueError, match="one of line, points, steps, not 'bars'"):
        Curve(np.ones(2), "norm", style="bars")
