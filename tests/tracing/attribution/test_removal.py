"""Removing the content of tokens, and the curves of doing so step by step."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, between_steps
from sam_explore.tracing.attribution import (
    MeanLogit,
    PredictedIoU,
    RemovalCurves,
    removal_curves,
    value_of,
    value_without,
)
from sam_explore.tracing.attribution.removal import patches_of, pooled, spread, values_without

from ...small import SMALL, small_sam, small_trace
from .linear import linear_trace, logits_of_tokens, reds

OF = PredictedIoU(1)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


def tokens_gone(*tokens: tuple[int, int]) -> np.ndarray:
    removed = np.zeros((5, 5), dtype=bool)
    removed[tuple(np.transpose(tokens))] = True
    return removed


def test_a_token_without_content_is_the_mean_of_the_pictures_tokens(trace):
    gone = tokens_gone((0, 1), (2, 4), (4, 0))  # the last over padding

    def mean_instead(tensor, hook):
        # The picture, 20 high, reaches into the third row of tokens.
        mean = tensor[:, :, :3].mean(dim=(2, 3), keepdim=True)
        return torch.where(torch.tensor(gone), mean, tensor)

    edited = trace.with_edit("image_encoder.channel_projection.hook_out", mean_instead)
    assert value_without(trace, OF, gone) == pytest.approx(value_of(edited, OF), rel=1e-5)
    assert value_without(trace, OF, gone) != pytest.approx(value_of(trace, OF), rel=1e-3)


def test_a_patch_without_content_has_the_models_mean_colour():
    config = replace(SMALL, pixel_mean=(100.0, 120.0, 80.0))
    trace = Trace(small_sam(config), small_trace().image, Prompts(points=[(12, 8)]))
    painted = trace.image.copy()
    painted[0:8, 16:24] = painted[16:20, 0:8] = (100, 120, 80)

    found = value_without(trace, OF, tokens_gone((0, 2), (2, 0)), "pixels")

    assert found == value_of(replace(trace, image=painted), OF)
    assert found != value_of(trace, OF)


@pytest.mark.parametrize("place", ["embedding", "pixels"])
def test_edits_and_windows_stay(trace, place):
    def double(tensor, hook):
        return 2 * tensor

    changed = trace.with_windows((2, 3, 1, 0)).with_edit("mask_decoder.hook_image_in", double)
    gone = tokens_gone((1, 1))

    values = [value_without(each, OF, gone, place) for each in (trace, changed)]
    assert values[0] != pytest.approx(values[1], rel=1e-3)


def test_where_nothing_is_to_lose_nothing_runs_and_the_number_stays(trace):
    before = value_of(trace, OF)
    steps: list[str] = []
    with between_steps(steps.append):
        assert value_without(trace, OF, tokens_gone((3, 0), (4, 4)), "pixels") == before
        assert value_without(trace, OF, np.zeros((5, 5), dtype=bool)) == before
    assert steps == []


def test_only_what_it_needs_runs_and_nothing_of_that_is_kept(trace):
    before, store = value_of(trace, OF), trace.engine.store
    size = store.bytes
    steps: list[str] = []
    with between_steps(steps.append):
        value_without(trace, OF, tokens_gone((0, 0)))
        assert steps == ["Mask decoder"]
        value_without(trace, OF, tokens_gone((0, 0)), "pixels")
    assert len(steps) == 1 + 7
    assert store.bytes == size
    assert value_of(trace, OF) == before


@pytest.mark.parametrize("hinted", [False, True])
def test_several_are_decoded_in_one_batch_and_each_loses_only_its_own(trace, hinted):
    if hinted:
        hint = np.linspace(-5, 5, 20 * 20, dtype=np.float32).reshape(20, 20)
        trace = trace.with_prompts(Prompts(points=[(12, 8)], mask_hint=hint))
    gone = [tokens_gone((0, 1)), np.zeros((5, 5), dtype=bool), tokens_gone((2, 4), (1, 1))]
    alone = [value_without(trace, OF, each) for each in gone]
    steps: list[str] = []
    with between_steps(steps.append):
        together = values_without(trace, OF, gone)
    assert steps == ["Mask decoder"]
    assert together == pytest.approx(alone, rel=1e-4)
    assert together[1] == value_of(trace, OF)
    assert len({round(each, 5) for each in together}) == 3


def test_an_edit_that_keeps_something_for_later_acts_on_one_at_a_time(trace):
    kept = []

    def keep(tensor, hook):
        kept.append(tensor)
        return tensor

    def recall(tensor, hook):
        return tensor + kept[-1].mean()

    edited = trace.with_edit("mask_decoder.hook_image_in", keep)
    edited = edited.with_edit("mask_decoder.iou_predictor.hook_iou", recall)
    gone = [tokens_gone((0, 1)), tokens_gone((2, 4), (1, 1))]
    alone = [value_without(edited, OF, each) for each in gone]
    assert values_without(edited, OF, gone) == alone


def test_patches_are_sums_of_their_tokens_and_can_be_smaller_at_the_far_edges():
    tokens = np.arange(9).reshape(3, 3)

    # 0 1 | 2
    # 3 4 | 5
    # 6 7 | 8
    assert pooled(tokens, 2).tolist() == [[0 + 1 + 3 + 4, 2 + 5], [6 + 7, 8]]
    assert pooled(tokens, 1).tolist() == tokens.tolist()
    assert pooled(tokens, 5).tolist() == [[36]]
    patches = np.array([[1, 2], [3, 4]])
    assert spread(patches, 2, (3, 3)).tolist() == [[1, 1, 2], [1, 1, 2], [3, 3, 4]]
    assert spread(patches, 2, (2, 3)).tolist() == [[1, 1, 2], [1, 1, 2]]
    assert patches_of((3, 4), 2) == (2, 2)


def test_curves_of_a_number_that_is_the_mean_of_two_tokens():
    trace = linear_trace()
    of = MeanLogit(0, logits_of_tokens((0, 0), (1, 2)), "logits")
    one, other = reds(trace)[[0, 1], [0, 2]] / 2

    curves = removal_curves(trace, of, [0, 5 + 2], "pixels", steps=2)

    assert curves.share.tolist() == [0, 0.5, 1]
    np.testing.assert_allclose(curves.deletion, [one + other, other, 0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(curves.insertion, [0, one, one + other], rtol=1e-5, atol=1e-6)


def test_patches_go_in_the_order_given_in_so_many_steps():
    trace = linear_trace()
    of = MeanLogit(0, logits_of_tokens((0, 4), (0, 0)), "logits")
    corner, first = reds(trace)[0, [4, 0]] / 2

    # Patches of 2 x 2 tokens, 3 a side: the top right one, the middle one, the top left one.
    curves = removal_curves(trace, of, [2, 4, 0], "pixels", patch=2, steps=10)

    np.testing.assert_allclose(curves.share, [0, 1 / 3, 2 / 3, 1])
    expected = [corner + first, first, first, 0]
    np.testing.assert_allclose(curves.deletion, expected, rtol=1e-5, atol=1e-6)
    expected = [0, corner, corner, corner + first]
    np.testing.assert_allclose(curves.insertion, expected, rtol=1e-5, atol=1e-6)


def test_the_ends_of_the_curves_are_the_whole_picture_and_none_of_it(trace):
    curves = removal_curves(trace, OF, np.arange(25), steps=3)

    assert curves.share.tolist() == [0, 8 / 25, 17 / 25, 1]
    assert curves.deletion[0] == curves.insertion[-1] == value_of(trace, OF)
    nothing = value_without(trace, OF, np.ones((5, 5), dtype=bool))
    assert curves.deletion[-1] == curves.insertion[0] == pytest.approx(nothing, rel=1e-5)


def test_the_area_is_the_mean_height():
    share = np.array([0, 0.25, 1])
    curves = RemovalCurves(share, np.array([4.0, 2, 0]), np.array([0.0, 4, 4]))

    assert curves.deletion_area == 0.25 * 3 + 0.75 * 1
    assert curves.insertion_area == 0.25 * 2 + 0.75 * 4


def test_backwards_they_are_the_curves_of_the_reverse_order(trace):
    order = np.random.default_rng(1).permutation(25)
    curves = removal_curves(trace, OF, order, steps=2)
    assert curves.share.tolist() == [0, 12 / 25, 13 / 25, 1]

    reverse = removal_curves(trace, OF, order[::-1], steps=2)

    np.testing.assert_allclose(curves.backwards.share, reverse.share)
    np.testing.assert_array_equal(curves.backwards.deletion, reverse.deletion)
    np.testing.assert_array_equal(curves.backwards.insertion, reverse.insertion)


def test_an_unknown_place_is_refused(trace):
    with pytest.raises(ValueError, match="one of embedding, pixels, not 'tokens'"):
        value_without(trace, OF, tokens_gone((0, 0)), "tokens")
