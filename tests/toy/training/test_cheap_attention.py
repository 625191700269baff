"""The form of attention that is cheaper to train is the model's attention."""

import copy

import pytest
import torch

from sam_explore.model import Sam
from sam_explore.toy.training.cheap_attention import attend_cheaply, product_type
from sam_explore.toy.training.starting import initialise

from .small_run import EIGHT_BY_EIGHT


def small_sam() -> Sam:
    torch.manual_seed(0)
    sam = initialise(Sam(EIGHT_BY_EIGHT))
    for block in sam.image_encoder.vit.blocks:
        for table in (block.attention.relative_rows, block.attention.relative_columns):
            torch.nn.init.normal_(table, std=0.5)
    return sam.train().requires_grad_(True)


@pytest.mark.parametrize(
    ("dtype", "of_tokens", "of_gradients"),
    [(torch.float32, 1e-5, 1e-4), (torch.bfloat16, 0.02, 0.06)],  # bf16 has 8 bits
)
@pytest.mark.parametrize("sides", [(64, 64), (48, 64)])
def test_tokens_and_gradients_are_those_of_the_model(sides, dtype, of_tokens, of_gradients):
    """64 pixels are 8 tokens, which windows of 3 have to pad; 48 crop the tables."""
    plain, cheap = small_sam(), small_sam()
    attend_cheaply(cheap, dtype)
    picture = torch.randn(2, 3, *sides)
    outs, gradients = [], []
    for sam in (plain, cheap):
        tokens = sam.encode_image(picture, relative_positions="crop")
        (tokens * torch.linspace(-1, 1, tokens.numel()).view_as(tokens)).sum().backward()
        outs.append(tokens.detach())
        gradients.append({name: each.grad for name, each in sam.named_parameters()})
    assert relative_error(outs[1], outs[0]) < of_tokens
    for name, expected in gradients[0].items():
        if expected is not None and name.startswith("image_encoder.vit"):
            assert relative_error(gradients[1][name], expected) < of_gradients, name


def relative_error(found: torch.Tensor, expected: torch.Tensor) -> float:
    return ((found - expected).norm() / expected.norm()).item()


def test_the_decoder_attends_in_explicit_steps_and_answers_the_same():
    sam = small_sam().eval()
    tokens = torch.randn(1, EIGHT_BY_EIGHT.token_dim, EIGHT_BY_EIGHT.grid, EIGHT_BY_EIGHT.grid)
    prompts = sam.encode_prompts(torch.tensor([[[0.3, 0.4]]]), torch.ones(1, 1, dtype=torch.long))
    expected, _ = copy.deepcopy(sam).decode(tokens, prompts)
    attend_cheaply(sam, torch.bfloat16)
    hooks = sam.hook_points
    assert hooks["mask_decoder.transformer.layers.0.token_to_image.hook_scores"].is_watched
    torch.testing.assert_close(sam.decode(tokens, prompts)[0], expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("avx512_bf16", "amx", "expected"),
    [(False, False, torch.float32), (True, False, torch.bfloat16), (False, True, torch.bfloat16)],
)
def test_products_are_in_bf16_only_where_the_processor_multiplies_in_it(
    monkeypatch, avx512_bf16, amx, expected
):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512_bf16)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert product_type(torch.device("cpu")) == expected
    assert product_type(torch.device("cuda")) == torch.bfloat16
