"""Heads, attentions and MLPs removed: each is a run of its own."""

import re

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import DecoderRemovals
from sam_explore.tracing import zero
from sam_explore.tracing.attribution import rank_correlation
from sam_explore.tracing.interventions import AblateDecoderHead

from ...small import putting, small_sam, small_trace


def test_an_entry_is_the_run_without_that_part():
    trace = small_trace()
    reading = DecoderRemovals(number="predicted IoU", mask=1)(trace)
    changes, overlaps, *_ = (table.values for table in reading.readings)
    assert changes.shape == overlaps.shape == (9, 5)  # 2 x 3 attentions, the last, 2 MLPs; 4 heads
    removed = {
        (1, 2): trace.with_interventions(AblateDecoderHead("layers.0.token_to_image", 2)),
        (5, 4): trace.with_interventions(AblateDecoderHead("layers.1.image_to_token", None)),
        (6, 0): trace.with_interventions(AblateDecoderHead("final_token_to_image", 0)),
        (8, 4): trace.with_edit("mask_decoder.transformer.layers.1.mlp.hook_hidden", zero),
    }
    for place, run in removed.items():
        expected = run.prediction.iou[1] - trace.prediction.iou[1]
        assert changes[place] == pytest.approx(expected, abs=1e-5)
    assert np.isnan(changes[7:, :4]).all()  # MLPs have no heads
    assert np.isfinite(changes[:7]).all()
    assert ((overlaps[:7] >= 0) & (overlaps[:7] <= 1)).all()


def test_what_nobody_reads_changes_nothing():
    sam = small_sam()
    sam.mask_decoder.transformer.layers[1].self_attention.v.weight.zero_()
    sam.mask_decoder.transformer.layers[1].self_attention.v.bias.zero_()
    changes = DecoderRemovals(mask=1)(small_trace(sam)).readings[0].values
    np.testing.assert_allclose(changes[3], 0, atol=1e-5)
    assert np.abs(changes[1]).max() > 1e-3


def test_weight_on_the_mask_and_on_the_prompt_are_two_tables_and_two_statements():
    trace = small_trace()
    weights = np.zeros((1, 4, 7, 7))
    weights[..., 0] = 1
    weights[0, 3] = np.eye(7)[5]  # head 3 of all tokens looks at the point
    name = "mask_decoder.transformer.layers.1.self_attention.hook_pattern"
    reading = DecoderRemovals(mask=1)(putting(trace, name, weights))
    changes, _, on_mask, on_prompt = reading.readings
    assert (on_mask.title, on_prompt.title) == ("Weight on the mask", "Weight on the prompt")
    rows = [each.replace("\n", " ") for each in changes.rows]
    assert [each.replace("\n", " ") for each in on_mask.rows] == [rows[1], rows[4], rows[6]]
    assert [each.replace("\n", " ") for each in on_prompt.rows] == [rows[i] for i in (0, 2, 3, 5)]
    assert on_prompt.values[2].tolist() == [0, 0, 0, 1, 0.25]
    for table, chosen in ((on_mask, [1, 4, 6]), (on_prompt, [0, 2, 3, 5])):
        effects, looks = np.abs(changes.values[chosen, :4]).ravel(), table.values[:, :4].ravel()
        correlation = text(rank_correlation(effects, looks), 2)
        where = table.title.lower()
        assert re.search(rf"{where}[\w ,]*? {correlation} over {len(effects)} heads", reading.words)
