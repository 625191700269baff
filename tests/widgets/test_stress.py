"""Sessions and views under many threads: nothing hangs or raises, and the last state shows."""

import faulthandler
import logging
import threading
from collections.abc import Callable, Iterator
from random import Random

import numpy as np
import pytest
import torch
from ipycanvas.canvas import _CanvasManager

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.tracing.interventions import AblateHead, AblateMlp
from sam_explore.widgets import Explorer, PromptCanvas, Session, explore

from ..patience import PATIENCE_SECONDS
from .conftest import FOUR_BY_FOUR
from .screen import Screen, click, drag, send
from .view import View

PATIENCE_S = 240
THREADS, OPERATIONS = 4, 500  # of each thread
PROBES = [sx.probes.BlockChannel, sx.probes.RawLogits, sx.probes.LogitHistogram]


@pytest.fixture
def watchdog() -> Iterator[None]:
    """Writes where each thread is when nothing goes on any more."""
    faulthandler.dump_traceback_later(PATIENCE_S)
    yield
    faulthandler.cancel_dump_traceback_later()


class QuickScreen(Screen):
    """Does not look at pictures when they are drawn; whoever wants to see one does."""

    def _take(self, canvas: str | None, name: str, arguments: list) -> None:
        if name == "clear":
            self._drawn[canvas].clear()
        else:
            self._drawn[canvas].append((name, arguments))


@pytest.fixture
def quick_screen(screen, monkeypatch) -> QuickScreen:
    quick = QuickScreen()
    monkeypatch.setattr(
        _CanvasManager,
        "send",
        lambda line, metadata, buffers: quick.receive(line, metadata, buffers),
    )
    return quick


