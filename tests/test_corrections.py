"""The rules for corrections: what goes back, and which mask answers."""

import numpy as np
import pytest

from sam_explore.corrections import BEST_PREDICTED, CORRECTION_RULES, NO_FEEDBACK, TOKEN_0
from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import Prediction

LOGITS = np.arange(4.0, dtype=np.float32)[:, None, None] * np.ones((4, 8, 8), np.float32)
SHOWN = Prediction(
    LOGITS,
    np.array([0.2, 0.9, 0.4, 0.3], np.float32),
    Prompts(points=[(3, 4)]),
    Frame((16, 16), (16, 16), 16, 8),
)


@pytest.mark.parametrize("rule", CORRECTION_RULES, ids=lambda rule: rule.name)
def test_a_correction_adds_its_click(rule):
    asked = rule.prompts(SHOWN, 2, (5.0, 6.0), 0)
    assert asked.points.tolist() == [[3, 4], [5, 6]]
    assert asked.labels.tolist() == [1, 0]


@pytest.mark.parametrize("rule", [TOKEN_0, BEST_PREDICTED], ids=lambda rule: rule.name)
def test_the_logits_that_were_shown_go_back_whichever_they_were(rule):
    assert (rule.prompts(SHOWN, 2, (5, 6), 1).mask_hint == LOGITS[2]).all()


def test_without_feedback_no_hint_goes_back_not_even_an_older_one():
    hinted = Prediction(LOGITS, SHOWN.iou, SHOWN.prompts.with_mask_hint(LOGITS[1]), SHOWN.frame)
    assert NO_FEEDBACK.prompts(hinted, 2, (5, 6), 1).mask_hint is None


def test_token_0_answers_or_the_best_predicted_of_all_four():
    assert [rule.answer(SHOWN) for rule in (TOKEN_0, BEST_PREDICTED, NO_FEEDBACK)] == [0, 1, 0]
