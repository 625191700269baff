"""Two readings and their difference, with numbers worked out by hand."""

import numpy as np
import pytest

from sam_explore.readings import (
    Curve,
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    Provenance,
    Scale,
    compare,
    on_scale,
)

LOGITS = Scale("logit", centre=0.0)


def heatmap(values, title="map", **more):
    return Heatmap(np.array(values), title, f"words of {title}", scale=LOGITS, **more)


def profile(y, x=(0, 1, 2), **more):
    curves = more.pop("curves", None) or (Curve(np.array(y, float), "curve"),)
    return Profile(np.array(x, float), curves, "chart", "words", "block", "norm", **more)


def test_a_map_its_counterpart_and_the_signed_difference():
    a = heatmap([[1.0, -2.0], [np.nan, 4.0]], frame="tokens", marks=((0, 1),))
    b = heatmap([[3.0, -2.0], [5.0, -2.0]], frame="tokens", marks=((0, 1),))
    panel = compare(a, b, ("trained windows", "windows of 4"))
    of_a, of_b, difference = panel.readings
    np.testing.assert_array_equal(difference.values, [[2, 0], [np.nan, -6]])
    assert np.array_equal(of_a.values, a.values, equal_nan=True)
    assert np.array_equal(of_b.values, b.values)
    assert of_a.scale == of_b.scale
    assert (of_a.scale.low, of_a.scale.high) == (-5, 5)  # as far as the farthest of both
    assert difference.scale == Scale("logit, B − A", centre=0.0)
    assert (difference.frame, difference.marks) == ("tokens", ((0, 1),))
    assert [each.title for each in panel.readings] == [
        "A: trained windows",
        "B: windows of 4",
        "B − A",
    ]
    assert panel.title == "map"
    assert panel.across == 3
    assert panel.words == (
        "A: trained windows. B: windows of 4. B − A is farthest from 0 with −6 logit, at row 1, "
        "column 1; its mean distance from 0 is 2.67. In both: words of map"
    )


def test_what_both_say_is_said_once_with_the_numbers_of_both():
    a, b = (
        Heatmap(np.ones((1, 1)), "map", words)
        for words in (
            "Mask 1 covers 24 %. Mask 2 is the best. Logits go from −1.5 to 3. All is well.",
            "Mask 1 covers 20 %. Mask 3 is cut off. Logits go from −2 to 3. All is well.",
        )
    )
    assert compare(a, b).words.partition("everywhere. ")[2] == (
        "In both (A / B): Mask 1 covers 24 / 20 %. Logits go from −1.5 / −2 to 3. All is well. "
        "In A: Mask 2 is the best. In B: Mask 3 is cut off."
    )


def test_a_sentence_stays_with_the_one_that_refers_to_it():
    a, b = (
        Heatmap(np.ones((1, 1)), "map", words)
        for words in (
            "All is well. Mask 1 covers 24 %. It is best.",
            "All is well. Mask 1 covers 20 %. It is cut.",
        )
    )
    assert compare(a, b).words.partition("everywhere. ")[2] == (
        "In both: All is well. In A: Mask 1 covers 24 %. It is best. "
        "In B: Mask 1 covers 20 %. It is cut."
    )


def test_a_sentence_that_one_alone_has_is_said_of_that_one():
    a, b = (Heatmap(np.ones((1, 1)), "map", words) for words in ("One. Two.", "Two."))
    assert compare(a, b).words.endswith("everywhere. In both: Two. In A: One.")


def test_two_runs_that_are_alike_say_so():
    words = compare(heatmap([[1.0, 2.0]]), heatmap([[1.0, 2.0]])).words
    assert words.startswith("A. B. B − A is 0 everywhere.")


def test_where_one_has_no_value_the_difference_has_none():
    words = compare(heatmap([[np.nan, 2.0]]), heatmap([[1.0, np.nan]])).words
    assert "B − A has no value." in words


def test_galleries_share_one_scale_and_name_the_map_with_the_farthest_difference():
    a = Gallery((heatmap([[0.0]], "one"), heatmap([[1.0]], "two")), "all", "", LOGITS)
    b = Gallery((heatmap([[1.0]], "one"), heatmap([[-2.0]], "two")), "all", "", LOGITS)
    panel = compare(a, b)
    of_a, of_b, difference = panel.readings
    assert [each.values.item() for each in difference.maps] == [1, -3]
    assert of_a.shared == of_b.shared
    assert (of_a.shared.low, of_a.shared.high) == (-2, 2)
    assert difference.shared == Scale("logit, B − A", centre=0.0)
    assert "−3 logit, at row 0, column 0 of “two”; its mean distance from 0 is 2." in panel.words


def test_small_maps_keep_the_first_line_of_their_titles_and_stand_in_two_columns():
    brief = [f"Mask {mask}: true IoU 0.50" for mask in range(4)]
    maps = tuple(heatmap([[1.0]], f"{title},\npredicted IoU 0.20") for title in brief)
    four = Gallery(maps, "all", "", LOGITS)
    panel = compare(four, four)
    of_a, of_b, _ = panel.readings
    assert [each.title for each in of_a.maps] == [each.title for each in of_b.maps] == brief
    assert panel.across == 2
    two = Gallery(four.maps[:2], "all", "", LOGITS)
    assert compare(two, two).across == 3


