"""Traces: the same numbers as the plain model, edits that reach what follows, and guards."""

from copy import copy
from dataclasses import FrozenInstanceError, dataclass, replace
from threading import Thread

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.prediction import encode, predict
from sam_explore.tracing import Trace, list_hooks, norm, record, zero

from ..patience import PATIENCE_SECONDS
from ..small import small_sam, small_trace

POST = "image_encoder.vit.blocks.{}.hook_residual_post"
ENCODING = "image_encoder.position_encoder.hook_encoding"
HINT = np.random.default_rng(3).normal(size=(20, 20))


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def trace(sam):
    return small_trace(sam)


def relative_error(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / np.abs(other).max())


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts(),
        Prompts(points=[(12, 8)]),
        Prompts(points=[(12, 8), (30, 15)], labels=[1, 0]),
        Prompts(box=(3, 2, 30, 18)),
        Prompts(points=[(12, 8)], box=(3, 2, 30, 18), mask_hint=HINT),
    ],
    ids=["nothing", "point", "points", "box", "all"],
)
def test_the_prediction_is_that_of_predict(sam, trace, prompts):
    traced = trace.with_prompts(prompts).prediction
    plain = predict(sam, encode(sam, trace.image), prompts)

    assert relative_error(traced.logits, plain.logits) <= 1e-5
    assert relative_error(traced.iou, plain.iou) <= 1e-5
    assert traced.prompts is prompts
    assert traced.frame == plain.frame


def test_the_encoded_picture_is_that_of_encode(sam, trace):
    plain = encode(sam, trace.image)
    assert relative_error(trace.encoded.tokens.numpy(), plain.tokens.numpy()) <= 1e-5


def test_every_hook_point_can_be_read_in_its_listed_shape(sam, trace):
    hinted = trace.with_prompts(Prompts(points=[(12, 8)], mask_hint=HINT))
    for info in list_hooks(sam):
        one = hinted if info.name.startswith("mask_decoder.mask_hint_encoder.hook_") else trace
        if info.name.endswith("hint_encoder.hook_out"):
            one = trace
        assert tuple(one[info.name].shape) == info.shape, info.name


def test_what_is_read_is_what_a_recording_of_the_plain_model_sees(sam, trace):
    with record(sam, "image_encoder.**") as recorded:
        encode(sam, trace.image)
    for name, tensor in trace.read("image_encoder.**").items():
        torch.testing.assert_close(tensor, recorded[name], rtol=1e-4, atol=1e-5)


def test_an_edit_that_changes_nothing_changes_nothing_wherever_it_is(sam, trace):
    logits, iou = trace.prediction.logits, trace.prediction.iou
    for name in sam.hook_points:
        edited = trace.with_edit(name, lambda tensor, hook: tensor.clone()).prediction
        np.testing.assert_array_equal(edited.logits, logits, err_msg=name)
        np.testing.assert_array_equal(edited.iou, iou, err_msg=name)


def test_an_edit_reaches_what_follows_and_nothing_before(trace):
    edited = trace.with_edit(POST.format(1), zero)
    assert torch.equal(edited[POST.format(0)], trace[POST.format(0)])
    assert not edited[POST.format(1)].any()
    assert not torch.equal(edited[POST.format(2)], trace[POST.format(2)])
    assert not np.array_equal(edited.prediction.logits, trace.prediction.logits)


def test_the_inside_of_an_edited_block_is_read_with_its_edits(trace):
    name = "image_encoder.vit.blocks.2.attention.hook_out"
    edited = trace.with_edit(name, zero)
    before, between = (
        edited[f"image_encoder.vit.blocks.2.{part}"]
        for part in ("hook_residual_pre", "hook_residual_mid")
    )
    assert not edited[name].any()
    assert torch.equal(before, between)
    assert torch.equal(before, trace["image_encoder.vit.blocks.2.hook_residual_pre"])


def test_an_edited_input_of_a_block_is_read_as_edited(trace):
    name = "image_encoder.vit.blocks.2.hook_residual_pre"
    edited = trace.with_edit(name, zero)
    assert not edited[name].any()
    assert edited[POST.format(1)].any()


def test_edits_add_up_in_their_order(trace):
    def double(tensor, hook):
        return 2 * tensor

    def one_more(tensor, hook):
        return tensor + 1

    name = POST.format(3)
    both = trace.with_edit(name, double).with_edit(name, one_more)
    torch.testing.assert_close(both[name], 2 * trace[name] + 1)
    assert both.edits == (name, name)
    assert trace.edits == ()


