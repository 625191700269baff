"""Interventions as such: they add up, share results when equal, and leave nothing behind."""

from contextlib import ExitStack

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model.hooks import first_with_hooks
from sam_explore.tracing import between_steps, edit, zero
from sam_explore.tracing.interventions import (
    AblateAttention,
    AblateBlock,
    AblateCoordinateEncoding,
    AblateDecoderHead,
    AblateHead,
    AblateMlp,
    AblatePositionEncoding,
    AblateRelativePositions,
    DropMaskToken,
    DropPaddingToken,
    DropPromptToken,
    Intervention,
    KnockOutAttention,
    KnockOutDecoderAttention,
    PatchTokens,
    RemoveDirections,
    ResizeHead,
    ResizeToken,
    RetypePromptToken,
    ScaleChannel,
    SetChannel,
    SetPromptToken,
    ShuffleTokens,
    SwapForegroundBackground,
)

from ...small import small_sam, small_trace

POST = "image_encoder.vit.blocks.2.hook_residual_post"
TRACE = small_trace(small_sam())
SOURCE = TRACE.with_edit(POST, zero)
# A new but equal one at each call.
MAKE = [
    lambda: AblateHead(2, 1),
    lambda: AblateHead(2, 1, to="mean"),
    lambda: AblateAttention(2),
    lambda: AblateMlp(2, to="mean"),
    lambda: AblateBlock(2),
    lambda: AblatePositionEncoding(),
    lambda: AblateCoordinateEncoding(),
    lambda: ShuffleTokens(seed=1),
    lambda: AblateRelativePositions(),
    lambda: KnockOutAttention([(0, 0), (1, 1)], [(0, 1)]),
    lambda: KnockOutDecoderAttention("layers.*.token_to_image", [1], [(0, 1)]),
    lambda: AblateDecoderHead("layers.1.image_to_token", 2, (0, 1)),
    lambda: DropPromptToken(0),
    lambda: DropPaddingToken(),
    lambda: DropMaskToken(1),
    lambda: SwapForegroundBackground(),
    lambda: RetypePromptToken(0, "box top left"),
    lambda: SetPromptToken(0, np.arange(32.0)),
    lambda: PatchTokens(SOURCE, 2, [(0, 1)]),
    lambda: ScaleChannel(POST, 3, 2.0),
    lambda: SetChannel(POST, 3, 2.0),
    lambda: ResizeHead(2, 1, 9.0),
    lambda: ResizeToken(2, (1, 2), 9.0),
    lambda: RemoveDirections(POST, np.eye(24)[:, :3]),
]
NAMES = [type(make()).__name__ for make in MAKE]


def steps_of(trace: sx.Trace) -> list[str]:
    """The steps that are run for a prediction; none if all was there."""
    steps: list[str] = []
    with between_steps(steps.append):
        assert np.isfinite(trace.prediction.logits).all()
    return steps


def test_all_are_asked_here():
    assert {*NAMES, "Intervention"} == set(sx.interventions.__all__)


@pytest.mark.parametrize("make", MAKE, ids=NAMES)
def test_each_changes_the_answer_leaves_no_hook_and_has_a_short_name(make):
    before = TRACE.prediction.logits.copy()
    changed = TRACE.with_interventions(make()).prediction.logits
    assert np.abs(changed - before).max() > 1e-5
    assert first_with_hooks(TRACE.sam.modules()) is None
    assert steps_of(TRACE) == []
    np.testing.assert_array_equal(TRACE.prediction.logits, before)
    assert len(repr(make())) < 120


@pytest.mark.parametrize("make", MAKE, ids=NAMES)
def test_equal_ones_share_their_results(make):
    TRACE.with_interventions(make()).prediction  # noqa: B018
    assert steps_of(TRACE.with_interventions(make())) == []


@pytest.mark.parametrize("make", MAKE, ids=NAMES)
def test_each_lets_gradients_through(make):
    """An edit in place of what a gradient needs would raise here."""
    sam, edits = TRACE.sam, TRACE.with_interventions(make()).plan.edits
    pixels = TRACE.engine.given.pixels[None].clone().requires_grad_()
    with ExitStack() as attached:
        for name, fn in edits:
            attached.enter_context(edit(sam, {name: fn}))
        points, labels = torch.tensor([[[0.3, 0.2]]]), torch.tensor([[1]])
        logits, _ = sam.decode(sam.encode_image(pixels), sam.encode_prompts(points, labels))
        logits.square().sum().backward()
    assert pixels.grad.isfinite().all()
    assert pixels.grad.any()


def test_they_act_in_their_order_and_together_with_other_edits():
    def one_more(tensor, hook):
        return tensor + 1

    name = "image_encoder.vit.blocks.1.attention.hook_out"
    attended = TRACE[name]
    first = TRACE.with_interventions(ScaleChannel(name, 0, 3)).with_edit(name, one_more)
    last = TRACE.with_edit(name, one_more).with_interventions(ScaleChannel(name, 0, 3))
    torch.testing.assert_close(first[name][..., 0], 3 * attended[..., 0] + 1)
    torch.testing.assert_close(last[name][..., 0], 3 * (attended[..., 0] + 1))
    several = TRACE.with_interventions(ScaleChannel(name, 0, 3), AblateAttention(1))
    assert several.edits == (name, name)
    assert not several[name].any()
    assert several.reference.edits == ()


def test_a_wrong_one_among_right_ones_is_refused_and_the_trace_goes_on():
    with pytest.raises(ValueError, match="block must be 0 to 3"):
        TRACE.with_interventions(AblateHead(0, 0), AblateHead(4, 0))
    assert TRACE.edits == ()


def test_one_of_ones_own_is_a_class_with_edits():
    class Everything(Intervention):
        def edits(self, run):
            return tuple((f"{part}.hook_out", zero) for part in ("**.attention", "**.mlp"))

    bare = TRACE.with_interventions(Everything())
    embedded = TRACE["image_encoder.vit.blocks.0.hook_residual_pre"]
    assert torch.equal(bare["image_encoder.vit.blocks.3.hook_residual_post"], embedded)
