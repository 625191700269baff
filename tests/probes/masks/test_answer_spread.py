"""Answers to jittered prompts, of other tokens and of noisy pictures."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import AnswerSpread
from sam_explore.tracing import between_steps

from ...small import answering, small_trace


def test_an_answer_that_is_given_moves_with_the_token_alone():
    logits = np.full((4, 10, 20), -1.0)
    logits[1, :, :5] = logits[2, :, :10] = 1  # a quarter and a half; mask 3 is empty
    trace = answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])
    maps, table = AnswerSpread(samples=2)(trace).readings
    # The model chooses mask 2. Its overlap with itself, a half of it and nothing: 1, 0.5, 0.
    np.testing.assert_allclose(table.values[:, :3], [[1, 1, 0], [0.5, 0, 0.5], [1, 1, 0]])
    # Predicted are 0.2, 0.8 and 0.3, whose mean is 0.433.
    moves = np.sqrt((0.2333**2 + 0.3667**2 + 0.1333**2) / 3)
    np.testing.assert_allclose(table.values[:, 3], [0, moves, 0], atol=1e-4)
    assert maps.maps[1].values[0].tolist() == pytest.approx([2 / 3] * 5 + [1 / 3] * 5 + [0] * 10)
    assert AnswerSpread(samples=2)(trace).words == (
        "Mask 2's overlap with the run's is in the mean with another prompt 1.00, and 1.00 at the "
        "least; with another token 0.50, and 0.00 at the least; with another picture 1.00, and "
        "1.00 at the least. It hangs most on the token. The predicted IoU has a standard "
        "deviation of 0 with the prompt, 0.262 with the token, 0 with the picture."
    )


def test_places_move_by_the_jitter_at_most_and_stay_in_the_picture():
    trace = small_trace().with_prompts(Prompts(points=[(39, 10)], box=(10, 9, 20, 11)))
    moved = AnswerSpread(samples=16, jitter=1.0).jittered(trace)
    points = np.array([each.points[0] for each in moved])
    assert (np.linalg.norm(points - (39, 10), axis=1) <= 8.001).all()  # a token is 8 pixels
    assert points[:, 0].max() <= 40
    assert points.std(axis=0).min() > 1
    boxes = np.array([each.box for each in moved])
    np.testing.assert_allclose(boxes[:, 2] - boxes[:, 0], 10)
    assert all(each.labels.tolist() == [1] for each in moved)


def test_without_jitter_and_noise_the_answer_is_the_runs_own():
    table = AnswerSpread(samples=2, jitter=0.0, noise=1e-9)(small_trace()).readings[1]
    np.testing.assert_allclose(table.values[[0, 2]], [[1, 1, 0, 0]] * 2, atol=1e-6)


def blocks_in(steps: list[str]) -> int:
    return sum("block" in step.lower() for step in steps)


def test_a_first_answer_encodes_no_picture_and_says_nothing_of_noise():
    trace = small_trace()
    (first,) = AnswerSpread(samples=2).coarser(trace)
    assert first.coarser(trace) == ()
    assert trace.prediction  # the run's own picture is encoded
    steps: list[str] = []
    with between_steps(steps.append):
        maps, table = first(trace).readings
        at_first = list(steps)
        full = AnswerSpread(samples=2)(trace).readings[1]
    assert (blocks_in(at_first), blocks_in(steps)) == (0, 2 * trace.sam.config.encoder_depth)
    assert (table.rows, full.rows) == (("prompt", "token"), ("prompt", "token", "picture"))
    np.testing.assert_array_equal(table.values, full.values[:2])
    assert len(maps.maps) == 2
    assert "picture" not in table.words


def test_how_far_answers_move_is_not_how_wrong_they_are_and_both_are_said():
    logits = np.full((4, 20, 20), -1.0)
    logits[1], logits[2] = 1, 1  # all of the picture; mask 3 is empty
    trace = answering(small_trace(), logits, [0.9, 0.2, 0.8, 0.3])
    half = np.zeros((20, 40), bool)
    half[:, :20] = True
    words = AnswerSpread(samples=2, truth=half)(trace).words
    assert words.endswith(
        "The true IoU with the truth given is 0.50; with another prompt 0.50 to 0.50; with another "
        "picture 0.50 to 0.50; with another token 0.00 to 0.50."
    )
