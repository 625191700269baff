"""Weights are identified by content, and a change of them is detected."""

import pickle
from copy import deepcopy
from math import prod

import pytest
import torch
from torch import nn

import sam_explore as sx
from sam_explore.model.weight_digests import (
    _as_words,
    _dot,
    _factors,
    _sample,
    all_weights_of,
    checksum,
    in_words,
    weights_of,
)

from ..small import small_sam


def test_a_checksum_changes_with_any_one_number_and_with_two_that_change_places():
    one, other = torch.arange(6.0), torch.ones(2, 3, dtype=torch.bfloat16)
    before = checksum([one, other])
    assert checksum([one.clone(), other.clone()]) == before
    for place in range(6):
        changed = one.clone()
        changed[place] = torch.nextafter(changed[place], torch.tensor(9.0))
        assert checksum([changed, other]) != before
    swapped = one[[1, 0, 2, 3, 4, 5]]
    assert checksum([swapped, other]) != before
    other[1, 2] = 2
    assert checksum([one, other]) != before


def test_a_checksum_is_the_same_where_there_is_no_product_of_whole_numbers():
    """On a GPU it is a sum of products; here both are there."""
    words = _as_words(torch.randn(5000))
    factors = _factors(words.device, len(words))
    assert int(_dot(words, factors)) % 2**32 == int(torch.dot(words, factors)) % 2**32


def test_the_same_weights_are_the_same_object_until_one_is_written_to(sam):
    known = all_weights_of(sam)
    assert all_weights_of(sam) is known
    assert all_weights_of(deepcopy(sam)) == known
    assert pickle.loads(pickle.dumps(known)).fingerprint == known.fingerprint
    with torch.no_grad():
        sam.mask_decoder.iou_token.add_(1)
    now = all_weights_of(sam)
    assert known.changed(now) == ("mask_decoder.iou_token",)
    assert now.fingerprint != known.fingerprint
    sam.mask_decoder.iou_token.data -= 1
    assert known.changed(all_weights_of(sam)) in ((), ("mask_decoder.iou_token",))  # rounding


def test_names_are_those_of_the_state_dict(sam):
    names = [name for name, _ in all_weights_of(sam).digests]
    assert names == list(sam.state_dict())


def test_weights_in_another_precision_are_others(sam):
    before = weights_of(sam.image_encoder)
    sam.multiply_in(torch.bfloat16)
    changed = before.changed(weights_of(sam.image_encoder))
    assert set(changed) >= {"vit.blocks.0.mlp.expand.weight", "vit.blocks.1.attention.qkv.bias"}
    assert "position_encoder.table" not in changed


@pytest.mark.parametrize("shape", [(2304, 768), (768, 768), (3072, 768), (768, 3072), (576, 192)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_head_that_is_written_to_in_secret_is_seen_wherever_it_is(shape, axis):
    layer = nn.Linear(shape[1], shape[0], bias=False).requires_grad_(False)
    known, length = weights_of(layer), shape[axis]
    size = length // (40 if axis == 0 else 20)
    for start in range(0, length - size + 1, max(1, size // 3)):
        part = layer.weight.data.narrow(axis, start, size)
        kept = part.clone()
        part.add_(1)
        assert weights_of(layer) != known, (start, size)
        part.copy_(kept)
        assert weights_of(layer) == known


SHAPES = [
    (2304, 768),
    (3072, 768),
    (768, 3072),
    (5120, 1280),
    (192, 576),
    (27, 64),
    (5000,),
    (1, 64, 64, 768),
    (768, 3, 16, 16),
    (256, 256, 3, 3),
    (16, 64, 2, 2),
    (40, 1, 40),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_sample_holds_a_number_of_every_index_along_each_axis(shape):
    numbers = torch.arange(prod(shape)).view(shape)
    sample = _sample(numbers)
    for length, places in zip(shape, torch.unravel_index(sample, shape), strict=True):
        assert places.unique().tolist() == list(range(length))
    assert len(sample) <= 6 * max(*shape, 1024)


@pytest.mark.parametrize("name", ["expand", "contract"])
def test_one_neuron_and_one_channel_that_are_set_to_zero_in_secret_are_seen(name):
    mlp = sx.load().image_encoder.vit.blocks[2].mlp
    known, weight = weights_of(mlp), getattr(mlp, name).weight.data
    for axis in (0, 1):
        for place in range(weight.shape[axis]):
            part = weight.select(axis, place)
            kept = part.clone()
            part.zero_()
            assert weights_of(mlp) != known, (axis, place)
            part.copy_(kept)
        assert weights_of(mlp) == known


def test_weights_in_channels_last_or_with_gaps_are_checked_too():
    layer = nn.Conv2d(64, 64, 3).requires_grad_(False).to(memory_format=torch.channels_last)
    layer.register_buffer("every_other", torch.arange(8.0)[::2])
    before = weights_of(layer)
    layer.weight.data.mul_(2)
    assert before.changed(weights_of(layer)) == ("weight",)


def test_what_has_no_numbers_is_known_by_its_shapes():
    with torch.device("meta"):
        one, other = nn.Linear(3, 4), nn.Linear(3, 5)
    assert weights_of(one) != weights_of(other)
    assert weights_of(one) is weights_of(one)


class Negated(nn.Module):
    """A user's own, in place of another module and with its weights."""

    def __init__(self, inner: nn.Module):
        super().__init__()
        self.head, self.hook_token = inner.head, inner.hook_token

    def forward(self, token):
        return -self.head(self.hook_token(token))


def set_epsilon(sam):
    sam.mask_decoder.transformer.layers[0].norm1.eps = 0.1
    return "mask_decoder.transformer.layers.0.norm1"


def exchange(sam):
    sam.mask_decoder.iou_predictor = Negated(sam.mask_decoder.iou_predictor)
    return "mask_decoder.iou_predictor"


def set_forward(sam):
    sam.mask_decoder.iou_predictor.forward = lambda token: torch.zeros(len(token), 4)
    return "mask_decoder.iou_predictor"


def set_class(sam):
    sam.mask_decoder.iou_predictor.__class__ = type("Other", (nn.Module,), {})
    return "mask_decoder.iou_predictor"


@pytest.mark.parametrize("change", [set_epsilon, exchange, set_forward, set_class])
def test_the_same_weights_in_another_module_are_another_model(change):
    sam, other = small_sam(), small_sam()
    known = all_weights_of(sam)
    assert known.fingerprint == all_weights_of(other).fingerprint
    name = change(sam)
    now = all_weights_of(sam)
    assert known.changed(now) == (name,)
    assert now.digests == known.digests
    assert now.fingerprint != known.fingerprint


def test_training_mode_and_what_is_set_to_what_it_was_change_nothing():
    sam = small_sam()
    known = all_weights_of(sam)
    sam.train()
    sam.mask_decoder.transformer.layers[0].norm1.eps = float("1e-5")
    assert all_weights_of(sam) is known


def test_names_in_words():
    assert in_words(("a",)) == "a"
    assert in_words(("a", "b")) == "a and b"
    assert in_words(("a", "b", "c")) == "a and 2 more"
