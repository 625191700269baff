"""Editing: what is replaced, in which order, what is refused, and that nothing stays attached."""

from threading import Event, Thread

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.prediction import encode, predict
from sam_explore.tracing import Trace, edit, record, zero

from ..patience import PATIENCE_SECONDS
from ..small import small_sam

POST = "image_encoder.vit.blocks.{}.hook_residual_post"
OUT = "image_encoder.channel_projection.hook_out"


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)


@pytest.fixture
def run(sam):
    image = torch.randn(1, 3, 40, 40, generator=torch.Generator().manual_seed(0))

    def run() -> torch.Tensor:
        with torch.no_grad():
            return sam.encode_image(image)

    return run


def nothing_attached(sam) -> bool:
    return not any(module._forward_hooks for module in sam.modules())


def test_what_follows_computes_with_the_replacement(sam, run):
    tokens = torch.randn(1, 5, 5, 24)
    with edit(sam, {POST.format(3): lambda tensor, hook: tokens}):
        edited = run()
    torch.testing.assert_close(edited, sam.image_encoder.channel_projection(tokens))


def test_a_pattern_edits_all_that_it_means(sam, run):
    with edit(sam, {POST.format("*"): zero}), record(sam, POST.format("*")) as recorded:
        run()
    assert len(recorded) == 4
    assert not any(tensor.any() for tensor in recorded.values())


def test_edits_of_one_place_act_one_after_the_other_the_outer_first(sam, run):
    def double(tensor, hook):
        return 2 * tensor

    def one_more(tensor, hook):
        return tensor + 1

    plain = run()
    with edit(sam, {OUT: double}):
        with edit(sam, {OUT: one_more}):
            torch.testing.assert_close(run(), 2 * plain + 1)
        torch.testing.assert_close(run(), 2 * plain)
    with edit(sam, {OUT: one_more}), edit(sam, {OUT: double}):
        torch.testing.assert_close(run(), 2 * (plain + 1))
    assert torch.equal(run(), plain)


def test_an_edit_that_changes_nothing_changes_nothing(sam, run):
    plain = run()
    with edit(sam, {POST.format("*"): lambda tensor, hook: tensor.clone()}):
        assert torch.equal(run(), plain)


@pytest.mark.parametrize(
    ("fn", "message"),
    [
        (lambda tensor, hook: tensor[:, :2], r"\(1, 5, 5, 24\), .* but returned \(1, 2, 5, 24\)"),
        (lambda tensor, hook: tensor.double(), r"float32 on cpu, but returned .* torch\.float64"),
        (lambda tensor, hook: tensor.to("meta"), "on cpu, but returned .* on meta"),
        (lambda tensor, hook: None, "but returned a NoneType"),
        (lambda tensor, hook: tensor * float("nan"), "what it returned holds NaN"),
    ],
)
def test_a_replacement_that_does_not_fit_is_refused_in_words(sam, run, fn, message):
    with pytest.raises(ValueError, match=message), edit(sam, {POST.format(1): fn}):
        run()
    assert nothing_attached(sam)


def test_an_edit_that_raises_says_where_it_was(sam, run):
    with pytest.raises(TypeError, match=r"This came from the edit of .*blocks\.1\.hook_residual"):  # noqa: SIM117
        with edit(sam, {POST.format(1): lambda tensor: tensor}):
            run()
    assert nothing_attached(sam)


def test_an_unknown_name_attaches_nothing(sam):
    edits = {POST.format(1): zero, "image_encoder.hook_nothing": zero}
    with pytest.raises(ValueError, match="closest are"), edit(sam, edits):
        pass
    assert nothing_attached(sam)


def test_an_exception_takes_all_edits_off(sam, run):
    plain = run()
    with pytest.raises(ZeroDivisionError), edit(sam, {POST.format("*"): zero}):
        raise ZeroDivisionError
    assert torch.equal(run(), plain)


def test_a_second_thread_waits_for_the_edit_to_end(sam, run):
    order = []

    def record_elsewhere():
        with record(sam, POST.format(0)):
            order.append("recorded")

    thread = Thread(target=record_elsewhere)
    with edit(sam, {POST.format(0): zero}):
        thread.start()
        thread.join(0.2)
        order.append("edited")
    thread.join(PATIENCE_SECONDS)
    assert order == ["edited", "recorded"]


def test_an_edit_in_place_spoils_no_run_without_it(sam, image):
    name = "image_encoder.vit.blocks.1.hook_residual_pre"
    trace = Trace(sam, image, Prompts([(3, 4)]))
    before = trace[name].clone()
    edited = trace.with_edit(name, lambda tensor, _: tensor.mul_(0.5))
    assert not torch.equal(edited[OUT], trace[OUT])
    assert torch.equal(trace[name], before)


def test_a_prediction_waits_for_an_edit_in_another_thread(sam, image):
    """Else the prediction would run through the edit."""
    encoded, prompts = encode(sam, image), Prompts([(3, 4)])
    expected = predict(sam, encoded, prompts).logits
    answered, inside = [], Event()

    def predict_there():
        inside.wait(PATIENCE_SECONDS)
        answered.append(predict(sam, encoded, prompts).logits)

    other = Thread(target=predict_there)
    other.start()
    with edit(sam, {"mask_decoder.mask_generator.hook_logits": zero}):
        inside.set()
        other.join(0.2)
        assert not answered
    other.join(PATIENCE_SECONDS)
    # Another thread may share out its sums in another way; zeros would be far off.
    np.testing.assert_allclose(answered[0], expected, rtol=1e-4, atol=1e-6)


def test_encoding_waits_for_a_trace_with_edits_in_another_thread(sam, image):
    inside, go_on, encodings = Event(), Event(), []
    plain = encode(sam, image).tokens

    def wait_and_clear(tensor, hook):
        inside.set()
        go_on.wait(PATIENCE_SECONDS)
        return torch.zeros_like(tensor)

    edited = Trace(sam, image).with_edit(POST.format(2), wait_and_clear)
    tracing = Thread(target=lambda: edited.prediction, daemon=True)
    encoding = Thread(target=lambda: encodings.append(encode(sam, image)), daemon=True)
    tracing.start()
    assert inside.wait(PATIENCE_SECONDS)
    encoding.start()
    encoding.join(0.2)
    go_on.set()
    encoding.join(PATIENCE_SECONDS)
    tracing.join(PATIENCE_SECONDS)
    assert torch.equal(encodings[0].tokens, plain)
