"""The preview: computes the mask that a click at the pointer would give.

`PromptCanvas` shows it: `show_preview` in `canvas/picture_drawing.py` draws the dashed outline, and
the words appear under the picture.
"""

from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import NamedTuple

import numpy as np

from ...corrections import answering
from ...geometry import Prompts
from ...number_text import text
from ...plots.outlines import outlines
from ...prediction import Prediction, predict
from ..canvas.picture_drawing import Lines
from ..session import PREVIEWS, Session, Snapshot
from .brush import px_from_cells

# A preview with a longer delay does not help, and takes time from the prompts. The decoder has the
# same size in all released models, and takes 28 ms on two cores; see docs/benchmarks.md.
SLOW_S = 0.15
_TRIALS = 3


class _Wanted(NamedTuple):
    """Prompts to preview, the user's action that would set them, and their picture."""

    prompts: Prompts
    when: str
    image: np.ndarray


class PreviewRunner:
    """Predicts for the prompts that a click would set, at the pointer's latest position only.

    It runs in the session's worker, after prompts and explorers. Explorers follow the same prompts;
    see `Session.point_at`. If three in a row take longer than
    `SLOW_S`, it is switched off, until the user switches it on.

    Args:
        session: the session whose prompts it adds to.
        name: of its jobs.
        show: called with the mask's outlines in pixels of the picture and with words; both are
            empty if there is nothing to preview.
        on_slow: called when it was switched off for being slow.

    Attributes:
        on: whether there are previews; see `switch`.
    """

    def __init__(
        self,
        session: Session,
        name: str,
        show: Callable[[Lines, str], None],
        on_slow: Callable[[], None],
    ):
        self._session, self._name, self._show, self._on_slow = session, name, show, on_slow
        self._wanted: _Wanted | None = None
        self._durations: list[float] = []
        self.on, self._insisted = True, False

    def want(self, prompts: Prompts | None, when: str = "") -> None:
        """Preview these prompts soon instead of earlier ones, or nothing.

        Args:
            prompts: the prompts, None for nothing.
            when: the action that would set them, such as "if you click here".
        """
        had = self._wanted is not None
        wanted = None
        if prompts is not None and self.on:
            wanted = _Wanted(prompts, when, self._session.image)
        self._wanted = wanted
        self._session.point_at(None if wanted is None else wanted.prompts)
        if wanted is not None:
            self._session.submit(self._name, self._decode, PREVIEWS)
        elif had:
            self._session.run_in_turn(partial(self._show, [], ""))

    def switch(self, on: bool) -> None:
        """Switch previews on or off for the user. Then they stay on, even if they are slow."""
        self.on = self._insisted = on
        self.want(None)

    def forget(self) -> None:
        """Nothing is at the pointer any more, as after a reload of its page."""
        if self._wanted is not None:
            self.want(None)

    def close(self) -> None:
        """Preview nothing any more, and let others go back to the prompts."""
        self.on = False
        self.forget()

    def _decode(self) -> None:
        """In the worker."""
        self._session.renew()
        now, wanted = self._session.now, self._wanted
        if wanted is None or now.encoded is None or wanted.image is not now.image:
            return
        start = perf_counter()
        asked = now.asked_after(wanted.prompts)
        if now.edits:
            prediction = asked.run.prediction
        else:  # without a trace, which would cache the results for each position of the pointer
            prediction = predict(now.sam, now.encoded, asked.asked)
        lines, words = self._describe(prediction, wanted.when, now)

        def show() -> None:
            # Dropped if the pointer has left, but not if it has moved: otherwise nothing would be
            # shown while it moves.
            if self._wanted is not None and now.image is self._session.image:
                self._show(lines, words)

        self._session.guard(show)()
        self._judge(perf_counter() - start)

    def _describe(self, prediction: Prediction, when: str, now: Snapshot) -> tuple[Lines, str]:
        mask = answering(prediction, now.chosen)
        logits = prediction.logits[mask]
        lines = [
            px_from_cells(line, prediction.frame, logits.shape)
            for line in outlines(logits, now.threshold)
        ]
        iou = text(prediction.iou[mask], decimals=2)
        return lines, f"Dashed: mask {mask} {when}, predicted IoU {iou}."

    def _judge(self, seconds: float) -> None:
        self._durations = [*self._durations, seconds][-_TRIALS:]
        slow = len(self._durations) == _TRIALS and min(self._durations) > SLOW_S
        if slow and not self._insisted:
            self.on = False
            self.want(None)
            self._durations.clear()
            self._session.guard(self._on_slow)()
