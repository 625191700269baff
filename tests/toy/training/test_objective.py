"""Which mask token learns what, and what is corrected, by the rule of decision 21."""

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch

from sam_explore.model import Sam
from sam_explore.toy.training import objective
from sam_explore.toy.training.objective import (
    IOU_WEIGHT,
    Plan,
    Prompt,
    plan_rounds,
    prompted_loss,
)
from sam_explore.toy.training.questions import Questions

from .small_run import EIGHT_BY_EIGHT

SIDE = EIGHT_BY_EIGHT.mask_size
NO_CORRECTIONS = Plan()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def region(rows: int) -> torch.Tensor:
    covered = torch.zeros(SIDE, SIDE)
    covered[:rows] = 1
    return covered


WHOLE, PART, SUB_PART = region(SIDE), region(SIDE // 2), region(SIDE // 4)


def questions(count: int = 4) -> Questions:
    """Parts are asked for; each click has a whole and a sub-part too."""
    covered = torch.stack([WHOLE, PART, SUB_PART]).expand(count, -1, -1, -1)
    boxes = torch.tensor([[0.0, 0.0, 1.0, 0.5]]).repeat(count, 1)
    points = torch.tensor([[0.5, 0.1]]).repeat(count, 1)
    return Questions(torch.ones(count, dtype=torch.long), covered, points, boxes)


@dataclass
class Answers:
    """The same four masks and predicted IoUs for whatever is asked, and what that was."""

    logits: torch.Tensor
    iou: torch.Tensor
    asked: list[Prompt] = field(default_factory=list)

    def to(self, prompt: Prompt) -> tuple[torch.Tensor, torch.Tensor]:
        self.asked.append(prompt)
        count = len(prompt.wanted)
        return self.logits.expand(count, -1, -1, -1), self.iou.expand(count, -1)


def answering(monkeypatch, masks: list[torch.Tensor], iou: list[float]) -> Answers:
    """Let these stand in for the model's answers."""
    answers = Answers(18 * torch.stack(masks) - 9, torch.tensor(iou))
    monkeypatch.setattr(Prompt, "answer", lambda prompt: answers.to(prompt))
    return answers


def loss_of(plan: Plan = NO_CORRECTIONS, count: int = 4):
    tokens = torch.zeros(1, EIGHT_BY_EIGHT.token_dim, EIGHT_BY_EIGHT.grid, EIGHT_BY_EIGHT.grid)
    return prompted_loss(Sam(EIGHT_BY_EIGHT), tokens, questions(count), plan, 0.2, generator())


def test_tokens_learn_whole_part_and_sub_part_and_token_0_what_was_meant(monkeypatch):
    # Right for a click, and right IoUs: what is left is what boxes have against tokens 1 and 3.
    answering(monkeypatch, [PART, WHOLE, PART, SUB_PART], [1.0, 0.5, 1.0, 0.5])
    loss, figures = loss_of()
    cells = SIDE**2
    dice = 0.1 * (1 - (cells + 1) / (1.5 * cells + 1)) + 0.1 * (
        1 - (cells / 2 + 1) / (0.75 * cells + 1)
    )
    entropy = 0.2 * 0.1 * (9 / 2 + 9 / 4)
    assert loss.item() == pytest.approx(dice + entropy, abs=0.01)
    assert figures["best of 3"] == figures["chosen"] == figures["box"] == 1


def test_all_four_predict_their_iou_with_what_was_meant(monkeypatch):
    right = loss_of_predicted(monkeypatch, [1.0, 0.5, 1.0, 0.5])
    wrong = loss_of_predicted(monkeypatch, [0.8, 0.5, 1.0, 0.1])
    # Both kinds of prompt have the mean of four squared errors.
    assert wrong - right == pytest.approx(IOU_WEIGHT * 2 * (0.2**2 + 0.4**2) / 4, abs=1e-5)


def loss_of_predicted(monkeypatch, iou) -> float:
    answering(monkeypatch, [PART, WHOLE, PART, SUB_PART], iou)
    return loss_of()[0].item()


def test_a_correction_feeds_back_what_was_shown_and_clicks_its_error(monkeypatch):
    monkeypatch.setattr(objective, "_OTHER_SHARE", 0.0)
    # Token 3 has the best predicted IoU of three, so its mask is shown: too small.
    answers = answering(monkeypatch, [WHOLE, WHOLE, WHOLE, SUB_PART], [0.4, 0.5, 0.6, 0.7])
    loss_of(Plan((True, True)), count=8)
    first, corrected, again = answers.asked
    assert first.hints is None
    assert corrected.hints.shape == (2, 1, SIDE, SIDE)  # one of four targets goes on
    shown = corrected.hints[: corrected.clicked, 0]
    assert torch.equal(shown, answers.logits[3].expand_as(shown))
    point = corrected.points[0, -1]
    assert 1 / 4 < point[1] < 1 / 2
    assert corrected.labels[0].tolist() == [1, 1]
    # Then token 0 is shown: too large.
    assert torch.equal(again.hints[0, 0], answers.logits[0])
    assert again.points[0, -1][1] > 1 / 2
    assert again.labels[0].tolist() == [1, 1, 0]


def test_without_feedback_only_clicks_go_back(monkeypatch):
    answers = answering(monkeypatch, [WHOLE, WHOLE, PART, SUB_PART], [0.4, 0.5, 0.6, 0.7])
    loss_of(Plan((True,), feedback=False), count=8)
    assert answers.asked[1].hints is None
    assert answers.asked[1].points.shape == (2, 2, 2)


def test_a_round_without_a_click_only_feeds_the_logits_back(monkeypatch):
    answers = answering(monkeypatch, [WHOLE, WHOLE, PART, SUB_PART], [0.4, 0.5, 0.6, 0.7])
    loss_of(Plan((False,)), count=8)
    assert answers.asked[1].hints is not None
    assert torch.equal(answers.asked[1].points, answers.asked[0].points[[0, 4]])


def test_some_answers_are_corrected_that_the_rule_would_not_show(monkeypatch):
    answers = answering(monkeypatch, [WHOLE, WHOLE, PART, SUB_PART], [0.4, 0.5, 0.6, 0.7])
    loss_of(Plan((True,)), count=4000)
    shown = answers.asked[1].hints[:500, 0]
    share = (shown != answers.logits[3]).any(dim=(1, 2)).float().mean()
    assert share == pytest.approx(0.25 * 2 / 3, abs=0.05)


def test_clicks_and_boxes_are_asked_in_one_batch():
    sam = Sam(EIGHT_BY_EIGHT).eval()
    tokens = torch.randn(1, EIGHT_BY_EIGHT.token_dim, EIGHT_BY_EIGHT.grid, EIGHT_BY_EIGHT.grid)
    prompt = objective._first(sam, tokens, questions(4))
    logits, _ = prompt.answer()
    one = torch.ones(1, 1, dtype=torch.long)
    click = sam.encode_prompts(torch.tensor([[[0.5, 0.1]]]), one)
    box = sam.encode_prompts(torch.zeros(1, 0, 2), one[:, :0], torch.tensor([[0.0, 0, 1, 0.5]]))
    for row, prompt_tokens in ((0, click), (2, box)):
        expected, _ = sam.decode(tokens, prompt_tokens)
        torch.testing.assert_close(logits[row : row + 1], expected, atol=1e-4, rtol=1e-4)


def test_rounds_are_planned_as_the_decision_says():
    plans = [plan_rounds(6, 0.5, generator(seed)) for seed in range(2000)]
    lengths = np.array([len(plan.clicks) for plan in plans])
    assert np.mean(lengths == 0) == pytest.approx(0.5, abs=0.04)
    # n rounds with a chance in proportion to 1/n.
    assert np.mean(lengths == 1) == pytest.approx(0.5 / 2.45, abs=0.04)
    assert set(lengths) == set(range(7))
    corrected = [plan for plan in plans if plan.clicks]
    assert np.mean([plan.feedback for plan in corrected]) == pytest.approx(0.75, abs=0.04)
    for plan in corrected:
        refines = plan.feedback and len(plan.clicks) >= 3
        assert plan.clicks == (*[True] * (len(plan.clicks) - 1), not refines)
    assert plan_rounds(6, 0.0, generator()) == Plan()
