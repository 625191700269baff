"""Asking without a prompt: nothing at all, or the padding point alone."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.geometry import Prompts

from .small import small_sam, small_trace

NAMED = [Prompts.nothing(), Prompts.padding_point()]


def test_nothing_is_what_an_empty_set_is_answered():
    sam, image = small_sam(), small_trace().image
    encoded = sx.encode(sam, image)
    empty, nothing, padding, click = sx.predict(
        sam, encoded, [Prompts(), *NAMED, Prompts([(9, 9)])]
    )

    np.testing.assert_array_equal(nothing.logits, empty.logits)
    assert np.abs(padding.logits - nothing.logits).max() > 1e-3
    alone = sx.predict(sam, encoded, Prompts.padding_point())
    np.testing.assert_allclose(alone.logits, padding.logits, atol=1e-5)
    assert click.chosen in (1, 2, 3)
    assert nothing.chosen == 1 + nothing.iou[1:].argmax()  # no prompt token, or one: not three


@pytest.mark.parametrize("asked", NAMED, ids=repr)
def test_a_trace_and_its_gradient_ask_the_same(asked):
    sam, image = small_sam(), small_trace().image
    trace = sx.Trace(sam, image, asked)
    found = sx.predict(sam, sx.encode(sam, image), asked)

    np.testing.assert_allclose(trace.prediction.logits, found.logits, atol=1e-4)
    assert trace["prompt_encoder.hook_tokens"].shape[1] == asked.token_count
    reading = sx.probes.Attribution()(trace)
    assert np.isfinite(reading.values).all() if hasattr(reading, "values") else reading.words


def test_the_padding_point_takes_its_hint_along():
    sam, image = small_sam(), small_trace().image
    encoded, hint = sx.encode(sam, image), np.linspace(-4, 4, 400).reshape(20, 20)
    with_padding = Prompts.padding_point().with_mask_hint(hint)
    one, other = sx.predict(sam, encoded, [with_padding, Prompts(mask_hint=hint)])

    assert np.abs(one.logits - other.logits).max() > 1e-3
    tokens = sam.prompt_encoder.not_a_point[None]
    with torch.no_grad():
        logits, _ = sam.decode(encoded.tokens, tokens, torch.tensor(hint)[None, None].float())
    np.testing.assert_allclose(one.logits, logits[0].numpy(), atol=1e-4)
