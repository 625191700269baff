"""The rules for corrections: what is fed back, and which mask is shown."""

import numpy as np
import pytest
import torch

from sam_explore.corrections import (
    BEST,
    BEST_PREDICTED,
    CORRECTION_RULES,
    NO_FEEDBACK,
    TOKEN_0,
    Dialogue,
    answering,
    correction_clicks,
)
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


def answers_by_count(prompts: Prompts) -> Prediction:
    """Logits that tell what was asked: ten for each point, one for each mask, and the hint's."""
    hint = 0.0 if prompts.mask_hint is None else float(prompts.mask_hint[0, 0])
    logits = np.arange(4.0)[:, None, None] + 10 * len(prompts.points) + 100 * hint
    logits = (logits * np.ones((4, 8, 8))).astype(np.float32)
    return Prediction(logits, SHOWN.iou, prompts, SHOWN.frame)


def clicks(*places: tuple[float, float], choice=None, **first) -> Dialogue:
    """Clicks one after another."""
    dialogue = Dialogue(Prompts(**first))
    for place in places:
        dialogue = dialogue.then(dialogue.prompts.with_point(place), choice)
    return dialogue


def hint_of(dialogue: Dialogue) -> float | None:
    asked = dialogue.asked(answers_by_count)
    assert (asked.points == dialogue.prompts.points).all()
    return None if asked.mask_hint is None else float(asked.mask_hint[0, 0])


A, B, C = (1.0, 2.0), (3.0, 4.0), (5.0, 6.0)


def test_which_mask_answers():
    # One click: tokens 1 to 3 as published, of which the first has the best predicted IoU, 0.9.
    assert [answering(SHOWN, choice) for choice in (None, BEST, 0, 2)] == [1, 1, 0, 2]
    two = Prediction(LOGITS, SHOWN.iou, Prompts(points=[A, B]), SHOWN.frame)
    assert [answering(two, choice) for choice in (None, BEST)] == [0, 1]


def test_a_first_click_feeds_nothing_back():
    assert hint_of(clicks(A)) is None
    assert not clicks(A).feeds_back


def test_each_further_click_feeds_back_the_mask_that_was_shown():
    # The first click shows mask 1 of 10 + mask; the second mask 0 of 20 + mask + 100 x 11.
    assert hint_of(clicks(A, B)) == 11
    assert hint_of(clicks(A, B, C)) == 1120
    # The best predicted of all is mask 1 each time; mask 3 when that was chosen.
    assert hint_of(clicks(A, B, C, choice=BEST)) == 1121
    assert hint_of(clicks(A, B, C, choice=3)) == 20 + 3 + 100 * 13


def test_a_click_after_a_box_corrects_the_boxs_mask():
    assert clicks(A, box=(0, 0, 8, 8)).corrected == ((0, None),)
    assert hint_of(clicks(A, box=(0, 0, 8, 8))) == 1


def test_a_click_after_asking_without_is_a_first_one():
    assert clicks(A, unprompted="nothing").corrected == ()


def test_points_and_boxes_that_move_are_taken_as_if_they_had_been_there_from_the_start():
    moved = clicks(A, B, C).then(Prompts(points=[A, (7, 7), C], labels=[1, 0, 1]), BEST)
    assert moved.corrected == ((1, None), (2, None))
    assert moved.said(2).points.tolist() == [[1, 2], [7, 7]]
    assert moved.said(2).labels.tolist() == [1, 0]
    boxed = clicks(A, box=(0, 0, 8, 8))
    assert boxed.then(boxed.prompts.with_box((1, 1, 8, 8)), None).corrected == ((0, None),)


@pytest.mark.parametrize(
    ("removed", "corrected"),
    [(0, ((1, 3),)), (1, ((1, 3),)), (2, ((1, 2),))],
    ids=["first", "second", "last"],
)
def test_a_point_that_is_removed_is_taken_as_if_it_had_never_been_there(removed, corrected):
    dialogue = Dialogue(Prompts(points=[A, B, C]), ((1, 2), (2, 3)))
    points = np.delete(dialogue.prompts.points, removed, 0)
    assert dialogue.then(Prompts(points=points), None).corrected == corrected


