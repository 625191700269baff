"""What a view draws through a connection of its own: whole batches, apart from other canvases."""

import gc
import sys
from pathlib import Path

import numpy as np
import pytest
from ipycanvas import Canvas
from ipycanvas.canvas import _CANVAS_MANAGER, COMMANDS
from ipywidgets import Image
from ipywidgets.widgets.widget import _instances

from sam_explore.widgets.canvas import ipycanvas_internals
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.connection import CanvasConnection, paste

from ..screen import send


@pytest.fixture
def connection(screen):
    connection = CanvasConnection()
    yield connection
    connection.close()
    connection.close()


@pytest.fixture
def layers(connection):
    canvas = connection.canvas(2, 10, 20)
    yield canvas
    close_all(canvas)


@pytest.fixture
def strangers(screen):
    """Canvases of somebody else, on the line that ipycanvas has for all."""
    one, other = Canvas(width=10, height=10), Canvas(width=10, height=10)
    yield one, other
    close_all(one, other)


def test_all_layers_draw_through_the_connection(connection, layers):
    assert (layers.width, layers.height) == (10, 20)
    for part in (layers, layers[0], layers[1]):
        assert part._canvas_manager is connection._manager
        assert part._canvas_manager is not _CANVAS_MANAGER


def test_each_batch_names_its_canvas_so_that_it_also_arrives_after_a_reload(
    screen, connection, layers
):
    for _ in range(2):
        screen.reload()
        with connection.batch():
            layers[0].fill_rect(0, 0, 1)
            layers[1].fill_circle(1, 2, 3)
        assert screen.drawn(layers[0]) == [("fillRect", [0, 0, 1, 1])]
        assert screen.drawn(layers[1]) == [("fillCircle", [1, 2, 3])]


def test_a_batch_is_one_message(screen, connection, layers):
    with connection.batch():
        for x in range(50):
            layers[x % 2].fill_rect(x, 0, 1)
        assert screen.batches == 0
    assert screen.batches == 1


def test_a_batch_holds_no_drawing_of_others(screen, connection, layers, strangers):
    with connection.batch():
        layers[0].fill_rect(0, 0, 1)
        strangers[0].fill_rect(5, 5, 5)
        assert screen.drawn(strangers[0]) == [("fillRect", [5, 5, 5, 5])]
        assert screen.drawn(layers[0]) == []


def test_after_an_exception_in_a_batch_nothing_of_it_is_drawn_and_the_next_one_is(
    screen, connection, layers
):
    with pytest.raises(ZeroDivisionError), connection.batch():  # noqa: PT012
        layers[0].fill_rect(0, 0, 1)
        1 / 0  # noqa: B018
    assert screen.batches == 0
    with connection.batch():
        layers[0].fill_rect(7, 7, 7)
    layers[0].fill_rect(8, 8, 8)  # and what is drawn outside a batch goes at once
    assert screen.drawn(layers[0]) == [("fillRect", [7] * 4), ("fillRect", [8] * 4)]


def test_two_connections_do_not_mix(screen, connection, layers):
    other = CanvasConnection()
    canvas = other.canvas(1, 10, 10)
    with connection.batch(), other.batch():
        layers[0].fill_rect(1, 1, 1)
        canvas[0].fill_rect(2, 2, 2)
        layers[0].fill_rect(3, 3, 3)
    assert screen.drawn(layers[0]) == [("fillRect", [1] * 4), ("fillRect", [3] * 4)]
    assert screen.drawn(canvas[0]) == [("fillRect", [2] * 4)]
    close_all(canvas)
    other.close()


def test_an_empty_image_is_never_drawn(layers):
    with pytest.raises(ValueError, match="would wait for it for ever"):
        paste(layers[0], Image())


def test_a_picture_goes_to_the_page_as_a_url_since_of_others_it_keeps_every_one(connection):
    source = "".join(
        path.read_text("utf-8")
        for path in Path(sys.prefix, "share/jupyter/labextensions/ipycanvas/static").glob("*.js")
    )
    assert source.count("createObjectURL") > source.count("revokeObjectURL")
    image = connection.image("jpeg")
    assert not image.value
    image.value = b"bytes"
    assert (image.format, bytes(image.value)) == ("url", b"data:image/jpeg;base64,Ynl0ZXM=")
    assert "data:image" in repr(image)


