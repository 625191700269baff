"""Prompts are checked, read-only copies; frames convert points as worked out by hand."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
import torch

from sam_explore.geometry import Frame, Prompts, fit_longest_side


class TestPrompts:
    def test_nothing_given_is_empty(self):
        for empty in (Prompts(), Prompts(points=[]), Prompts(None, None, None, None)):
            assert empty.is_empty
            assert empty.points.shape == (0, 2)
            assert empty.labels.shape == (0,)
            assert empty.token_count == 0

    def test_points_without_labels_are_on_the_object(self):
        assert Prompts([(1, 2), (3, 4)]).labels.tolist() == [1, 1]

    def test_points_keep_their_order_and_their_fractions(self):
        prompts = Prompts(points=[(3.5, 4), (1, 2.25)], labels=[0, 1])

        assert prompts.points.tolist() == [[3.5, 4], [1, 2.25]]
        assert prompts.labels.tolist() == [0, 1]
        assert prompts.labels.dtype == np.int64

    @pytest.mark.parametrize(
        ("prompts", "tokens"),
        [
            (Prompts([(1, 2)]), 2),  # and the padding point
            (Prompts([(1, 2), (3, 4)]), 3),
            (Prompts(box=(1, 2, 3, 4)), 2),
            (Prompts([(1, 2)], box=(1, 2, 3, 4)), 3),
            (Prompts(mask_hint=np.zeros((8, 8))), 0),
            (Prompts([(1, 2)], mask_hint=np.zeros((8, 8))), 2),
        ],
    )
    def test_token_count_follows_the_padding_rule(self, prompts, tokens):
        assert prompts.token_count == tokens
        assert not prompts.is_empty

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"points": (1, 2, 3)}, r"points must be of shape any x 2, not \(3,\)\. A single"),
            ({"points": np.array(5)}, r"points must be of shape any x 2, not \(\)"),
            ({"points": [(1, 2, 3)]}, r"points must be of shape any x 2, not \(1, 3\)"),
            ({"points": [(1, 2), (3,)]}, r"numbers in rows of one length, .* have \[1, 2\] num"),
            ({"points": np.zeros((2, 3, 2))}, r"2 prompt sets\. .*Prompts\(points=each\) for"),
            (
                {"points": np.zeros((1001, 2))},
                "at most 1,000 points, but there are 1,001:",
            ),
            ({"points": [(1, 10**400)]}, "points must be numbers"),
            ({"points": [(1, 1e30)]}, r"within 1,000,000,000 on both sides .* from 1 to 1e\+30"),
            ({"box": np.zeros((2, 4))}, r"2 prompt sets\. .*Prompts\(box=each\) for each in boxes"),
            ({"box": [(1, 2), (3, 4)]}, r"shape 4, not \(2, 2\)\..*2 prompt sets"),
            ({"mask_hint": np.zeros((3, 8, 8))}, r"3 masks, .* one hint: mask_hint\[0\], or pred"),
            ({"mask_hint": np.full((8, 8), 1e300)}, "mask_hint must lie within"),
            ({"unprompted": "yes"}, "unprompted must be None or one of 'nothing', 'padding'"),
            ({"unprompted": "nothing", "box": (1, 2, 3, 4)}, "without points and box, but there"),
            ({"points": ["ab"]}, "points must be numbers"),
            ({"points": [(1, np.nan)]}, "points must be finite"),
            ({"points": [(np.inf, 1)]}, "points must be finite"),
            (
                {"points": [(1, 2)], "labels": [1, 0]},
                r"labels must be of shape 1, not \(2,\). Each point has one label.",
            ),
            ({"labels": [1]}, r"labels must be of shape 0, not \(1,\)"),
            ({"points": [(1, 2)], "labels": [2]}, r"labels must be 1 .* or 0 .*, but are \[2.0\]"),
            ({"points": [(1, 2)], "labels": [-1]}, "labels must be 1"),
            ({"points": [(1, 2)], "labels": [0.5]}, "labels must be 1"),
            ({"box": (1, 2, 3)}, r"box must be of shape 4, not \(3,\)"),
            ({"box": (5, 2, 3, 4)}, "x0 <= x1 and y0 <= y1, but is"),
            ({"box": (1, 5, 3, 4)}, "x0 <= x1 and y0 <= y1, but is"),
            ({"box": (1, 2, np.nan, 4)}, "box must be finite"),
            ({"mask_hint": np.zeros(8)}, r"mask_hint must be of shape any x any, not"),
            ({"mask_hint": np.full((8, 8), np.inf)}, "mask_hint must be finite"),
        ],
    )
    def test_what_makes_no_sense_is_refused_in_words(self, wrong: dict, words: str):
        with pytest.raises(ValueError, match=words):
            Prompts(**wrong)

    def test_what_can_be_meant_in_one_way_only_is_taken(self):
        one = Prompts(points=(3, 4), labels=0, box=[(1, 2, 3, 4)], mask_hint=np.ones((1, 1, 8, 8)))

        assert one.points.tolist() == [[3, 4]]
        assert one.labels.tolist() == [0]
        assert one.box.tolist() == [1, 2, 3, 4]
        assert one.mask_hint.shape == (8, 8)
        assert Prompts(points=np.ones((1, 3, 2))).points.shape == (3, 2)

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int64])
    def test_tensors_are_taken_also_with_gradients(self, dtype):
        point, box, hint = (torch.ones(shape, dtype=dtype) for shape in ((1, 2), (4,), (8, 8)))
        if dtype.is_floating_point:
            point.requires_grad_()
            hint.requires_grad_()
        one = Prompts(point, box=box, mask_hint=hint)

        assert one.points.tolist() == [[1, 1]]
        assert Prompts([point[0], point[0]]).points.tolist() == [[1, 1], [1, 1]]
        assert one.box.tolist() == [1, 1, 1, 1]
        assert one.mask_hint.sum() == 64

    def test_a_thousand_points_are_taken(self):
        assert len(Prompts(np.zeros((1000, 2))).points) == 1000

    def test_to_ask_nothing_is_not_to_have_asked_nothing_yet(self):
        nothing, padding = Prompts.nothing(), Prompts.padding_point()

        assert not nothing.is_empty
        assert not padding.is_empty
        assert (nothing.token_count, padding.token_count) == (0, 1)
        assert eval(repr(nothing)).unprompted == "nothing"
        assert eval(repr(padding)).unprompted == "padding"
        for asked in (nothing, padding):
            assert asked.with_point((1, 2)).unprompted is None
            assert asked.with_box((1, 2, 3, 4)).unprompted is None
            assert asked.with_box(None).unprompted == asked.unprompted
            assert asked.with_mask_hint(np.ones((8, 8))).unprompted == asked.unprompted

    def test_a_box_of_no_size_is_allowed(self):
        assert Prompts(box=(3, 4, 3, 4)).box.tolist() == [3, 4, 3, 4]

    def test_what_was_given_can_change_later_without_effect(self):
        points, box, hint = np.array([[1.0, 2.0]]), np.array([1.0, 2, 3, 4]), np.zeros((8, 8))
        prompts = Prompts(points, box=box, mask_hint=hint)

        points[:], box[:], hint[:] = 9, 9, 9

        assert prompts.points.tolist() == [[1, 2]]
        assert prompts.box.tolist() == [1, 2, 3, 4]
        assert not prompts.mask_hint.any()

    def test_prompts_cannot_be_changed(self):
        prompts = Prompts([(1, 2)], box=(1, 2, 3, 4), mask_hint=np.zeros((8, 8)))

        with pytest.raises(FrozenInstanceError):
            prompts.box = None
        for array in (prompts.points, prompts.labels, prompts.box, prompts.mask_hint):
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0

    def test_with_point_adds_at_the_end_and_leaves_the_rest(self):
        first = Prompts([(1, 2)], box=(1, 2, 3, 4), mask_hint=np.zeros((8, 8)))

        second = first.with_point((5, 6), label=0)

        assert second.points.tolist() == [[1, 2], [5, 6]]
        assert second.labels.tolist() == [1, 0]
        assert second.box.tolist() == [1, 2, 3, 4]
        assert second.mask_hint.shape == (8, 8)
        assert first.points.tolist() == [[1, 2]]

    def test_with_box_and_with_mask_hint_replace_or_remove(self):
        prompts = Prompts([(1, 2)]).with_box((1, 2, 3, 4)).with_mask_hint(np.ones((8, 8)))

        assert prompts.box.tolist() == [1, 2, 3, 4]
        assert prompts.mask_hint.dtype == np.float32
        assert prompts.with_box(None).box is None
        assert prompts.with_mask_hint(None).mask_hint is None
        with pytest.raises(ValueError, match="x0 <= x1"):
            prompts.with_box((5, 2, 3, 4))

    def test_prompts_are_compared_by_identity(self):
        one, other = Prompts([(1, 2)]), Prompts([(1, 2)])

        assert one == one
        assert one != other
        assert len({one, other}) == 2


# A picture of 80 x 200 in an input of 100: scaled by one half to 40 x 100, in tokens of 10.
WIDE = Frame(image_size=(80, 200), input_size=(40, 100), side=100, patch_size=10)


class TestFrame:
    @pytest.mark.parametrize(
        ("point_px", "point_unit"),
        [
            ((0, 0), (0.005, 0.005)),
            ((200, 0), (1.005, 0.005)),
            ((0, 80), (0.005, 0.405)),
            ((200, 80), (1.005, 0.405)),
            ((99, 39), (0.5, 0.2)),
        ],
    )
    def test_corners_lie_half_an_input_pixel_in(self, point_px, point_unit):
        unit = WIDE.unit_from_px(np.array([point_px], dtype=float))

        np.testing.assert_allclose(unit, [point_unit], rtol=1e-12)
        np.testing.assert_allclose(WIDE.px_from_unit(unit), [point_px], rtol=0, atol=1e-9)

    def test_each_direction_has_its_own_scale_after_rounding(self):
        # 97 x 133 in 80: the height of 58.35 is rounded to 58, so rows shrink a little more.
        frame = Frame((97, 133), fit_longest_side((97, 133), 80), side=80, patch_size=8)

        assert frame.input_size == (58, 80)
        unit = frame.unit_from_px(np.array([[133.0, 97.0]]))
        np.testing.assert_allclose(unit, [[80.5 / 80, 58.5 / 80]], rtol=1e-12)

    def test_any_number_of_axes_is_converted(self):
        points = np.arange(24.0).reshape(2, 3, 2, 2)

        assert WIDE.unit_from_px(points).shape == points.shape
        np.testing.assert_allclose(WIDE.px_from_unit(WIDE.unit_from_px(points)), points)
        assert WIDE.unit_from_px(np.zeros((0, 2))).shape == (0, 2)

    @pytest.mark.parametrize(
        ("point_px", "token"),
        [
            ((0, 0), (0, 0)),
            ((19.9, 19.9), (0, 0)),
            ((20, 0), (0, 1)),
            ((0, 20), (1, 0)),
            ((199, 79), (3, 9)),
            ((200, 0), (0, 9)),  # the right edge belongs to the last column
            ((-5, -5), (0, 0)),
            ((1000, 1000), (9, 9)),
        ],
    )
    def test_token_at_gives_row_and_column_of_the_patch(self, point_px, token):
        assert WIDE.token_at(point_px) == token
        assert WIDE.token_at(np.array(point_px)) == token

    @pytest.mark.parametrize(
        ("box_px", "tokens"),
        [
            ((20, 0, 40, 20), [(0, 1)]),  # the very patch: its neighbours only touch it
            ((19, 0, 41, 20), [(0, 0), (0, 1), (0, 2)]),
            ((25, 21, 45, 45), [(1, 1), (1, 2), (2, 1), (2, 2)]),
            ((30, 30, 30, 30), [(1, 1)]),
            ((190, 70, 999, 75), [(3, 9)]),
        ],
    )
    def test_tokens_in_a_box_have_a_part_of_their_patch_there(self, box_px, tokens):
        assert WIDE.tokens_in(box_px) == tuple(tokens)

    def test_a_box_that_is_none_is_refused(self):
        with pytest.raises(ValueError, match="x0 <= x1"):
            WIDE.tokens_in((5, 5, 1, 1))

    def test_a_token_in_pixels_and_the_tokens_that_show_the_picture(self):
        assert WIDE.token_size_px == (20, 20)
        assert WIDE.tokens_shown == (4, 10)
        # 97 x 133 in 58 x 80: seven rows of 8, and two pixels that take an eighth.
        frame = Frame((97, 133), (58, 80), side=80, patch_size=8)
        np.testing.assert_allclose(frame.token_size_px, (8 * 97 / 58, 8 * 133 / 80))
        assert frame.tokens_shown == (8, 10)


class TestFitLongestSide:
    @pytest.mark.parametrize(
        ("image_size", "fitted"),
        [
            ((1024, 1024), (1024, 1024)),
            ((768, 1024), (768, 1024)),
            ((480, 640), (768, 1024)),
            ((640, 427), (1024, 683)),  # 683.2
            ((2, 3), (683, 1024)),  # 682.67
            ((1, 50), (20, 1024)),  # 20.48
            ((50, 1), (1024, 20)),
            ((1, 1), (1024, 1024)),
            ((3, 2048), (2, 1024)),  # 1.5 is rounded up
            ((1, 5000), (1, 1024)),  # 0.2 would be no pixel at all
            ((5000, 1), (1024, 1)),
        ],
    )
    def test_the_longer_side_fits_and_the_other_is_rounded(self, image_size, fitted):
        assert fit_longest_side(image_size, 1024) == fitted


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"points": np.array([[1 + 2j, 3]])}, "numbers, but are of complex128"),
        ({"points": np.zeros((1, 2), "M8[D]")}, r"numbers, but are of datetime64\[D\]"),
        ({"box": np.ma.array([1, 2, 3, 4], mask=[1, 0, 0, 0])}, "numbers, but are a masked array"),
        ({"mask_hint": np.ones((20, 20), bool)}, "logits, but is a mask of True and False"),
        ({"mask_hint": torch.ones(20, 20, dtype=torch.bool)}, "logits, but is a mask of True"),
    ],
)
def test_numbers_that_numpy_would_take_for_others_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        Prompts(**given)
