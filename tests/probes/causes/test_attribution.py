"""What a linear network's mean logit comes from; see `linear.py` for its answers."""

import numpy as np
import pytest

from sam_explore.probes import Attribution
from sam_explore.tracing.attribution import (
    METHODS,
    MeanLogit,
    PredictedIoU,
    attribute,
    control_of,
    rank_correlation,
    spread,
)

from ...small import small_trace
from ...tracing.attribution.linear import linear_trace, reds

# At this threshold every logit counts. Of the third row of tokens the picture shows half: of its
# 200 logits, a token of the first two rows has 16 and one of the third 8.
ALL = {"mask": 1, "threshold": -100.0}
LOGITS = np.array([16, 16, 8, 0, 0])[:, None] / 200


@pytest.mark.parametrize("method", ["gradient times pixels", "occlusion of the pixels"])
def test_each_token_is_owed_its_share_of_the_mean(method):
    trace = linear_trace()
    expected = 2 * LOGITS * reds(trace)  # mask 1 counts twice

    reading = Attribution(method=method, **ALL)(trace)

    for each in reading.maps:
        np.testing.assert_allclose(each.values, expected, rtol=1e-3, atol=1e-6)
        assert each.frame == "tokens"
    assert (reading.shared.unit, reading.shared.centre) == ("logit", 0)
    row, column = np.unravel_index(expected.argmax(), (5, 5))
    assert reading.words.startswith("Mask 1's mean logit where it lies above −100 is ")
    assert f"the greatest is that of the token at row {row}, column {column}." in reading.words


def test_beside_the_gradient_stands_the_occlusion_and_how_well_they_agree():
    reading = Attribution(method="gradient times pixels", **ALL)(linear_trace())
    alone = Attribution(method="occlusion of the pixels", **ALL)(linear_trace())

    assert [each.title for each in reading.maps] == [
        "Gradient times pixels",
        "Occlusion of the pixels",
    ]
    assert "occlusion of the same patches is 1." in reading.words
    assert len(alone.maps) == 1
    np.testing.assert_array_equal(alone.maps[0].values, reading.maps[1].values)


def test_a_patch_shows_its_value_at_each_of_its_tokens():
    trace = linear_trace()
    shares = 2 * LOGITS * reds(trace)

    reading = Attribution(method="gradient times pixels", patch=3, **ALL)(trace)

    values = reading.maps[0].values
    assert values.shape == (5, 5)
    np.testing.assert_allclose(values[:3, :3], shares[:3, :3].sum(), rtol=1e-4)
    np.testing.assert_allclose(values[:3, 3:], shares[:3, 3:].sum(), rtol=1e-4)
    assert not values[3:].any()
    assert "patches of 3 × 3 tokens" in reading.words


def test_shuffled_weights_are_the_controls_and_are_compared_with_the_trained():
    trace = small_trace()
    of = PredictedIoU(2)
    trained, control = attribute(trace, of), attribute(control_of(trace), of)

    reading = Attribution(number="predicted IoU", mask=2, weights="shuffled")(trace)

    np.testing.assert_array_equal(reading.maps[0].values, control)
    assert reading.title == "Mask 2's predicted IoU, shuffled weights"
    assert float(reading.words.rsplit(" ", 1)[1].rstrip(".").replace("−", "-")) == pytest.approx(
        rank_correlation(trained, control), abs=0.01
    )


def test_the_mean_is_taken_where_the_chosen_mask_is():
    trace = small_trace()
    chosen = trace.prediction.chosen
    region = np.zeros((20, 20), dtype=bool)
    region[:10] = trace.prediction.visible[chosen] > 0.5
    assert 0 < region[:10].mean() < 1

    reading = Attribution(threshold=0.5)(trace)

    expected = attribute(trace, MeanLogit(chosen, region, "logits"))
    np.testing.assert_array_equal(reading.maps[0].values, spread(expected, 1, (5, 5)))


def test_an_empty_mask_leaves_the_whole_picture():
    reading = Attribution(threshold=99.0, mask=1)(small_trace())

    assert reading.words.startswith("Mask 1's mean logit over the whole picture is ")


def test_all_methods_stand_on_one_scale_in_the_numbers_own_unit():
    trace = linear_trace()

    reading = Attribution(method="all", patch=2, **ALL)(trace)

    assert [each.title for each in reading.maps] == [
        "Gradient times embedding",
        "Occlusion of the embedding",
        "Gradient times pixels",
        "Occlusion of the pixels",
    ]
    for each in reading.maps:
        alone = Attribution(method=each.title.lower(), patch=2, **ALL)(trace)
        np.testing.assert_array_equal(each.values, alone.maps[0].values)
    assert (reading.shared.unit, reading.shared.centre) == ("logit", 0)
    assert "All on one scale (logit), by patches of 2 × 2 tokens: gradient" in reading.words
    # The network is linear, so that each gradient says what its occlusion does.
    assert reading.words.endswith(
        "The rank correlation with the occlusion of the same patches is "
        "1 for gradient times embedding, 1 for gradient times pixels."
    )


def test_each_of_all_methods_is_compared_with_that_of_the_trained_weights():
    trace = small_trace()
    of = PredictedIoU(2)

    reading = Attribution(number="predicted IoU", mask=2, method="all", weights="shuffled")(trace)

    compared = reading.words.split("the trained ones' map is ")[1]
    for method, place in METHODS.items():
        trained, control = (attribute(run, of, method) for run in (trace, control_of(trace)))
        there = np.s_[:3] if place == "pixels" else np.s_[:]  # the others are padding
        expected = rank_correlation(trained[there], control[there])
        found = compared.split(f" for {method}")[0].split(" ")[-1].replace("−", "-")
        assert float(found) == pytest.approx(expected, abs=0.01)
