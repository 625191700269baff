"""The mask decoder in its fast form, and what it caches for the image tokens."""

import gc
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from sam_explore.model import TOY, Sam, SamConfig
from sam_explore.model.kernels import cached_for, cross_attention, tensor_cache, upscaling, use_fast

from ...parity.reference import relative_error
from ...small import small_sam
from ..conftest import SHALLOW

TOLERANCE = 1e-5
CONFIGS = {
    "tiny": SHALLOW,
    "toy": TOY,
    "three layers": replace(SHALLOW, decoder_depth=3, decoder_heads=1, mask_tokens=3),
    "wide inside": replace(SHALLOW, attention_downsampling=1, decoder_heads=8, token_dim=40),
}


def make(config: SamConfig, batch: int, with_hint: bool) -> tuple[Sam, Tensor, Tensor, Tensor]:
    """A model, image tokens of a grid that is not square, prompt tokens and hints."""
    sam = small_sam(config)
    rows, columns = config.grid, config.grid + 2
    points, labels = torch.rand(batch, 3, 2), torch.tensor([[1, 0, 1]] * batch)
    tokens = torch.randn(1, config.token_dim, rows, columns)
    hints = torch.randn(batch, 1, 4 * rows, 4 * columns) if with_hint else None
    return sam, tokens, sam.encode_prompts(points, labels), hints


@pytest.fixture(params=[2**20, 1000], ids=["whole", "rows 2, 2 and 1"])
def upscaled_at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All rows of tokens are upscaled in one go, or a few at a time, which don't come out even."""
    monkeypatch.setattr(upscaling, "_AT_ONCE", request.param)


@pytest.mark.usefixtures("upscaled_at_once")
@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("with_hint", [False, True])
@pytest.mark.parametrize("batch", [1, 3])
def test_masks_are_those_of_the_plain_form(config, batch, with_hint, plainly):
    sam, *given = make(config, batch, with_hint)
    expected = plainly(lambda: sam.decode(*given))

    assert use_fast(sam.mask_decoder, given[0])
    for _ in range(2):  # the second time from what was kept
        for found, wanted in zip(sam.decode(*given), expected, strict=True):
            assert relative_error(found, wanted) <= TOLERANCE


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_image_tokens_may_have_any_memory_layout(layout, plainly):
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    tokens = tokens.contiguous(memory_format=layout)

    found, expected = (
        sam.decode(tokens, prompts)[0],
        plainly(lambda: sam.decode(tokens, prompts))[0],
    )

    assert relative_error(found, expected) <= TOLERANCE


@pytest.mark.usefixtures("upscaled_at_once")
@pytest.mark.parametrize("with_hint", [False, True])
def test_every_hook_point_holds_what_it_holds_in_the_plain_form(with_hint, plainly):
    sam, *given = make(SHALLOW, 2, with_hint)
    seen = {}
    for hook in sam.hook_points.values():
        hook.register_forward_hook(lambda hook, _, tensor: seen.update({hook.name: tensor}))
    sam.decode(*given)
    fast = dict(seen)
    plainly(lambda: sam.decode(*given))

    assert len(fast) > 50
    for name, tensor in seen.items():
        assert relative_error(fast[name], tensor) <= TOLERANCE, name


@pytest.mark.usefixtures("upscaled_at_once")
def test_looking_changes_nothing_not_even_the_last_digit():
    sam, *given = make(SHALLOW, 2, False)
    before = sam.decode(*given)
    names = [name for name in sam.hook_points if name.startswith(("mask_d", "coord"))]
    for name in names:
        hook = sam.hook_points[name]
        removable = hook.register_forward_hook(lambda hook, _, tensor: tensor.clone())
        after = sam.decode(*given)
        removable.remove()

        assert all(torch.equal(*pair) for pair in zip(after, before, strict=True)), name


