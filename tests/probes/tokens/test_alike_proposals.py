"""Proposals in a picture whose tokens and masks were put there."""

import numpy as np
import pytest

from sam_explore.probes import AlikeProposals
from sam_explore.scenes.ground_truth import Region, Scene
from sam_explore.truth import Truth

from ...small import answering, putting, small_trace

AFTER = "image_encoder.vit.blocks.1.hook_residual_post"


def picture(columns: tuple[int, int, int, int, int] = (2, 1, 2, -3, -2)):
    """Of 3 rows that the picture has, tokens along one channel by their column.

    And every answer is the same: mask 1 is the column on the left, mask 2, which has the best
    predicted IoU, that in the middle.
    """
    tokens = np.zeros((5, 5, 24))
    tokens[..., 4] = columns
    tokens[0, 2, 9] = 1.0  # a little off
    logits = np.full((4, 10, 20), -1.0)
    logits[1, :, :4], logits[2, :, 8:12] = 1.0, 1.0
    return answering(putting(small_trace(), AFTER, tokens), logits, [0.1, 0.2, 0.9, 0.3])


def test_the_most_alike_token_outside_the_mask_is_clicked_on_first():
    trace = picture()
    shown, gallery, table = AlikeProposals(mask=1)(trace).readings
    # Column 2 is as the mask but for its first row. The answer covers it, and column 1 comes next.
    assert shown.marks == ((1, 2), (0, 1), (1, 1))
    assert np.isnan(shown.values[3:]).all()
    assert len(gallery.maps) == len(shown.marks) == 3
    assert table.columns == ("cosine", "predicted IoU")
    np.testing.assert_allclose(table.values[:, 1], 0.9)
    np.testing.assert_allclose(table.values[:, 0], [shown.values[at] for at in shown.marks],
                               atol=5e-4)  # fmt: skip
    np.testing.assert_array_equal(gallery.maps[0].values, trace.prediction.visible[2])


def test_what_an_answer_covers_is_not_proposed_again():
    # Column 2 is most like column 0, and nothing else is like it at all.
    trace = picture((2, -2, 2, -2, -2))
    probe = AlikeProposals(mask=1, count=8)
    reading = probe(trace)
    (place,) = reading.readings[0].marks
    assert place[1] == 2
    # The middle of a token of 8 pixels.
    (prompts,) = probe.prompts(trace)
    assert prompts.points.tolist() == [[20.0, 8.0 * place[0] + 4]]
    assert prompts.labels.tolist() == [1]
    assert "1 proposal for what is like the mask. Proposal 1 is the token at row " in reading.words


def test_there_is_none_where_nothing_else_is_alike():
    reading = AlikeProposals(mask=1)(picture((2, -1, -1, -1, -1)))
    assert len(reading.readings) == 1
    assert "no token outside of the mask has a cosine above 0" in reading.words
    empty = AlikeProposals(mask=0)(picture())
    assert not np.nan_to_num(empty.readings[0].values).any()


def test_the_true_iou_is_that_with_what_lies_under_the_click():
    truth = np.zeros((20, 40), bool)
    truth[:, 16:32] = True  # columns 2 and 3, of which the answer has one
    reading = AlikeProposals(mask=1, count=1, truth=truth)(picture((2, -2, 2, -2, -2)))
    table = reading.readings[2]
    assert table.columns[-1] == "true IoU"
    assert table.values[0, 2] == pytest.approx(0.5, abs=0.02)
    assert "and its true IoU with " in reading.words


def test_without_a_true_region_the_words_say_why_once():
    answer = picture((2, -2, 2, -2, -2))
    elsewhere = np.zeros((20, 40, 3), np.uint8)
    labels = np.ones((3, 20, 40), np.int16)
    scene = Scene(elsewhere, labels, (Region("a", 0, None),))
    reading = AlikeProposals(mask=1, count=1, truth=Truth(scene, picture=elsewhere))(answer)
    assert reading.words.endswith(". The truth of this picture is not known.")
    assert "true IoU" not in reading.readings[2].columns


def test_the_mask_of_another_run_is_looked_for_everywhere_here():
    here = picture((-2, 2, -2, -2, -2))
    reading = AlikeProposals(mask=1, count=1, other=picture((2, -2, 2, -2, -2)))(here)
    assert [at[1] for at in reading.readings[0].marks] == [1]
    assert "for what is like the other run's mask" in reading.words
