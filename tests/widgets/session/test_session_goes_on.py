"""What may go wrong or be cut short in a session, after which it must go on."""

import gc
import threading
import weakref
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
import pytest
import torch

from sam_explore.corrections import Dialogue
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.model.description import block_step
from sam_explore.probes import ResidualShares, WindowEffect, WindowSweep
from sam_explore.probes.common.probe import Probe, threshold_knob
from sam_explore.readings import Heatmap, Scale
from sam_explore.tracing import Trace, record
from sam_explore.tracing import engine as engine_module
from sam_explore.tracing.step_callback import announce
from sam_explore.widgets import explore
from sam_explore.widgets.session import source as source_module

from ..conftest import FOUR_BY_FOUR

WAIT_S = 20
COARSE = replace(FOUR_BY_FOUR, patch_size=32, window_size=2)  # its mask hints are 8 x 8
ENCODED = Trace.encoded.fget


@pytest.mark.parametrize("synchronous", [True, False])
def test_another_model_drops_hints_that_do_not_fit_and_answers_the_rest(
    synchronous, image, open_session
):
    session = open_session(image, synchronous=synchronous)
    hint = np.zeros((16, 16))
    session.prompts = Prompts([(5, 5)], mask_hint=hint)
    session.prompts = Prompts([(5, 5), (9, 9)], mask_hint=hint)
    session.sam = Sam(COARSE).eval()
    session.settle(WAIT_S)
    assert (session.busy, session.error) == ("", "")
    assert session.prompts.mask_hint is None
    assert session.prompts.points.tolist() == [[5, 5], [9, 9]]
    assert session.prediction.prompts is session.trace.prompts
    assert session.prediction.logits.shape == (4, 8, 8)
    session.undo()
    session.settle(WAIT_S)
    assert session.prompts.mask_hint is None
    assert session.prompts.points.tolist() == [[5, 5]]
    assert session.prediction.prompts is session.trace.prompts


def test_a_model_of_the_same_size_keeps_hints_the_choice_and_the_picked_token(image, open_session):
    session = open_session(image)
    session.token = (1, 3)
    session.prompts = prompts = Prompts([(5, 5)], mask_hint=np.zeros((16, 16)))
    session.chosen = 3
    session.sam = Sam(FOUR_BY_FOUR).eval()
    assert session.prompts is prompts
    assert session.chosen == 3
    assert session.token == (1, 3)
    session.sam = Sam(COARSE).eval()
    assert session.token == (1, 1)  # the middle of 2 x 2


def test_a_choice_that_another_model_lacks_is_dropped(image, open_session):
    session = open_session(image)
    session.chosen = 3
    session.sam = Sam(replace(FOUR_BY_FOUR, mask_tokens=3)).eval()
    assert session.chosen is None
    assert session.error == ""


