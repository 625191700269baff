"""Averages, worked out by hand."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.folders.flat_readings import Numbers, form_of, numbers_of
from sam_explore.folders.places import check_name, names_in, place_names, value_of
from sam_explore.folders.summary import summarise
from sam_explore.readings import Curve, Heatmap, Matrix, Panel, Profile


def profile(*values: float, x: tuple[float, ...] = (0.0, 1.0)) -> Profile:
    return Profile(
        np.array(x), (Curve(np.array(values, float), "c"),), "P", "of one", "block", "norm"
    )


def rows(*readings) -> list[tuple[str, list[Numbers]]]:
    return [(f"{at}.png", numbers_of(each) if each else []) for at, each in enumerate(readings)]


def test_means_and_intervals_of_three_pictures_and_an_error():
    readings = profile(1, 10), None, profile(2, 10), profile(6, 10)
    found = summarise(rows(*readings), None, form_of(readings[0]), 0.95, None)
    assert (found.pictures, found.errors) == (3, 1)
    (average,) = found.averages
    assert average.places.mean.tolist() == [3, 10]
    # 4.303 sqrt(7 / 3) to both sides, and none where all are alike.
    assert average.places.low == pytest.approx([-3.573, 10], abs=1e-3)
    assert average.places.high == pytest.approx([9.573, 10], abs=1e-3)
    assert average.overall.mean == 6.5
    assert str(found).splitlines() == [
        "3 pictures, 1 with an error.",
        "number          mean  95 % interval",
        "P: c             6.5   3.21 to 9.79",
        "P: c [block 0]     3  −3.57 to 9.57",
        "P: c [block 1]    10       10 to 10",
    ]


def test_the_mean_is_a_reading_with_the_interval_as_a_band():
    readings = profile(1, 10), profile(2, 10), profile(6, 10)
    found = summarise(rows(*readings), None, form_of(readings[0]), 0.95, None).reading
    (curve,) = found.curves
    assert curve.y.tolist() == [3, 10]
    assert curve.low == pytest.approx([-3.573, 10], abs=1e-3)
    assert (found.title, found.words) == ("Mean: P", "The mean over 3 pictures.")
    sx.draw(found)


def test_differences_from_the_null_are_those_of_pairs():
    readings, null = [profile(1, 5), profile(11, 5)], [profile(0, 4), profile(10, 6)]
    found = summarise(rows(*readings), iter(rows(*null)), form_of(readings[0]), 0.95, "weights")
    (difference,) = found.differences
    # Each is 1 more than its null, whatever the pictures are like.
    assert difference.places.mean.tolist() == [1, 0]
    assert difference.places.low[0] == difference.places.high[0] == 1
    assert found.difference.curves[0].y.tolist() == [1, 0]
    assert found.of_null[0].places.mean.tolist() == [5, 5]
    assert found.lines()[0][3] == "weights shuffled"
    assert found.lines()[2] == ("P: c [block 0]", "6", "−57.5 to 69.5", "5", "1", "1 to 1")


def test_a_null_of_other_pictures_is_refused():
    others = [("other.png", numbers_of(profile(1, 2)))]
    with pytest.raises(ValueError, match=r"has other\.png next to 0\.png"):
        summarise(rows(profile(1, 2)), others, None, 0.95, "weights")


def test_where_axes_differ_only_the_means_over_them_compare():
    readings = profile(1, 3), profile(3, 5, x=(0.0, 2.0))
    found = summarise(rows(*readings), None, form_of(readings[0]), 0.95, None)
    assert found.averages[0].places is None
    assert found.averages[0].overall.mean == 3  # of 2 and 4
    assert found.reading is None
    maps = Heatmap(np.ones((2, 2)), "M", ""), Heatmap(np.full((1, 3), 3.0), "M", "")
    found = summarise(rows(*maps), iter(rows(*maps[::-1])), form_of(maps[0]), 0.95, "pixels")
    assert found.differences[0].overall.mean == 0  # of -2 and 2
    assert found.differences[0].places is None


def test_a_table_is_told_place_by_place_and_a_map_by_its_mean():
    table = Matrix(np.array([[1.0, 2], [3, 4]]), ("a", "b"), ("c", "d\n"), "T", "", "row", "column")
    reading = Panel((table, Heatmap(np.array([[1.0, np.nan]]), "M", "")), "All", "w")
    numbers = numbers_of(reading)
    assert place_names(numbers[0]) == ["a, c", "a, d", "b, c", "b, d"]
    assert place_names(numbers[1]) is None
    assert names_in(numbers)[0] == "All: T [a, c]"
    assert value_of(numbers, "All: T [b, c]") == 3
    assert value_of(numbers, "All: T") == 2.5
    assert value_of(numbers, "All: M") == 1
    assert np.isnan(value_of(numbers, "All: N"))
    check_name("All: M", numbers)
    with pytest.raises(ValueError, match=r"No number is named 'All: T \[b, x\]'.+b, c"):
        check_name("All: T [b, x]", numbers)
    found = summarise(rows(reading), None, form_of(reading), 0.95, None)
    assert [line[0] for line in found.lines()[1:]] == [
        *(f"All: T [{place}]" for place in ("a, c", "a, d", "b, c", "b, d")),
        "All: M",
    ]


def test_many_numbers_are_cut_in_the_text():
    values = np.arange(100.0)
    long = Profile(values, (Curve(values, "c"),), "P", "", "x", "y")
    written = str(summarise(rows(long, long), None, form_of(long), 0.95, None))
    assert written.endswith("… and 41 more numbers, in `averages`.")
