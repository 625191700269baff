"""Saves masks and prompts as files on the user's computer, and restores prompts from a file."""

import json
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO

import numpy as np
from ipywidgets import Button, FileUpload, VBox

from ...geometry import Prompts
from ...plots import style
from ...prediction import Prediction
from ...saved_prompts import saved_from_json
from ..canvas.closing import close_all
from ..canvas.html import NOTHING, Html, Markup, element, together
from ..canvas.paragraphs import paragraph
from ..canvas.words import describe_prompts
from ..session import Session, Snapshot
from ..session.ipykernel_subshells import keep_order
from .controls import label
from .files import row

_KIND = {"png": "image/png", "json": "application/json", "npz": "application/octet-stream"}


class Saving:
    """Controls that make files of a session's masks and prompts.

    Args:
        session: the session.

    Attributes:
        widget: to be laid out.
    """

    def __init__(self, session: Session):
        self._session = session
        self.png = _button("PNG", "The mask that is shown, as a picture of its size")
        self.coco = _button("COCO RLE", "The mask that is shown, as a record of run lengths")
        self.numpy = _button("NumPy", "All masks and their logits, as arrays")
        self.prompts = _button("JSON", "Points, box and mask hint, and how they are asked")
        self.upload = FileUpload(accept=".json", description="Restore")
        self.upload.tooltip = "Take prompts from a file that was saved here"
        self.upload.layout.width = "auto"
        self._link, self._words = Html(), Html()
        masks = [label("Masks"), self.png, self.coco, self.numpy]
        prompts = [label("Prompts"), self.prompts, self.upload]
        self.widget = VBox([row(masks), row(prompts), self._link, self._words])
        keep_order(self.png, self.coco, self.numpy, self.prompts, self.upload)
        for button, make in (
            (self.png, self._make_png),
            (self.coco, self._make_coco),
            (self.numpy, self._make_numpy),
            (self.prompts, self._make_prompts),
        ):
            button.on_click(session.action(lambda _, make=make: self._make(make)))
        self.upload.observe(session.action(self._restore), "value")
        self._follow = session.guard(self.follow)
        session.observe(self._follow, _FOLLOWED)
        self._follow()

    def follow(self, change: dict | None = None) -> None:
        """Show links for the current state, and remove those of an earlier one."""
        self._link.value = self._words.value = NOTHING
        for button in (self.png, self.coco, self.numpy):
            button.disabled = self._session.prediction is None
        self.prompts.disabled = self._session.prompts.is_empty

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _FOLLOWED)
        self.upload.unobserve_all()
        close_all(self.widget)

    def _make(self, make: Callable[[Snapshot], tuple[str, bytes]]) -> None:
        """Let the worker make a file, and show its link unless the state has changed meanwhile."""

        def job() -> None:
            now = self._session.now
            link = _link(*make(now))
            self._session.guard(lambda: self._offer(link, now))()

        self._session.submit("save", job)

    def _offer(self, link: Markup, made_of: Snapshot) -> None:
        now = self._session.now
        if all(getattr(now, name) is getattr(made_of, name) for name in _FOLLOWED):
            self._link.value = link

    def _make_png(self, now: Snapshot) -> tuple[str, bytes]:
        prediction, mask, threshold = _shown(now)
        return f"mask-{mask}.png", prediction.to_png(mask, threshold)

    def _make_coco(self, now: Snapshot) -> tuple[str, bytes]:
        prediction, mask, threshold = _shown(now)
        text = json.dumps(prediction.to_coco(mask, threshold), indent=1)
        return f"mask-{mask}.json", text.encode()

    def _make_numpy(self, now: Snapshot) -> tuple[str, bytes]:
        prediction, mask, threshold = _shown(now)
        file = BytesIO()
        np.savez_compressed(
            file,
            masks=prediction.masks(threshold),
            logits=prediction.logits,
            iou=prediction.iou,
            shown=mask,
            threshold=threshold,
        )
        return "masks.npz", file.getvalue()

    def _make_prompts(self, now: Snapshot) -> tuple[str, bytes]:
        return "prompts.json", now.saved_prompts.encode()

    def _restore(self, change: dict) -> None:
        if not change["new"]:
            return
        (file,) = change["new"]
        self.upload.value = ()  # the next file may be the same one
        text = bytes(file["content"]).decode("utf-8", errors="replace")
        saved = saved_from_json(text).dialogue.prompts
        self._session.restore(text)
        self._words.value = paragraph(_in_words(saved, self._session.prompts))


def _shown(now: Snapshot) -> tuple[Prediction, int, float]:
    """The prediction, the number of the mask shown, and the threshold."""
    prediction, mask = now.prediction, now.shown_mask
    if prediction is None or mask is None:
        raise ValueError("There is no mask yet. Click on an object, and save its mask then.")
    return prediction, mask, now.threshold


def _button(words: str, about: str) -> Button:
    return Button(description=words, tooltip=about, layout={"width": "auto"})


def _in_words(saved: Prompts, placed: Prompts) -> str:
    words = f"Restored: {describe_prompts(placed)}. Undo takes them back."
    if saved.points.tolist() == placed.points.tolist() and _box(saved) == _box(placed):
        return words
    return f"{words} They were for a picture of another size, and moved in proportion."


def _box(prompts: Prompts) -> list | None:
    return None if prompts.box is None else prompts.box.tolist()


def _link(name: str, content: bytes) -> Markup:
    """A link that saves a file from the page; nothing is written on the kernel's machine."""
    kind = _KIND[name.rpartition(".")[2]]
    size = f"{len(content) / 1000:.1f} kB" if len(content) < 1e6 else f"{len(content) / 1e6:.1f} MB"
    link = element(
        "a",
        f"Download {name}",
        download=name,
        href=f"data:{kind};base64,{b64encode(content).decode()}",
        style=f"color:{style.TEXT};text-decoration:underline",
    )
    return together(link, " ", element("span", size, style=f"color:{style.FAINT_TEXT}"))


_FOLLOWED = ["prediction", "prompts", "feeds_back", "chosen", "threshold"]
