"""Shares and biases sum up to the logit, and are what they are said to be."""

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, feature_shares, origin_shares, vector_shares
from sam_explore.tracing.interventions import DropPromptToken, KnockOutDecoderAttention

from ..small import small_sam, small_trace

FACTORS = {"mask vector": vector_shares, "image features": feature_shares}
MEAN = torch.full((4, 4), 1 / 16)
ONE = torch.zeros(4, 4)
ONE[1, 2] = 1
PROMPTS = {
    "a point": Prompts(points=[(12, 8)]),
    "a box and points": Prompts(points=[(12, 8), (30, 5)], labels=[1, 0], box=(2, 2, 36, 18)),
    "a hint": Prompts(points=[(3, 3)], mask_hint=np.linspace(-9, 9, 400).reshape(20, 20)),
    "nothing": Prompts.nothing(),
}
each_factor = pytest.mark.parametrize("shares_of", FACTORS.values(), ids=FACTORS)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


@each_factor
@pytest.mark.parametrize("prompts", PROMPTS)
@pytest.mark.parametrize("weights", [MEAN, ONE], ids=["mean", "one logit"])
def test_shares_and_biases_sum_up_to_the_logit(shares_of, prompts, weights, trace):
    run = trace.with_prompts(PROMPTS[prompts])

    found = shares_of(run, 2, (1, 3), weights)

    logits = run.prediction.logits[2, 4:8, 12:16]
    assert found.logit == pytest.approx(float((logits * weights.numpy()).sum()), abs=1e-4)
    assert found.total == pytest.approx(found.logit, abs=1e-4)
    for heads, keys in zip(found.by_head, found.by_key, strict=True):
        assert torch.allclose(heads, keys.sum(dim=1), atol=1e-4)


@pytest.mark.parametrize("of_vector", [True, False])
@pytest.mark.parametrize("prompts", PROMPTS)
def test_what_the_decoder_was_given_sums_up_to_the_logit(prompts, of_vector, trace):
    run = trace.with_prompts(PROMPTS[prompts])

    found = origin_shares(run, 2, (1, 3), ONE, of_vector)

    assert found.logit == pytest.approx(float(run.prediction.logits[2, 5, 14]), abs=1e-4)
    assert found.total == pytest.approx(found.logit, abs=1e-4)
    assert found.tokens.shape == (len(run.decoder_tokens),)
    assert found.image.shape == (5, 5)
    assert (found.tokens != 0).all()  # each is read, by the others at least
    assert (found.image != 0).all()


def test_an_origin_is_traced_to_those_that_attend_to_it(trace):
    """Of a token that nothing reads, and an image token that nothing reads, nothing is left."""
    unread = trace.with_interventions(
        DropPromptToken(0),
        KnockOutDecoderAttention("layers.*.token_to_image", None, [(2, 4)]),
        KnockOutDecoderAttention("final_token_to_image", None, [(2, 4)]),
    )

    found = origin_shares(unread, 2, (1, 3), ONE)

    assert found.total == pytest.approx(found.logit, abs=1e-4)
    assert found.tokens[5] == 0
    assert found.image[2, 4] == 0
    assert (found.image.abs() > 0).sum() == 24


def test_what_is_written_to_the_masks_token(trace):
    found = vector_shares(trace, 1, (0, 0), MEAN)

    assert found.attentions == (
        "layers.0.self_attention",
        "layers.0.token_to_image",
        "layers.1.self_attention",
        "layers.1.token_to_image",
        "final_token_to_image",
    )
    assert [tuple(keys.shape) for keys in found.by_key] == [
        (4, 7),
        (4, 25),
        (4, 7),
        (4, 25),
        (4, 25),
    ]
    assert found.own == {}
    assert set(found.biases) == {"attentions", "layer norms", "MLPs", "the mask token's MLP"}


def test_what_is_written_to_an_image_token(trace):
    found = feature_shares(trace, 1, (0, 0), MEAN)

    assert found.attentions == ("layers.0.image_to_token", "layers.1.image_to_token")
    assert [tuple(keys.shape) for keys in found.by_key] == [(4, 7), (4, 7)]
    assert set(found.own) == {"image token", "no-mask vector"}
    hinted = feature_shares(trace.with_prompts(PROMPTS["a hint"]), 1, (0, 0), MEAN)
    assert set(hinted.own) == {"image token", "mask hint"}


def test_the_last_attentions_share_by_hand():
    """Without scale, gates or further layers, it is a product of matrices."""
    sam = small_sam()
    transformer = sam.mask_decoder.transformer
    first, second, third = sam.mask_decoder.mask_generator.token_heads[2].layers
    first.bias.fill_(100)  # large biases keep all gates open
    second.bias.fill_(1e4)
    trace = small_trace(sam)

    found = vector_shares(trace, 2, (0, 2), ONE)

    attention = transformer.final_token_to_image
    name = "mask_decoder.transformer.final_token_to_image.hook_out_per_head"
    out = trace[name][0, :, 3].double()  # head, channel; token 3 is mask 2's
    read = attention.out.weight.double().unflatten(1, (4, -1))
    written = torch.einsum("dhc,hc->hd", read, out)
    tokens = trace["mask_decoder.transformer.layers.1.hook_tokens"][0, 3].double()
    before = tokens + trace["mask_decoder.transformer.final_token_to_image.hook_out"][0, 3]
    scale = before.var(unbiased=False).add(1e-5).sqrt()
    centred = written - written.mean(dim=1, keepdim=True)
    normed = centred / scale * transformer.final_norm.weight.double()
    matrix = third.weight.double() @ second.weight.double() @ first.weight.double()
    features = trace["mask_decoder.mask_generator.hook_features"][0, :, 1, 10].double()
    assert torch.allclose(found.by_head[-1], normed @ matrix.T @ features, atol=1e-4)


def test_an_image_tokens_own_share_by_hand():
    """An attention that writes nothing leaves the image token's share through two layer norms."""
    sam = small_sam()
    for layer in sam.mask_decoder.transformer.layers:
        layer.image_to_token.out.weight.zero_()
        layer.image_to_token.out.bias.zero_()

    found = feature_shares(small_trace(sam), 0, (1, 1), MEAN)

    assert not found.by_head.any()
    assert found.biases["attentions"] == 0
    rest = found.logit - sum(found.biases.values())
    assert sum(found.own.values()) == pytest.approx(rest, abs=1e-4)


def test_no_gradient_is_left_and_it_works_in_inference_mode(trace):
    with torch.inference_mode():
        found = vector_shares(small_trace(), 0, (0, 0), MEAN)
    assert not found.by_head.requires_grad
    assert not any(weight.requires_grad for weight in trace.sam.parameters())


def test_the_released_widths_sum_up_too():
    from dataclasses import replace

    from sam_explore.model import VIT_B

    config = replace(
        VIT_B, name="narrow", image_size=96, encoder_dim=24, encoder_depth=1, encoder_heads=2,
        encoder_mlp_dim=24, global_blocks=(0,),
    )  # fmt: skip
    run = small_trace(small_sam(config)).with_prompts(Prompts(points=[(9, 9)]))
    for shares_of in FACTORS.values():
        found = shares_of(run, 1, (2, 2), MEAN)
        size = float(found.by_head.abs().sum()) + sum(map(abs, found.biases.values()))
        assert found.total == pytest.approx(found.logit, abs=1e-4 + 1e-6 * size)
