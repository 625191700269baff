"""On a GPU, where there is one: the fused attention of PyTorch, and the answers of the CPU."""

import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.model.kernels import use_fast
from sam_explore.prediction import encode, predict
from sam_explore.tracing import record

from ..parity.reference import relative_error
from ..small import small_sam, small_trace

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch finds no GPU here")
TOLERANCE = 1e-3  # of the largest value: PyTorch may round products on a GPU


def test_a_gpu_gives_the_answers_of_the_cpu_by_the_plain_form():
    image, prompts = small_trace().image, Prompts([(12, 8)])
    there, here = small_sam().to("cuda"), small_sam()
    encoded, expected = encode(there, image), encode(here, image)
    answer, wanted = predict(there, encoded, prompts), predict(here, expected, prompts)

    assert not use_fast(there.mask_decoder, encoded.tokens)
    assert relative_error(encoded.tokens.cpu(), expected.tokens) <= TOLERANCE
    assert relative_error(torch.tensor(answer.logits), torch.tensor(wanted.logits)) <= TOLERANCE


def test_explicit_and_fused_attention_agree_on_a_gpu():
    sam, image = small_sam().to("cuda"), small_trace().image
    fused = encode(sam, image).tokens
    with record(sam, "**.hook_pattern") as patterns:
        explicit = encode(sam, image).tokens

    assert patterns
    assert relative_error(explicit.cpu(), fused.cpu()) <= TOLERANCE


def test_a_trace_on_a_gpu_answers():
    trace, here = small_trace(small_sam().to("cuda")), small_trace()
    name = "image_encoder.vit.blocks.0.attention.hook_pattern"

    assert relative_error(trace[name].cpu(), here[name]) <= TOLERANCE
    assert trace.prediction.logits.shape == here.prediction.logits.shape