def test_a_pattern_edits_every_place_that_it_means(trace):
    edited = trace.with_edit(POST.format("*"), zero)
    assert edited.edits == tuple(POST.format(block) for block in range(4))
    assert not any(tensor.any() for tensor in edited.read(POST.format("*")).values())


def test_the_reference_is_the_run_without_edits(trace):
    edited = trace.with_edit(POST.format(0), zero).with_prompts(Prompts(points=[(3, 3)]))
    reference = edited.reference
    assert (reference.edits, reference.prompts) == ((), edited.prompts)
    expected = trace.with_prompts(edited.prompts).prediction.logits
    np.testing.assert_array_equal(reference.prediction.logits, expected)


def test_reductions_are_applied_whether_a_tensor_was_known_or_not(trace):
    names = [POST.format(2), "image_encoder.vit.blocks.2.hook_norm1", ENCODING]
    unknown = trace.read(names, norm)
    whole = trace.read(names)
    known = trace.read(names, norm)
    assert list(unknown) == list(known) == names
    for name in names:
        torch.testing.assert_close(unknown[name], whole[name].norm(dim=-1))
        assert torch.equal(known[name], unknown[name])


def test_results_come_in_the_order_asked_for(trace):
    names = [POST.format(3), "mask_decoder.hook_tokens_in", POST.format(0), ENCODING]
    assert list(trace.read(names)) == names


def test_what_the_prompts_do_not_reach_is_an_error_that_says_so(trace):
    name = "mask_decoder.mask_hint_encoder.hook_half"
    with pytest.raises(ValueError, match=r"Nothing came past .*hook_half in this run"):
        trace[name]
    hinted = trace.with_prompts(Prompts(mask_hint=HINT))
    assert hinted[name].shape == (1, 4, 10, 10)


def test_an_unknown_name_lists_the_close_ones(trace):
    with pytest.raises(ValueError, match=r"closest are: .*blocks\.0\.attention\.hook_q"):
        trace["image_encoder.vit.blocks.7.attention.hook_q"]
    with pytest.raises(ValueError, match="closest are"):
        trace.with_edit("image_encoder.vit.blocks.0.attention.q", zero)


def test_an_edit_that_cannot_be_hashed_is_refused_at_once_in_words(trace):
    @dataclass
    class Scaling:
        factor: float

        def __call__(self, tensor, hook):
            return self.factor * tensor

    with pytest.raises(TypeError, match=r"must be hashable, .* a Scaling is not\. Pass a function"):
        trace.with_edit(ENCODING, Scaling(2.0))


def test_a_replaced_picture_is_the_one_that_runs(trace):
    trace.prediction  # noqa: B018
    image = trace.image[:, ::-1].copy()
    replaced, fresh = replace(trace, image=image), Trace(trace.sam, image, trace.prompts)
    assert torch.equal(replaced[POST.format(0)], fresh[POST.format(0)])
    np.testing.assert_array_equal(replaced.prediction.logits, fresh.prediction.logits)


def test_a_replaced_model_is_the_one_that_runs(trace):
    trace.prediction  # noqa: B018
    other = small_sam()
    other.image_encoder.position_encoder.table.add_(1)
    encodings = replace(trace, sam=other)[ENCODING]
    assert torch.equal(encodings, other.image_encoder.position_encoder.table)
    assert not torch.equal(encodings, trace[ENCODING])


def test_a_trace_shows_its_settings_in_short(trace):
    shown = (
        "Trace(small, picture 40 wide and 20 high, 5 x 5 tokens, "
        "Prompts(points=[[12.0, 8.0]], labels=[1])"
    )
    assert repr(trace) == f"{shown})"
    changed = trace.with_windows((2, 0, 3, 0)).with_edit("**.hook_q", zero)
    assert repr(changed) == f"{shown}, 1 change, windows=(2, 0, 3, 0))"


def test_a_trace_is_frozen(trace):
    with pytest.raises(FrozenInstanceError):
        trace.prompts = Prompts()


def test_prompts_that_do_not_fit_are_refused_at_once(trace):
    with pytest.raises(ValueError, match="outside the picture"):
        trace.with_prompts(Prompts(points=[(12, 21)]))
    with pytest.raises(ValueError, match="mask_hint must be 20 x 20"):
        trace.with_prompts(Prompts(mask_hint=np.zeros((5, 5))))


