"""Facts about scores, with masks and scores that are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.automatic.kept import Kept
from sam_explore.course import facts
from sam_explore.course.facts import scores
from sam_explore.truth import Truth, scene_of_mask

from ...small import answering, small_trace

# predicted, stability, true, border, empty, meant, levels
GUESSES = np.array([
    [0.9, 0.9, 0.0, 9.0, 0, 0.0, 1],  # mask 0 is no alternative
    [0.8, 0.2, 0.4, 3.0, 0, 0.4, 1],
    [0.6, 0.8, 0.8, 1.0, 0, 0.4, 3],
    [0.1, 0.9, 0.6, 2.0, 0, 0.2, 3],
])  # fmt: skip


def now(trace, truth=None) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None, shown_truth=truth)


@pytest.fixture
def given(monkeypatch):
    """Lets clicks on drawn scenes have given scores (scene, click, mask, score)."""

    def give(values: np.ndarray) -> SimpleNamespace:
        monkeypatch.setattr(scores, "_kept", Kept(most=1))
        monkeypatch.setattr(scores, "_compute", lambda run: values)
        return now(small_trace())

    return give


def test_guesses_are_off_by_the_mean_difference(given):
    fact = facts.guesses_are(given(np.array([[GUESSES, GUESSES], [GUESSES, GUESSES]])))
    # 2.4 / 4 less 1.8 / 4.
    assert fact.value == "too high"
    assert "Over 16 masks of 2 scenes the predicted IoU is 0.6 in the mean. The" in fact.words
    assert "best is 0.45, so that the guess is off by 0.15 (95 %: 0.15 to 0.15)" in fact.words
    # 1 / 4 in the mean over the levels.
    assert "may be meant, it is 0.25, and the guess is off by 0.35 (95 %" in fact.words
    # Ranks 4 3 2 1 against 1 2 4 3: 1 - 6 x (9 + 1 + 4 + 4) / 60
    assert fact.words.endswith("is −0.8.")
    lower = GUESSES - [0.3, *[0] * 6]
    assert facts.guesses_are(given(lower[None, None])).value == "too low"
    near = GUESSES - [0.1, *[0] * 6]
    assert facts.guesses_are(given(near[None, None])).value == "right"


def test_a_low_guess_is_taken_apart_by_the_levels_under_the_click(given):
    fact = facts.guesses_by_levels(given(GUESSES[None, None]))
    assert fact.value == pytest.approx(0.35 - 0.3)
    assert fact.words == (
        "The masks' mean IoU. With 3 levels under the click: 0.35 predicted, 0.3 in the mean over "
        "what may be meant, 0.7 with the best fit. With 1 level under the click: 0.85 predicted, "
        "0.2 true."
    )


def test_a_choice_gains_a_share_of_the_way_from_chance_to_the_best(given):
    better = GUESSES.copy()
    better[1, 2], better[2, 2] = 0.7, 0.8
    fact = facts.gained_by_choosing(given(np.array([[better], [better]])))
    # Chosen: 0.7. By chance: (0.7 + 0.8 + 0.6) / 3. The best: 0.8. Most stable: 0.6.
    assert fact.value == pytest.approx(0, abs=1e-9)
    assert "has a true IoU of 0.7 in the mean, one by chance 0.7, and the best 0.8" in fact.words
    assert "The most stable one has 0.6; the difference from the predicted" in fact.words
    assert "choice is −0.1 (95 %: −0.1 to −0.1)." in fact.words


@pytest.mark.parametrize(("chosen", "gained"), [(0.4, 0), (0.6, 0.5), (0.8, 1), (0.2, -0.5)])
def test_gained(chosen, gained):
    assert scores.gained_of(chosen, 0.4, 0.8) == pytest.approx(gained)
    assert scores.gained_of(chosen, 0.8, 0.8) == 1


def test_borders_of_masks_with_much_the_same_iou(given):
    masks = np.zeros((1, 1, 14, 7))
    masks[..., 2] = 0.7
    masks[0, 0, :11, 3] = np.arange(1.0, 12.0)
    masks[0, 0, 11, 3] = np.nan  # without a border
    masks[0, 0, 12:, 2] = 0.5, 0.81  # not among them
    fact = facts.hidden_by_one_number(given(masks))
    # Of 1 to 11, the 10th percentile is 2 and the 90th 10.
    assert fact.value == pytest.approx(5)
    assert fact.words.startswith("Of the masks, 11 have a true IoU between 0.6 and 0.8.")
    assert fact.words.endswith("2 cells of the logits or less from the true one, in the farthest "
                               "tenth 10 or more: 5 times as far.")  # fmt: skip
    few = facts.hidden_by_one_number(given(masks[:, :, :9]))
    assert np.isnan(few.value)
    assert few.words == "Only 9 of the masks have a true IoU between 0.6 and 0.8."


def covering_all(mask: int):
    """A run in which mask 1 answers, and one mask covers the picture; the others are empty."""
    logits = np.full((4, 20, 20), -5.0)  # over the padding as well
    logits[mask] = 5.0
    return answering(small_trace(), logits, [0.1, 0.3, 0.2, 0.1])


def test_the_mask_of_this_click_is_the_best_one_or_another_is():
    run = covering_all(1)
    truth = Truth(scene_of_mask(run.image, np.ones((20, 40), bool), "it"))
    fact = facts.scores_of_this_click(now(run, truth))
    assert fact.value == "best"
    assert fact.words == (
        "Mask 1, which is shown, has a predicted IoU of 0.3 and a stability of 1; its true IoU "
        "with it is 1, the best of all."
    )
    fact = facts.scores_of_this_click(now(covering_all(2), truth))
    assert fact.value == "another"
    assert fact.words.endswith("a stability of 0; its true IoU with it is 0, mask 2 has 1.")


def test_without_a_truth_nothing_is_said_of_it():
    fact = facts.scores_of_this_click(now(covering_all(1)))
    assert fact.value == "unknown"
    assert fact.words.endswith("Its true IoU is not known.")


def test_of_a_network_with_random_weights_all_can_be_computed():
    run = now(small_trace())
    assert facts.guesses_are(run).value in ("too high", "right", "too low")
    assert facts.gained_by_choosing(run).value <= 100
    assert "masks have" in facts.hidden_by_one_number(run).words
