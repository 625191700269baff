"""Masks without what a read-out reads, where what it reads was put there."""

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import RemovedDirections
from sam_explore.probes.common.fact_tokens import places_alone

from ...small import putting, small_trace

AT = "image_encoder.vit.blocks.2.hook_residual_post"


def test_tokens_that_are_their_places_lose_all_of_it_with_five_directions():
    tokens = np.zeros((1, 5, 5, 24))
    tokens[0, ..., :5] = places_alone((5, 5)).reshape(5, 5, 5)
    trace = putting(small_trace(), AT, tokens)
    maps, table = RemovedDirections(fact="boundary", block=2, directions=16, scenes=8)(
        trace
    ).readings
    # Nothing but the five numbers of a place is there to be removed, and then all tokens are one.
    assert table.title == "5 directions of each token"
    assert table.values[0, 1] == 1  # the overlap with itself
    constant = putting(small_trace(), AT, tokens.mean(axis=(1, 2), keepdims=True))
    mask = trace.prediction.chosen
    np.testing.assert_allclose(
        maps.maps[1].values, constant.prediction.visible[mask], rtol=1e-4, atol=1e-4
    )
    assert np.abs(maps.maps[2].values - maps.maps[0].values).max() > 1e-3


def test_the_table_has_right_answers_overlap_and_predicted_iou():
    trace = small_trace()
    maps, table = RemovedDirections(scenes=8)(trace).readings
    assert table.rows == (
        "as it is", "without what is read", "as much, random directions",
        "without random directions",
    )  # fmt: skip
    assert np.isnan(table.values[2, 0])
    assert np.isfinite(np.delete(table.values.ravel(), 6)).all()
    assert len(maps.maps) == 4
    assert table.values[0, 2] == pytest.approx(trace.prediction.iou[trace.prediction.chosen])
    assert table.words.startswith("8 directions of 24 are removed after block 0. Of the questions")
    for share, said in zip(table.values[[0, 1, 3], 0], ("answers", "new one", "and"), strict=True):
        assert f"{said} {text(share)} (95 %: " in table.words
    without, as_much, others = (f"{each:.2f}" for each in table.values[1:, 1])
    assert table.words.endswith(
        f"{without} without what is read, {as_much} where as much is taken off along random "
        f"directions, {others} without the random directions."
    )


def test_without_a_click_one_is_taken_and_said():
    trace = small_trace()
    words = RemovedDirections(scenes=8)(trace.with_prompts(type(trace.prompts)())).words
    assert words.startswith("There is no click; one in the middle of the picture is taken.")
