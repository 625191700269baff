"""The input of an encode, and prompts for it, each with its runs of the model."""

from dataclasses import astuple, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from ...corrections import Dialogue
from ...geometry import Frame, Prompts
from ...model import Sam
from ...preprocessing import Preprocessing
from ...tracing import Trace
from ...tracing.interventions import Intervention


@dataclass(frozen=True, eq=False)
class Source:
    """A picture in a model, with windows and edits; `source_of` makes it.

    Which source a result belongs to is decided by identity.

    Args:
        sam: the model.
        image: the picture, read-only.
        preprocessing: how the picture becomes the model's input.
        windows: each block's window in tokens; None for the trained ones.
        edits: what is changed inside the run.
        plain: the run in the trained windows, without prompts and edits.
        run: the run without prompts. Runs made from it share its results.
    """

    sam: Sam
    image: UInt8[np.ndarray, "height width 3"]
    preprocessing: Preprocessing
    windows: tuple[int, ...] | None
    edits: tuple
    plain: Trace
    run: Trace

    @property
    def frame(self) -> Frame:
        """Where the picture is in the model's input."""
        return self.run.frame

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the image tokens."""
        return self.frame.grid

    @property
    def is_outdated(self) -> bool:
        """Whether the model's weights are no longer those that the runs began with."""
        try:
            self.run.engine.refuse_changed_weights()
        except RuntimeError:
            return True
        return False

    def changed(self, **changes: object) -> "Source":
        """Another source with other windows, edits, preprocessing, picture or model.

        Raises:
            ValueError: something that does not go with the rest.
        """
        given: dict[str, Any] = {
            name: changes.get(name, getattr(self, name))
            for name in ("sam", "image", "preprocessing", "windows", "edits")
        }
        is_same_input = not changes.keys() & {"sam", "image", "preprocessing"}
        return source_of(**given, plain=self.plain if is_same_input else None)

    def again(self) -> "Source":
        """The same in every respect, but nothing that is computed for this one belongs to it."""
        return replace(self)

    def emptied(self) -> "Source":
        """The same with runs that have computed nothing yet."""
        return self.changed(preprocessing=self.preprocessing)


def source_of(
    sam: Sam,
    image: UInt8[np.ndarray, "height width 3"],
    preprocessing: Preprocessing,
    windows: tuple[int, ...] | None = None,
    edits: tuple = (),
    *,
    plain: Trace | None = None,
) -> Source:
    """Put a source together.

    Args:
        plain: a run of the same input without anything else, whose results are shared.

    Raises:
        ValueError: windows or edits that this model and this input can't have.
    """
    if plain is None:
        name, side, keep_aspect = astuple(preprocessing)
        plain = Trace(sam, image, preprocessing=name, side=side, keep_aspect=keep_aspect)
    run = plain.with_windows(windows)
    for edit in edits:
        is_ready_made = isinstance(edit, Intervention)
        run = run.with_interventions(edit) if is_ready_made else run.with_edit(*edit)
    return Source(sam, image, preprocessing, windows, edits, plain, run)


class Question:
    """Prompts asked of a source, with the logits that go back. Immutable.

    Args:
        source: the source.
        dialogue: the prompts, which fit its frame, and which of them are corrections.
        feeds_back: whether logits go back with corrections.
        logits: those that go back, where they are known already.
    """

    def __init__(
        self,
        source: Source,
        dialogue: Dialogue,
        feeds_back: bool = True,
        logits: Float[np.ndarray, "row column"] | None = None,
    ):
        self.source, self.dialogue = source, dialogue
        self.feeds_back = feeds_back and dialogue.feeds_back
        self._logits = logits
        self._made: dict[str, Trace] = {}

    @property
    def prompts(self) -> Prompts:
        """What the reader says, without the logits that go back."""
        return self.dialogue.prompts

    @property
    def run(self) -> Trace:
        """The run that answers; every thread gets the same one.

        It is made here, and not earlier: an edit that these prompts don't allow raises. Logits that
        go back and are not known yet are computed now, or come from what runs have kept.
        """
        made = self._made.get("run")
        # Two threads may make it at the same time; the first one counts.
        return made or self._made.setdefault("run", self.source.run.with_prompts(self.asked))

    @property
    def asked(self) -> Prompts:
        """What the model is asked in the end, with the logits that go back; see `run`."""
        if not self.feeds_back:
            return self.prompts
        if self._logits is not None:
            return self.prompts.with_mask_hint(self._logits)
        run = self.source.run
        try:
            return self.dialogue.asked(lambda prompts: run.with_prompts(prompts).prediction)
        except ValueError as error:
            error.add_note(_ONE_BY_ONE)
            raise


_ONE_BY_ONE = (
    "Logits are fed back, so the points are asked one after another, and this has to be possible "
    "from the first one on. Without feeding logits back they are asked together."
)