def test_a_list_of_prompt_sets_is_refused_in_words(trace):
    several = copy(trace)  # by hand: the checks of types that run in tests would refuse it before
    object.__setattr__(several, "prompts", [trace.prompts])
    with pytest.raises(TypeError, match="one set for a run, but is \\[Prompts"):
        several.__post_init__()


def test_a_failing_edit_leaves_nothing_attached_and_the_lock_free(trace):
    def fail(tensor, hook):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        trace.with_edit(POST.format(2), fail).prediction  # noqa: B018
    assert not any(module._forward_hooks for module in trace.sam.modules())
    answers = []
    thread = Thread(target=lambda: answers.append(trace.prediction), daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    assert len(answers) == 1


def test_foreign_hooks_are_refused_by_name(sam, trace):
    with record(sam, POST.format(2)), pytest.raises(RuntimeError, match=r"blocks\.2\.hook_resid"):
        trace.prediction  # noqa: B018
    encoder = sam.image_encoder
    for register in (encoder.register_forward_pre_hook, encoder.register_full_backward_hook):
        handle = register(lambda module, *_: None)
        try:
            with pytest.raises(RuntimeError, match="attached to image_encoder "):
                trace.prediction  # noqa: B018
        finally:
            handle.remove()
    assert trace.prediction is not None


def test_another_threads_recording_does_not_see_a_trace(sam, trace):
    thread = Thread(target=lambda: trace.prediction)
    with record(sam, "**") as recorded:
        thread.start()
        thread.join(0.2)
        assert thread.is_alive()
    thread.join(PATIENCE_SECONDS)
    assert not recorded
    assert not thread.is_alive()


def test_changed_weights_are_noticed_even_for_what_is_known():
    trace = small_trace()
    known = trace[ENCODING].clone()
    other = trace.with_prompts(Prompts(points=[(2, 2)]))
    trace.sam.image_encoder.position_encoder.table.add_(1)
    for name in (ENCODING, POST.format(0)):
        with pytest.raises(RuntimeError, match="weights changed after this trace was made"):
            other[name]
    fresh = Trace(trace.sam, trace.image)
    torch.testing.assert_close(fresh[ENCODING], known + 1)


@pytest.mark.parametrize("ask", [lambda trace: trace.prediction, lambda trace: trace.encoded])
def test_changed_weights_are_noticed_for_an_answer_that_is_known(ask):
    trace = small_trace()
    ask(trace)
    trace.sam.image_encoder.position_encoder.table.add_(1)
    with pytest.raises(RuntimeError, match="weights changed after this trace was made"):
        ask(trace)


def test_loaded_weights_are_noticed():
    trace = small_trace()
    trace.sam.load_state_dict(trace.sam.state_dict())
    with pytest.raises(RuntimeError, match="Make a new Trace"):
        trace.prediction  # noqa: B018


@pytest.mark.parametrize("part", ["weight", "layer", "layer for none", "memory"])
def test_exchanged_weights_are_noticed(part):
    trace = small_trace()
    block = trace.sam.image_encoder.vit.blocks[1]
    if part == "weight":
        block.norm1.bias = torch.nn.Parameter(block.norm1.bias.clone(), requires_grad=False)
    elif part == "memory":
        block.norm1.bias.data = block.norm1.bias.clone()
    else:
        block.norm1 = torch.nn.LayerNorm(24) if part == "layer" else None
    with pytest.raises(RuntimeError, match="Make a new Trace"):
        trace.prediction  # noqa: B018


def test_what_a_trace_returns_is_not_a_weight(trace):
    table = trace.sam.image_encoder.position_encoder.table
    encodings = trace[ENCODING]
    assert torch.equal(encodings, table)
    assert encodings.untyped_storage().data_ptr() != table.untyped_storage().data_ptr()
    no_mask = trace["mask_decoder.mask_hint_encoder.hook_out"]
    weight = trace.sam.mask_decoder.mask_hint_encoder.no_mask
    assert no_mask.untyped_storage().data_ptr() != weight.untyped_storage().data_ptr()
    assert not encodings.requires_grad


def test_nothing_that_is_read_requires_a_gradient():
    sam = small_sam().requires_grad_(True)
    trace = small_trace(sam)
    assert not any(tensor.requires_grad for tensor in trace.read("**.hook_out").values())
