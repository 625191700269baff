import numpy as np
import pytest

from sam_explore.geometry import Frame, Prompts
from sam_explore.prediction import Prediction
from sam_explore.widgets.canvas.words import describe, describe_prompts


def answer(prompts: Prompts, iou: tuple = (0.5, 0.25, 0.934, 0.3)) -> Prediction:
    """A picture of 64 x 64 whose mask 0 is its left half, 1 nothing, 2 its upper left quarter, and
    3 a corner of 1/256; logits 4 inside and -4 outside, so that they blend over two pixels."""
    logits = np.full((4, 64, 64), -4, np.float32)
    logits[0, :, :32] = logits[2, :32, :32] = logits[3, :4, :4] = 4
    return Prediction(logits, np.array(iou, np.float32), prompts, Frame((64, 64), (64, 64), 64, 16))


def test_one_click():
    assert describe(answer(Prompts([(1, 1)])), None, 0.0) == (
        "1 foreground point. Mask 2 of tokens 1–3, chosen because its predicted IoU 0.93 is the "
        "best; stability 1.00; covers 25 % of the picture."
    )


def test_several_prompts():
    prompts = Prompts([(1, 1), (2, 2), (3, 3)], [1, 1, 0], box=(0, 0, 9, 9))
    assert describe(answer(prompts), None, 0.0) == (
        "A box, 2 foreground points and 1 background point. Mask 0, the one meant for several "
        "prompts; its predicted IoU is 0.50; stability 1.00; covers 50 % of the picture."
    )


def test_a_mask_chosen_by_the_reader_at_another_threshold():
    assert describe(answer(Prompts(box=(0, 0, 9, 9))), 3, -1.5) == (
        "A box. Mask 3, chosen by you; its predicted IoU is 0.30; stability 1.00; covers less than "
        "1 % of the picture at threshold −1.5."
    )


def test_a_mask_that_is_empty():
    prediction = answer(Prompts([(1, 1)], [0]), (0.1, 1.02, 0.2, 0.2))
    assert describe(prediction, None, 0.0) == (
        "1 background point. Mask 1 of tokens 1–3, chosen because its predicted IoU 1.02 is the "
        "best; stability 0.00; covers nothing of the picture."
    )


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        (Prompts(), "Nothing"),
        (Prompts(box=(0, 0, 1, 1), mask_hint=np.zeros((4, 4))), "A box and a mask hint"),
        (Prompts([(1, 1)], [0], mask_hint=np.zeros((4, 4))), "1 background point and a mask hint"),
        (Prompts([(1, 1), (2, 2)]), "2 foreground points"),
    ],
)
def test_prompts_in_words(prompts, words):
    assert describe_prompts(prompts) == words
