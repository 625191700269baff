"""What is drawn of curves, and where."""

import numpy as np
import pytest

from sam_explore.readings import Curve, Profile
from sam_explore.widgets.exploring.profile_drawing import finite_runs
from sam_explore.widgets.exploring.profile_view import ProfileView

X = np.arange(4.0)
GAP = Curve(np.array([1.0, np.nan, 3.0, 4.0]), "attention")


@pytest.fixture
def view(screen):
    view = ProfileView(400, lambda callback: callback, lambda: None)
    yield view
    view.close()


def names(screen, view) -> list[str]:
    return [command[0] for command in screen.drawn(view.canvas[0])]


def test_a_curve_is_a_line_where_it_has_values(screen, view):
    view.show(Profile(X, (GAP,), "A gap", "", "block", "share"))
    assert names(screen, view).count("strokeLines") == 1  # of blocks 2 and 3; block 0 is alone
    first, second = finite_runs(np.array([[0, 1], [1, np.nan], [2, 3], [3, 4.0]]))
    assert (first, second) == (slice(0, 1), slice(2, 4))


def test_all_kinds_of_curves_are_drawn(screen, view):
    low, high = X - 1, X + 1
    curves = (Curve(X, "line", low, high), Curve(X, "steps", style="steps"), Curve(X, "p", None))
    view.show(Profile(X, curves, "All", "", "x", "y", x_marks=((1.5, "here"),)))
    drawn = names(screen, view)
    assert drawn.count("fillPolygon") == 1  # the band
    assert drawn.count("strokeLines") == 3
    words = [each[1][0] for each in screen.drawn(view.canvas[0]) if each[0] == "fillText"]
    assert {"All", "here", "x", "y", "line", "steps", "p"} <= set(words)


def test_points_have_a_bar_each_where_their_interval_is_known(screen, view):
    low, high = np.array([0, np.nan, 1, 2.0]), X + 1
    view.show(Profile(X, (Curve(X, "points", style="points"),), "None", "", "x", "y"))
    without = names(screen, view).count("strokeLine")
    view.show(Profile(X, (Curve(X, "points", low, high, "points"),), "Bars", "", "x", "y"))
    drawn = names(screen, view)
    assert "fillPolygon" not in drawn  # no band
    wide = [each[1] for each in screen.drawn(view.canvas[0]) if each[0] == "strokeLine"]
    place = 2 * view._layout.x.place(X[3:])[0]
    ends = 2 * view._layout.y.place(np.array([2.0, 4.0]))
    assert [place, ends[0], place, ends[1]] in [pytest.approx(each) for each in wide]
    assert without < len(wide)


def test_colours_and_dashes_tell_curves_apart(screen, view):
    curves = tuple(Curve(X + number, str(number)) for number in range(9))
    view.show(Profile(X, curves, "Nine", "", "x", "y"))
    settings = screen.settings(view.canvas[0])
    assert settings.count("#0072B2") >= 2  # the eighth begins from the front
    assert "#000000" in settings


def test_the_names_at_both_ends_of_an_axis_stay_on_the_paper(screen, view):
    ends = ("all of them", "one as long")
    line = Curve(X[:2], "line")
    view.show(Profile(X[:2], (line,), "Long", "", "x", "y", x_labels=ends))
    drawn = screen.drawn(view.canvas[0])
    places = {each[1][0]: each[1][1] for each in drawn if each[0] == "fillText"}
    assert places[ends[1]] == view.canvas.width
    assert 0 <= places[ends[0]] < view.canvas.width / 2
    assert "right" in screen.settings(view.canvas[0])
