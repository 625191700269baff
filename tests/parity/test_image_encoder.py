"""The image encoder gives the numbers of both references, window padding included."""

import pytest
import torch
import torch.nn.functional as F

from sam_explore.model.attention import Attention
from sam_explore.model.image_encoder import TransformerBlock
from sam_explore.model.kernels.dispatch import SWITCH

from .reference import random_weights, relative_error
from .trio import SMALL_CONFIGS, build_trio

TOLERANCE = 2e-5


@pytest.fixture(params=["fast", "plain"])
def form(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which form of the network runs; see `use_fast`."""
    monkeypatch.setenv(SWITCH, str(int(request.param == "plain")))
    return request.param


@pytest.mark.usefixtures("form")
def test_image_tokens_are_the_originals(trio):
    ours = trio.ours.encode_image(trio.images)

    assert relative_error(ours, trio.original.image_encoder(trio.images)) <= TOLERANCE


def test_image_tokens_are_those_of_transformers(trio):
    ours = trio.ours.encode_image(trio.images)

    theirs = trio.transformers.vision_encoder(trio.images).last_hidden_state
    assert relative_error(ours, theirs) <= TOLERANCE


@pytest.mark.usefixtures("form")
def test_changed_windows_give_what_the_original_gives_with_changed_windows(trio):
    depth, grid = trio.config.encoder_depth, trio.config.grid
    mixtures = [
        [3] * depth,
        [0] * depth,
        [trio.config.window_size] * depth,
        [(3, 0, grid - 1, grid + 2)[i % 4] for i in range(depth)],
    ]
    trained = [block.window_size for block in trio.original.image_encoder.blocks]
    for windows in mixtures:
        _set_windows(trio.original, windows)
        theirs = trio.original.image_encoder(trio.images)
        _set_windows(trio.original, trained)

        assert relative_error(trio.ours.encode_image(trio.images, windows), theirs) <= TOLERANCE

    ours = trio.ours.encode_image(trio.images)
    assert relative_error(ours, trio.original.image_encoder(trio.images)) <= TOLERANCE


def test_each_weight_is_random_and_reaches_the_result():
    config = SMALL_CONFIGS["10 tokens of 8 pixels in windows of 4"]
    assert all(w.std() > 0.01 for w in random_weights(config).values() if w.numel() > 1)
    trio = build_trio(config)
    expected = trio.ours.encode_image(trio.images)

    for name, weight in trio.ours.image_encoder.named_parameters():
        kept = weight.clone()
        weight.zero_()
        change = relative_error(trio.ours.encode_image(trio.images), expected)
        weight.copy_(kept)

        assert change > 10 * TOLERANCE, f"{name} could be wrong unseen"


def test_windows_padded_before_the_norm_would_be_seen(trio, monkeypatch):
    pads = trio.config.grid % trio.config.window_size != 0
    expected = trio.original.image_encoder(trio.images)

    monkeypatch.setattr(TransformerBlock, "forward", _block_that_pads_before_the_norm)
    difference = relative_error(trio.ours.encode_image(trio.images), expected)

    assert (difference > 50 * TOLERANCE) is pads


def _set_windows(original: torch.nn.Module, windows: list[int]) -> None:
    for block, window in zip(original.image_encoder.blocks, windows, strict=True):
        block.window_size = window


def _block_that_pads_before_the_norm(
    self: TransformerBlock, tokens: torch.Tensor, window: int, relative_positions: str
) -> torch.Tensor:
    """A known mistake of another implementation: padded tokens then carry the norm's bias."""
    rows, columns = tokens.shape[1:3]
    padding = (0, 0, 0, -columns % window, 0, -rows % window) if window else (0, 0, 0, 0, 0, 0)
    normed = self.norm1(F.pad(tokens, padding))
    attended = Attention.forward(self.attention, normed, window, relative_positions)[
        :, :rows, :columns
    ]
    tokens = tokens + attended
    return tokens + self.mlp(self.norm2(tokens))