class Crew:
    """Threads that do something at the same time; what they raise fails the test."""

    def __init__(self):
        self.raised: list[BaseException] = []

    def run(self, *tasks: Callable[[], None]) -> None:
        threads = [threading.Thread(target=self._try, args=(task,), daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        stuck = [thread.name for thread in threads if thread.is_alive()]
        if stuck:
            faulthandler.dump_traceback(all_threads=True)
        assert not stuck, "these threads hang; where they are is in the standard error"
        assert self.raised == []

    def _try(self, task: Callable[[], None]) -> None:
        try:
            task()
        except BaseException as error:
            logging.getLogger(__name__).exception("A thread of the test raised.")
            self.raised.append(error)


@pytest.mark.usefixtures("watchdog")
def test_clicks_while_a_page_is_reloaded_hang_nobody(answers, image, open_session, screen):
    view = View(open_session(image, synchronous=False), screen)

    def edit() -> None:
        for _ in range(25):
            send(view.stage._canvases[-1], "client_ready")
            for x in (1.0, 2.0, 3.0):
                view.session.add_point((x, 4.0))
            view.session.clear()

    Crew().run(edit)
    view.session.settle(PATIENCE_S)
    view.canvas.close()


@pytest.mark.usefixtures("watchdog")
def test_another_picture_and_a_click_at_the_same_time_hang_nobody(image, open_session, screen):
    view = View(open_session(image, synchronous=False), screen)
    others = [np.full((48, 64, 3), value, np.uint8) for value in range(25)]

    def change() -> None:
        for other in others:
            view.session.image = other

    def edit() -> None:
        for x in range(50):
            click(view.stage, 8 * x, 80)

    Crew().run(change, edit)
    view.session.settle(PATIENCE_S)
    assert view.session.error == ""
    assert np.array_equal(view.session.image, others[-1])
    assert [mark[:2] for mark in view.marks()] == [(x, y) for x, y in view.session.prompts.points]
    view.canvas.close()


@pytest.mark.usefixtures("watchdog", "no_hook_is_left")
def test_many_threads_at_once_hang_nothing_and_the_last_state_shows(
    sam, image, open_session, quick_screen, caplog
):
    session = open_session(image, synchronous=False)
    torch.manual_seed(1)
    models = [sam, Sam(FOUR_BY_FOUR).eval()]
    rng = np.random.default_rng(1)
    pictures = [image, *(rng.integers(0, 256, (64, 64, 3), np.uint8) for _ in range(2))]
    view = View(session, quick_screen)
    explorers = [explore(probe, session) for probe in PROBES]

    crew = Crew()
    crew.run(
        *(
            Operations(seed, session, view, models, pictures, explorers[0]).run
            for seed in range(THREADS)
        )
    )

    session.settle(PATIENCE_S)
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert [record.getMessage() for record in errors] == []
    assert session.error == ""
    if session.stopped:  # an encode was cancelled last, so there is nothing to answer with
        session.go_on()
        session.settle(PATIENCE_S)
    assert_shows_the_state(view)
    for explorer in explorers:
        assert_answers_the_state(explorer)
        explorer.close()
    view.canvas.close()


class Operations:
    """What one reader does, drawn from a seed. All of it is allowed at any time."""

    def __init__(
        self,
        seed: int,
        session: Session,
        view: View,
        models: list[Sam],
        pictures: list[np.ndarray],
        explorer: Explorer,
    ):
        self._random, self._session, self._view = Random(seed), session, view
        self._models, self._pictures, self._explorer = models, pictures, explorer

    def run(self) -> None:
        often = [self._point, self._click, self._drag, self._hover, self._box, self._undo]
        often += [self._redo, self._clear, self._redraw, self._threshold, self._choose, self._knob]
        seldom = [self._picture, self._model, self._windows, self._edits, self._cancel, self._fetch]
        seldom += [self._views, self._go_on, self._size]
        for _ in range(OPERATIONS):
            self._random.choice(often * 4 + seldom)()

    def _place(self) -> tuple[float, float]:
        return self._random.uniform(0, 63), self._random.uniform(0, 63)

    def _point(self) -> None:
        self._session.add_point(self._place(), self._random.randrange(2))

    def _box(self) -> None:
        (x0, x1), (y0, y1) = map(sorted, zip(self._place(), self._place(), strict=True))
        self._session.set_box((x0, y0, x1, y1))

    def _click(self) -> None:
        click(self._view.stage, *(8 * length for length in self._place()))

    def _drag(self) -> None:
        start, end = ([8 * length for length in self._place()] for _ in range(2))
        drag(self._view.stage, tuple(start), tuple(end))

    def _hover(self) -> None:
        send(self._view.stage, "mouse_move", *(8 * length for length in self._place()))

    def _undo(self) -> None:
        self._session.undo()

    def _redo(self) -> None:
        self._session.redo()

    def _clear(self) -> None:
        self._session.clear()

    def _redraw(self) -> None:
        send(self._view.stage._canvases[-1], "client_ready")

    def _threshold(self) -> None:
        self._session.threshold = self._random.uniform(-3, 3)

    def _choose(self) -> None:
        self._session.chosen = self._random.choice([None, 0, 1, 2, 3])

    def _knob(self) -> None:
        self._explorer.set(block=self._random.randrange(2))

    def _picture(self) -> None:
        self._session.image = self._random.choice(self._pictures)

    def _fetch(self) -> None:
        picture = self._random.choice(self._pictures)
        self._session.fetch("image", lambda: picture, "Opening it")

    def _model(self) -> None:
        self._session.sam = self._random.choice(self._models)

    def _windows(self) -> None:
        self._session.windows = self._random.choice([None, (2, 0), (0, 0)])

    def _edits(self) -> None:
        choices = [(), (AblateMlp(0),), (AblateHead(1, 0),)]
        self._session.edits = self._random.choice(choices)

    def _size(self) -> None:
        self._session.set_preprocessing(self._random.choice(["original", "stretch"]))

    def _cancel(self) -> None:
        self._session.cancel()

    def _go_on(self) -> None:
        self._session.go_on()

    def _views(self) -> None:
        with PromptCanvas(self._session, width=256), explore(PROBES[1], self._session):
            self._point()


def assert_shows_the_state(view: View) -> None:
    """What is drawn is the session's prompts and its mask."""
    session = view.session
    shown = [(round(x, 3), round(y, 3), plus) for x, y, plus in view.marks()]
    asked = zip(session.prompts.points, session.prompts.labels, strict=True)
    assert shown == [(round(x, 3), round(y, 3), label == 1) for (x, y), label in asked]
    if session.prompts.is_empty:
        assert session.prediction is None
        assert view.mask() is None
        return
    assert session.prediction.prompts is session.trace.prompts
    mask = session.prediction.masks(session.threshold)[session.shown_mask]
    assert np.array_equal(view.mask(), mask)


def assert_answers_the_state(explorer: Explorer) -> None:
    """The reading is what the probe gives for the session's own trace."""
    session = explorer.session
    trace = session.trace if explorer.probe.reads_prompts else session.unprompted
    expected = explorer.probe(trace)
    assert explorer.error == ""
    assert explorer.words == expected.words


def test_prompts_that_two_threads_edit_are_all_kept(answers, image, open_session):
    session = open_session(image, synchronous=False)

    def add(label: int) -> None:
        for x in range(50):
            session.add_point((float(x), float(label)), label)

    Crew().run(lambda: add(0), lambda: add(1))
    assert len(session.prompts.points) == 100
    for _ in range(100):
        session.undo()
    assert session.prompts.is_empty


def test_what_is_set_is_read_at_once_while_another_thread_draws(answers, image, open_session):
    session, drawing, go_on = open_session(image, synchronous=False), *_two_events()
    session.settle(PATIENCE_S)

    def draw(change: dict) -> None:
        drawing.set()
        assert go_on.wait(PATIENCE_SECONDS)

    session.observe(draw, "prediction")
    session.add_point((1.0, 2.0))
    assert drawing.wait(PATIENCE_SECONDS)  # an observer is at work, in the worker
    session.unobserve(draw, "prediction")
    session.prompts = prompts = Prompts([(5, 6)])
    session.threshold = 1.5
    assert (session.prompts, session.threshold) == (prompts, 1.5)
    go_on.set()
    session.settle(PATIENCE_S)
    assert session.prediction.prompts is prompts


def test_a_view_made_while_another_thread_draws_changes_nothing_itself(
    answers, image, open_session, screen
):
    session, drawing, go_on = open_session(image, synchronous=False), *_two_events()
    session.settle(PATIENCE_S)
    session.prompts = prompts = Prompts([(5, 6), (30, 40)], box=(1, 2, 30, 40))
    session.settle(PATIENCE_S)

    def draw(change: dict) -> None:
        drawing.set()
        assert go_on.wait(PATIENCE_SECONDS)

    session.observe(draw, "threshold")
    thread = threading.Thread(target=lambda: setattr(session, "threshold", 1.5), daemon=True)
    thread.start()
    assert drawing.wait(PATIENCE_SECONDS)
    view = View(session, screen)  # its controls are set to the session's state
    go_on.set()
    thread.join(PATIENCE_SECONDS)
    session.settle(PATIENCE_S)
    assert session.prompts is prompts
    assert (session.threshold, session.error) == (1.5, "")
    assert [mark[:2] for mark in view.marks()] == [(5, 6), (30, 40)]
    view.canvas.close()


def test_settling_while_this_thread_records_is_told_at_once(sam, image, open_session):
    session = open_session(image, synchronous=False)
    session.settle(PATIENCE_S)
    with sx.record(sam, "mask_decoder.mask_generator.hook_logits"):
        session.add_point((1.0, 2.0))
        with pytest.raises(RuntimeError, match="would wait for itself"):
            session.settle(PATIENCE_S)
    session.settle(PATIENCE_S)
    assert session.prediction.prompts is session.trace.prompts


def _two_events() -> tuple[threading.Event, threading.Event]:
    return threading.Event(), threading.Event()
