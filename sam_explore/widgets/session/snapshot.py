"""The whole state of a session at one moment. Methods return the next snapshot and change none.

Nothing here computes, draws or waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ...geometry import Frame, Prompts
from ...model import Sam
from ...plots.style import MAP_OPACITY
from ...prediction import EncodedImage, Prediction
from ...preprocessing import Preprocessing
from ...tracing import Trace
from .checks import CHECKS, THRESHOLD
from .source import Question, Source

__all__ = ["ENCODING", "THRESHOLD", "TRAITS", "Snapshot", "first_snapshot"]

ENCODING = "Encoding the picture"
_MOST_STEPS = 100  # that can be undone; each may hold a mask hint, of 256 KiB for released models

# What views observe, in the order of their notifications.
TRAITS = ("sam", "image", "preprocessing", "windows", "edits", "encoded", "prompts", "chosen")
TRAITS += ("threshold", "token", "map_opacity", "prediction", "busy", "error")


@dataclass(frozen=True, eq=False)
class Fetch:
    """A picture or a model that is being fetched; compared by identity.

    Args:
        trait: "image" or "sam".
    """

    trait: str


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a session at one moment.

    Args:
        question: the prompts, and what they are asked of: model, picture, windows, edits.
        encoded, prediction, chosen, threshold, token, map_opacity, busy, error: as `Session`
            documents them.
        undo, redo: earlier and later prompts, the nearest last.
        stopped: an encode was cancelled, and nothing has asked for it since.
        turn: counts the changes of what is asked, to order questions.
        barrier: answers to questions of earlier turns are dropped.
        before: what the session was when it was encoded last, while something else is encoded;
            None otherwise.
        asked_since: prompts have changed since `before`.
        fetch: what is being fetched; None when nothing is.
    """

    question: Question
    encoded: EncodedImage | None = None
    prediction: Prediction | None = None
    chosen: int | None = None
    threshold: float = 0.0
    token: tuple[int, int] = (0, 0)
    map_opacity: float = MAP_OPACITY
    busy: str = ""
    error: str = ""
    undo: tuple[Prompts, ...] = field(default=(), repr=False)
    redo: tuple[Prompts, ...] = field(default=(), repr=False)
    stopped: bool = False
    turn: int = 0
    barrier: int = 0
    before: "Snapshot | None" = field(default=None, repr=False)
    asked_since: bool = False
    fetch: Fetch | None = field(default=None, repr=False)

    @property
    def source(self) -> Source:
        """Model, picture, preprocessing, windows and edits, and their runs."""
        return self.question.source

    @property
    def sam(self) -> Sam:
        return self.source.sam

    @property
    def image(self) -> UInt8[np.ndarray, "height width 3"]:
        return self.source.image

    @property
    def preprocessing(self) -> Preprocessing:
        return self.source.preprocessing

    @property
    def windows(self) -> tuple[int, ...] | None:
        return self.source.windows

    @property
    def edits(self) -> tuple:
        return self.source.edits

    @property
    def prompts(self) -> Prompts:
        return self.question.prompts

    @property
    def trace(self) -> Trace:
        """The run that answers the prompts."""
        return self.question.run

    @property
    def shown_mask(self) -> int | None:
        """The mask to look at: the chosen one, else the model's choice; None without prediction."""
        if self.prediction is None:
            return None
        return self.prediction.chosen if self.chosen is None else self.chosen

    @property
    def needs_an_answer(self) -> bool:
        """Whether the worker has to compute something for this state."""
        if self.encoded is None:
            return not self.stopped
        answered = self.prediction is not None and self.prediction.prompts is self.prompts
        return not (self.prompts.is_empty or answered)

    def with_trait(self, name: str, value: Any) -> "Snapshot":
        """The state after one of its traits was set.

        Raises:
            ValueError: a value that the state can't have.
        """
        value = CHECKS[name](self.source, value) if name in CHECKS else value
        if is_same(getattr(self, name), value):
            return self
        return _SETTERS.get(name, _set_alone)(self, name, value)

    def with_prompts(self, prompts: Prompts, token: tuple[int, int] | None = None) -> "Snapshot":
        """With other prompts; `stepped` goes back to the earlier ones.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        CHECKS["prompts"](self.source, prompts)
        undo = (*self.undo, self.prompts)[-_MOST_STEPS:]
        asked = self._asked(prompts, undo=undo, redo=())
        return asked if token is None else replace(asked, token=token)

    def with_edited_prompts(
        self,
        edit: Callable[[Prompts], Prompts],
        token: Callable[[Frame], tuple[int, int]] | None,
        picture: np.ndarray | None,
    ) -> "Snapshot":
        """With prompts that were edited on `picture`.

        If another picture has taken its place, the edit goes to where `cancelled` goes back to;
        it is dropped if that is not the picture either.
        """
        if picture is not None and picture is not self.image:
            if self.before is None or self.before.image is not picture:
                return self
            return replace(self, before=self.before.with_edited_prompts(edit, token, picture))
        prompts = edit(self.prompts)
        if prompts is self.prompts:
            return self
        return self.with_prompts(prompts, None if token is None else token(self.source.frame))

    def stepped(self, forth: bool) -> "Snapshot":
        """After undo or redo; the same snapshot if there is nothing to undo or redo."""
        steps, others = (self.redo, self.undo) if forth else (self.undo, self.redo)
        if not steps:
            return self
        CHECKS["prompts"](self.source, steps[-1])
        left, others = steps[:-1], (*others, self.prompts)
        undo, redo = (others, left) if forth else (left, others)
        return self._asked(steps[-1], undo=undo, redo=redo)

    def _asked(self, prompts: Prompts, **history: tuple[Prompts, ...]) -> "Snapshot":
        asked = replace(
            self,
            question=Question(self.source, prompts),
            error="",
            stopped=False,
            asked_since=True,
            turn=self.turn + 1,
            **history,
        )
        if prompts.is_empty:  # a late answer to what was asked before is dropped
            asked = replace(asked, prediction=None, barrier=asked.turn)
        return asked

    def starting(self, source: Source, prompts: Prompts, **changes: Any) -> "Snapshot":
        """With another input of the encode, which has to run again."""
        was_encoded = self.encoded is not None
        return replace(
            self,
            question=Question(source, prompts),
            encoded=None,
            prediction=None,
            busy=f"{ENCODING} …",
            error="",
            stopped=False,
            turn=self.turn + 1,
            barrier=self.turn + 1,
            before=self if was_encoded else self.before,
            asked_since=self.asked_since and not was_encoded,
            **changes,
        )

    def with_encoded(self, source: Source, encoded: EncodedImage | None) -> "Snapshot":
        """After an encode ended (None: it failed), unless it was of another source."""
        if source is not self.source:
            return self
        before = self.before if encoded is None else None
        return replace(self, encoded=encoded, busy="", before=before)

    def with_answer(self, asked: "Snapshot", prediction: Prediction) -> "Snapshot":
        """With the answer to an earlier snapshot, unless that has another source or is too old."""
        if asked.source is not self.source or asked.turn < self.barrier or self.prompts.is_empty:
            return self
        return replace(self, prediction=prediction, barrier=asked.turn)

    def with_failure(self, asked: "Snapshot", error: str) -> "Snapshot":
        """With the error of what was asked, unless something newer has been asked since."""
        return replace(self, error=error) if asked.turn == self.turn else self

    def cancelled(self) -> "Snapshot":
        """After a fetch or an encode was cancelled; see `Session.cancel`."""
        now = replace(self, fetch=None, busy="")
        if self.encoded is not None:
            return now
        turn = {"turn": self.turn + 1, "barrier": self.turn + 1}
        if self.before is None:
            question = Question(self.source.again(), self.prompts)
            return replace(now, question=question, stopped=True, **turn)
        kept = {name: getattr(self, name) for name in ("threshold", "map_opacity", "error")}
        back = replace(self.before, busy="", fetch=None, **kept, **turn)
        if not (self.asked_since and self.image is back.image):
            return back
        prompts, undo, redo = self._fitting(back.source.frame)
        question = Question(back.source, prompts)
        return replace(back, question=question, undo=undo, redo=redo, prediction=None)

    def going_on(self) -> "Snapshot":
        """After `Session.go_on`: the picture is to be encoded after all."""
        return replace(self, error="", stopped=False, turn=self.turn + 1)

    def with_fetched(self, fetch: Fetch, value: Any) -> "Snapshot":
        """With the result of a fetch; the same snapshot if it was cancelled."""
        if self.fetch is not fetch:
            return self
        return self.with_fetch_ended(fetch).with_trait(fetch.trait, value)

    def with_fetch_ended(self, fetch: Fetch) -> "Snapshot":
        """After a fetch without a result; the same snapshot if it was cancelled."""
        return replace(self, fetch=None, busy="") if self.fetch is fetch else self

    def renewed(self) -> "Snapshot":
        """After the model's weights have changed: encoded again, with nothing to go back to."""
        return replace(self.starting(self.source.emptied(), self.prompts), before=None)

    def of_picture(self, picture: np.ndarray | None) -> "Snapshot":
        """The snapshot that this picture belongs to; this one if that is gone."""
        before = self.before
        return before if before is not None and before.image is picture else self

    def emptied(self) -> "Snapshot":
        """With runs whose caches are empty, and nothing to go back to."""
        question = Question(self.source.emptied(), self.prompts)
        return replace(self, question=question, before=None, fetch=None, busy="")

    def _fitting(self, frame: Frame) -> tuple[Prompts, tuple[Prompts, ...], tuple[Prompts, ...]]:
        """Prompts, undo and redo without mask hints that do not fit."""
        undo, redo = (
            tuple(_with_fitting_hint(each, frame) for each in steps)
            for steps in (self.undo, self.redo)
        )
        return _with_fitting_hint(self.prompts, frame), undo, redo


