"""What is learned when: numbers by hand, and the facts of made-up checkpoints."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course.facts import learning
from sam_explore.course.facts.learning import (
    Learned,
    first_level,
    half_at,
    positions_or_heads,
    trained_mask,
)
from sam_explore.geometry import Prompts
from sam_explore.truth import as_truth

from ...small import answering, small_sam, small_trace


def made(monkeypatch, **changed) -> None:
    """Three checkpoints; wholes are learned first, position encodings are there from the start."""
    values = {
        "scenes": np.array([100.0, 1000.0, 10000.0]),
        "levels": np.array([[[0.0, 0.0, 0.0]], [[0.4, 0.0, 0.0]], [[0.4, 0.4, 0.2]]]),
        "chance": np.zeros((3, 1, 3)),
        "positions": np.array([0.9, 0.95, 1.0]),
        "heads": np.array([0.0, 0.2, 1.0]),
    }
    monkeypatch.setattr(learning, "learned", lambda: Learned(**(values | changed)))


def test_half_is_reached_between_two_checkpoints_on_a_logarithmic_scale():
    scenes = np.array([100.0, 1000.0, 10000.0])
    assert half_at(scenes, np.array([0.0, 0.0, 1.0])) == pytest.approx(1000 * 10**0.5)
    assert half_at(scenes, np.array([0.0, 1.0, 1.0])) == pytest.approx(100 * 10**0.5)
    assert half_at(scenes, np.array([0.5, 0.2, 1.0])) == 100
    assert half_at(scenes, np.array([0.0, 0.25, 1.0])) == pytest.approx(1000 * 10 ** (1 / 3))


def test_wholes_come_first(monkeypatch):
    made(monkeypatch)
    fact = first_level()
    assert fact.value == "wholes"
    assert fact.words.startswith("In the mean of 1 scene the best")
    assert "wholes 0.40 (chance 0.00), parts 0.40 (chance 0.00), sub-parts 0.20" in fact.words
    assert "wholes after 320, parts after 3,200, sub-parts after 3,200 scenes," in fact.words


def test_levels_that_are_learned_alike_come_together(monkeypatch):
    made(monkeypatch, levels=np.array([[[0.0] * 3], [[0.1] * 3], [[0.4] * 3]]))
    assert first_level().value == "together"


def test_what_chance_gives_is_no_learning(monkeypatch):
    # Wholes have 0.3 from the start, as much as masks of other scenes; the rest comes as parts do.
    levels = np.array([[[0.3, 0.0, 0.0]], [[0.3, 0.0, 0.0]], [[0.5, 0.2, 0.2]]])
    chance = np.zeros((3, 1, 3))
    chance[:, :, 0] = 0.3
    made(monkeypatch, levels=levels, chance=chance)
    fact = first_level()
    assert fact.value == "together"
    assert "wholes 0.50 (chance 0.30), parts 0.20 (chance 0.00)" in fact.words
    assert "wholes after 3,200, parts after 3,200, sub-parts after 3,200 scenes" in fact.words
    assert "Half of the IoU with chance in it: 100, 3,200, 3,200." in fact.words


def test_chance_is_what_the_masks_of_the_other_scenes_have(monkeypatch):
    left, right = np.zeros((2, 4, 4), bool)
    left[:, :2] = right[:, 2:] = True
    asked = [
        SimpleNamespace(image=None, click=(0, 0), masks=np.array(masks))
        for masks in ([left, left, left], [left, right, right | left])
    ]
    answers = iter([[left] * 4, [right] * 4])
    monkeypatch.setattr(learning, "asked_levels", lambda first: iter(asked))
    monkeypatch.setattr(learning, "encode", lambda sam, image: None)
    monkeypatch.setattr(
        learning, "predict", lambda *_: SimpleNamespace(masks=lambda: next(answers))
    )
    own, others = learning._levels(small_sam(), 2)
    assert own.tolist() == [[1, 1, 1], [0, 1, 0.5]]
    assert others.tolist() == [[0, 0, 0], [1, 0, 0.5]]


def test_position_encodings_come_before_heads(monkeypatch):
    made(monkeypatch)
    fact = positions_or_heads()
    assert fact.value == "positions"
    assert "After 100 scenes the position encodings have a correlation of 0.90" in fact.words
    made(monkeypatch, positions=np.array([0.0, 0.1, 1.0]), heads=np.array([0.9, 1.0, 1.0]))
    assert positions_or_heads().value == "heads"
    made(monkeypatch, positions=np.array([0.0, 0.2, 1.0]))
    assert positions_or_heads().value == "together"


def test_correlation_of_weights_is_by_head():
    alike = np.array([[[[0.2, 0.8], [0.6, 0.4]]]])  # a window, a head, two queries, two keys
    turned = alike[..., ::-1]
    assert learning._correlation([alike], [alike]) == pytest.approx(1)
    assert learning._correlation([alike], [turned]) == pytest.approx(-1)
    both, other = np.concatenate([alike, alike], axis=1), np.concatenate([alike, turned], axis=1)
    assert learning._correlation([both], [other]) == pytest.approx(0)


def test_the_mask_with_the_least_loss_is_trained_and_token_0_with_more_prompts():
    logits = np.full((4, 20, 20), -9.0)
    logits[1, :, :5] = logits[2, :, :10] = 9.0  # left quarter, left half
    trace = replace(small_trace(), prompts=Prompts(points=[(2, 5)]))
    trace = answering(trace, logits, [0.1, 0.9, 0.8, 0.3])
    left = np.zeros(trace.image.shape[:2], bool)
    left[:, : left.shape[1] // 2] = True
    truth = as_truth(left)
    one = trained_mask(SimpleNamespace(trace=trace, shown_truth=truth))
    assert one.value == 2
    assert "since it has the least loss of the three" in one.words
    boxed = trace.with_prompts(Prompts(points=[(2, 5)], box=(1, 1, 9, 9)))
    both = trained_mask(SimpleNamespace(trace=boxed, shown_truth=truth))
    assert both.value == 0
    assert "since more than one prompt is given" in both.words