def test_the_image_side_is_computed_once_an_image(monkeypatch):
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    products, linear = [], cross_attention.linear
    monkeypatch.setattr(
        cross_attention, "linear", lambda *given: products.append(given) or linear(*given)
    )

    def products_of(tokens: Tensor, prompts: Tensor, hints: Tensor | None = None) -> int:
        products.clear()
        sam.decode(tokens, prompts, hints)
        return len(products)

    # Each layer has a product of its tokens with the image for either attention, the last look one.
    # Kept are the three projections of the image in the first layer, and five of its encoding.
    rest = 2 + 2 + 1
    assert products_of(tokens, prompts) == rest + 3 + 5
    assert products_of(tokens, prompts + 1) == rest
    assert products_of(tokens.clone(), prompts) == rest + 3
    hint = torch.randn(1, 1, 20, 28)
    assert products_of(tokens, prompts, hint) == rest + 3
    assert products_of(tokens, prompts, hint + 1) == rest + 3
    assert products_of(tokens, prompts) == rest


def test_a_mask_hint_reaches_the_answer_and_leaves_those_without_it_alone(plainly):
    sam, tokens, prompts, hints = make(SHALLOW, 1, True)
    given = [
        (tokens, prompts),
        (tokens, prompts, hints),
        (tokens, prompts),
        (tokens, prompts, -hints),
    ]

    for each in given:
        found, expected = sam.decode(*each)[0], plainly(lambda each=each: sam.decode(*each))[0]
        assert relative_error(found, expected) <= TOLERANCE


@pytest.mark.parametrize(
    "what", ["tokens", "a weight", "a weight's data", "no mask", "frequencies"]
)
def test_whatever_changes_in_place_counts_at_once(what, plainly):
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    before = sam.decode(tokens, prompts)[0]
    weight = sam.mask_decoder.transformer.layers[0].token_to_image.k.weight
    {
        "tokens": lambda: tokens.mul_(-1),
        "a weight": lambda: weight.mul_(-1),
        "a weight's data": lambda: setattr(weight, "data", -weight.data),
        "no mask": lambda: sam.mask_decoder.mask_hint_encoder.no_mask.add_(1),
        "frequencies": lambda: sam.coordinate_encoder.frequencies.mul_(2),
    }[what]()

    found, expected = (
        sam.decode(tokens, prompts)[0],
        plainly(lambda: sam.decode(tokens, prompts))[0],
    )

    assert relative_error(found, before) > 1e-3
    assert relative_error(found, expected) <= TOLERANCE


def test_a_hook_that_writes_over_what_was_kept_spoils_one_run_only():
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    before = sam.decode(tokens, prompts)[0]
    hook = sam.mask_decoder.transformer.layers[0].token_to_image.hook_v

    def write_over(_hook: torch.nn.Module, _inputs: tuple, tensor: Tensor) -> None:
        tensor.zero_()

    removable = hook.register_forward_hook(write_over)
    assert not torch.equal(sam.decode(tokens, prompts)[0], before)

    removable.remove()

    assert torch.equal(sam.decode(tokens, prompts)[0], before)


def test_two_models_may_decode_the_same_tokens_in_turn(plainly):
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    other = small_sam(SHALLOW)
    for weight in other.parameters():
        weight.mul_(0.9)

    for each in (sam, other, sam, other):
        found = each.decode(tokens, prompts)[0]
        expected = plainly(lambda each=each: each.decode(tokens, prompts))[0]
        assert relative_error(found, expected) <= TOLERANCE


def test_what_is_kept_goes_with_the_image_tokens():
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    kept = tensor_cache._cache
    gc.collect()
    before = len(kept)
    sam.decode(tokens, prompts)
    assert len(kept) > before + 1

    del tokens
    gc.collect()

    assert len(kept) <= before + 2  # the frequencies' and their grid's


def test_what_inference_mode_made_is_not_kept():
    """Nobody could use it in a backward pass later, nor see that it changed."""
    sam, tokens, prompts, _ = make(SHALLOW, 1, False)
    with torch.inference_mode():
        expected = sam.decode(tokens, prompts)[0].clone()

    found = sam.decode(tokens, prompts)[0]

    assert torch.equal(found, expected)
    assert cached_for(tokens, "nothing", [], lambda: torch.zeros(1)).is_inference() is False
