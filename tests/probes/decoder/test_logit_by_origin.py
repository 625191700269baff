"""What goes into the decoder sums up to the logit, and is really removed."""

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import LogitByOrigin
from sam_explore.probes.decoder.logit_by_origin import ZeroDecoderInput

from ...small import putting, small_sam, small_trace

AT = {"token": (1, 3), "mask": 2}
IMAGE, TOKENS = "mask_decoder.hook_image_in", "mask_decoder.hook_tokens_in"


@pytest.fixture(scope="module")
def trace():
    return small_trace()


@pytest.mark.parametrize("factor", ["mask vector", "image features"])
def test_all_rows_sum_up_to_the_logit(factor, trace):
    table, here = LogitByOrigin(**AT, factor=factor, removal=False)(trace).readings

    logit = trace.prediction.logits[2, 4:8, 12:16].mean()
    assert table.values.sum() == pytest.approx(logit, abs=1e-4)
    regions = [row.startswith("picture") for row in table.rows]
    assert table.values[regions].sum() == pytest.approx(here.values.sum(), abs=1e-6)
    assert table.rows[: len(trace.decoder_tokens)] == trace.decoder_tokens.names
    assert sum(regions) == 2  # nothing lies inside mask 2 here


def test_what_falls_is_what_the_run_without_it_says(trace):
    table, _ = LogitByOrigin(**AT)(trace).readings

    logit = trace.prediction.logits[2, 4:8, 12:16].mean()
    tokens = trace[TOKENS].numpy().copy()
    tokens[:, 5] = 0
    without = putting(trace, TOKENS, tokens).prediction.logits[2, 4:8, 12:16].mean()
    assert table.values[5, 1] == pytest.approx(logit - without, abs=2e-5)
    image = trace[IMAGE].numpy().copy()
    image[:, :, 3:] = 0  # the padding begins in the middle of the third row of tokens
    without = putting(trace, IMAGE, image).prediction.logits[2, 4:8, 12:16].mean()
    padding = [" ".join(row.split()) for row in table.rows].index("picture: padding")
    assert table.values[padding, 1] == pytest.approx(logit - without, abs=2e-5)
    assert np.isnan(table.values[padding + 1 :, 1]).all()  # biases


def test_its_words_by_hand():
    """Where the mask's head ignores its input, all of the logit is its last bias."""
    sam = small_sam()
    last = sam.mask_decoder.mask_generator.token_heads[2].layers[-1]
    last.weight.zero_()
    trace = small_trace(sam)

    reading = LogitByOrigin(**AT, removal=False)(trace)

    features = trace["mask_decoder.mask_generator.hook_features"][0, :, 4:8, 12:16]
    logit = float(last.bias @ features.mean(dim=(1, 2)))
    assert reading.words.startswith(f"Mask 2's mean logit at row 1, column 3 is {text(logit)}.")
    assert "the sum of 0 by the decoder's tokens, 0 by image tokens and" in reading.words
    assert not reading.readings[1].values.any()


def test_nothing_removed_changes_nothing(trace):
    same = trace.with_interventions(ZeroDecoderInput()).prediction
    np.testing.assert_array_equal(same.logits, trace.prediction.logits)
