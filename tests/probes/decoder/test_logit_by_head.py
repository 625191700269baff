"""Shares of heads, and what their removal does, as the interventions say."""

import numpy as np
import pytest

from sam_explore.probes import LogitByHead
from sam_explore.tracing.interventions import AblateDecoderHead

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


@pytest.mark.parametrize(("factor", "rows"), [("mask vector", 5), ("image features", 2)])
def test_all_shares_sum_up_to_the_logit(factor, rows, trace):
    reading = LogitByHead(token=(1, 3), mask=2, factor=factor, removal=False)(trace)

    parts, heads = reading.readings
    logit = trace.prediction.logits[2, 4:8, 12:16].mean()
    assert parts.values.sum() == pytest.approx(logit, abs=1e-4)
    assert heads.values.shape == (rows, 4)
    np.testing.assert_allclose(heads.values.sum(axis=1), parts.values[:rows, 0])


@pytest.mark.parametrize(
    ("factor", "attention", "query"),
    [
        ("mask vector", "layers.1.token_to_image", 3),
        ("image features", "layers.1.image_to_token", (1, 3)),
    ],
)
def test_next_to_each_share_is_what_its_removal_does(factor, attention, query, trace):
    parts, heads, falls = LogitByHead(token=(1, 3), mask=2, cell=5, factor=factor)(trace).readings

    before = trace.prediction.logits[2, 5, 13]
    row = {"layers.1.token_to_image": 3, "layers.1.image_to_token": 1}[attention]
    for head in (0, 3):
        without = trace.with_interventions(AblateDecoderHead(attention, head, query))
        expected = before - without.prediction.logits[2, 5, 13]
        assert falls.values[row, head] == pytest.approx(expected, abs=1e-5)
    gone = trace.with_interventions(AblateDecoderHead(attention, None, query))
    expected = before - gone.prediction.logits[2, 5, 13]
    assert parts.values[row, 1] == pytest.approx(expected, abs=1e-5)
    assert heads.scale == falls.scale


def test_a_head_that_writes_nothing_has_neither_share_nor_effect():
    sam = small_sam()
    attention = sam.mask_decoder.transformer.final_token_to_image
    attention.out.weight[:, :8] = 0  # of head 0 and head 1, 4 channels each

    _, heads, falls = LogitByHead(mask=1)(small_trace(sam)).readings

    assert not heads.values[4, :2].any()
    assert not falls.values[4, :2].any()
    assert heads.values[4, 2:].all()


def test_where_the_rest_of_the_factor_is_linear_a_share_is_the_effect():
    """In the last attention nothing comes later but a norm, whose scale changes, and gates."""
    sam = small_sam()
    first, second, _ = sam.mask_decoder.mask_generator.token_heads[1].layers
    first.bias.fill_(100)  # large biases keep all gates open
    second.bias.fill_(1e4)
    attention = sam.mask_decoder.transformer.final_token_to_image
    attention.out.weight *= 1e-3  # too little to change the scale

    _, heads, falls = LogitByHead(mask=1)(small_trace(sam)).readings

    size = np.abs(heads.values[4]).max()
    np.testing.assert_allclose(falls.values[4], heads.values[4], atol=0.05 * size + 1e-2)


def test_the_words_give_the_sum(trace):
    words = LogitByHead(token=(1, 3), mask=2, factor="image features")(trace).words
    assert words.startswith("Mask 2's mean logit at row 1, column 3 is ")
    assert "by the image token" in words
    assert "by the no-mask vector" in words
    assert "The rank correlation of shares and effects over all heads is " in words
    assert "changes account" not in words
