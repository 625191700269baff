"""Attributions of a number, by all methods on one scale."""

import numpy as np
import pytest

from sam_explore.tracing import Trace, between_steps
from sam_explore.tracing.attribution import (
    METHODS,
    MeanLogit,
    PredictedIoU,
    attribute,
    gradient,
    patches_with_content,
    rank_correlation,
    value_of,
    value_without,
)

from ...small import small_trace
from .linear import linear_trace, logits_of_tokens, reds

PLACES = {
    "embedding": ["gradient times embedding", "occlusion of the embedding"],
    "pixels": ["gradient times pixels", "occlusion of the pixels"],
}


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


@pytest.mark.parametrize("method", PLACES["pixels"])
def test_in_a_linear_network_gradient_and_occlusion_say_the_same_of_pixels(method):
    trace = linear_trace()
    # Mask 1 counts twice; of the 32 logits, half lie in either token.
    of = MeanLogit(1, logits_of_tokens((0, 3), (2, 1)), "logits")

    expected = np.zeros((5, 5))
    expected[0, 3], expected[2, 1] = 2 / 2 * reds(trace)[[0, 2], [3, 1]]
    found = attribute(trace, of, method)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    # The patches' attributions add up to the whole, since without them nothing is left.
    assert found.sum() == pytest.approx(value_of(trace, of), rel=1e-5)


@pytest.mark.parametrize("method", PLACES["embedding"])
def test_in_a_linear_network_gradient_and_occlusion_say_the_same_of_tokens(method):
    trace = linear_trace()
    of = MeanLogit(3, logits_of_tokens((0, 3)), "logits")

    expected = np.zeros((5, 5))
    expected[0, 3] = 4 * (reds(trace)[0, 3] - reds(trace)[:3].mean())
    np.testing.assert_allclose(attribute(trace, of, method), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_in_a_linear_network_a_patch_contributes_the_sum_of_its_tokens(method):
    trace = linear_trace()
    of = MeanLogit(0, logits_of_tokens((0, 3), (2, 1), (4, 4)), "logits")
    single = attribute(trace, of, method)

    found = attribute(trace, of, method, patch=3)

    assert found.shape == (2, 2)
    expected = [[single[:3, :3].sum(), single[:3, 3:].sum()]]
    expected += [[single[3:, :3].sum(), single[3:, 3:].sum()]]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("place", PLACES)
def test_occlusion_is_the_number_before_less_the_number_after(trace, place):
    of = PredictedIoU(2)
    removed = np.zeros((5, 5), dtype=bool)
    removed[0:2, 2:4] = True  # patch (0, 1)

    found = attribute(trace, of, f"occlusion of the {place}", patch=2)

    assert found.shape == (3, 3)
    happens = value_of(trace, of) - value_without(trace, of, removed, place)
    assert found[0, 1] == pytest.approx(happens, abs=1e-5)


def test_the_gradient_is_times_what_would_be_taken_away(trace):
    of = MeanLogit(1, trace.prediction.masks()[1])
    tokens = trace.encoded.tokens[0].numpy()
    attributed = gradient(trace, of, "embedding") * (
        tokens - tokens[:, :3].mean((1, 2), keepdims=True)
    )
    np.testing.assert_allclose(attribute(trace, of), attributed.sum(axis=0), rtol=1e-3, atol=1e-6)

    attributed = (gradient(trace, of, "input") * trace.engine.given.pixels.numpy()).sum(axis=0)
    found = attribute(trace, of, "gradient times pixels")
    assert found[1, 2] == pytest.approx(attributed[8:16, 16:24].sum(), rel=1e-4)


def test_padding_has_no_pixels_to_lose_but_tokens():
    trace, of = small_trace(), PredictedIoU(1)
    steps: list[str] = []
    with between_steps(steps.append):
        assert not attribute(trace, of, "occlusion of the pixels")[3:].any()
    assert steps.count("Mask decoder") == 1 + 15
    assert not attribute(trace, of, "gradient times pixels")[3:].any()
    assert attribute(trace, of)[3:].all()
    holds = patches_with_content(trace, "gradient times pixels", 2)
    assert holds.tolist() == [[True] * 3, [True] * 3, [False] * 3]
    assert patches_with_content(trace, "gradient times embedding", 2).all()


def test_what_is_no_method_and_no_patch_is_refused(trace):
    with pytest.raises(ValueError, match=r"one of gradient times embedding, .*, not 'saliency'"):
        attribute(trace, PredictedIoU(1), "saliency")
    with pytest.raises(ValueError, match="1 token or more, not 0"):
        attribute(trace, PredictedIoU(1), patch=0)
    with pytest.raises(ValueError, match="0 to 3, not 7"):
        attribute(trace, PredictedIoU(7))


def test_rank_correlation_by_hand():
    values = np.array([[3.0, 1], [2, 10]])

    assert rank_correlation(values, values**3) == 1
    assert rank_correlation(values, -values) == -1
    # Ranks 1 2 3 4 and 2 1 4 3: their products about the mean sum to 3, the squares to 5.
    one, other = np.array([0.0, 1, 2, 3]), np.array([5.0, 4, 9, 7])
    assert rank_correlation(one, other) == pytest.approx(3 / 5)
    # Ranks 1, 2.5, 2.5, 4 against 1 2 3 4: 4.5 over the root of 4.5 times 5.
    tied = np.array([0.0, 1, 1, 3])
    assert rank_correlation(tied, one) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_what_is_the_same_everywhere_has_no_rank():
    assert np.isnan(rank_correlation(np.ones(4), np.arange(4.0)))