def test_closing_a_connection_leaves_nothing_here_and_tells_the_page_nothing(screen, monkeypatch):
    before, told = set(_instances), []
    connection = CanvasConnection()
    canvas, image = connection.canvas(2, 10, 20), connection.image("png")
    drawn = {part.model_id for part in (canvas, *canvas._canvases, image)}
    monkeypatch.setattr(
        type(canvas.comm),
        "publish_msg",
        lambda comm, kind, **_: told.append((comm.comm_id, kind)),
    )
    connection.close()
    close_all(canvas)
    gc.collect()
    assert set(_instances) == before
    assert not [name for name, kind in told if kind == "comm_close" and name in drawn]
    assert (canvas[0].width, canvas[1].height) == (1, 1)


@pytest.fixture
def messages(connection, monkeypatch) -> list[dict[str, int]]:
    """For each message the canvases that it names, and how many commands each has."""
    found: list[dict[str, int]] = []

    def note(commands: list[list], buffers: list) -> None:
        counts: dict[str, int] = {}
        for command in commands:
            if command[0] == COMMANDS["switchCanvas"]:
                name = command[1][0]
                counts[name] = 0
            else:
                counts[name] += 1
        found.append(counts)

    monkeypatch.setattr(connection._manager, "_send_custom", note)
    return found


def named(*canvases: Canvas) -> list[str]:
    return [f"IPY_MODEL_{canvas.model_id}" for canvas in canvases]


def draw(connection: CanvasConnection, layers, *sizes: int) -> None:
    """A square of another size on each layer."""
    with connection.batch():
        for layer, size in zip((layers[0], layers[1]), sizes, strict=True):
            layer.clear()
            layer.fill_rect(0, 0, size)


def test_a_layer_that_shows_the_same_already_is_left_out(connection, layers, messages):
    draw(connection, layers, 1, 2)
    draw(connection, layers, 1, 3)
    draw(connection, layers, 1, 3)
    assert [list(message) for message in messages] == [
        named(layers[0], layers[1]),
        named(layers[1]),
    ]


def test_what_is_drawn_on_top_of_something_is_always_sent(connection, layers, messages):
    for _ in range(2):
        with connection.batch():
            layers[0].fill_rect(0, 0, 1)
    assert len(messages) == 2
    draw(connection, layers, 1, 1)
    with connection.batch():
        layers[0].fill_rect(3, 3, 3)
    draw(connection, layers, 1, 1)  # the first layer shows more than that now
    assert [list(message) for message in messages[2:]] == [
        named(layers[0], layers[1]),
        named(layers[0]),
        named(layers[0]),
    ]


def test_each_layer_is_named_once_in_a_message(connection, layers, messages):
    with connection.batch():
        for x in range(4):
            layers[x % 2].fill_rect(x, 0, 1)
    assert messages == [dict.fromkeys(named(layers[0], layers[1]), 2)]


def test_all_is_sent_again_to_a_page_that_was_loaded_again(connection, layers, messages):
    draw(connection, layers, 1, 2)
    send(layers, "client_ready")
    draw(connection, layers, 1, 2)
    assert messages[0] == messages[1]


def test_all_is_sent_again_to_a_canvas_of_another_size(connection, layers, messages):
    draw(connection, layers, 1, 2)
    layers.width = 30
    draw(connection, layers, 1, 2)
    assert messages[0] == messages[1]


def test_a_picture_with_another_content_is_drawn_again(connection, layers, messages):
    image = connection.image("png")
    for value in (b"one", b"one", b"other"):
        image.value = value
        with connection.batch():
            layers[0].clear()
            paste(layers[0], image)
    assert len(messages) == 2


def test_points_are_compared_by_their_numbers(connection, layers, messages):
    for x in (1.0, 1.0, 2.0):
        with connection.batch():
            layers[0].clear()
            layers[0].fill_polygon(np.array([[0.0, 0], [x, 0], [0, 1]]))
    assert len(messages) == 2


def test_after_some_seconds_the_same_is_sent_again_in_case_that_it_was_lost(
    connection, layers, messages, monkeypatch
):
    times = iter((0.0, 0.0, 4.0, 4.0, 6.0, 6.0))
    monkeypatch.setattr(ipycanvas_internals, "monotonic", lambda: next(times))
    for _ in range(3):
        draw(connection, layers, 1, 2)
    assert len(messages) == 2


def test_after_a_failure_the_next_drawing_is_sent(connection, layers, messages):
    draw(connection, layers, 1, 2)
    with pytest.raises(ZeroDivisionError), connection.batch():  # noqa: PT012
        layers[0].clear()
        layers[0].fill_rect(7, 7, 7)
        1 / 0  # noqa: B018
    draw(connection, layers, 7, 2)
    assert [list(message) for message in messages[1:]] == [named(layers[0])]
