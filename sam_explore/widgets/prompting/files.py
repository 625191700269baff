"""Controls to open another picture or another model, in the worker."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ipywidgets import Dropdown, FileUpload, HBox, VBox, Widget
from jaxtyping import UInt8

from ...app_limits import MOST_UPLOADED_BYTES, may_type, nearby, reachable
from ...images import as_picture, picture_in
from ...loading import OFFICIAL, downloaded, load, weights_in
from ...model import Sam
from ...provenance import Origin, note_picture, origin_of_model, origin_of_picture
from ...scenes import EXAMPLES, example
from ..canvas.closing import close_all
from ..canvas.html import Html
from ..canvas.paragraphs import paragraph
from ..session import Session
from ..session.ipykernel_subshells import keep_order
from ..session.suppress_echo import SuppressEcho
from .controls import label
from .typed_line import TypedLine

_LABEL_CSS = 84
_FIELD_CSS, _CHOICE_CSS = 180, 230
_OTHER = ""  # the choice for a picture or a model that is not in the list

_ABOUT = (
    "A new picture starts without prompts; another model answers those that there are. Cancel, "
    "while it is being encoded, brings back what was there before. An upload may have up to "
    f"{MOST_UPLOADED_BYTES // 2**20} MB"
)
# A server that was started without our settings takes less.
_BY_PATH = ", in a Jupyter that sam-explore did not start about 10: open such a file by its path"


class Files:
    """Controls that open a picture or a model for a session.

    Args:
        session: what they change.

    Attributes:
        widget: to be laid out.
    """

    def __init__(self, session: Session):
        self._session = session
        self._suppress_echo = SuppressEcho()
        act = session.action
        names = ((name, name) for name in EXAMPLES)
        self.examples = Dropdown(options=[("none of the examples", _OTHER), *names])
        self.examples.tooltip = "An example picture"
        self.upload = FileUpload(accept="image/*", tooltip="A picture of this computer")
        self.path = TypedLine("path of a picture", "Open", "Open this file", act(self._open))
        self.models = Dropdown(tooltip="The model")
        self.weights = TypedLine(
            "path of its weights", "Load", "Load this model", act(self._load_typed)
        )
        self._facts = Html()
        self.widget = VBox([*self._rows(), self._facts])
        keep_order(self.examples, self.upload, self.models)
        readers = self._suppress_echo.reader_only
        self.examples.observe(readers(self._choose_example, act), "value")
        self.models.observe(readers(self._choose_model, act), "value")
        self.upload.observe(act(self._take_upload), "value")
        self._follow = session.guard(self.follow)
        session.observe(self._follow, _FOLLOWED)
        self._follow()

    def follow(self, change: dict | None = None) -> None:
        """Show the session's picture and model, and the available ones."""
        with self._suppress_echo:
            self._show()

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _FOLLOWED)
        for widget in (self.examples, self.upload, self.models, self.path.field):
            widget.unobserve_all()
        self.weights.field.unobserve_all()
        close_all(self.widget)

    def _show(self) -> None:
        session = self._session
        picture, model = origin_of_picture(session.image), origin_of_model(session.sam)
        names = {_example_code(name): name for name in EXAMPLES}
        self.examples.value = names.get(picture.code, _OTHER) if picture else _OTHER
        models = models_at_hand()
        chosen = next(
            (source for _, source in models if model and model.code == _model_code(source)), _OTHER
        )
        if chosen == _OTHER:
            models.append((model.code if model else "given from Python", _OTHER))
        if self.models.options != tuple(models):
            self.models.options = models
        self.models.value = chosen
        height, width = session.image.shape[:2]
        by_path = _BY_PATH if may_type() else ""
        facts = f"The picture is {width} wide and {height} high. {_ABOUT}{by_path}."
        self._facts.value = paragraph(facts)

    def _choose_example(self, change: dict) -> None:
        name = change["new"]
        if name != _OTHER:
            self._fetch("image", lambda: example(name), f"Drawing {name}")

    def _choose_model(self, change: dict) -> None:
        if change["new"] not in (_OTHER, None):
            self._load(change["new"])

    def _open(self, path: str) -> None:
        if not path:
            raise ValueError("Type the path of a picture on the kernel's machine first.")
        path = reachable(path)
        self._fetch("image", lambda: as_picture(path), f"Opening {Path(path).name}", self.path)

    def _take_upload(self, change: dict) -> None:
        if not change["new"]:
            return
        (file,) = change["new"]
        self.upload.value = ()  # the next file may be the same one
        name, content = file["name"], bytes(file["content"])
        self._fetch("image", lambda: _uploaded(name, content), f"Opening {name}")

    def _load_typed(self, source: str) -> None:
        if not source:
            raise ValueError("Type the path of the model's weights, or its name, first.")
        self._load(source if source in OFFICIAL else reachable(source), self.weights)

    def _load(self, source: str, line: TypedLine | None = None) -> None:
        device = self._session.sam.device
        get, doing = lambda: _load_at_hand(source, device), f"Loading {Path(source).name}"
        self._fetch("sam", get, doing, line)

    def _fetch(
        self, trait: str, get: Callable[[], Any], doing: str, line: TypedLine | None = None
    ) -> None:
        def got() -> Any:
            try:
                return get()
            except Exception:
                self._follow()  # show the session's picture and model in the lists again
                if line is not None:
                    self._session.guard(line.put_back)()
                raise

        # The new choice replaces a rejected path.
        (self.path if trait == "image" else self.weights).forget()
        self._session.fetch(trait, got, doing)

    def _rows(self) -> list[Widget]:
        self.upload.layout.width = "auto"
        for choice in (self.examples, self.models):
            choice.layout.width = f"{_CHOICE_CSS}px"
        for line in (self.path, self.weights):
            line.field.layout.width = f"{_FIELD_CSS}px"
        paths = [[label("or a file"), *self.weights.widgets]] if may_type() else []
        rows = [
            [label("Picture"), self.examples],
            [label("or a file"), *(self.path.widgets if may_type() else ()), self.upload],
            [label("Model"), self.models],
            *paths,
        ]
        return [row(parts) for parts in rows]


