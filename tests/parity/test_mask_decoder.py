"""Prompt encoder and mask decoder give the numbers of both references, from one embedding."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from sam_explore.loading import rename_official

from .huggingface import decode_with_transformers
from .reference import (
    build_ours,
    build_reference,
    decode_with_ours,
    decode_with_reference,
    encode_prompts_with_ours,
    give_weights,
    random_weights,
    relative_error,
)
from .trio import SMALL_CONFIGS, build_trio

TOLERANCE = 1e-5

# How many points, whether there is a box, and whether there is a mask hint.
PROMPTS = {
    "one point": (1, False, False),
    "five points of both kinds": (5, False, False),
    "a box": (0, True, False),
    "a box with points": (3, True, False),
    "a mask hint alone": (0, False, True),
    "a mask hint with points": (2, False, True),
    "a mask hint with a box and a point": (1, True, True),
}


def make_prompts(
    kind: tuple[int, bool, bool], side: int, mask_side: int, batch: int = 1
) -> tuple[tuple[Tensor, Tensor] | None, Tensor | None, Tensor | None]:
    """Points with labels, boxes and mask hints, as the original's prompt encoder takes them."""
    count, has_box, has_hint = kind
    generator = torch.Generator().manual_seed(count + 10 * batch)
    points = boxes = hints = None
    if count:
        coordinates = torch.rand(batch, count, 2, generator=generator) * side
        # Not sorted by kind: the original keeps the order in which they were given.
        labels = torch.tensor([1, 0, 0, 1, 0])[:count].expand(batch, -1)
        points = coordinates, labels
    if has_box:
        corners = torch.rand(batch, 2, 2, generator=generator) * side
        boxes = corners.sort(dim=1).values.flatten(1)
    if has_hint:
        hints = torch.randn(batch, 1, mask_side, mask_side, generator=generator) * 5
    return points, boxes, hints


@pytest.mark.parametrize("kind", PROMPTS.values(), ids=PROMPTS)
def test_logits_and_iou_are_those_of_both_references(trio, kind):
    prompts = make_prompts(kind, trio.config.image_size, trio.config.mask_size)

    ours = decode_with_ours(trio.ours, trio.image_tokens, *prompts)

    original = decode_with_reference(trio.original, trio.image_tokens, *prompts)
    theirs = decode_with_transformers(trio.transformers, trio.image_tokens, *prompts)
    for answer, expected, also_expected in zip(ours, original, theirs, strict=True):
        assert answer.shape[:2] == (1, 4)
        assert relative_error(answer, expected) <= TOLERANCE
        assert relative_error(answer, also_expected) <= TOLERANCE


@pytest.mark.parametrize("kind", PROMPTS.values(), ids=PROMPTS)
def test_a_batch_of_prompt_sets_gives_the_originals_batch(trio, kind):
    prompts = make_prompts(kind, trio.config.image_size, trio.config.mask_size, batch=3)

    ours = decode_with_ours(trio.ours, trio.image_tokens, *prompts)

    expected = decode_with_reference(trio.original, trio.image_tokens, *prompts)
    for answer, reference in zip(ours, expected, strict=True):
        assert len(answer) == 3
        assert relative_error(answer, reference) <= TOLERANCE


@pytest.mark.parametrize("kind", PROMPTS.values(), ids=PROMPTS)
def test_prompt_tokens_are_the_originals_one_by_one(trio, kind):
    prompts = make_prompts(kind, trio.config.image_size, trio.config.mask_size, batch=2)

    ours = encode_prompts_with_ours(trio.ours, *prompts)

    expected, _ = trio.original.prompt_encoder(*prompts)
    assert ours.shape == expected.shape
    torch.testing.assert_close(ours, expected, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("padding", [False, True])
def test_with_no_prompt_and_with_the_padding_point_alone_it_is_the_original(trio, padding, batch):
    """No prompt token, as the predictor asks; or the one that its ONNX export asks with."""
    nowhere = torch.zeros(batch, 0, 2), torch.zeros(batch, 0, dtype=torch.int64)
    encoder = trio.original.prompt_encoder
    expected_tokens = encoder._embed_points(*nowhere, pad=padding)
    dense = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1)
    expected = trio.original.mask_decoder.predict_masks(
        image_embeddings=trio.image_tokens,
        image_pe=encoder.get_dense_pe(),
        sparse_prompt_embeddings=expected_tokens,
        dense_prompt_embeddings=dense.expand(batch, -1, *trio.image_tokens.shape[-2:]),
    )

    tokens = trio.ours.encode_prompts(*nowhere, padding=padding)
    ours = trio.ours.decode(trio.image_tokens, tokens)

    assert tokens.shape[1] == padding
    torch.testing.assert_close(tokens, expected_tokens, rtol=0, atol=TOLERANCE)
    for answer, reference in zip(ours, expected, strict=True):
        assert relative_error(answer, reference) <= TOLERANCE


