"""What a mask token reads among the tokens, and what happens without each of them."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import MaskTokenSources
from sam_explore.tracing.interventions import DropMaskToken, DropPromptToken

from ...small import putting, small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_attention_is_that_of_the_masks_token_in_the_mean_of_the_heads(trace):
    weights = np.zeros((1, 4, 7, 7))
    weights[..., 0] = 1
    weights[0, 0, 3] = [0, 0, 0, 0, 0, 1, 0]  # mask 2's token looks at the point, in one head of 4
    name = "mask_decoder.transformer.layers.1.self_attention.hook_pattern"

    looks, *_ = MaskTokenSources(mask=2)(putting(trace, name, weights)).readings

    assert looks.values[1].tolist() == [0.75, 0, 0, 0, 0, 0.25, 0]
    assert looks.rows == ("layer 0", "layer 1")
    assert looks.columns == trace.decoder_tokens.names


def test_without_a_token_is_the_run_in_which_nothing_looks_at_it(trace):
    inside = trace.prediction.visible[2] > 0

    _, change, overlap = MaskTokenSources(mask=2)(trace).readings

    for column, drop in ((5, DropPromptToken(0)), (6, DropPromptToken(1)), (1, DropMaskToken(0))):
        after = trace.with_interventions(drop).prediction.visible[2]
        expected = after[inside].mean() - trace.prediction.visible[2][inside].mean()
        assert change.values[0, column] == pytest.approx(expected, abs=1e-5)
    assert overlap.values.shape == (1, 7)
    assert change.scale.centre == 0


def test_tokens_that_nobody_needs_change_nothing():
    sam = small_sam()
    for layer in sam.mask_decoder.transformer.layers:
        for attention in (layer.self_attention, layer.image_to_token):
            attention.v.weight.zero_()  # whatever is read says the same

    reading = MaskTokenSources(mask=1)(small_trace(sam))

    assert np.abs(reading.readings[1].values).max() < 1e-5
    assert (reading.readings[2].values == 1).all()


def test_the_words_name_what_is_looked_at_and_least_needed_for_that(trace):
    looks, change, _ = (reading.values for reading in MaskTokenSources(mask=2)(trace).readings)
    by_attention, by_change = (
        list(np.argsort(-each)) for each in (looks.mean(axis=0), np.abs(change[0]))
    )
    gaps = [by_change.index(token) - by_attention.index(token) for token in range(7)]
    token = int(np.argmax(gaps))
    words = MaskTokenSources(mask=2)(trace).words
    assert (
        f"differ most for “{trace.decoder_tokens.names[token]}”: number "
        f"{by_attention.index(token) + 1} of 7 by attention, number "
        f"{by_change.index(token) + 1} by the size of the change"
    ) in words


def test_of_many_tokens_those_that_are_looked_at_most_are_asked():
    trace = small_trace().with_prompts(Prompts(points=[(x, 3) for x in range(30)]))
    reading = MaskTokenSources(mask=1)(trace)
    assert len(reading.readings[0].columns) == 24
