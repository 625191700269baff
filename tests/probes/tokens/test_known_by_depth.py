"""What read-outs say of tokens that were put there."""

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import KnownByDepth
from sam_explore.probes.common.fact_tokens import places_alone
from sam_explore.tracing import Cancelled, between_steps

from ...small import putting, small_trace

FIRST = "image_encoder.vit.blocks.0.hook_residual_pre"


def places_as_tokens():
    """A run whose first tokens are their places, and nothing of any picture."""
    tokens = np.zeros((1, 5, 5, 24))
    tokens[0, ..., :5] = places_alone((5, 5)).reshape(5, 5, 5)
    return putting(small_trace(), FIRST, tokens)


@pytest.mark.parametrize("fact", ["foreground", "same object", "in front"])
def test_tokens_that_are_their_places_tell_as_much_as_the_places(fact):
    chart, shown = KnownByDepth(fact=fact, scenes=8)(places_as_tokens()).readings
    measured, random, _, place, most = chart.curves
    assert measured.y[0] == pytest.approx(place.y[0], abs=0.02)
    assert random.y[0] == pytest.approx(place.y[0], abs=0.02)  # no weight comes before
    assert np.ptp(place.y) == np.ptp(most.y) == 0
    assert shown.frame == "tokens"


def test_pairs_are_half_and_half():
    chart, _ = KnownByDepth(scenes=8)(small_trace()).readings
    np.testing.assert_allclose(chart.curves[-1].y, 0.5)
    assert "; a guess 0.5." in chart.words
    assert "in 4 scenes that it did not learn from" in chart.words
    measured, random, shuffled, place, _ = chart.curves
    assert f". Embedding: {text(measured.y[0])} (95 %: {text(measured.low[0])} to " in chart.words
    assert f"; image tokens: {text(measured.y[-1])} (95 %: " in chart.words
    assert f"with shuffled weights {text(random.y.max(), 2)}, " in chart.words
    assert f"learned with shuffled answers {text(shuffled.y.max(), 2)}, " in chart.words
    assert f"row and column alone {text(place.y[0], 2)}; " in chart.words
    assert chart.x_labels == ("embedding", *(f"block {n}" for n in range(4)), "image tokens")


def test_the_picked_token_is_compared_with_itself_and_with_all_others():
    tokens = np.zeros((1, 5, 5, 24))
    tokens[0, 1, 2, 3] = 4  # in a picture 20 high: three of five rows are shown
    trace = putting(small_trace(), FIRST, tokens)
    _, shown = KnownByDepth(token=(1, 2), scenes=8)(trace).readings
    assert shown.values.shape == (3, 5)
    assert shown.marks == ((1, 2),)
    others = np.delete(shown.values.ravel(), 1 * 5 + 2)
    np.testing.assert_allclose(others, others[0])  # of one vector, whatever it is
    low, high = text(shown.values.min()), text(shown.values.max())
    above = text(100 * (shown.values > 0).mean())
    name = "“same object as row 1, column 2”"
    assert shown.words.endswith(
        f"{name} goes from {low} to {high}; {above} % of the tokens lie above 0."
    )


def test_of_many_answers_the_map_shows_that_of_the_picked_token():
    _, shown = KnownByDepth(fact="kind", token=(1, 2), scenes=8)(small_trace()).readings
    assert shown.title.split("\n")[1].removeprefix("kind: ") in (
        "animal", "plant", "fruit", "vehicle", "building", "thing"
    )  # fmt: skip


def test_it_tells_of_its_progress_and_can_be_stopped():
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if step == "Scene 3 of 8, shuffled weights":
            raise Cancelled

    trace = putting(small_trace(), FIRST, np.ones((1, 5, 5, 24)))  # not kept from elsewhere
    with pytest.raises(Cancelled), between_steps(stop):
        KnownByDepth(scenes=8)(trace)
    assert "Scene 8 of 8" in steps


def test_a_coarser_answer_takes_eight_scenes():
    trace = small_trace()
    assert [each.scenes for each in KnownByDepth().coarser(trace)] == [8]
    assert KnownByDepth(scenes=8).coarser(trace) == ()
