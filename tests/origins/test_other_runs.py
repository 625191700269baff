"""Runs that differ: other windows, other sizes, edits, products in bf16, no prompt."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.origins import TraceValues, explaining

from ..small import small_sam, small_trace
from .runs import operations, prompted_trace

# The places that windows, sizes and prompts change.
PARTS = (
    "image_encoder.position_encoder.hook_encoding",
    "image_encoder.vit.blocks.0.attention.hook_k",
    "image_encoder.vit.blocks.0.attention.hook_relative_rows",
    "image_encoder.vit.blocks.1.attention.hook_relative_columns",
    "image_encoder.vit.blocks.0.attention.hook_scores",
    "image_encoder.vit.blocks.1.attention.hook_pattern",
    "image_encoder.vit.blocks.0.attention.hook_out",
    "image_encoder.channel_projection.hook_conv2",
    "coordinate_encoder.hook_grid",
    "mask_decoder.transformer.layers.0.image_to_token.hook_scores",
    "mask_decoder.mask_generator.hook_double",
)
RUNS = {
    "other windows, tables interpolated": lambda: small_trace().with_windows([2, 0, 4, 3]),
    "other windows, tables cropped": lambda: small_trace().with_windows([2, 3, 2, 0], "crop"),
    "a grid that is not square": lambda: small_trace().with_preprocessing("stretch", (24, 56)),
    "stretched to the unit range": lambda: small_trace().with_preprocessing("medsam"),
    "no prompt": lambda: small_trace().with_prompts(Prompts(unprompted="nothing")),
    "the padding point alone": lambda: small_trace().with_prompts(Prompts(unprompted="padding")),
}


@pytest.mark.parametrize("run", RUNS)
def test_the_formula_gives_what_the_model_computed(run):
    trace = RUNS[run]()
    values = TraceValues(trace)
    for name in PARTS:
        for operation in operations(values, trace, name):
            assert operation.error < 1e-4, operation
    for place in ((0, 3, 5), (2, 20, 10), (1, 7, 35)):
        assert values.explain("pixels", place).error < 1e-5


def test_an_interpolated_vector_can_be_asked():
    values = TraceValues(small_trace().with_windows([2, 0, 4, 3]))
    term = values.explain("image_encoder.vit.blocks.0.attention.hook_relative_rows", (1, 0, 2, 1))
    entry = next(each for each in term.operands if "interpolated" in each.address)
    below = entry.explain()
    assert below.result == pytest.approx(entry.value)
    assert {each.address.rsplit(".", 1)[-1] for each in below.operands} == {
        "shares",
        "relative_rows",
    }


def test_a_number_that_an_edit_set_says_so():
    name = "image_encoder.vit.blocks.1.attention.hook_pattern"
    trace = small_trace()
    edited = trace.with_edit(name, sx.zero)
    operation = TraceValues(edited).explain(name, (0, 1, 3, 7))
    assert (operation.title, operation.result) == ("Set by an edit of this run", 0.0)
    assert "intervention" in operation.note
    (before,) = operation.operands
    assert before.value == pytest.approx(float(trace[name][0, 1, 3, 7]))
    assert before.explain().title == "Softmax"


def test_what_follows_an_edit_is_computed_from_what_it_set():
    """Also inside a layer of the decoder, which goes on with the numbers before that hook point."""
    trace = prompted_trace()
    block, layers = "image_encoder.vit.blocks.1.attention", "mask_decoder.transformer.layers"
    followers = {
        f"{block}.hook_q": (f"{block}.hook_scores", f"{block}.hook_relative_rows"),
        f"{layers}.0.hook_tokens": (
            f"{layers}.0.image_to_token.hook_k",
            f"{layers}.1.self_attention.hook_q",
            f"{layers}.1.token_to_image.hook_q",
        ),
    }
    for name, places in followers.items():
        edited = trace.with_edit(name, _doubled)
        values = TraceValues(edited)
        for each in places:
            for operation in operations(values, edited, each):
                assert operation.error < 1e-4, operation


def _doubled(tensor, hook):
    return 2 * tensor


def test_products_in_bf16_agree_within_their_rounding():
    sam = small_sam()
    sam.multiply_in(torch.bfloat16)
    trace = small_trace(sam)
    values = TraceValues(trace)
    errors = []
    for place in ("attention.hook_q", "attention.hook_out", "mlp.hook_hidden", "mlp.hook_out"):
        for operation in operations(values, trace, f"image_encoder.vit.blocks.0.{place}"):
            assert operation.agrees, operation
            errors.append(operation.error)
    assert max(errors) > 1e-4  # so the wider tolerance is needed


def test_a_tensor_that_is_too_large_is_read_in_part(monkeypatch):
    trace = small_trace()
    name = "image_encoder.vit.blocks.1.attention.hook_pattern"
    whole = TraceValues(trace).explain(name, (0, 1, 3, 7))
    monkeypatch.setattr(explaining, "_WHOLE_BYTES", 0)
    fresh = small_trace(trace.sam)
    part = TraceValues(fresh).explain(name, (0, 1, 3, 7))
    assert str(part) == str(whole)


def test_a_layer_that_was_replaced_is_noticed():
    """A formula that is not what was computed must not look as if it were."""
    sam = small_sam()

    class Louder(torch.nn.LayerNorm):
        def forward(self, tokens):
            return 1.5 * super().forward(tokens)

    norm = Louder(24, eps=1e-6)
    norm.load_state_dict(sam.image_encoder.vit.blocks[0].norm1.state_dict())
    sam.image_encoder.vit.blocks[0].norm1 = norm.requires_grad_(False)
    operation = TraceValues(small_trace(sam)).explain(
        "image_encoder.vit.blocks.0.hook_norm1", (0, 1, 1, 1)
    )
    assert not operation.agrees
    assert "a layer was replaced" in operation.check


class _Around(torch.nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base

    def forward(self, tokens):
        return 1.5 * self.base(tokens)


def _wrapped(layer):
    return _Around(layer)


@pytest.mark.parametrize("change", [_wrapped, torch.nn.utils.parametrizations.weight_norm])
def test_a_layer_without_weights_of_its_name_hides_itself_alone(change):
    """As LoRA's and parametrised ones are: all other numbers can still be asked."""
    sam = small_sam()
    block = sam.image_encoder.vit.blocks[1]
    block.attention.qkv, block.mlp.expand = change(block.attention.qkv), change(block.mlp.expand)
    trace = small_trace(sam.requires_grad_(False))
    values, name = TraceValues(trace), "image_encoder.vit.blocks.1"
    for place in ("attention.hook_scores", "attention.hook_out", "mlp.hook_out", "hook_norm1"):
        for operation in operations(values, trace, f"{name}.{place}"):
            assert operation.error < 1e-4, operation
    for operation in operations(values, trace, f"{name}.attention.hook_q"):
        assert operation.title == "Computed by a layer that was replaced"
        assert operation.agrees
    with pytest.raises(ValueError, match=r"hidden neuron before GELU.* no layer of the network as"):
        values.explain(f"{name}.mlp.hook_hidden", (0, 1, 1, 1))