def row(parts: list[Widget]) -> HBox:
    """Controls in a row, after a label; all labels have one width."""
    made = HBox(parts)
    made.layout.align_items, made.layout.grid_gap = "center", "4px"
    made.layout.flex_flow, made.layout.overflow = "row wrap", "visible"
    parts[0].layout.width = f"{_LABEL_CSS}px"
    return made


def models_at_hand() -> list[tuple[str, str]]:
    """Models that can be loaded without a download: name, and argument for `load`."""
    try:
        folder = nearby()
        here = weights_in(folder) if folder else []
    except OSError:  # a folder that is gone, or may not be read
        here = []
    return [
        ("toy, which ships with the package", "toy"),
        *((f"{name}, downloaded", name) for name in downloaded()),
        *((f"{path.name}, in this folder", _source(path)) for path in here),
    ]


def _source(path: Path) -> str:
    """What the notebook would give to `load`."""
    return path.name if path.parent == Path.cwd() else str(path)


def _load_at_hand(source: str, device: torch.device) -> Sam:
    """The model, if no download is needed for it."""
    if source in OFFICIAL and source not in downloaded():
        raise ValueError(
            f"{source} is not on the kernel's machine, and {OFFICIAL[source].size} are not "
            f"downloaded by the way. Run `sam-explore download {source}`, and choose it again."
        )
    return load(source, device=device)


def _uploaded(name: str, content: bytes) -> UInt8[np.ndarray, "height width 3"]:
    picture = picture_in(content, name)
    note_picture(picture, Origin(repr(name), "the file that was uploaded has to lie here"))
    return picture


def _example_code(name: str) -> str:
    return f'sx.example("{name}")'


def _model_code(source: str) -> str:
    return "sx.load()" if source == "toy" else f"sx.load({source!r})"


_FOLLOWED = ["sam", "image"]
