"""Any exception in a callback of the page or of the session is reported, and nothing stops."""

from collections.abc import Callable, Iterator
from functools import wraps
from html import unescape

import pytest
from ipywidgets import CallbackDispatcher
from ipywidgets.widgets.widget import _instances

import sam_explore as sx
from sam_explore.widgets import Session
from sam_explore.widgets.exploring.probe_runner import ProbeRunner

from .screen import click, send
from .view import half

# They hand on to what is guarded, or set a value or two and do no more.
UNGUARDED = {
    "ProbeRunner.draw_again",
    "CanvasConnection.canvas.<locals>.<lambda>",
    "ModeSwitch.__init__.<locals>.<lambda>",
    "PromptCanvas._redraw_soon",
    "PromptCanvas._show_error",
    "Thumbnails.__init__.<locals>.<lambda>",
    "TypedLine.__init__.<locals>.<lambda>",
    "TypedLine._note_enter",
    "TypedLine._take_entered",
    "WideSlider._take_field",
    "WideSlider._take_slider",
    "listen.<locals>.<lambda>",
}


@pytest.fixture
def page(view):
    """A prompting view, and an explorer with a map."""
    with sx.explore(sx.probes.RawLogits, view.session) as explorer:
        yield view, explorer


def registered(holder: object) -> Iterator[Callable]:
    """Callbacks of ours that are called when a trait changes, or when the page says something."""
    found = [each for kinds in holder._trait_notifiers.values() for each in kinds.values()]
    parts = [*vars(holder).values(), *holder._trait_values.values()]
    found += [each.callbacks for each in parts if isinstance(each, CallbackDispatcher)]
    for callback in (each for callbacks in found for each in callbacks):
        if (getattr(callback, "__module__", None) or "").startswith("sam_explore"):
            yield callback


def is_guarded(callback: Callable) -> bool:
    """Whether it is a guarded one, or calls one that it was made with."""
    cells = getattr(callback, "__closure__", None) or ()
    within = [cell.cell_contents for cell in cells if callable(cell.cell_contents)]
    return hasattr(callback, "__wrapped__") or any(
        is_guarded(each) or each.__name__ in ("guard", "show_errors") for each in within
    )


def test_every_callback_is_guarded_except_those_that_only_forward(page):
    callbacks = [
        each for holder in (page[0].session, *_instances.values()) for each in registered(holder)
    ]
    assert len(callbacks) > 100
    assert {each.__qualname__ for each in callbacks if not is_guarded(each)} <= UNGUARDED


@pytest.fixture
def failing(monkeypatch) -> list[Callable]:
    """Every callback that is guarded from now on, each as one that raises when it is called."""
    made = []

    def recording(guard: Callable) -> Callable:
        def note(guarding: Session | ProbeRunner, callback: Callable) -> Callable:
            @wraps(callback)
            def fail(*args: object) -> None:
                raise RuntimeError(f"{callback.__qualname__} on purpose")

            made.append(guard(guarding, fail))
            return guard(guarding, callback)

        return note

    for owner, name in ((Session, "guard"), (ProbeRunner, "show_errors")):
        monkeypatch.setattr(owner, name, recording(getattr(owner, name)))
    return made


def test_whatever_callback_raises_is_told_and_the_next_click_works(failing, page):
    view, explorer = page
    session = view.session
    click(view.stage, 80, 80)
    send(view.stage, "mouse_move", 240, 240)  # also what the worker does is guarded
    send(view.stage, "client_ready")
    callbacks = {each.__qualname__: each for each in failing}
    assert len(callbacks) >= 50
    for name, callback in callbacks.items():
        callback()
        told = [unescape(view.error()), explorer.error]
        assert sum(f"{name} on purpose" in words for words in told) == 1
        click(view.stage, 240, 320)
        assert (view.error(), explorer.error) == ("", "")
        assert view.marks()[-1] == (30, 40, True)
        assert (view.mask() == half("left")).all()
        session.undo()