def first_snapshot(source: Source) -> Snapshot:
    """A session at its start: no prompts, and nothing encoded."""
    token = _middle(source)
    return Snapshot(Question(source, Prompts()), token=token, busy=f"{ENCODING} …", turn=1)


def is_same(one: object, other: object) -> bool:
    """Whether two values of a trait are the same, as traitlets decides it."""
    try:
        return one is other or bool(one == other)
    except Exception:  # arrays, and others that can't be compared
        return False


def _set_alone(now: Snapshot, name: str, value: Any) -> Snapshot:
    return replace(now, **{name: value})


def _set_prompts(now: Snapshot, name: str, prompts: Prompts) -> Snapshot:
    return now.with_prompts(prompts)


def _set_image(now: Snapshot, name: str, image: np.ndarray) -> Snapshot:
    source = now.source.changed(image=image)
    (row, column), (rows, columns) = now.token, source.grid
    token = now.token if row < rows and column < columns else _middle(source)
    changes = {"undo": (), "redo": (), "chosen": None, "token": token}
    return now.starting(source, Prompts(), fetch=_other_fetch(now, name), **changes)


def _set_sam(now: Snapshot, name: str, sam: Sam) -> Snapshot:
    how = now.preprocessing
    try:
        how.check(sam.config)
    except ValueError:  # patches of another size
        how = Preprocessing()
    source = now.source.changed(sam=sam, preprocessing=how, windows=None, edits=())
    has_chosen = now.chosen is None or now.chosen < sam.config.mask_tokens
    chosen = now.chosen if has_chosen else None
    return _with_other_input(now, source, chosen=chosen, fetch=_other_fetch(now, name))


