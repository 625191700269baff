"""Changes that leave a run without numbers are refused, so that no mask looks empty by mistake."""

from math import inf

import numpy as np
import pytest

from sam_explore.tracing import answers
from sam_explore.tracing.interventions import (
    KnockOutAttention,
    KnockOutDecoderAttention,
    ResizeToken,
    ScaleChannel,
    SetChannel,
)

from ..small import small_trace

POST = "image_encoder.vit.blocks.1.hook_residual_post"
VECTORS = "mask_decoder.mask_generator.hook_mask_vectors"
UPPER, LOWER = (
    [(row, column) for row in rows for column in range(5)] for rows in (range(3), range(3, 5))
)
CHANGES = {
    "all keys, half by half": (
        KnockOutAttention(None, UPPER, block=1),
        KnockOutAttention(None, LOWER, block=1),
    ),
    "all keys of the decoder, one by one": tuple(
        KnockOutDecoderAttention("layers.0.self_attention", None, key) for key in range(7)
    ),
    "a token without end": (ResizeToken(1, (1, 1), inf),),
    "a token beyond what fp32 can square": (ResizeToken(1, (1, 1), 1e30),),
    "a channel without end": (ScaleChannel(POST, 3, inf),),
    "infinite mask vectors": (SetChannel(VECTORS, 1, inf),),
}


@pytest.fixture(scope="module")
def trace():
    return small_trace()


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_run_without_numbers_is_refused_alone_and_among_others(changes, trace):
    changed = trace.with_interventions(*changes)
    for ask in (lambda: changed.prediction, lambda: answers([trace, changed])):
        with pytest.raises(ValueError, match=r"changes \(of .*hook_.*\) leave it without finite"):
            ask()
    assert np.isfinite(trace.prediction.logits).all()


def test_the_step_is_named_and_what_is_before_it_can_be_read(trace):
    changed = trace.with_interventions(*CHANGES["all keys, half by half"])
    assert changed["image_encoder.vit.blocks.0.hook_residual_post"].isfinite().all()
    with pytest.raises(ValueError, match=r'after the step "Image encoder: block 2 of 4"'):
        changed.read("image_encoder.vit.blocks.1.attention.hook_pattern")


def test_hidden_keys_alone_are_no_infinite_numbers(trace):
    changed = trace.with_interventions(CHANGES["all keys, half by half"][0])
    assert np.isfinite(changed.prediction.logits).all()
