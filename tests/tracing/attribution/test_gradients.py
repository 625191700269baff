"""Gradients, by hand where the network is linear, and against finite differences where it isn't."""

import math
from contextlib import ExitStack
from copy import deepcopy
from threading import Thread

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.prediction import prompt_tensors
from sam_explore.preprocessing import Preprocessing
from sam_explore.tracing import (
    Cancelled,
    Trace,
    between_steps,
    edit,
    interventions,
    record,
    zero,
)
from sam_explore.tracing.attribution.gradients import gradient
from sam_explore.tracing.attribution.scalars import MeanLogit, PredictedIoU, value_of

from ...patience import PATIENCE_SECONDS
from ...small import SMALL, small_sam, small_trace
from .linear import linear_sam, linear_trace

ALL = ("points", "box", "prompt_tokens", "embedding", "input", "pixels")
POST = "image_encoder.vit.blocks.{}.hook_residual_post"
PROMPTS = Prompts(points=[(12, 8), (30, 15)], labels=[1, 0], box=(3, 2, 30, 18))


def region(height: int = 20, width: int = 40) -> np.ndarray:
    """Some part of the picture."""
    return np.random.default_rng(2).random((height, width)) > 0.7


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture(scope="module")
def trace(sam) -> Trace:
    return small_trace(sam).with_prompts(PROMPTS)


# By hand; `linear.py` says what the network answers.


def test_the_mean_logit_of_a_linear_network_by_image_token():
    inside = np.zeros((20, 20), dtype=bool)
    inside[0:2, 4:6] = True  # four logits of token (0, 1)
    inside[4, 0] = True  # one of token (1, 0)

    found = gradient(linear_trace(), MeanLogit(2, inside, "logits"), "embedding")

    expected = np.zeros((32, 5, 5))
    expected[0, 0, 1], expected[0, 1, 0] = 3 * 4 / 5, 3 * 1 / 5  # mask 2 counts three times
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_mean_logit_of_a_linear_network_by_pixel():
    inside = np.zeros((20, 20), dtype=bool)
    inside[8:10, 0:3] = True  # logits of token (2, 0), of which half lies in the picture
    of = MeanLogit(0, inside, "logits")

    by_input = gradient(linear_trace(), of, "input")
    by_level = gradient(linear_trace(), of, "pixels")

    expected = np.zeros((3, 40, 40))
    expected[0, 16:24, 0:8] = 1 / 64  # each of 64 reds has that share in the mean
    np.testing.assert_allclose(by_input, expected, rtol=1e-6)
    assert by_level.shape == (20, 40, 3)
    np.testing.assert_allclose(by_level[16:, :8, 0], 1 / 64 / SMALL.pixel_std[0], rtol=1e-6)
    assert np.count_nonzero(by_level) == 4 * 8


def test_the_predicted_iou_of_a_linear_network_by_prompt_token_and_by_click():
    by_token = gradient(linear_trace(), PredictedIoU(3), "prompt_tokens")
    by_pixel = gradient(linear_trace(), PredictedIoU(3), "points")

    expected = np.zeros((2, 32))  # the click's token and the padding token
    expected[0, 0] = 4
    np.testing.assert_allclose(by_token, expected, rtol=1e-6)
    np.testing.assert_allclose(by_pixel, [[4 * math.pi / 40, 0]], rtol=1e-5, atol=1e-8)


def test_a_click_on_a_larger_picture_moves_the_models_input_by_less():
    sam = linear_sam()
    large = Trace(sam, np.zeros((40, 80, 3), dtype=np.uint8))
    edits = linear_trace(sam).interventions
    for name, fn in edits:
        large = large.with_edit(name, fn)
    # x = 39 is 19.5 pixels of the input: the middle again, but half as fast.
    found = gradient(large.with_prompts(Prompts(points=[(39, 8)])), PredictedIoU(0), "points")

    np.testing.assert_allclose(found, [[math.pi / 80, 0]], rtol=1e-5, atol=1e-8)


# Finite differences, of the plain model in double precision.


class Double:
    """The small model in float64, run from whatever a test changes; fused attention and all."""

    def __init__(self, trace: Trace, of):
        self.sam, self.of, self.frame = deepcopy(trace.sam).double(), of, trace.frame
        pixels, _ = Preprocessing()(trace.image, SMALL)
        points, self.labels, boxes, _ = prompt_tensors([trace.prompts], trace.frame)
        self.start = {
            "input": pixels.double(),
            "points": torch.tensor(trace.prompts.points),
            "box": torch.tensor(trace.prompts.box),
        }
        tokens = self.sam.encode_image(pixels[None].double())
        prompts = self.sam.encode_prompts(points.double(), self.labels, boxes.double())
        self.start |= {"embedding": tokens[0], "prompt_tokens": prompts[0]}

    def number(self, name: str, value: torch.Tensor) -> float:
        now = {**self.start, name: value}
        if name == "input":
            now["embedding"] = self.sam.encode_image(value[None])[0]
        if name in ("points", "box"):
            points, corners = (
                torch.tensor(self.frame.unit_from_px(each.reshape(-1, 2).numpy()))
                for each in (now["points"], now["box"])
            )
            now["prompt_tokens"] = self.sam.encode_prompts(
                points[None], self.labels, corners.reshape(1, 4)
            )[0]
        logits, iou = self.sam.decode(now["embedding"][None], now["prompt_tokens"][None])
        return float(self.of.read(logits[0], iou[0], self.frame))

    def slope(self, name: str, direction: torch.Tensor, step: float = 1e-4) -> float:
        start = self.start[name]
        ahead, back = (self.number(name, start + sign * step * direction) for sign in (1, -1))
        return (ahead - back) / (2 * step)


