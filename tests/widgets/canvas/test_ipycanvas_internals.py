"""What is relied upon in ipycanvas. When one of these fails, ipycanvas has changed: read again how
it holds and sends drawings, and adapt sam_explore/widgets/canvas/ipycanvas_internals.py."""

import inspect

import ipycanvas
import pytest
from ipycanvas import Canvas, MultiCanvas
from ipycanvas.canvas import _CANVAS_MANAGER
from ipywidgets import HTML

from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.ipycanvas_internals import (
    Drawn,
    Manager,
    batch,
    draw_through,
    layers_of,
)


def test_the_manager_still_has_the_parts_that_are_set_from_outside():
    assert {"switchCanvas", "clear", "drawImage"} <= ipycanvas.canvas.COMMANDS.keys()
    source = inspect.getsource(ipycanvas.canvas._CanvasManager)
    for part in ("_caching", "_commands_cache", "_buffers_cache", "_current_canvas"):
        assert hasattr(_CANVAS_MANAGER, part), part
        assert source.count(f"self.{part}") >= 3, part


def test_ipycanvas_names_a_canvas_only_when_it_changes_so_that_the_cure_is_needed(
    screen,
):
    stranger = Canvas(width=10, height=10)
    stranger.fill_rect(0, 0, 1)
    screen.reload()
    with pytest.raises(AssertionError, match="a command for no canvas"):
        stranger.fill_rect(0, 0, 1)
    close_all(stranger)


def test_layers_are_those_of_a_canvas_with_layers_and_of_nothing_else():
    canvas, flat, words = MultiCanvas(3), Canvas(), HTML()
    assert layers_of(canvas) == (canvas[0], canvas[1], canvas[2])
    assert layers_of(flat) == layers_of(words) == ()
    close_all(canvas, flat, words)


def test_every_layer_draws_through_the_manager_that_it_is_given(screen):
    manager, canvas, stranger = Manager(), MultiCanvas(2), Canvas()
    draw_through(manager, canvas)
    with batch(manager, Drawn()):
        canvas[0].fill_rect(1, 1, 1)
        stranger.fill_rect(2, 2, 2)
        assert screen.drawn(stranger) == [("fillRect", [2] * 4)]
        assert screen.drawn(canvas[0]) == []
    assert screen.drawn(canvas[0]) == [("fillRect", [1] * 4)]
    close_all(canvas, stranger)
    manager.close()


def test_a_batch_inside_of_which_something_raises_is_dropped(screen):
    manager, canvas = Manager(), MultiCanvas(1)
    draw_through(manager, canvas)
    with pytest.raises(ZeroDivisionError), batch(manager, Drawn()):  # noqa: PT012
        canvas[0].fill_rect(1, 1, 1)
        1 / 0  # noqa: B018
    canvas[0].fill_rect(2, 2, 2)
    assert screen.drawn(canvas[0]) == [("fillRect", [2] * 4)]
    close_all(canvas)
    manager.close()


def test_a_batch_within_a_batch_is_sent_with_it(screen):
    manager, canvas = Manager(), MultiCanvas(2)
    draw_through(manager, canvas)
    drawn, before = Drawn(), screen.batches
    with batch(manager, drawn):
        canvas[0].fill_rect(1, 1, 1)
        with batch(manager, drawn):
            canvas[1].fill_rect(2, 2, 2)
        assert screen.batches == before
        canvas[0].fill_rect(3, 3, 3)
    assert screen.batches == before + 1
    assert screen.drawn(canvas[0]) == [("fillRect", [1] * 4), ("fillRect", [3] * 4)]
    assert screen.drawn(canvas[1]) == [("fillRect", [2] * 4)]
    close_all(canvas)
    manager.close()
