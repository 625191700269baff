"""How tokens answer to factors: changes worked out by hand, and runs whose answer is known."""

import numpy as np
import pytest

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.probes import SceneFactors
from sam_explore.probes.common.factor_scenes import FACTORS
from sam_explore.probes.tokens import scene_factors
from sam_explore.probes.tokens.scene_factors import Answers, change_by_set
from sam_explore.tracing import Cancelled, between_steps

from ...small import putting, small_trace

FIRST = in_block(0, "hook_residual_pre")


def test_the_change_of_a_set_of_tokens_by_hand():
    """Lengths before: 5 and 12, together 13. The first changes by 3 and 4, so by 5 of 13."""
    before = np.array([[3.0, 4.0], [0.0, 12.0], [1.0, 0.0]])
    after = np.array([[6.0, 8.0], [0.0, 12.0], [0.0, 0.0]])
    both, last, none = np.array([[1, 1, 0], [0, 0, 1], [0, 0, 0]], bool)
    found = change_by_set(before, after, (both, last, none))
    assert found[:2] == pytest.approx((5 / 13, 1.0))
    assert np.isnan(found[2])


def test_a_factor_counts_in_times_its_noise():
    own = np.zeros((2, 1, 2, 2))
    own[0, 0], own[1, 0] = [[0.6, 0.8], [0.3, 0.4]], [[0.4, 0.2], [0.1, 0.0]]
    found = Answers(own, own, np.ones((2, 1)))
    np.testing.assert_allclose(found.times("own")[:, 0], [[2, 2], [4, np.nan]])


def test_tables_and_chart_are_means_over_the_scenes_and_the_words_say_them():
    reading = SceneFactors(factor=FACTORS[2], scenes=3)(small_trace())
    own, others, chart = reading.readings
    found = scene_factors.answers(small_trace(), 3)
    np.testing.assert_allclose(own.values, found.times("own").mean(axis=0).T)
    assert [each.replace("\n", " ") for each in own.columns] == list(FACTORS)
    assert own.columns[0] == others.columns[0] == "place\nof the object"
    assert own.rows == ("embedding", *(f"block {n}" for n in range(4)), "image tokens")
    assert own.scale.centre == 1
    assert np.isnan(others.values[0]).all()  # nothing reaches them before the first block
    names = [curve.name for curve in chart.curves]
    assert names[0] == f"{FACTORS[2]}, pixels changed"
    np.testing.assert_allclose(chart.curves[1].y, found.own[:, 2, 1].mean(axis=0))
    np.testing.assert_allclose(chart.curves[2].y[0], 0)
    assert reading.words.startswith("In the mean of 3 scenes: From the embedding to the image")
    last, most = own.values[-1], FACTORS[own.values[-1].argmax()]
    said = f"answer most to “{most}” ({text(last.max(), 2)}), the others to “"
    assert said in reading.words
    assert f"The chart's “{FACTORS[2]}” ends at {text(last[2])} (95 %: " in reading.words


def test_the_words_say_what_stands_out_and_no_more(monkeypatch):
    """Factors go from 2 to 1, from 1 to 1.5 and stay at 3; the third can't be told from its noise
    in other tokens, where the second counts most."""
    own, others = np.ones((2, 2, len(FACTORS), 2, 6))
    own[:, :3, 0, 0], own[:, :3, 0, -1] = [2, 1, 3], [1, 1.5, 3]
    others[:, 1, 0, -1], others[:, 2, 0, -1] = 1.25, [0.5, 1.5]
    found = Answers(own, others, np.ones((2, len(FACTORS))))
    monkeypatch.setattr(scene_factors, "answers", lambda trace, count: found)
    place, part, texture = FACTORS[:3]
    assert SceneFactors(factor=texture, scenes=2)(small_trace()).words == (
        f"In the mean of 2 scenes: From the embedding to the image tokens, “{place}” loses most "
        f"weight (2 to 1 times the change by noise), and “{part}” gains most (1 to 1.5). Image "
        f"tokens whose pixels were changed answer most to “{texture}” (3), the others to “{part}” "
        f"(1.2). The chart's “{texture}” ends at 3 (95 %: 3 to 3) where pixels were changed, more "
        "than noise, and at 1 (95 %: 0.5 to 1.5) elsewhere, which can't be told from noise."
    )


def test_where_no_pixel_reaches_the_tokens_it_says_so():
    reading = SceneFactors(scenes=2)(putting(small_trace(), FIRST, np.ones((1, 5, 5, 24))))
    assert reading.words == "In 2 scenes, no change of the pixels reaches the tokens."
    assert np.isnan(reading.readings[0].values).all()


def test_tokens_that_are_set_after_a_block_answer_to_nothing_there():
    trace = putting(small_trace(), in_block(2, "hook_residual_post"), np.ones((1, 5, 5, 24)))
    own = SceneFactors(scenes=2)(trace).readings[0].values
    assert np.isfinite(own[:3]).all()
    assert np.isnan(own[3:]).all()  # after block 2, block 3 and in the image tokens: 0 of 0
    assert SceneFactors(scenes=2)(trace).words == (
        "In 2 scenes, no change of the pixels reaches the image tokens."
    )


def test_it_tells_of_its_progress_and_can_be_stopped():
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if step == "Scene 2 of 3":
            raise Cancelled

    trace = putting(small_trace(), FIRST, np.full((1, 5, 5, 24), 2.0))  # not kept from elsewhere
    with pytest.raises(Cancelled), between_steps(stop):
        SceneFactors(scenes=3)(trace)
    assert "Scene 1 of 3" in steps


def test_a_coarser_answer_takes_two_scenes():
    trace = small_trace()
    assert [each.scenes for each in SceneFactors().coarser(trace)] == [2]
    assert SceneFactors(scenes=2).coarser(trace) == ()