def test_a_norm_or_a_convolution_that_was_wrapped_hides_itself_alone():
    sam = small_sam()
    block, projection = sam.image_encoder.vit.blocks[1], sam.image_encoder.channel_projection
    generator = sam.mask_decoder.mask_generator
    for parent, name in (
        (block, "norm1"),
        (projection, "norm1"),
        (projection, "conv2"),
        (generator, "norm"),
        (generator, "upscale1"),
    ):
        setattr(parent, name, _Around(getattr(parent, name)))
    block.norm2 = torch.nn.LayerNorm(24, bias=False).requires_grad_(False)
    values = TraceValues(small_trace(sam))
    hidden = "vit.blocks.1.hook_norm1", "vit.blocks.1.hook_norm2", "channel_projection.hook_conv2"
    for name in (f"image_encoder.{each}" for each in hidden):
        index = (0, 1, 1, 1)
        assert values.explain(name, index).title == "Computed by a layer that was replaced"
    for name, index in (
        ("image_encoder.vit.blocks.1.mlp.hook_out", (0, 1, 1, 1)),
        ("mask_decoder.iou_predictor.hook_iou", (0, 1)),
        ("mask_decoder.mask_generator.hook_logits", (0, 1, 2, 2)),
    ):
        assert values.explain(name, index).error < 1e-4


def test_numbers_are_those_of_the_run_that_is_asked():
    one = small_trace()
    other = one.with_prompts(Prompts(points=[(30, 10)]))
    name = "mask_decoder.iou_predictor.hook_iou"
    found = [TraceValues(each).explain(name, (0, 2)).result for each in (one, other)]
    wanted = [float(each[name][0, 2]) for each in (one, other)]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
    assert found[0] != found[1]