def test_the_order_of_points_is_kept(trio):
    points, _, _ = make_prompts((5, False, False), trio.config.image_size, trio.config.mask_size)
    turned = points[0].flip(1), points[1].flip(1)

    ours = encode_prompts_with_ours(trio.ours, turned, None, None)

    expected, _ = trio.original.prompt_encoder(turned, None, None)
    torch.testing.assert_close(ours, expected, rtol=0, atol=TOLERANCE)
    assert not torch.allclose(
        ours, encode_prompts_with_ours(trio.ours, points, None, None), atol=0.1
    )


def test_encodings_of_the_token_grid_are_the_originals(trio):
    ours = trio.ours.coordinate_encoder.grid(trio.config.grid, trio.config.grid)

    expected = trio.original.prompt_encoder.get_dense_pe()[0]
    torch.testing.assert_close(ours, expected, rtol=0, atol=TOLERANCE)


def test_other_decoder_widths_and_mask_counts_agree_with_the_original():
    # Not with transformers, which takes half the channels whatever its configuration asks for.
    config = replace(
        SMALL_CONFIGS["10 tokens of 8 pixels in windows of 4"],
        attention_downsampling=4,
        mask_tokens=6,
        decoder_depth=1,
    )
    weights = random_weights(config)
    original = give_weights(build_reference(config), weights)
    image_tokens = torch.randn(1, config.token_dim, config.grid, config.grid)
    prompts = make_prompts((2, True, True), config.image_size, config.mask_size)

    ours = decode_with_ours(build_ours(config, weights), image_tokens, *prompts)

    expected = decode_with_reference(original, image_tokens, *prompts)
    for answer, reference in zip(ours, expected, strict=True):
        assert answer.shape[1] == 6
        assert relative_error(answer, reference) <= TOLERANCE


def test_each_decoder_weight_reaches_the_result():
    trio = build_trio(SMALL_CONFIGS["10 tokens of 8 pixels in windows of 4"])
    prompts = [
        make_prompts(kind, trio.config.image_size, trio.config.mask_size)
        for kind in ((2, True, True), (2, False, False))
    ]

    def answers() -> list[Tensor]:
        pairs = [decode_with_ours(trio.ours, trio.image_tokens, *one) for one in prompts]
        return [answer for pair in pairs for answer in pair]

    expected = answers()
    unseen = [
        name
        for name, weight in _decoder_weights(trio.ours)
        if not _zeroing_changes(weight, answers, expected)
    ]
    # A key's bias adds the same to all scores of a query, which softmax takes out.
    assert all(name.endswith(".k.bias") for name in unseen), unseen


def test_norms_have_the_originals_epsilon(trio):
    # Too small a difference for the tolerances above, on activations of unit size.
    def epsilons(model: nn.Module) -> dict[str, float]:
        return {
            f"{name}.weight": getattr(module, "eps", None) for name, module in model.named_modules()
        }

    weights = trio.original.state_dict()
    originals = epsilons(trio.original)
    ours = epsilons(trio.ours)
    norms = 0
    for official, name in zip(weights, rename_official(weights), strict=True):
        if originals.get(official) is not None:
            norms += 1
            assert ours[name] == originals[official], name
    assert norms == 2 * trio.config.encoder_depth + 2 + 4 * trio.config.decoder_depth + 1 + 3


def _decoder_weights(sam: nn.Module) -> list[tuple[str, Tensor]]:
    return [
        (name, tensor)
        for name, tensor in sam.state_dict(keep_vars=True).items()
        if not name.startswith("image_encoder.")
    ]


def _zeroing_changes(weight: Tensor, answers, expected: list[Tensor]) -> bool:
    kept = weight.clone()
    weight.zero_()
    changed = answers()
    weight.copy_(kept)
    largest = max(relative_error(a, b) for a, b in zip(changed, expected, strict=True))
    return largest > 10 * TOLERANCE
