"""Every number at every hook point is what its formula gives, down to pixels and weights."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.origins import Operand, Operation, TraceValues, explain

from ..small import SMALL, small_sam, small_trace
from .runs import operations, places, prompted_trace

# The declared hook points of the small model: a new one without a rule fails below.
HOOKS = list(Sam(SMALL).hook_points)
HINT_ONLY = "mask_decoder.mask_hint_encoder.hook_out"  # has a rule with a hint, and one without


@pytest.fixture(scope="module")
def trace():
    return prompted_trace()


@pytest.fixture(scope="module")
def values(trace):
    return TraceValues(trace)


@pytest.mark.parametrize("name", HOOKS)
def test_the_formula_gives_what_the_model_computed(name, trace, values):
    for operation in operations(values, trace, name):
        assert operation.model == pytest.approx(float(trace[name][operation.index]))
        assert operation.error < 1e-4, operation
        assert operation.operands or operation.expression == ("0",), operation


@pytest.mark.parametrize("name", ["pixels", HINT_ONLY, "prompt_encoder.hook_tokens"])
def test_without_a_hint_and_with_one_click(name):
    trace = small_trace()
    values = TraceValues(trace)
    shape = trace.pixels.shape if name == "pixels" else trace[name].shape
    for place in places(tuple(shape)):
        operation = values.explain(name, place)
        assert operation.model is not None
        assert operation.error < 1e-5, operation


@pytest.mark.parametrize("name", HOOKS[::20])
def test_a_wrong_number_is_noticed(name, trace, values):
    """The check can fail: it compares with what the model has, not with itself."""
    place = places(tuple(trace[name].shape))[2]
    operation = values.explain(name, place)
    moved = Operation(
        operation.title,
        operation.formula,
        operation.expression,
        operation.result + 0.01 * (operation.size or 1),
        operation.size,
        model=operation.model,
    )
    assert not moved.agrees
    assert "replaced" in moved.check


def asked_to_the_ground(operation: Operation, rng: np.random.Generator) -> list[Operation]:
    """The operations on one way down: at each, one of its operands is asked."""
    found = [operation]
    while any(each.can_be_asked for each in found[-1].operands):
        asked = [each for each in found[-1].operands if each.can_be_asked]
        found.append(asked[rng.integers(len(asked))].explain())
        assert len(found) < 200
    return found


def test_each_way_down_ends_at_what_was_given_or_learned(values, trace):
    rng = np.random.default_rng(3)
    learned = {name for name, _ in trace.sam.named_parameters()} | {
        "coordinate_encoder.frequencies"
    }
    given = {"prompts.points", "prompts.box", "prompts.mask_hint", "image"}
    ends, deepest = set(), 0
    for _ in range(20):
        way = asked_to_the_ground(
            values.explain("mask_decoder.mask_generator.hook_logits", (0, 1, 7, 12)), rng
        )
        deepest = max(deepest, len(way))
        assert all(each.agrees for each in way)
        for each in way[-1].operands:
            assert each.address in learned | given
            ends.add(each.address)
    assert deepest > 20
    assert len(ends) > 5


def test_an_operand_is_what_its_own_explanation_gives(values):
    """What is asked is the number that stood in the formula, also between hook points."""
    for name in ("image_encoder.vit.blocks.1.hook_norm1", "mask_decoder.transformer.hook_tokens"):
        operation = values.explain(name, (0, 2, 3, 5)[: 4 if "blocks" in name else 3])
        for operand in operation.operands:
            if operand.can_be_asked:
                assert operand.explain().result == pytest.approx(operand.value, rel=1e-4, abs=1e-5)


def test_a_dot_product_by_hand():
    """A kernel of ones over a patch that is one level above the mean, in every colour."""
    sam = small_sam()
    sam.image_encoder.patch_embedding.projection.weight.fill_(1.0)
    sam.image_encoder.patch_embedding.projection.bias.fill_(0.5)
    image = np.zeros((40, 40, 3), dtype=np.uint8)
    image[8:16, 16:24] = np.round(np.array(SMALL.pixel_mean) + SMALL.pixel_std).astype(np.uint8)
    trace = sx.Trace(sam, image)
    operation = explain(trace, "image_encoder.patch_embedding.hook_out", (0, 1, 2, 3))
    pixels = [(image[8, 16, c] - SMALL.pixel_mean[c]) / SMALL.pixel_std[c] for c in range(3)]
    assert operation.result == pytest.approx(64 * sum(pixels) + 0.5)
    *_, rest, bias = operation.operands
    assert (rest.name, bias.value) == ("the sum of the other 186 products", 0.5)
    pixel = next(each for each in operation.operands if each.address == "pixels")
    below = pixel.explain()
    assert below.operands[0].address == "image"
    assert below.operands[0].value == image[8, 16, pixel.index[0]]
    again = rest.explain()
    assert again.result == pytest.approx(rest.value)
    assert "other 180 products" in again.operands[-1].name


def test_a_weight_by_hand(trace, values):
    name = "image_encoder.vit.blocks.1.attention.hook_pattern"
    row = trace[name.replace("pattern", "scores")][0, 1, 3].double()
    operation = values.explain(name, (0, 1, 3, 7))
    assert operation.result == pytest.approx(float(row[7].exp() / row.exp().sum()))
    score, greatest, total = operation.operands
    assert (score.value, greatest.value) == (float(row[7]), float(row.max()))
    assert total.explain().result == pytest.approx(float((row - row.max()).exp().sum()))


def test_a_score_is_content_and_two_distances(trace, values):
    place = "image_encoder.vit.blocks.1.attention."
    operation = values.explain(f"{place}hook_scores", (0, 1, 3, 7))
    content, rows, columns = operation.operands
    q, k = trace[f"{place}hook_q"][0, 1, 3], trace[f"{place}hook_k"][0, 1, 7]
    assert content.value == pytest.approx(float(q.double() @ k.double()) / 12**0.5)
    # Key 7 of a grid of 5 columns lies in row 1 and column 2.
    assert rows.at == f"{place}hook_relative_rows[0, 1, 3, 1]"
    assert columns.at == f"{place}hook_relative_columns[0, 1, 3, 2]"
    assert content.explain().result == pytest.approx(content.value)


def test_padding_of_a_window_is_the_bias_alone(values):
    """Windows of 3 on a grid of 5: the last window has 4 tokens and 5 of padding."""
    operation = values.explain("image_encoder.vit.blocks.0.attention.hook_q", (3, 0, 8, 2))
    (bias,) = operation.operands
    assert bias.address.endswith("qkv.bias")
    assert operation.result == bias.value
    assert "padding" in operation.note


def test_a_pixel_beyond_the_picture_is_padding(values):
    operation = values.explain("pixels", (0, 30, 5))
    assert (operation.result, operation.operands) == (0.0, ())
    assert "padding" in operation.note


def test_a_click_is_found_at_the_bottom_of_a_wave(values):
    wave = values.explain("coordinate_encoder.hook_points", (0, 1, 20))
    x = wave.operands[0].explain().operands[0].explain()
    assert x.operands[0] == Operand(
        "prompts.points", (1, 0), 3.0, "click in pixels of the picture: point 1, axis 0"
    )
    assert x.result == pytest.approx(2 * 3.5 / 40 - 1)


def test_a_first_axis_of_length_one_may_be_left_out(trace):
    name = "image_encoder.vit.blocks.0.hook_norm1"
    assert explain(trace, name, (1, 2, 3)).index == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("address", "index", "words"),
    [
        ("image_encoder.vit.blocks.0.hook_norm3", (0, 0, 0, 0), "closest are: .*hook_norm1"),
        ("image_encoder.vit.blocks.0.hook_norm1", (0, 0), r"4 numbers .*row: 5, column: 5"),
        ("image_encoder.vit.blocks.0.hook_norm1", (0, 0, 5, 0), r"from 0 to the last place"),
        ("image_encoder.vit.blocks.0.hook_norm1", (0, 0, -1, 0), r"from 0 to the last place"),
        ("image_encoder.vit.blocks.0.norm1.weight", (3,), "was not computed: it was given or"),
    ],
)
def test_a_wrong_question_is_answered_in_words(address, index, words, trace):
    with pytest.raises(ValueError, match=words):
        explain(trace, address, index)


def test_a_place_that_this_run_does_not_reach():
    with pytest.raises(ValueError, match="need a mask hint"):
        explain(small_trace(), "mask_decoder.mask_hint_encoder.hook_half", (0, 0, 0, 0))


def test_what_was_learned_can_not_be_asked(values):
    weight = values.explain("image_encoder.vit.blocks.0.hook_norm1", (0, 0, 0, 0)).operands[-1]
    assert not weight.can_be_asked
    with pytest.raises(ValueError, match="was not computed"):
        weight.explain()


def test_asking_leaves_no_hook_and_no_gradient(trace):
    explain(trace, HINT_ONLY, (0, 3, 2, 1))
    assert not [name for name, module in trace.sam.named_modules() if module._forward_hooks]
    assert torch.is_grad_enabled()
