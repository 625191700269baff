"""The dispatch rule: the fast form runs only in the cases that it was made for."""

import copy
import threading

import pytest
import torch
from torch import nn
from torch.autograd import forward_ad

from sam_explore.model.kernels import use_fast
from sam_explore.model.kernels.dispatch import SWITCH

TOKENS = torch.zeros(1, 5, 5, 24)


@pytest.fixture
def mlp(sam) -> nn.Module:
    return sam.image_encoder.vit.blocks[0].mlp


def test_on_the_cpu_in_fp32_without_gradients_it_is_fast(mlp):
    assert use_fast(mlp, TOKENS)
    with torch.inference_mode():
        assert use_fast(mlp, TOKENS)


@pytest.mark.parametrize(("value", "fast"), [("1", False), ("yes", False), ("0", True), ("", True)])
def test_a_variable_switches_it_off(mlp, monkeypatch, value, fast):
    monkeypatch.setenv(SWITCH, value)

    assert use_fast(mlp, TOKENS) is fast


def test_hook_points_may_be_watched_and_layers_may_not(mlp):
    mlp.hook_hidden.register_forward_hook(lambda *_: None)
    assert use_fast(mlp, TOKENS)

    handle = mlp.expand.register_forward_pre_hook(lambda *_: None)
    assert not use_fast(mlp, TOKENS)
    handle.remove()
    assert use_fast(mlp, TOKENS)


def test_a_hook_on_all_modules_makes_it_plain(mlp):
    handle = nn.modules.module.register_module_forward_hook(lambda *_: None)
    assert not use_fast(mlp, TOKENS)

    handle.remove()
    assert use_fast(mlp, TOKENS)


def test_gradients_make_it_plain_where_they_could_be_asked_for(mlp):
    with torch.enable_grad():
        mlp.requires_grad_(False)
        assert use_fast(mlp, TOKENS)
        assert not use_fast(mlp, TOKENS.clone().requires_grad_())
        mlp.expand.bias.requires_grad_(True)
        assert not use_fast(mlp, TOKENS)
    assert use_fast(mlp, TOKENS)


def test_forward_gradients_make_it_plain(mlp):
    with forward_ad.dual_level():
        assert not use_fast(mlp, TOKENS)
    seen = []
    torch.func.jvp(lambda x: (seen.append(use_fast(mlp, x)), x)[1], (TOKENS,), (TOKENS,))
    torch.func.vmap(lambda x: (seen.append(use_fast(mlp, x)), x)[1])(TOKENS)
    assert seen == [False, False]


def test_gradients_are_the_plain_ones_forwards_and_backwards(mlp):
    tokens, direction, probe = torch.randn(3, 1, 5, 5, 24)
    exact = copy.deepcopy(mlp).double()
    change = torch.func.jvp(exact, (tokens.double(),), (direction.double(),))[1]

    found = torch.func.jvp(mlp, (tokens,), (direction,))[1]
    with torch.enable_grad():
        tokens.requires_grad_()
        (mlp(tokens) * probe).sum().backward()

    torch.testing.assert_close(found.double(), change, rtol=1e-4, atol=1e-5)
    expected = (change * probe).sum().item()
    assert (tokens.grad * direction).sum().item() == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
def test_other_precisions_are_plain(mlp, dtype):
    assert not use_fast(mlp, TOKENS.to(dtype))
    # What multiplies in bf16 is made for fp32 around it.
    assert use_fast(mlp.to(dtype), TOKENS) == (dtype is torch.bfloat16)
    assert not use_fast(mlp, TOKENS.to(dtype))


def test_other_devices_are_plain(mlp):
    assert not use_fast(mlp, TOKENS.to("meta"))
    assert not use_fast(mlp.to("meta"), TOKENS)


def test_autocast_is_plain(mlp):
    with torch.autocast("cpu"):
        assert not use_fast(mlp, TOKENS)


def test_an_exchanged_layer_is_called(mlp):
    """As LoRA and quantisation exchange them."""

    class Adapted(nn.Linear):
        def forward(self, tokens):
            return super().forward(tokens) + 100

    expand = mlp.expand
    before = mlp(TOKENS)
    mlp.expand = Adapted(24, 32)
    mlp.expand.load_state_dict(expand.state_dict())
    assert not use_fast(mlp, TOKENS)
    assert not torch.allclose(mlp(TOKENS), before)

    mlp.expand = expand
    expand.forward = lambda tokens: nn.Linear.forward(expand, tokens) + 100
    assert not use_fast(mlp, TOKENS)
    assert not torch.allclose(mlp(TOKENS), before)


def test_a_part_that_was_taken_away_is_passed_over(mlp):
    mlp.extra = nn.Identity()
    mlp.extra = None  # PyTorch keeps the name, with None in place of the module

    assert use_fast(mlp, TOKENS)


def test_weights_changed_in_place_count_at_once(mlp):
    before = mlp(TOKENS)
    mlp.expand.bias.add_(1)
    changed = mlp(TOKENS)
    mlp.contract.weight.data = mlp.contract.weight.data.clone() * 2

    assert not torch.allclose(changed, before)
    assert not torch.allclose(mlp(TOKENS), changed)


@pytest.mark.parametrize("what", ["torch.compiler.is_compiling", "torch.jit.is_tracing"])
def test_what_is_compiled_or_traced_is_plain(mlp, monkeypatch, what):
    monkeypatch.setattr(what, lambda: True)

    assert not use_fast(mlp, TOKENS)


def test_threads_get_the_same_numbers(sam):
    image = torch.randn(1, 3, 40, 40)
    expected, found = sam.encode_image(image), []

    def encode() -> None:
        with torch.no_grad():
            found.extend(sam.encode_image(image) for _ in range(5))

    threads = [threading.Thread(target=encode) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 20
    assert all(torch.equal(each, expected) for each in found)
