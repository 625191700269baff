"""The state that all views of a page share: a picture, prompts, and what the model answers."""

from collections.abc import Sequence
from pathlib import Path

import traitlets

from ..geometry import FOREGROUND, Prompts
from ..images import Picture
from ..model import Sam
from ..prediction import check_model
from ..preprocessing import Preprocessing, Side
from ..saved_prompts import prompts_from_json, prompts_to_json
from .as_python import as_python
from .switching import Switching

_MOST_STEPS = 100  # that can be undone; each may hold a mask hint, of 256 KiB for released models


class Session(Switching):
    """One picture, its prompts and the model's answer; every view of it follows.

    Set a trait, from Python or through a view, and all views show it. The model runs in a thread of
    its own: `prompts` change at once, `prediction` follows, and `settle` waits for it. All that is
    computed comes from `trace`, so views share it.

    Args:
        sam: the model, as `sam_explore.load` gives it.
        image: a picture as in `sx.encode`. The session keeps a copy, RGB from 0 to 255.
        preprocessing, side, keep_aspect: how it becomes the model's input, as in `sx.encode`.
        synchronous: compute in the calling thread, so that each change is answered when it returns;
            so does every session where the environment's SAM_EXPLORE_SYNCHRONOUS is 1.

    Traits:
        sam, image: as above; a new one is encoded anew. A new image drops the prompts. `cancel`
            goes back, as long as that is not done.
        preprocessing: the name, the side and whether the aspect is kept, as `set_preprocessing`
            puts them together. Another input is encoded anew and drops a mask hint of another size.
        encoded: the encoded picture, None until that is done.
        prompts: what is asked now.
        chosen: the mask to look at, 0 to 3; None takes the model's choice.
        threshold: a mask is where its logits exceed this.
        token: the picked image token (row, column), in the middle at first; `add_point` picks the
            one under the point.
        windows: each block's window in tokens, 0 for global; None for the trained ones. Tables of
            relative positions are interpolated to others; `WindowEffect` can also crop them.
        edits: what is changed inside the run: `sx.interventions`, or pairs of a hook point's name
            and a function, as in `Trace.with_edit`.
        prediction: the latest answer, None without prompts. In a flood of prompts it may belong to
            slightly older ones (see its `prompts`), never to another picture.
        busy: what takes long just now, or "".
        error: what went wrong in the last action, or "".

    Raises:
        TypeError, ValueError: no model, no picture, or a size that the model can't have.
    """

    def __init__(
        self,
        sam: Sam,
        image: Picture,
        *,
        preprocessing: str = "original",
        side: Side = None,
        keep_aspect: bool = False,
        synchronous: bool = False,
    ):
        check_model(sam, "sx.Session(sam, image)")
        self._keep_history = True
        super().__init__(synchronous=synchronous)
        try:
            self.sam = sam
            self.preprocessing = Preprocessing(preprocessing, side, keep_aspect)
            self.image = image
        except Exception:
            self._worker.close()
            raise

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        rows, columns = self.grid
        return (
            f"Session({self.sam.config.name}, picture {width} wide and {height} high, {rows} x "
            f"{columns} tokens, {self.prompts!r})"
        )

    def set_preprocessing(
        self, name: str = "original", side: Side = None, keep_aspect: bool = False
    ) -> None:
        """Put the picture into the model's input in another way, as in `sx.encode`.

        Raises:
            ValueError: a size that the model, the windows or the edits can't have; nothing changes.
        """
        self.preprocessing = Preprocessing(name, side, keep_aspect)

    def add_point(self, point_px: Sequence[float], label: int = FOREGROUND) -> None:
        """Add a point to the prompts.

        Args:
            point_px: x, y in pixels of the picture.
            label: 1 on the object, 0 beside it.

        Raises:
            ValueError: a point outside the picture, or another label; nothing changes.
        """
        with self._lock:
            self.prompts = self.prompts.with_point(point_px, label)
            self.token = self.unprompted.frame.token_at(point_px)

    def set_box(self, box_px: Sequence[float] | None) -> None:
        """Put a box, (x0, y0, x1, y1) in pixels of the picture, in place of the one before.

        Raises:
            ValueError: corners in the wrong order, or not numbers; nothing changes.
        """
        with self._lock:
            self.prompts = self.prompts.with_box(box_px)

    def clear(self) -> None:
        """Drop all prompts. `undo` brings them back."""
        with self._lock:
            if not self.prompts.is_empty:
                self.prompts = Prompts()

    def undo(self) -> None:
        """Take back the last change of the prompts, up to a hundred; nothing when there is none."""
        self._step(self._history, self._undone)

    def redo(self) -> None:
        """Do again what `undo` took back last; nothing happens after another change."""
        self._step(self._undone, self._history)

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would change anything."""
        return bool(self._history)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would change anything."""
        return bool(self._undone)

    @property
    def shown_mask(self) -> int | None:
        """The mask to look at: the chosen one, else the model's choice; None without prediction."""
        with self._lock:
            if self.prediction is None:
                return None
            return self.prediction.chosen if self.chosen is None else self.chosen

    @property
    def code(self) -> str:
        """Python that gives the prediction and the mask shown, where nothing else is known."""
        with self._lock:
            return as_python(self)

    def save_prompts(self, path: str | Path) -> None:
        """Write the prompts to a JSON file, with the picture's size."""
        text = prompts_to_json(self.prompts, self.image.shape[:2])
        Path(path).expanduser().write_text(text, "utf-8")

    def restore_prompts(self, path: str | Path) -> None:
        """Take the prompts of a file that `save_prompts` wrote; `undo` brings back those before.

        If they were for a picture of another size, points and box move in proportion.

        Raises:
            OSError: there is no such file.
            ValueError: a file of another kind, or prompts that do not fit; nothing changes.
        """
        text = Path(path).expanduser().read_text("utf-8", errors="replace")
        with self._lock:
            self.prompts = prompts_from_json(text, self.image.shape[:2])

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @traitlets.observe("prompts")
    def _ask(self, change: dict) -> None:
        with self._lock:
            if self._starting_over:
                return
            self.error = ""
            self.stopped, self._asked_since = False, True
            if self._keep_history:
                self._history.append(change["old"])
                del self._history[:-_MOST_STEPS]
                self._undone.clear()
            self._asked += 1
            if self.prompts.is_empty:
                # A late answer to what was asked before is older than this and will be dropped.
                self.prediction = None
                self._shown = self._asked
                if self.encoded is not None:
                    return
        self.submit("answer", self._answer)

    def _step(self, back: list[Prompts], forth: list[Prompts]) -> None:
        """Go to the last prompts of one list, and remember on the other where that was."""
        with self._lock:
            if not back:
                return
            self.frame.check(back[-1])
            forth.append(self.prompts)
            self._keep_history = False
            try:
                self.prompts = back.pop()
            finally:
                self._keep_history = True
