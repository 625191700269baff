"""Attention and MLP of the image encoder in their fast form, at many shapes."""

import random
from dataclasses import replace

import pytest
import torch

from sam_explore.model import TOY, SamConfig
from sam_explore.model.kernels import encoder, use_fast

from ...parity.reference import relative_error
from ...small import small_sam
from ..conftest import SHALLOW

TOLERANCE = 2e-5


def config_of(seed: int) -> SamConfig:
    """Sizes that have little in common."""
    draw = random.Random(seed)
    heads, depth, grid = draw.randint(1, 4), draw.randint(1, 3), draw.randint(3, 11)
    return replace(
        SHALLOW,
        image_size=8 * grid,
        encoder_heads=heads,
        encoder_dim=heads * draw.choice([5, 8, 12]),
        encoder_mlp_dim=draw.randint(7, 90),
        encoder_depth=depth,
        global_blocks=tuple(range(draw.randint(0, 1), depth, 2)),
        window_size=draw.randint(2, grid + 2),
    )


@pytest.mark.parametrize(
    ("config", "scores_at_once"),
    [
        (TOY, 2**20),
        (TOY, 2**14),
        (SHALLOW, 40),
        *((config_of(seed), (2**20, 400)[seed % 2]) for seed in range(12)),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_image_tokens_are_those_of_the_plain_form(config, scores_at_once, plainly, monkeypatch):
    monkeypatch.setattr(encoder, "_SCORES_AT_ONCE", scores_at_once)
    monkeypatch.setattr(encoder, "_AT_ONCE", 50 * scores_at_once)
    sam = small_sam(config)
    grid = (config.grid, config.grid + 3)  # not square
    sides = [config.patch_size * length for length in grid]
    images = torch.randn(3, 3, *sides, generator=torch.Generator().manual_seed(1))
    for windows in (
        None,
        [(0, 2, grid[0], grid[1] + 1)[i % 4] for i in range(config.encoder_depth)],
    ):
        expected = plainly(lambda windows=windows: sam.encode_image(images, windows))

        assert use_fast(sam.image_encoder.vit.blocks[0].attention, images)
        assert relative_error(sam.encode_image(images, windows), expected) <= TOLERANCE


def test_cropped_relative_positions_are_those_of_the_plain_form(sam, plainly):
    image = torch.randn(1, 3, 40, 40)

    def encode() -> torch.Tensor:
        return sam.encode_image(image, (2, 3), "crop")

    assert relative_error(encode(), plainly(encode)) <= TOLERANCE


def test_every_hook_point_holds_what_it_holds_in_the_plain_form(sam, plainly, monkeypatch):
    monkeypatch.setattr(encoder, "_SCORES_AT_ONCE", 200)
    monkeypatch.setattr(encoder, "_AT_ONCE", 2000)
    image = torch.randn(2, 3, 40, 40)
    seen = {}
    for hook in sam.hook_points.values():
        hook.register_forward_hook(lambda hook, _, tensor: seen.update({hook.name: tensor}))
    sam.encode_image(image)
    fast = dict(seen)
    plainly(lambda: sam.encode_image(image))

    assert len(fast) > 30
    for name, tensor in seen.items():
        assert relative_error(fast[name], tensor) <= TOLERANCE, name


def test_looking_changes_nothing_not_even_the_last_digit(sam, monkeypatch):
    monkeypatch.setattr(encoder, "_SCORES_AT_ONCE", 200)
    monkeypatch.setattr(encoder, "_AT_ONCE", 2000)
    image = torch.randn(2, 3, 40, 40)
    before = sam.encode_image(image)
    hooks = (hook for name, hook in sam.hook_points.items() if name.startswith("image_encoder.vit"))
    for hook in hooks:
        removable = hook.register_forward_hook(lambda hook, _, tensor: tensor.clone())

        assert torch.equal(sam.encode_image(image), before), hook.name
        removable.remove()


def test_what_was_seen_stays_as_it_was(sam):
    """The softmax writes over scores, but not over those that somebody holds."""
    scores = []
    hook = sam.image_encoder.vit.blocks[1].attention.hook_scores
    hook.register_forward_hook(lambda hook, _, tensor: scores.append((tensor, tensor.clone())))

    sam.encode_image(torch.randn(1, 3, 40, 40))

    assert torch.equal(*scores[0])
    assert (scores[0][0] < 0).any()


def test_no_piece_of_a_global_block_is_as_large_as_its_scores(sam, monkeypatch):
    monkeypatch.setattr(encoder, "_SCORES_AT_ONCE", 100)
    sizes = []
    softmax = encoder._softmax
    monkeypatch.setattr(
        encoder,
        "_softmax",
        lambda scores, *rest: sizes.append(scores.numel()) or softmax(scores, *rest),
    )

    sam.image_encoder.vit.blocks[1](torch.randn(1, 5, 5, 24), 0)

    assert sum(sizes) == 2 * 25**2  # heads, queries, keys
    assert max(sizes) == 100
