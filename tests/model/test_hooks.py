"""Hook points: all fire with the axes they declare, and attaching changes nothing but the form."""

from functools import lru_cache

import pytest
import torch
import torch.nn.functional as F

from sam_explore.model import HookPoint, Sam, attention
from sam_explore.model.kernels.dispatch import SWITCH

from ..small import small_sam
from .conftest import SHALLOW

with torch.device("meta"):
    HOOK_POINTS = {
        name: module
        for name, module in Sam(SHALLOW).named_modules()
        if isinstance(module, HookPoint)
    }
ATTENTIONS = sorted({name.rsplit(".", 1)[0] for name in HOOK_POINTS if name.endswith("pattern")})


def run(sam: Sam) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Image tokens, logits and IoU for points, a box and a mask hint: all parts take part."""
    generator = torch.Generator().manual_seed(2)
    image = torch.randn(1, 3, 40, 40, generator=generator)
    points = torch.rand(2, 3, 2, generator=generator)
    boxes = torch.rand(2, 4, generator=generator)
    hints = torch.randn(2, 1, 20, 20, generator=generator)
    image_tokens = sam.encode_image(image)
    tokens = sam.encode_prompts(points, torch.tensor([[1, 0, 1]] * 2), boxes)
    return image_tokens, *sam.decode(image_tokens, tokens, hints)


@lru_cache
def run_without_hooks(form: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Once for each form, which is the one that is set."""
    return run(small_sam(SHALLOW))


def run_past(sam: Sam, name: str) -> None:
    """Only the part of that run in which the hook point lies."""
    if name.startswith("image_encoder."):
        sam.encode_image(torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(2)))
        return
    image_tokens, points = torch.randn(1, SHALLOW.token_dim, 5, 5), torch.rand(2, 3, 2)
    tokens = sam.encode_prompts(points, torch.tensor([[1, 0, 1]] * 2), torch.rand(2, 4))
    sam.decode(image_tokens, tokens, torch.randn(2, 1, 20, 20))


