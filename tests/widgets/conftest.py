"""A small network, a model whose answers are known, and a page that records."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from ipycanvas.canvas import _CanvasManager

from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.prediction import Prediction
from sam_explore.tracing import Trace
from sam_explore.tracing import engine as engine_module
from sam_explore.widgets import Session
from sam_explore.widgets.exploring import probe_runner

from ..patience import PATIENCE_SECONDS
from ..small import SMALL
from .fake_probes import Held, Slow
from .screen import Screen
from .view import View

# A pixel of a picture of 64 is one of the input, a token has 16 of them, and logits are 16 x 16:
# what a test expects on the screen can be counted.
FOUR_BY_FOUR = replace(SMALL, image_size=64, patch_size=16, encoder_depth=2, global_blocks=(1,))


class Answers:
    """In the place of the model: four masks that anybody can work out, and a gate to hold it up.

    Mask 0 is the left half of the model's input, 1 to 3 are its upper half, its lower half and all
    of it. Logits are 4 inside, -4 outside.
    """

    def __init__(self):
        self.asked: list[Prompts] = []
        self.fail_next: Exception | None = None
        self.entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()

    def predict(self, trace: Trace) -> Prediction:
        self.asked.append(trace.prompts)
        self.entered.release()
        assert self.gate.wait(PATIENCE_SECONDS)
        if self.fail_next is not None:
            failure, self.fail_next = self.fail_next, None
            raise failure
        logits = np.full((4, 16, 16), -4, np.float32)
        logits[0, :, :8] = logits[1, :8] = logits[2, 8:] = logits[3] = 4
        iou = np.array([0.5, 0.6, 0.9, 0.3], np.float32)
        return Prediction(logits, iou, trace.prompts, trace.frame)

    def hold(self) -> None:
        """The next prediction begins, and does not end before `gate` is set."""
        self.gate.clear()

    def wait_until_asked(self) -> None:
        assert self.entered.acquire(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def sam() -> Sam:
    torch.manual_seed(0)
    return Sam(FOUR_BY_FOUR).eval()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    answers = Answers()
    monkeypatch.setattr(Trace, "prediction", property(answers.predict))
    return answers


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    monkeypatch.setattr(
        _CanvasManager,
        "send",
        lambda manager, metadata, buffers: screen.receive(manager, metadata, buffers),
        raising=False,
    )
    return screen


@pytest.fixture
def image() -> np.ndarray:
    """A square picture of 64 pixels: one of its pixels is one of the model's input."""
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.fixture
def open_session(sam: Sam) -> Iterator[Callable[..., Session]]:
    """Makes sessions that are closed after the test, and shows that they leave no thread."""
    before, sessions = set(threading.enumerate()), []

    def make(image: np.ndarray, *, synchronous: bool = True) -> Session:
        sessions.append(Session(sam, image, synchronous=synchronous))
        return sessions[-1]

    yield make
    for session in sessions:
        session.close()
    # A session that was closed while this thread recorded has not waited for its worker.
    for thread in set(threading.enumerate()) - before:
        if thread.name == "sam-explore worker":
            thread.join(PATIENCE_SECONDS)
    assert set(threading.enumerate()) <= before


@pytest.fixture
def view(answers, image, open_session, screen):
    view = View(open_session(image), screen)
    yield view
    view.canvas.close()


@pytest.fixture
def busy_view(answers, image, open_session, screen):
    view = View(open_session(image, synchronous=False), screen)
    yield view
    answers.gate.set()
    view.canvas.close()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list:
    """What the model computes, in order, such as "block 1"; "decode" is all of the mask decoder."""
    begun, compute, decode = [], engine_module.compute, engine_module.decode

    def note(step, *rest):
        begun.append(str(step))
        return compute(step, *rest)

    def note_decode(*inputs):
        begun.append("decode")
        return decode(*inputs)

    monkeypatch.setattr(engine_module, "compute", note)
    monkeypatch.setattr(engine_module, "decode", note_decode)
    return begun


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    fresh = Held()
    monkeypatch.setitem(Slow.read.__globals__, "HELD", fresh)
    return fresh


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every computation counts as a long one."""
    monkeypatch.setattr(probe_runner, "_PATIENCE_S", -1.0)


@pytest.fixture
def no_hook_is_left(sam: Sam) -> Iterator[None]:
    yield
    assert not [name for name, module in sam.named_modules() if module._forward_hooks]