def _set_preprocessing(now: Snapshot, name: str, how: Preprocessing) -> Snapshot:
    return _with_other_input(now, now.source.changed(preprocessing=how))


def _set_inside(now: Snapshot, name: str, value: Any) -> Snapshot:
    return now.starting(now.source.changed(**{name: value}), now.prompts)


def _with_other_input(now: Snapshot, source: Source, **changes: Any) -> Snapshot:
    prompts, undo, redo = now._fitting(source.frame)
    history = {"undo": undo, "redo": redo}
    return now.starting(source, prompts, token=_middle(source), **history, **changes)


def _other_fetch(now: Snapshot, trait: str) -> Fetch | None:
    """The fetch that goes on when this trait is set: a fetch of the same trait is cancelled."""
    return now.fetch if now.fetch is not None and now.fetch.trait != trait else None


def _middle(source: Source) -> tuple[int, int]:
    rows, columns = source.grid
    return rows // 2, columns // 2


def _with_fitting_hint(prompts: Prompts, frame: Frame) -> Prompts:
    """The same prompts, without a mask hint of another model's or another input's size."""
    hint = prompts.mask_hint
    fits = hint is None or hint.shape == frame.logits_size
    return prompts if fits else prompts.with_mask_hint(None)


_SETTERS = {
    "prompts": _set_prompts,
    "image": _set_image,
    "sam": _set_sam,
    "preprocessing": _set_preprocessing,
    "windows": _set_inside,
    "edits": _set_inside,
}