def test_undo_that_cannot_be_shown_loses_nothing(image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    now, undo = session.prompts, (Dialogue(Prompts(mask_hint=np.zeros((8, 8)))),)
    session.change(lambda now: replace(now, undo=undo))
    with pytest.raises(ValueError, match="16 x 16 logits"):
        session.undo()
    assert session.prompts is now
    assert session.can_undo


def test_a_picture_that_no_run_can_be_made_of_is_refused_and_nothing_changes(
    image, open_session, monkeypatch
):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    before = session.now
    with monkeypatch.context() as broken:
        broken.setattr(source_module, "Trace", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            session.image = np.zeros((32, 48, 3), np.uint8)
    assert session.now is before


def test_clearing_tries_an_encode_again_that_has_failed(image, open_session, monkeypatch):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    with monkeypatch.context() as broken:
        broken.setattr(Trace, "encoded", property(lambda trace: 1 / 0))
        session.windows = (2, 0)
    assert (session.encoded, session.busy) == (None, "")
    assert "ZeroDivisionError" in session.error
    session.clear()
    assert session.encoded is not None


def test_the_failure_of_an_earlier_prompt_is_not_shown_with_a_newer_prediction(
    answers, image, open_session, caplog
):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    answers.hold()
    answers.fail_next = RuntimeError("out of memory")
    session.add_point((1.0, 2.0))
    answers.wait_until_asked()
    session.add_point((3.0, 4.0))
    answers.gate.set()
    session.settle(WAIT_S)
    assert session.prediction.prompts is session.trace.prompts
    assert session.error == ""
    assert "out of memory" in caplog.text


def test_a_failed_encode_is_not_shown_with_the_prediction_for_a_click_meanwhile(
    answers, image, open_session, monkeypatch
):
    begun, go_on, failures = threading.Event(), threading.Event(), [MemoryError("too large")]

    def fail_once(trace: Trace):
        begun.set()
        assert go_on.wait(WAIT_S)
        if failures:
            raise failures.pop()
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(fail_once))
    session = open_session(image, synchronous=False)
    assert begun.wait(WAIT_S)
    session.add_point((1.0, 2.0))
    go_on.set()
    session.settle(WAIT_S)
    assert session.prediction.prompts is session.trace.prompts
    assert session.error == ""


@dataclass(frozen=True)
class Cut(Probe):
    """Where it is cut."""

    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Heatmap:
        return Heatmap(
            np.full((4, 4), self.threshold),
            title="cut",
            words=f"Cut at {self.threshold:g}.",
            scale=Scale("apple"),
            frame="tokens",
        )


@pytest.mark.parametrize("threshold", [150.0, -100.5, float("nan"), float("-inf")])
def test_a_threshold_that_no_probe_takes_is_refused_and_the_explorers_go_on(
    threshold, image, open_session
):
    session = open_session(image)
    with explore(Cut, session) as explorer:
        with pytest.raises(ValueError, match="finite logit from -100 to 100, not"):
            session.threshold = threshold
        session.threshold = 100.0
        assert (explorer.words, explorer.error) == ("Cut at 100.", "")


def test_closing_while_the_picture_is_encoded_takes_one_step(image, open_session, monkeypatch):
    reached, go_on, begun = threading.Event(), threading.Event(), []
    compute = engine_module.compute

    def hold(step, *rest):
        begun.append(str(step))
        if step == block_step(0):
            reached.set()
            assert go_on.wait(WAIT_S)
        return compute(step, *rest)

    monkeypatch.setattr(engine_module, "compute", hold)
    session = open_session(image, synchronous=False)
    assert reached.wait(WAIT_S)
    closing = threading.Thread(target=session.close)
    closing.start()
    while not session._worker.closed:
        closing.join(0.001)
    go_on.set()
    closing.join(WAIT_S)
    assert begun == ["embed", "block 0"]
    assert (session.busy, session.error, session.encoded) == ("", "", None)


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_observer_that_waits_for_the_session_is_told_at_once(
    synchronous, answers, image, open_session, caplog
):
    session = open_session(image, synchronous=synchronous)
    session.observe(lambda change: session.settle(5), "prediction")
    session.add_point((1.0, 2.0))
    session.settle(WAIT_S)
    assert "would wait for itself" in session.error
    assert "RuntimeError" in session.error


@dataclass(frozen=True)
class Sweep(Cut):
    """One that takes long."""

    is_sweep = True

    def read(self, trace: Trace) -> Heatmap:
        STEPS.append("sweep begins")
        BEGUN.set()
        assert GO_ON.wait(WAIT_S)
        announce("the second half")
        STEPS.append("sweep ends")
        return super().read(trace)


@dataclass(frozen=True)
class Quick(Cut):
    """One that is done soon."""

    def read(self, trace: Trace) -> Heatmap:
        STEPS.append("quick")
        return super().read(trace)


@dataclass(frozen=True)
class Again(Cut):
    """One that runs the image encoder again."""

    runs_encoder = True

    def read(self, trace: Trace) -> Heatmap:
        STEPS.append("again")
        return super().read(trace)


STEPS: list[str] = []
BEGUN, GO_ON = threading.Event(), threading.Event()


def test_a_sweep_gives_way_to_other_explorers_between_its_steps(image, open_session):
    for each in (STEPS, BEGUN, GO_ON):
        each.clear()
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    with explore(Sweep, session) as sweep:
        assert BEGUN.wait(WAIT_S)
        with explore(Again, session) as again, explore(Quick, session) as quick:
            GO_ON.set()
            session.settle(WAIT_S)
            assert STEPS == ["sweep begins", "quick", "again", "sweep ends"]
            assert sweep.words == again.words == quick.words == "Cut at 0."


def test_what_takes_long_on_the_released_models_gives_way():
    assert WindowSweep.is_sweep
    assert WindowEffect.runs_encoder
    assert ResidualShares.runs_encoder
    assert not Probe.is_sweep
    assert not Probe.runs_encoder


def test_an_observer_that_changes_the_state_leaves_all_with_the_last_one(
    answers, image, open_session
):
    session, told = open_session(image), []
    session.observe(lambda change: session.add_point((1.0, 2.0)), "image")
    session.observe(lambda change: told.append(len(change["new"].points)), "prompts")
    session.prompts = Prompts([(5, 5), (6, 6)])
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert told[-1] == len(session.prompts.points) == 1


@pytest.mark.parametrize("synchronous", [True, False])
def test_after_the_weights_have_changed_the_next_click_is_answered_by_them(
    synchronous, image, open_session
):
    torch.manual_seed(3)
    model = Sam(FOUR_BY_FOUR).eval()
    session = open_session(image, synchronous=synchronous)
    session.sam = model
    session.add_point((10.0, 20.0))
    session.settle(WAIT_S)
    before = session.prediction
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(1.5)
    session.add_point((30.0, 20.0))
    session.settle(WAIT_S)
    first = Trace(model, image, Prompts([(10.0, 20.0)])).prediction
    asked = session.prompts.with_mask_hint(first.logits[first.chosen])
    expected = Trace(model, image, asked).prediction
    assert session.error == ""
    assert np.array_equal(session.prediction.logits, expected.logits)
    assert not np.array_equal(session.prediction.logits, before.logits)


def test_an_observer_that_ends_threads_does_not_end_the_worker(answers, image, open_session):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)

    def leave(change: dict) -> None:
        session.unobserve(leave, "prediction")
        raise SystemExit

    session.observe(leave, "prediction")
    session.add_point((1.0, 2.0))
    session.settle(WAIT_S)
    session.add_point((3.0, 4.0))
    session.settle(WAIT_S)
    assert session.prediction.prompts is session.trace.prompts


