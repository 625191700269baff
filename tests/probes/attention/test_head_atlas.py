"""The atlas of heads: measures by hand, their order, and what is removed."""

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import HeadAtlas
from sam_explore.probes.attention.head_atlas import attended
from sam_explore.tracing import answers_without_heads

from ...small import answering, small_trace
from ...tracing.attention_by_hand import trace_by_hand


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def table(reading, title):
    return next(each for each in reading.readings if each.title == title).values


def test_measures_of_known_attention():
    found = attended(trace_by_hand(), np.array([[True, False], [False, True]]))

    # In block 1, a gives itself 4 and −a 15 of 35; −a gives 1 to a and 4 to itself of 9. Even
    # shares are a half.
    assert found["share on the same object"][1, 0] == pytest.approx(19 / 35 + 5 / 9, abs=1e-4)
    assert found["share on padding"][1, 0] == 0
    # Of a 11 of 28.5 falls on padding, of b and c 5 of 10. −a counts its tokens 1/2, 1, 1 and 2,
    # and of padding two below it a third, two to the right a fifth, and the corner a fifteenth.
    padding = 2 / 3 + 2 / 5 + 1 / 15
    expected = (11 / 28.5 + 1 + padding / (4.5 + padding)) / 4
    assert found["share on padding"][0, 0] == pytest.approx(expected, abs=1e-4)
    assert found["mean distance"].shape == (2, 1)


def test_heads_are_sorted_and_the_one_of_the_rank_is_shown(trace):
    entropy = table(HeadAtlas(by="entropy", removal=False)(trace), "Entropy")
    ranked = np.argsort(-entropy.ravel())
    for rank in (0, 3):
        reading = HeadAtlas(by="entropy", rank=rank, removal=False)(trace)
        block, head = divmod(int(ranked[rank]), 2)
        assert reading.readings[1].title.startswith(f"Head {head} of block {block},")
        assert f"head {head} of block {block} has rank {rank} of 8" in reading.words
        middle = text(float(np.median(entropy)))
        assert f"entropy {text(float(entropy[block, head]))} bits ({middle})" in reading.words
        np.testing.assert_array_equal(reading.readings[0].curves[0].y, entropy.ravel()[ranked])
    least = HeadAtlas(by="entropy", order="least first", removal=False)(trace)
    block, head = divmod(int(ranked[-1]), 2)
    assert least.readings[1].title.startswith(f"Head {head} of block {block},")


def test_the_effect_is_the_part_of_the_mask_that_changes(trace):
    effects = table(HeadAtlas(mask=1)(trace), "Effect when removed")
    before = trace.prediction.visible[1] > 0
    after = answers_without_heads(trace, 2)[1].visible[1] > 0
    expected = 1 - (before & after).sum() / (before | after).sum()
    assert effects[2, 1] == pytest.approx(expected)


def test_where_nothing_changes_nothing_is_lost():
    logits = np.full((4, 20, 20), -1.0)
    logits[:, :, :10] = 1
    truth = np.zeros((20, 40), bool)
    truth[:, :20] = True
    fixed = answering(small_trace(), logits, [0.1, 0.2, 0.3, 0.4])

    reading = HeadAtlas(truth=truth)(fixed)

    assert not table(reading, "Effect when removed").any()
    assert not table(reading, "True IoU lost").any()
    # 2.5 x 2.5 tokens: two rows of three, and one of two, since the corner is a quarter inside.
    assert "The object is the truth given, 8 tokens of it." in reading.words
    assert "true IoU lost 0" in reading.words


def test_the_quick_answer_removes_nothing(trace):
    (quick,) = HeadAtlas(by="effect when removed").coarser(trace)
    assert (quick.by, quick.removal) == ("mean distance", False)
    assert HeadAtlas(by="entropy").coarser(trace)[0].by == "entropy"
    assert quick.coarser(trace) == ()
    assert len(quick(trace).readings) == 2 + 4