def test_when_only_one_point_is_left_nothing_goes_back():
    dialogue = clicks(A, B)
    assert dialogue.then(Prompts(points=[B]), None).corrected == ()


def test_a_box_that_is_new_or_gone_and_other_prompts_are_asked_at_once():
    dialogue = clicks(A, B)
    boxed = dialogue.then(dialogue.prompts.with_box((0, 0, 8, 8)), None)
    assert boxed.corrected == ()
    assert boxed.then(boxed.prompts.with_point(C), None).corrected == ((2, None),)
    corrected = boxed.then(boxed.prompts.with_point(C), None)
    assert corrected.then(corrected.prompts.with_box(None), None).corrected == ()
    assert dialogue.then(Prompts(points=[C, B, A]), None).corrected == ()


def test_a_mask_hint_of_the_readers_own_goes_in_place_of_the_logits():
    dialogue, own = clicks(A, B), np.full((8, 8), -7.0)
    painted = dialogue.then(dialogue.prompts.with_mask_hint(own), None)
    assert hint_of(painted) == -7
    more = painted.then(painted.prompts.with_point(C), None)
    assert hint_of(more) == -7
    dropped = more.then(more.prompts.with_mask_hint(None), None)
    assert hint_of(dropped) == 1120


def test_of_an_example_only_what_is_added_to_it_stays():
    example = Dialogue(Prompts(points=[A]), is_example=True)
    clicked = example.then(example.prompts.with_point(B, 0), None)
    assert clicked.prompts.points.tolist() == [[3, 4]]
    assert clicked.prompts.labels.tolist() == [0]
    assert (clicked.corrected, clicked.is_example) == ((), False)
    boxed = example.then(example.prompts.with_box((0, 0, 8, 8)), None)
    assert len(boxed.prompts.points) == 0
    assert boxed.prompts.box.tolist() == [0, 0, 8, 8]


def test_an_example_that_is_moved_or_hinted_is_the_readers_own():
    example = Dialogue(Prompts(points=[A]), is_example=True)
    moved = example.then(Prompts(points=[B]), None)
    assert moved.prompts.points.tolist() == [[3, 4]]
    assert not moved.is_example
    hinted = example.then(example.prompts.with_mask_hint(np.zeros((8, 8))), None)
    assert (len(hinted.prompts.points), hinted.is_example) == (1, False)


def test_corrections_click_the_error_and_say_what_was_missed():
    target = torch.zeros(2, 4, 4, dtype=torch.bool)
    target[:, 1, 2] = True
    answer = torch.zeros_like(target)  # the first misses its pixel,
    answer[1, 1, 2] = answer[1, 3, 0] = True  # the second has one too many.
    points, labels = correction_clicks(answer, target, torch.Generator().manual_seed(0))
    torch.testing.assert_close(points, torch.tensor([[2.5 / 4, 1.5 / 4], [0.5 / 4, 3.5 / 4]]))
    assert labels.tolist() == [1, 0]


def test_a_right_answer_is_clicked_inside_its_target():
    target = torch.zeros(1, 4, 4, dtype=torch.bool)
    target[0, 1, 2] = True
    points, labels = correction_clicks(target, target, torch.Generator().manual_seed(0))
    assert points.tolist() == [[2.5 / 4, 1.5 / 4]]
    assert labels.tolist() == [1]


def test_a_click_on_a_wide_map_has_its_own_share_of_each_side():
    target = torch.zeros(1, 2, 8, dtype=torch.bool)
    target[0, 1, 6] = True
    nothing = torch.zeros_like(target)
    points, _ = correction_clicks(nothing, target, torch.Generator().manual_seed(0))
    assert points.tolist() == [[6.5 / 8, 1.5 / 2]]


def test_a_number_from_the_end_is_no_mask():
    assert answering(SHOWN, -1) == SHOWN.chosen == 1