def test_maps_with_scales_of_their_own_are_put_on_one_pair_by_pair():
    a = Gallery((heatmap([[1.0]], "one"), heatmap([[10.0]], "two")), "all", "")
    b = Gallery((heatmap([[2.0]], "one"), heatmap([[20.0]], "two")), "all", "")
    of_a, of_b, difference = compare(a, b).readings
    assert [each.scale.high for each in of_a.maps] == [2, 20]
    assert [each.scale.high for each in of_b.maps] == [2, 20]
    assert difference.shared is None


def test_tables_need_the_same_names_and_say_where_they_differ():
    names = (("0", "1"), ("a", "b")), ("title", "", "block", "head")
    a = Matrix(np.array([[1.0, 2.0], [3.0, 4.0]]), *names[0], *names[1])
    b = Matrix(np.array([[1.0, 2.5], [2.0, 4.0]]), *names[0], *names[1])
    panel = compare(a, b)
    np.testing.assert_array_equal(panel.readings[2].values, [[0, 0.5], [-1, 0]])
    assert "with −1, at block 1, head a; its mean distance from 0 is 0.375." in panel.words
    other = Matrix(b.values, ("0", "2"), ("a", "b"), *names[1])
    with pytest.raises(ValueError, match="same block in the table “title”, but A has 0 x 1 and B"):
        compare(a, other)


def test_curves_are_subtracted_at_the_same_places_and_drawn_to_the_same_heights():
    a, b = profile([1.0, 2.0, 4.0], log="y"), profile([2.0, 2.0, 1.0], log="y")
    of_a, of_b, difference = compare(a, b).readings
    assert difference.curves[0].y.tolist() == [1, 0, -3]
    assert difference.log == ""  # it has both signs
    assert of_a.y_reach == of_b.y_reach == (1, 4)
    assert difference.y_reach is None
    assert "farthest from 0 with −3, at 2 (block)" in compare(a, b).words


def test_curves_are_subtracted_where_both_have_a_place():
    a, b = profile([1.0, 2.0, 4.0]), profile([5.0, 7.0, 9.0], x=(1, 2, 3))
    difference = compare(a, b).readings[2]
    assert difference.x.tolist() == [1, 2]
    assert difference.curves[0].y.tolist() == [3, 3]


def test_a_number_of_one_run_is_not_in_the_title_of_the_difference():
    a = Gallery((heatmap([[1.0]], "Token 2: predicted IoU 0.20"),), "all", "", LOGITS)
    b = Gallery((heatmap([[1.0]], "Token 2: predicted IoU 0.90"),), "all", "", LOGITS)
    assert compare(a, b).readings[2].maps[0].title == "Token 2"
    a = Gallery((heatmap([[1.0]], "block 1, global"),), "all", "", LOGITS)
    b = Gallery((heatmap([[1.0]], "block 1"),), "all", "", LOGITS)
    assert compare(a, b).readings[2].maps[0].title == "block 1"


def test_what_is_large_stands_one_below_the_other():
    maps = Gallery(tuple(heatmap([[1.0]], str(block)) for block in range(5)), "all", "", LOGITS)
    assert compare(maps, maps).across == 1
    table = Matrix(np.ones((1, 7)), ("0",), tuple("abcdefg"), "t", "", "block", "head")
    assert compare(table, table).across == 1


def test_marks_of_a_difference_are_those_that_both_have():
    a = profile([1.0, 2.0, 3.0], x_marks=((0.5, "least"), (1.0, "threshold")))
    b = profile([1.0, 2.0, 3.0], x_marks=((0.7, "least"), (1.0, "threshold")))
    assert compare(a, b).readings[2].x_marks == ((1.0, "threshold"),)


def test_parts_of_a_panel_are_compared_one_a_row():
    a = Panel((heatmap([[1.0]], "first"), profile([1.0, 2.0, 3.0])), "both", "words")
    b = Panel((heatmap([[4.0]], "first"), profile([1.0, 2.0, 5.0])), "both", "words")
    panel = compare(a, b, ("trained", "changed"))
    assert [each.title for each in panel.readings] == [
        "A: first",
        "B: first",
        "B − A: first",
        "A: chart",
        "B: chart",
        "B − A: chart",
    ]
    assert panel.title == "A: trained · B: changed"
    assert "In “first”, B − A is farthest from 0 with 3 logit" in panel.words
    assert "In “chart”, B − A is farthest from 0 with 2, at 2 (block)" in panel.words


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (heatmap([[1.0, 2.0]]), heatmap([[1.0]]), "same shape in the map “map”, but A has 1 x 2"),
        (heatmap([[1.0]]), profile([1.0, 2.0, 3.0]), "same kind, but A has Heatmap and B has Prof"),
        (
            profile([1.0, 2.0, 3.0]),
            profile([1.0, 2.0, 3.0], x=(3, 4, 5)),
            "“block” in the chart “chart”, but A has 3 from 0 to 2 and B has 3 from 3 to 5",
        ),
        (
            Panel((heatmap([[1.0]]),), "", ""),
            Panel((heatmap([[1.0]]),) * 2, "", ""),
            "as many parts, but A has 1 and B has 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_what_came(a, b, expected):
    with pytest.raises(ValueError, match=expected) as refused:
        compare(a, b)
    assert "the same probe with the same knobs" in str(refused.value)


def test_it_says_where_both_came_from():
    a = on_scale(heatmap([[1.0]], provenance=Provenance("probe", "run", "aa")), LOGITS)
    b = heatmap([[1.0]], provenance=Provenance("probe", "other", "bb"))
    known = compare(a, b).provenance
    assert (known.question, known.run, known.fingerprint) == ("probe", "run", "aa")
    assert known.others == (("B, probe of other", "bb"),)
    assert compare(heatmap([[1.0]]), b).provenance is None
