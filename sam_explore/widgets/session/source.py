"""The input of an encode (source), and prompts for it (question), each with its runs."""

from dataclasses import astuple, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from ...corrections import Dialogue
from ...geometry import Frame, Prompts
from ...model import Sam
from ...preprocessing import Preprocessing
from ...tracing import Trace, aside_of
from ...tracing.interventions import Intervention


@dataclass(frozen=True, eq=False)
class Source:
    """A picture in a model, with windows and edits; `source_of` makes it.

    Sources are compared by identity.

    Args:
        sam: the model.
        image: the picture, read-only.
        preprocessing: how the picture becomes the model's input.
        windows: each block's window in tokens; None for the trained ones.
        edits: changes inside the run.
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
        """Whether the model's weights have changed since the runs were made."""
        try:
            self.run.engine.refuse_changed_weights()
        except RuntimeError:
            return True
        return False

    @cached_property
    def aside(self) -> "Source":
        """The same for prompts that come and go; they leave the cache of the runs to others."""
        return replace(self, run=aside_of(self.run))

    def changed(self, **changes: object) -> "Source":
        """A source with other windows, edits, preprocessing, picture or model.

        Raises:
            ValueError: a value that does not fit the others.
        """
        given: dict[str, Any] = {
            name: changes.get(name, getattr(self, name))
            for name in ("sam", "image", "preprocessing", "windows", "edits")
        }
        is_same_input = not changes.keys() & {"sam", "image", "preprocessing"}
        return source_of(**given, plain=self.plain if is_same_input else None)

    def again(self) -> "Source":
        """An equal source, for which results of this one don't count."""
        return replace(self)

    def emptied(self) -> "Source":
        """The same with runs that have not computed anything yet."""
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
    """Make a source.

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
    """Prompts for a source, with the logits that are fed back. Immutable.

    Args:
        source: the source.
        dialogue: the prompts, which fit its frame, and which of them are corrections.
        feeds_back: whether logits are fed back with corrections.
        logits: those that are fed back, if they are known already.
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
        """The user's prompts, without logits that are fed back."""
        return self.dialogue.prompts

    @property
    def aside(self) -> "Question":
        """The same question, asked of `Source.aside`."""
        return Question(self.source.aside, self.dialogue, self.feeds_back, self._logits)

    @property
    def run(self) -> Trace:
        """The run with these prompts; every thread gets the same one.

        It is made here, and not earlier, since an edit that these prompts don't allow raises.
        Logits that are fed back and not known yet are computed now, or come from the cache of the
        runs.
        """
        made = self._made.get("run")
        # Two threads may make it at the same time; the first one counts.
        return made or self._made.setdefault("run", self.source.run.with_prompts(self.asked))

    @property
    def asked(self) -> Prompts:
        """The prompts that the model gets, with the logits that are fed back; see `run`."""
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