@pytest.mark.parametrize("name", ["points", "box", "prompt_tokens", "embedding", "input"])
@pytest.mark.parametrize(
    "of",
    [MeanLogit(1, region()), MeanLogit(3, region(20, 20), "logits"), PredictedIoU(2)],
    ids=["picture", "logits", "iou"],
)
def test_it_is_the_slope_in_any_direction(trace, of, name):
    double = Double(trace, of)
    found = gradient(trace, of, name).astype(float)

    assert found.shape == tuple(double.start[name].shape)
    generator = torch.Generator().manual_seed(1)
    largest = np.sqrt((found**2).sum())
    for _ in range(5):
        direction = torch.randn(found.shape, generator=generator, dtype=torch.float64)
        slope = double.slope(name, direction / direction.norm())
        expected = float((found * direction.numpy()).sum() / direction.norm())
        assert abs(slope - expected) <= 1e-4 * largest
    steepest = torch.tensor(found / largest)
    assert double.slope(name, steepest) == pytest.approx(largest, rel=1e-4)


def test_by_pixel_of_a_picture_of_another_size_it_goes_back_through_the_scaling(sam):
    image = np.random.default_rng(4).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    trace = Trace(sam, image, Prompts(points=[(30, 20)]))
    of = MeanLogit(1, region(50, 90))
    by_input, by_level = gradient(trace, of, "input"), gradient(trace, of, "pixels")

    # All reds one level up: the scaled reds too, in the picture's part of the input.
    height, width = trace.frame.input_size
    expected = by_input[:, :height, :width].sum(axis=(1, 2)) / SMALL.pixel_std
    assert by_level.shape == image.shape
    np.testing.assert_allclose(by_level.sum(axis=(0, 1)), expected, rtol=1e-4, atol=1e-8)


# The very run of the trace.


def at_once(trace: Trace, of) -> np.ndarray:
    """The gradient by one graph through the plain model, explicit and with the trace's edits."""
    sam, (pixels, frame) = trace.sam, Preprocessing()(trace.image, trace.sam.config)
    points, labels, boxes, hints = prompt_tensors([trace.prompts], frame)
    pixels.requires_grad_()
    with ExitStack() as attached:
        for name, fn in trace.plan.edits:
            attached.enter_context(edit(sam, {name: fn}))
        attached.enter_context(record(sam, "**.hook_scores", lambda *_: None))
        tokens = sam.encode_image(pixels[None], trace.windows, trace.relative_positions)
        logits, iou = sam.decode(tokens, sam.encode_prompts(points, labels, boxes), hints)
        return torch.autograd.grad(of.read(logits[0], iou[0], frame), pixels)[0].numpy()


def test_block_by_block_is_as_all_at_once_with_edits_and_windows(trace):
    hinted = Prompts(points=[(12, 8)], mask_hint=np.random.default_rng(3).normal(size=(20, 20)))
    of = MeanLogit(1, region())
    for each in (
        trace,
        trace.with_prompts(hinted),
        trace.with_windows((2, 3, 1, 0), "crop"),
        trace.with_edit(POST.format(2), lambda tensor, hook: tensor * tensor),
        trace.with_edit("mask_decoder.transformer.hook_image", lambda tensor, hook: 3 * tensor),
        trace.with_interventions(
            interventions.AblateHead(1, 0, to="mean"),
            interventions.KnockOutAttention([(0, 0)], [(1, 1), (2, 2)]),
            interventions.DropMaskToken(3),
        ),
    ):
        found, expected = gradient(each, of, "input"), at_once(each, of)
        assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()
        assert np.abs(expected).max() > 0


def test_an_edit_that_gives_constants_stops_the_gradient(trace):
    of = MeanLogit(1, region())
    for block in range(4):
        assert not gradient(trace.with_edit(POST.format(block), zero), of, "input").any()
    cut = trace.with_edit("prompt_encoder.hook_tokens", zero)
    assert not gradient(cut, of, "points").any()
    assert gradient(cut, of, "prompt_tokens").any()
    answered = trace.with_edit("mask_decoder.iou_predictor.hook_iou", zero)
    assert not gradient(answered, PredictedIoU(1), "embedding").any()


