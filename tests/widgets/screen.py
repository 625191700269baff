"""What a page does with ipycanvas' messages: on each line commands come in, each for the canvas
that was named there last."""

import io
import json
from base64 import b64decode
from collections import defaultdict

import numpy as np
from ipycanvas.canvas import _CMD_LIST
from ipywidgets import Image, Widget
from ipywidgets.widgets.widget import _instances
from jaxtyping import UInt8
from PIL import Image as Picture


class Screen:
    """Takes the place of the browser: `receive` is what the canvas managers send to."""

    def __init__(self):
        self.batches = 0
        self._drawn = defaultdict(list)
        self._current = {}

    def receive(self, line: Widget, metadata: dict, buffers: list) -> None:
        self.batches += 1
        commands = json.loads(bytes(buffers[0]))
        for command in commands if isinstance(commands[0], list) else [commands]:
            name, arguments = _CMD_LIST[command[0]], (command[1] if len(command) > 1 else [])
            if name == "switchCanvas":
                self._current[line] = arguments[0]
                assert _widget(arguments[0]) is not None, "a closed canvas ends all drawing"
            else:
                self._take(self._current.get(line), name, arguments)

    def reload(self) -> None:
        """All canvases are empty, and none is current."""
        self._drawn.clear()
        self._current = {}

    def drawn(self, canvas: Widget) -> list[tuple]:
        """Commands since the canvas was last cleared, without settings of colour and line."""
        return [command for command in self._drawn[_name(canvas)] if command[0] != "set"]

    def settings(self, canvas: Widget) -> list:
        """The values set since the canvas was last cleared."""
        commands = self._drawn[_name(canvas)]
        return [arguments[1] for name, arguments in commands if name == "set"]

    def picture(self, canvas: Widget) -> UInt8[np.ndarray, "h w 4"] | None:
        """The last picture drawn since the canvas was cleared, in its own pixels."""
        pictures = [arguments[0] for name, arguments in self.drawn(canvas) if name == "drawImage"]
        return rgba(_widget(pictures[-1])) if pictures else None

    def _take(self, canvas: str | None, name: str, arguments: list) -> None:
        assert canvas is not None, "a command for no canvas ends all drawing"
        if name == "clear":
            self._drawn[canvas].clear()
            return
        if name == "drawImage":
            assert rgba(_widget(arguments[0])).size, "an undecodable picture stops all canvases"
        self._drawn[canvas].append((name, arguments))


def rgba(image: Image) -> UInt8[np.ndarray, "h w 4"]:
    """The content of an Image widget, a file or the URL of one."""
    file = bytes(image.value)
    file = b64decode(file.partition(b",")[2]) if image.format == "url" else file
    return np.asarray(Picture.open(io.BytesIO(file)).convert("RGBA"))


_KINDS = {
    "mouse_down": "press",
    "mouse_move": "move",
    "mouse_up": "release",
    "mouse_out": "leave",
    "mouse_wheel": "wheel",
}


def send(canvas: Widget, event: str, x: float = 0, y: float = 0, **more: object) -> None:
    """An event of the page, in canvas pixels: of the area over a canvas, or of the canvas itself.

    Args:
        canvas: the canvas.
        event: in ipycanvas' words, or one of the kinds that the area tells.
        x, y: the place; of a wheel, how far it was turned.
        more: what else the area tells; see `Contact`.
    """
    widgets = list(_instances.values())  # other threads may make some meanwhile
    area = next((each for each in widgets if getattr(each, "canvas", None) is canvas), None)
    if event == "client_ready":
        canvas._handle_msg({"content": {"data": _custom({"event": event})}, "buffers": []})
    if area is None:  # it is closed, and the page has none either
        return
    shares = [x / canvas.width, y / canvas.height]
    content = {"kind": _KINDS.get(event, event), "at": shares, "button": 0, "pointer": "mouse"}
    content |= {"id": 1, "width": 1, "modifiers": [], "turned": y, **more}
    area._handle_msg({"content": {"data": _custom(content)}, "buffers": []})


def _custom(content: dict) -> dict:
    return {"method": "custom", "content": content}


def click(canvas: Widget, x: float, y: float) -> None:
    send(canvas, "mouse_down", x, y)
    send(canvas, "mouse_up", x, y)


def drag(canvas: Widget, start: tuple[float, float], end: tuple[float, float]) -> None:
    send(canvas, "mouse_down", *start)
    send(canvas, "mouse_move", *end)
    send(canvas, "mouse_up", *end)


def front_end_sets(widget: Widget, **state: object) -> None:
    """The page changes a widget's state, as when somebody moves a slider."""
    message = {"data": {"method": "update", "state": state}}
    widget._handle_msg({"content": message, "buffers": []})


def tell_of(widget: Widget) -> list[dict]:
    """Fills with what the page is told of a widget's state from now on, without mere echoes."""
    told = []

    def note(message: dict, buffers: list | None = None) -> None:
        if message["method"] == "update":
            told.append(message["state"])

    widget._send = note
    return told


def press_button(button: Widget) -> None:
    message = {"data": {"method": "custom", "content": {"event": "click"}}}
    button._handle_msg({"content": message, "buffers": []})


def _name(widget: Widget) -> str:
    return f"IPY_MODEL_{widget.model_id}"


def _widget(name: str) -> Widget | None:
    return _instances.get(name.removeprefix("IPY_MODEL_"))


def type_line(field: Widget, text: str) -> None:
    """Type a text into a field and press Enter, as the page tells it."""
    message = {"data": {"method": "custom", "content": {"event": "submit"}}}
    field._handle_msg({"content": message, "buffers": []})
    front_end_sets(field, value=text)


def upload_file(widget: Widget, name: str, content: bytes) -> None:
    """Choose a file, as the page tells it."""
    file = {"name": name, "type": "", "size": len(content), "last_modified": 0}
    state = {"value": [file | {"content": memoryview(content)}]}
    message = {"data": {"method": "update", "state": state}}
    widget._handle_msg({"content": message, "buffers": []})
