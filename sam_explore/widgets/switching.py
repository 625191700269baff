"""A session that goes over to another picture or model, and back again when that is cancelled."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets

from ..geometry import Frame, Prompts
from ..preprocessing import Preprocessing
from ..tracing import Trace
from .answering import ENCODING, Answering
from .worker import FETCHES

# What an encode starts from, and what it gives.
_SOURCE = ("sam", "image", "preprocessing", "windows", "edits", "encoded")
_ASKED = ("prompts", "chosen", "token", "prediction")


@dataclass(frozen=True, eq=False)
class _Encoded:
    """What a session was when it had encoded its picture: traits by name, and its traces."""

    traits: dict[str, Any]
    plain: Trace
    unprompted: Trace


@dataclass(frozen=True, eq=False)
class _Asked:
    """What a session was asked when something else began: traits by name, and what goes along."""

    traits: dict[str, Any]
    trace: Trace | None
    history: list[Prompts]
    undone: list[Prompts]


class Switching(Answering):
    """Encodes anew when the picture, the model, windows or edits change.

    Until that is done it remembers what was before, for `cancel`.
    """

    def __init__(self, *, synchronous: bool):
        self._history: list[Prompts] = []  # what undo brings back, latest last
        self._undone: list[Prompts] = []  # and redo
        self._starting_over = False
        self._last: _Encoded | None = None
        self._before: _Asked | None = None
        self._asked_since = False  # whether prompts changed since `_before`
        self._fetches = 0
        super().__init__(synchronous=synchronous)

    def fetch(self, name: str, get: Callable[[], Any], doing: str) -> None:
        """Let the worker get a picture or a model, between two blocks if need be, and then take it.

        A failure is told as `error`, and nothing changes. `cancel` and a later fetch give it up.

        Args:
            name: the trait, "image" or "sam".
            get: reads a file, or the like.
            doing: what that is, for `busy`.
        """
        with self._lock:
            self._fetches += 1
            wanted = self._fetches

        def job() -> None:
            self.busy = f"{doing} …"
            try:
                value = get()
            finally:
                self.busy = ""
            with self._lock:
                if wanted == self._fetches:
                    setattr(self, name, value)

        self.submit("fetch", job, FETCHES)

    def cancel(self) -> None:
        """Give up what is being opened or encoded, and go back to what was encoded last.

        Picture, model, windows and edits are as they were, and so are the prompts; those that were
        given to the same picture meanwhile stay. When nothing was encoded before, everything stays
        as it is, and nothing is encoded until prompts come or `go_on` is called. An encode ends
        after the block that is under way; a file that is being read is read to its end, and
        dropped. Nothing happens when there is nothing to cancel.
        """
        with self._lock:
            self._fetches += 1
            self.busy = ""
            if self.encoded is not None:
                return
            self._source += 1
            self._asked += 1
            self._shown = self._asked
            self.stopped = True
            if self._before is not None:
                self._go_back()
        self.submit("answer", self._answer)

    def go_on(self) -> None:
        """Encode the picture after all, when that was cancelled or has failed."""
        with self._lock:
            self.error = ""
            self.stopped = False
        self.submit("answer", self._answer)

    def close(self) -> None:
        super().close()
        with self._lock:
            self._plain = self._unprompted = self._trace = self._last = self._before = None

    @property
    def can_go_back(self) -> bool:
        """Whether `cancel` would bring something back that was encoded."""
        return self.encoded is None and self._before is not None

    @traitlets.validate("image")
    def _check_image(self, proposal: dict) -> np.ndarray:
        if self._last is not None and proposal["value"] is self._last.traits["image"]:
            return proposal["value"]  # the session's own copy, which its traces know
        return super()._check_image(proposal)

    @traitlets.observe(*_SOURCE[:-1])
    def _start_over(self, change: dict) -> None:
        with self._lock:
            if self._starting_over:  # all that changes with another model is answered at once
                return
            self._remember()
            self._source += 1
            self._asked += 1
            self._unprompted = self._trace = None
            if change["name"] in ("sam", "image", "preprocessing"):
                self._plain = None
                self._fit_to(change["name"])
            if self.image is None:
                return
            self.error = ""
            self.stopped = False
            self.busy = f"{ENCODING} …"
            self.encoded = self.prediction = None
            self._shown = self._asked
        self.submit("answer", self._answer)

    def _remember(self) -> None:
        if self.encoded is not None:
            asked = {name: getattr(self, name) for name in _ASKED}
            self._before = _Asked(asked, self._trace, [*self._history], [*self._undone])
            self._asked_since = False

    def _take_encoded(self, encoded: object) -> None:
        super()._take_encoded(encoded)
        if encoded is not None:
            traits = {name: getattr(self, name) for name in _SOURCE}
            self._last = _Encoded(traits, self._plain, self._unprompted)
            self._before = None

    def _go_back(self) -> None:
        last, before = self._last, self._before
        traits, trace = last.traits | before.traits, before.trace
        if self._asked_since and self.image is traits["image"]:
            self._fit_history(last.plain.frame)
            kept = _with_fitting_hint(self.prompts, last.plain.frame)
            traits, trace = traits | {"prompts": kept, "prediction": None}, None
        else:
            self._history, self._undone = before.history, before.undone
        self._before, self.stopped = None, False
        self._plain, self._unprompted, self._trace = last.plain, last.unprompted, trace
        self._starting_over = True
        try:
            with self.hold_trait_notifications():
                for name, value in traits.items():
                    if getattr(self, name) is not value:
                        setattr(self, name, value)
        finally:
            self._starting_over = False

    def _fit_to(self, name: str) -> None:
        """Drop what was said of another model's tokens, blocks and masks, or another picture."""
        self._starting_over = True
        try:
            self.prediction = None
            if name == "sam":
                self._fit_to_model()
            if name == "image":
                self._history.clear()
                self._undone.clear()
                self.prompts, self.chosen = Prompts(), None
            elif self.image is not None:
                self._fit_history(self.frame)
                self.prompts = _with_fitting_hint(self.prompts, self.frame)
            self._fit_token(name)
        finally:
            self._starting_over = False

    def _fit_to_model(self) -> None:
        config = self.sam.config
        with self.hold_trait_notifications():
            self.windows, self.edits = None, ()
            if self.chosen is not None and self.chosen >= config.mask_tokens:
                self.chosen = None
            try:
                self.preprocessing.check(config)
            except ValueError:  # patches of another size
                self.preprocessing = Preprocessing()

    def _fit_token(self, name: str) -> None:
        """Into the middle where the grid is another one; a picture alone seldom changes it."""
        (row, column), (rows, columns) = self.token, self.grid
        if name != "image" or row >= rows or column >= columns:
            self.token = (rows // 2, columns // 2)

    def _fit_history(self, frame: Frame) -> None:
        for steps in (self._history, self._undone):
            steps[:] = [_with_fitting_hint(each, frame) for each in steps]


def _with_fitting_hint(prompts: Prompts, frame: Frame) -> Prompts:
    """The same prompts, without a mask hint of another model's or another input's size."""
    hint = prompts.mask_hint
    fits = hint is None or hint.shape == tuple(4 * length for length in frame.grid)
    return prompts if fits else prompts.with_mask_hint(None)