def relative_error(one, other) -> float:
    return max(float((a - b).abs().max() / b.abs().max()) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("form", ["fast", "plain"])
@pytest.mark.parametrize("name", HOOK_POINTS)
def test_each_hook_point_fires_once_with_the_axes_it_declares(sam, name, form, monkeypatch):
    monkeypatch.setenv(SWITCH, str(int(form == "plain")))
    hook, seen = sam.get_submodule(name), []
    hook.register_forward_hook(lambda module, inputs, output: seen.append(output))

    run_past(sam, name)

    assert len(seen) == 1
    assert hook.meaning
    assert seen[0].ndim == len(hook.axes), hook.axes
    for axis, length in zip(hook.axes, seen[0].shape, strict=True):
        assert length in allowed_lengths(axis, name), f"{axis} has {length}"


def neurons_at(name: str) -> int:
    """The hidden width of the MLP that a hook point lies in."""
    if "token_heads" in name:
        return SHALLOW.token_dim
    if "iou_predictor" in name:
        return SHALLOW.iou_hidden_dim
    in_encoder = name.startswith("image_encoder.")
    return SHALLOW.encoder_mlp_dim if in_encoder else SHALLOW.decoder_mlp_dim


def allowed_lengths(axis: str, name: str) -> set[int]:
    """How long an axis of this name may be in the run above: 5 x 5 tokens, 2 prompt sets."""
    in_encoder = name.startswith("image_encoder.")
    windowed = name.startswith("image_encoder.vit.blocks.0.")
    side = 3 if windowed else 5  # of what an encoder's attention looks at
    if "mask_generator" in name or "mask_hint_encoder" in name:
        sides = {"hook_half": {10}, "hook_quarter": {5}, "hook_out": {5}, "hook_double": {10}}
        places = sides.get(name.rsplit(".", 1)[1], {20})
    else:
        places = {5}
    queries = {side**2} if in_encoder else {10, 25}
    return {
        "1": {1},
        "batch": {1} if in_encoder else {2},
        "batch_or_1": {2},
        "window": {4},
        "head": {SHALLOW.encoder_heads if in_encoder else SHALLOW.decoder_heads},
        "row": places,
        "column": places,
        "row_or_1": places,
        "column_or_1": places,
        "key_row": {side},
        "key_column": {side},
        "query": queries,
        "key": queries,
        "token": {side**2} if in_encoder else {10},
        "place": {25},
        "mask": {4},
        "prompt": {5},
        "coordinate": {5},
        "neuron": {neurons_at(name)},
        "channel": {4, 8, 12, 16, 24, 32},
    }[axis]


def test_a_hook_point_has_its_own_name(sam):
    assert {name: hook.name for name, hook in sam.hook_points.items()} == {
        name: name for name in HOOK_POINTS
    }


def test_hook_points_leave_no_trace_in_a_state_dict(sam):
    assert not [name for name in sam.state_dict() if "hook" in name]


@pytest.fixture
def plain(monkeypatch) -> None:
    """The forms that the model's own files hold, without those of kernels."""
    monkeypatch.setenv(SWITCH, "1")


@pytest.mark.usefixtures("plain")
@pytest.mark.parametrize("which", ["hook_scores", "hook_pattern"])
@pytest.mark.parametrize("name", ATTENTIONS)
def test_the_explicit_form_agrees_with_the_fused_one(sam, name, which):
    fused = run(sam)

    sam.get_submodule(f"{name}.{which}").register_forward_hook(lambda *nothing: None)

    assert relative_error(run(sam), fused) <= 1e-5


@pytest.mark.usefixtures("plain")
def test_all_explicit_agrees_with_all_fused(sam):
    fused = run(sam)

    for name in ATTENTIONS:
        sam.get_submodule(f"{name}.hook_pattern").register_forward_hook(lambda *nothing: None)

    assert relative_error(run(sam), fused) <= 1e-5


@pytest.mark.parametrize("form", ["fast", "plain"])
@pytest.mark.parametrize("name", ATTENTIONS)
def test_a_pattern_is_the_softmax_of_its_scores_and_weighs_the_values(sam, name, form, monkeypatch):
    monkeypatch.setenv(SWITCH, str(int(form == "plain")))
    seen = {}
    for part in ("scores", "pattern", "v", "out_per_head"):
        sam.get_submodule(f"{name}.hook_{part}").register_forward_hook(
            lambda module, inputs, out, part=part: seen.update({part: out})
        )

    run(sam)

    pattern = seen["pattern"]
    torch.testing.assert_close(pattern.sum(dim=-1), torch.ones(pattern.shape[:-1]))
    torch.testing.assert_close(pattern, seen["scores"].softmax(dim=-1))
    torch.testing.assert_close(pattern @ seen["v"], seen["out_per_head"])


@pytest.mark.usefixtures("plain")
def test_fused_and_explicit_attention_are_chosen_by_who_watches(sam, monkeypatch):
    fused_calls = []

    def counting(*args, **kwargs):
        fused_calls.append(1)
        return F.scaled_dot_product_attention(*args, **kwargs)

    class Counted:
        scaled_dot_product_attention = staticmethod(counting)

        def __getattr__(self, name: str):
            return getattr(F, name)

    monkeypatch.setattr(attention, "F", Counted())

    def fused_in_a_run() -> int:
        fused_calls.clear()
        run(sam)
        return len(fused_calls)

    assert fused_in_a_run() == len(ATTENTIONS)
    handle = sam.get_submodule(ATTENTIONS[0]).hook_pattern.register_forward_hook(lambda *_: None)
    assert fused_in_a_run() == len(ATTENTIONS) - 1
    handle.remove()
    assert fused_in_a_run() == len(ATTENTIONS)


@pytest.mark.parametrize(
    "kind", ["forward", "forward_pre", "full_backward", "full_backward_pre"], ids=str
)
def test_whatever_is_attached_to_scores_or_pattern_is_called(sam, kind):
    seen = []
    for name in ATTENTIONS:
        for which in ("hook_scores", "hook_pattern"):
            hook = sam.get_submodule(f"{name}.{which}")
            getattr(hook, f"register_{kind}_hook")(lambda module, *_: seen.append(module.name))

    with torch.enable_grad():
        sam.requires_grad_(True)
        _, logits, iou = run(sam)
        (logits.sum() + iou.sum()).backward()

    assert len(seen) == len(set(seen)) == 2 * len(ATTENTIONS)


def test_hooks_that_are_removed_leave_nothing(sam):
    before = run(sam)
    handles = [
        sam.get_submodule(name).register_forward_hook(lambda module, inputs, out: out + 1)
        for name in HOOK_POINTS
    ]
    assert relative_error(run(sam), before) > 0.1
    assert all(sam.get_submodule(name).is_watched for name in HOOK_POINTS)

    for handle in handles:
        handle.remove()

    assert not any(sam.get_submodule(name).is_watched for name in HOOK_POINTS)
    for now, then in zip(run(sam), before, strict=True):
        assert torch.equal(now, then)


@pytest.mark.parametrize("form", ["fast", "plain"])
@pytest.mark.parametrize("name", HOOK_POINTS)
def test_what_a_hook_returns_takes_the_tensors_place(sam, name, form, monkeypatch):
    monkeypatch.setenv(SWITCH, str(int(form == "plain")))
    before = run_without_hooks(form)

    # Nothing that a norm or a softmax behind it would undo.
    sam.get_submodule(name).register_forward_hook(lambda module, inputs, out: torch.cos(2 * out))

    assert relative_error(run(sam), before) > 1e-4


def test_a_hook_point_shows_its_axes_and_meaning():
    hook = HookPoint("batch head query key", "attention weights")

    assert repr(hook) == "HookPoint(batch head query key: attention weights)"