def test_closing_while_this_thread_records_does_not_wait_for_the_worker(sam, image, open_session):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    with record(sam, "mask_decoder.mask_generator.hook_logits"):
        session.add_point((1.0, 2.0))
        begun = perf_counter()
        session.close()
        assert perf_counter() - begun < 5  # it would wait for ten seconds
    assert session.closed


def test_a_closed_session_lets_go_what_was_cached_though_a_view_of_it_is_still_known(
    image, open_session, screen
):
    session = open_session(image)
    explorer = explore(ResidualShares, session)
    cached = weakref.ref(session.trace.engine.store)
    session.close()
    gc.collect()
    assert cached() is None
    assert explorer.reading is not None
    explorer.close()


def test_what_was_at_the_pointer_is_let_go_too(image, open_session):
    session = open_session(image)
    session.point_at(Prompts([(5, 5)]))
    cached = weakref.ref(session.pointed.run.engine.store)
    session.close()
    gc.collect()
    assert cached() is None


def test_an_observer_of_the_error_that_raises_loses_no_action(answers, image, open_session, caplog):
    session = open_session(image)
    session.observe(lambda change: 1 // 0, "error")
    click = session.action(lambda: session.add_point((5, 5)))
    session.guard(lambda: [].pop())()
    for count in (1, 2):
        click()
        assert len(session.prompts.points) == count
    assert "integer division" in session.error or "pop from empty list" in session.error