def test_a_cache_without_room_costs_no_second_forward_pass(sam, trace):
    of = MeanLogit(1, region())
    small = Trace(sam, trace.image, PROMPTS, cache_bytes=1)
    steps: list[str] = []
    with between_steps(steps.append):
        found = gradient(small, of, "input")

    np.testing.assert_array_equal(found, gradient(trace, of, "input"))
    blocks = [f"mage encoder: block {block} of 4" for block in (1, 2, 3, 4)]
    forward = ["mage encoder: patch embedding", *blocks]
    assert steps == [
        *(f"I{each}" for each in forward),
        "Image encoder: channel projection",
        "Prompt encoder",
        "Backwards through the mask decoder",
        "Backwards through the image encoder: channel projection",
        *(f"Backwards through the i{each}" for each in reversed(forward)),
    ]


# Nothing is left behind.


def left_behind(sam) -> list[str]:
    """What a gradient may have left in a model."""
    hooks = [name for name, each in sam.named_modules() if each._forward_hooks]
    wanting = [name for name, weight in sam.named_parameters() if weight.requires_grad]
    return (
        hooks + wanting + [name for name, each in sam.named_parameters() if each.grad is not None]
    )


@pytest.mark.parametrize("name", ALL)
def test_model_and_trace_stay_as_they_are(name):
    trace = small_trace().with_prompts(PROMPTS)
    before = trace.prediction.logits.copy()
    one = gradient(trace, MeanLogit(1, region()), name)

    assert isinstance(one, np.ndarray)
    assert one.dtype == np.float32
    assert not left_behind(trace.sam)
    assert not any(tensor.requires_grad for tensor in trace.read("**.hook_out").values())
    np.testing.assert_array_equal(trace.prediction.logits, before)
    np.testing.assert_array_equal(gradient(trace, MeanLogit(1, region()), name), one)


def test_weights_that_ask_for_gradients_get_none_and_go_on_asking(trace):
    sam = small_sam().requires_grad_(True)
    learning = small_trace(sam).with_prompts(PROMPTS)
    of = MeanLogit(1, region())

    np.testing.assert_array_equal(gradient(learning, of, "input"), gradient(trace, of, "input"))

    assert all(weight.requires_grad and weight.grad is None for weight in sam.parameters())


@pytest.mark.parametrize("where", [POST.format(1), "mask_decoder.hook_image_in"])
def test_after_an_exception_on_the_way_back_nothing_is_attached_and_the_next_works(where):
    def fail_on_the_way_back(tensor, hook):
        if tensor.requires_grad:
            raise ZeroDivisionError
        return tensor

    trace, of = small_trace(), MeanLogit(1, region())
    with pytest.raises(ZeroDivisionError):
        gradient(trace.with_edit(where, fail_on_the_way_back), of, "input")

    assert not left_behind(trace.sam)
    answers: list[np.ndarray] = []
    thread = Thread(target=lambda: answers.append(gradient(trace, of, "input")), daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    expected = gradient(small_trace(), of, "input")
    # Another thread may share out its sums in another way.
    np.testing.assert_allclose(answers[0], expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def test_it_can_be_stopped_between_two_blocks():
    def stop(step: str) -> None:
        if step == "Backwards through the image encoder: block 2 of 4":
            raise Cancelled

    trace = small_trace()
    with pytest.raises(Cancelled), between_steps(stop):
        gradient(trace, PredictedIoU(1), "pixels")

    assert not left_behind(trace.sam)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", ALL)
def test_a_caller_without_gradients_gets_the_same(sam, trace, mode, name):
    of = MeanLogit(1, region())
    with mode():
        fresh = small_trace(sam).with_prompts(PROMPTS)
        assert fresh.prediction is not None
        found = gradient(fresh, of, name)
    np.testing.assert_array_equal(found, gradient(trace, of, name))


# Words for what can't be.


def test_what_this_run_does_not_have_is_refused_in_words(trace):
    of = MeanLogit(1, region())
    with pytest.raises(ValueError, match=r"one of points, box, .*, pixels, not 'clicks'"):
        gradient(trace, of, "clicks")
    with pytest.raises(ValueError, match=r"no click to move .*with_prompts"):
        gradient(trace.with_prompts(Prompts()), of, "points")
    with pytest.raises(ValueError, match=r"no box to move .*with_prompts"):
        gradient(trace.with_prompts(Prompts(points=[(1, 1)])), of, "box")
    with pytest.raises(ValueError, match="0 to 3, not 4"):
        gradient(trace, PredictedIoU(4), "points")
    with pytest.raises(ValueError, match=r"shape \(20, 40\), the picture's .* is \(5, 5\)"):
        gradient(trace, MeanLogit(1, np.ones((5, 5), dtype=bool)), "points")
    with pytest.raises(ValueError, match=r"shape \(20, 20\), the raw logits' .* is \(20, 40\)"):
        value_of(trace, MeanLogit(1, region(), "logits"))


def test_hooks_of_others_and_changed_weights_are_refused():
    trace = small_trace()
    with record(trace.sam, POST.format(2)), pytest.raises(RuntimeError, match="attached to"):
        gradient(trace, PredictedIoU(1), "points")
    trace.sam.image_encoder.position_encoder.table.add_(1)
    with pytest.raises(RuntimeError, match="weights changed"):
        gradient(trace, PredictedIoU(1), "points")
