"""The complete state of a session at one moment. Methods return the next snapshot.

Nothing here changes a snapshot, computes, draws or waits.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import UInt8

from ...corrections import Choice, Dialogue, answering
from ...geometry import Frame, Prompts
from ...model import Sam
from ...plots.style import MAP_OPACITY
from ...prediction import EncodedImage, Prediction
from ...preprocessing import Preprocessing
from ...saved_prompts import SavedPrompts, prompts_to_json
from ...scenes.ground_truth import Scene, truth_of
from ...tracing import Trace
from ...truth import Truth, region_meant
from .checks import CHECKS, THRESHOLD
from .source import Question, Source

__all__ = ["ENCODING", "OF_RUN", "THRESHOLD", "TRAITS", "Snapshot", "first_snapshot"]

ENCODING = "Encoding the picture"
_MOST_STEPS = 100  # to undo; each may hold a mask hint, of 256 KiB for released models

# What views observe, in the order of their notifications.
TRAITS: tuple[str, ...]
TRAITS = ("sam", "image", "preprocessing", "windows", "edits", "encoded", "feeds_back", "prompts")
TRAITS += ("truth", "truth_level", "chosen", "threshold", "token", "map_opacity", "prediction")
TRAITS += ("pointed", "busy", "error")
# Those that the run of a session depends on. A view of a run observes all of them.
OF_RUN = ("sam", "image", "preprocessing", "encoded", "windows", "edits", "prompts", "feeds_back")
# The fields that cancelling an encode leaves as they are.
_OF_THE_READER = ("threshold", "map_opacity", "truth_level", "error")


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
        question: the prompts and their source: model, picture, windows, edits.
        encoded, prediction, feeds_back, chosen, threshold, token, map_opacity, busy, error: as
            `Session` documents them.
        answered: the question of `prediction`; None without a prediction.
        truth, truth_level, pointed: as `Session` documents them.
        picked_over: a tuple of `chosen` as it was before a mask was picked for this prediction;
            None if none was picked.
        undo, redo: earlier and later prompts, the nearest last.
        stopped: an encode was cancelled, and not requested again since.
        turn: counts the changes of the question, to order questions.
        barrier: predictions for questions of earlier turns are dropped.
        before: while something else is encoded, the snapshot when the session was encoded last;
            None otherwise.
        asked_since: prompts have changed since `before`.
        fetch: the fetch in progress, or None.
    """

    question: Question
    encoded: EncodedImage | None = None
    prediction: Prediction | None = None
    answered: Question | None = field(default=None, repr=False)
    feeds_back: bool = True
    truth: Scene | None = field(default=None, repr=False)
    truth_level: int | None = None
    chosen: Choice = None
    picked_over: tuple[Choice] | None = None
    threshold: float = 0.0
    token: tuple[int, int] = (0, 0)
    map_opacity: float = MAP_OPACITY
    pointed: Question | None = field(default=None, repr=False)
    busy: str = ""
    error: str = ""
    undo: tuple[Dialogue, ...] = field(default=(), repr=False)
    redo: tuple[Dialogue, ...] = field(default=(), repr=False)
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
    def dialogue(self) -> Dialogue:
        """The prompts in the order in which they were given."""
        return self.question.dialogue

    @property
    def trace(self) -> Trace:
        """The run with the prompts."""
        return self.question.run

    @property
    def shown_mask(self) -> int | None:
        """The number of the mask to show, by `chosen`; None without a prediction."""
        return None if self.prediction is None else answering(self.prediction, self.chosen)

    @property
    def region_meant(self) -> int | None:
        """The true region that the prediction's prompts mean; None if none is shown."""
        if self.truth is None or self.truth_level is None or self.answered is None:
            return None
        return region_meant(self.truth, self.answered.prompts, self.truth_level)

    @property
    def shown_truth(self) -> Truth | None:
        """The picture's truth at the level that is shown; None if none is shown, or known."""
        if self.truth is None or self.truth_level is None:
            return None
        return Truth(self.truth, self.truth_level, self.image)

    @property
    def answers_example(self) -> bool:
        """Whether the prediction is for an example, not for prompts of the user."""
        return self.answered is not None and self.answered.dialogue.is_example

    @property
    def is_fed_back(self) -> bool:
        """Whether the prediction is one with logits that were fed back."""
        return self.answered is not None and self.answered.feeds_back

    @property
    def saved_prompts(self) -> str:
        """The prompts as JSON, as the model gets them, and how they came about."""
        saved = SavedPrompts(self.dialogue, self.feeds_back, self.chosen)
        asked = self.trace.prompts if self.question.feeds_back else self.prompts
        return prompts_to_json(asked, self.image.shape[:2], saved)

    @property
    def needs_an_answer(self) -> bool:
        """Whether the worker has to compute something for this state."""
        if self.encoded is None:
            return not self.stopped
        return not (self.prompts.is_empty or self.answered is self.question)

    def with_trait(self, name: str, value: Any) -> "Snapshot":
        """The state after one of its traits was set.

        Raises:
            ValueError: a value that the state can't have.
        """
        value = CHECKS[name](self.source, value) if name in CHECKS else value
        is_picked = name == "chosen" and self.picked_over is not None  # and is now permanent
        if is_same(getattr(self, name), value) and not is_picked:
            return self
        return _SETTERS.get(name, _set_alone)(self, name, value)

    def with_picked(self, mask: int) -> "Snapshot":
        """After a mask was picked for this prediction only; the next one goes by the rule again.

        Raises:
            ValueError: no mask of this model.
        """
        rule = self.picked_over or (self.chosen,)
        return replace(self.with_trait("chosen", mask), picked_over=rule)

    def with_prompts(self, prompts: Prompts) -> "Snapshot":
        """With other prompts, all used at once; `stepped` goes back to the earlier ones.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        return self.with_dialogue(Dialogue(prompts))

    def with_example(self, prompts: Prompts) -> "Snapshot":
        """After prompts were set as an example, unless there are prompts of the user.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        said = not self.prompts.is_empty and not self.dialogue.is_example
        token = self.source.frame.token_at(prompts.points[0]) if len(prompts.points) else None
        if said:
            return self
        asked = self.with_dialogue(Dialogue(prompts, is_example=True), token)
        return replace(asked, undo=self.undo, redo=self.redo)

    def with_dialogue(self, dialogue: Dialogue, token: tuple[int, int] | None = None) -> "Snapshot":
        """With these prompts, given in this order; `stepped` goes back to the earlier ones.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        CHECKS["prompts"](self.source, dialogue.prompts)
        undo = (*self.undo, self.dialogue)[-_MOST_STEPS:]
        asked = self._asked(dialogue, undo=undo, redo=())
        return asked if token is None else replace(asked, token=token)

    def with_restored(self, saved: SavedPrompts) -> "Snapshot":
        """After prompts were restored, with their `feeds_back` and `chosen` if those were saved.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        now = self.with_dialogue(saved.dialogue)
        if not saved.has_choices:
            return now
        chosen = _of_model(saved.choice, self.sam)
        return now.with_trait("feeds_back", saved.feeds_back).with_trait("chosen", chosen)

    def with_edited_prompts(
        self,
        edit: Callable[[Prompts], Prompts],
        token: Callable[[Frame], tuple[int, int]] | None,
        picture: np.ndarray | None,
    ) -> "Snapshot":
        """With prompts that were edited on `picture`.

        If that picture has been replaced, the edit applies to the state that `cancelled` goes back
        to; it is dropped if that has another picture too.
        """
        if picture is not None and picture is not self.image:
            if self.before is None or self.before.image is not picture:
                return self
            return replace(self, before=self.before.with_edited_prompts(edit, token, picture))
        prompts = edit(self.prompts)
        if prompts is self.prompts:
            return self
        dialogue = self.dialogue.then(prompts, self.chosen)
        return self.with_dialogue(dialogue, None if token is None else token(self.source.frame))

    def asked_after(self, prompts: Prompts) -> Question:
        """The question if the prompts were edited to these."""
        return self._question(self.dialogue.then(prompts, self.chosen))

    def with_pointed(self, prompts: Prompts | None) -> "Snapshot":
        """While the pointer lies where an action would set these prompts; None: nowhere."""
        if prompts is None:
            return self if self.pointed is None else replace(self, pointed=None)
        return replace(self, pointed=self.asked_after(prompts).aside)

    @property
    def as_pointed(self) -> "Snapshot":
        """The state after the action at the pointer, as far as a question goes; this one without.

        A point that would be added picks its token.
        """
        if self.pointed is None:
            return self
        points, token = self.pointed.prompts.points, self.token
        if len(points) > len(self.prompts.points):
            token = self.source.frame.token_at(points[-1])
        return replace(self, question=self.pointed, token=token, pointed=None)

    def stepped(self, forth: bool) -> "Snapshot":
        """After undo or redo; the same snapshot if there is nothing to undo or redo."""
        steps, others = (self.redo, self.undo) if forth else (self.undo, self.redo)
        if not steps:
            return self
        CHECKS["prompts"](self.source, steps[-1].prompts)
        left, others = steps[:-1], (*others, self.dialogue)
        undo, redo = (others, left) if forth else (left, others)
        return self._asked(steps[-1], undo=undo, redo=redo)

    def _question(self, dialogue: Dialogue) -> Question:
        """The question of a dialogue; if the logits shown are fed back, they are reused."""
        logits, before = None, self.dialogue.corrected
        goes_on = len(dialogue.corrected) > len(before) and dialogue.corrected[:-1] == before
        shown = self.prediction
        if goes_on and shown is not None and self.answered is self.question:
            logits = shown.logits[answering(shown, dialogue.corrected[-1][1])]
        return Question(self.source, dialogue, self.feeds_back, logits)

    def _asked(self, dialogue: Dialogue, **history: Any) -> "Snapshot":
        asked = replace(
            self,
            question=self._question(dialogue),
            pointed=None,
            error="",
            stopped=False,
            asked_since=True,
            turn=self.turn + 1,
            **history,
        )
        if self.picked_over is not None:
            asked = replace(asked, chosen=self.picked_over[0], picked_over=None)
        if dialogue.prompts.is_empty:  # a late prediction for earlier prompts is dropped
            asked = replace(asked, prediction=None, answered=None, barrier=asked.turn)
        return asked

    def starting(self, source: Source, dialogue: Dialogue, **changes: Any) -> "Snapshot":
        """With another source, which has to be encoded."""
        was_encoded = self.encoded is not None
        return replace(
            self,
            question=Question(source, dialogue, self.feeds_back),
            encoded=None,
            prediction=None,
            answered=None,
            pointed=None,
            busy=f"{ENCODING} …",
            error="",
            stopped=False,
            turn=self.turn + 1,
            barrier=self.turn + 1,
            before=replace(self, pointed=None) if was_encoded else self.before,
            asked_since=self.asked_since and not was_encoded,
            **changes,
        )

    def with_redrawn(self, source: Source, truth: Scene, dialogue: Dialogue) -> "Snapshot":
        """With the same picture redrawn, and prompts for it; other choices stay as they are.

        Unlike a new picture: what mask is shown, the level of the truth and the token are kept.

        Raises:
            ValueError: prompts that do not fit the picture.
        """
        CHECKS["prompts"](source, dialogue.prompts)
        fetch = _other_fetch(self, "image")
        return self.starting(source, dialogue, truth=truth, undo=(), redo=(), fetch=fetch)

    def with_encoded(self, source: Source, encoded: EncodedImage | None) -> "Snapshot":
        """After an encode ended (None: it failed), unless it was for another source."""
        if source is not self.source:
            return self
        before = self.before if encoded is None else None
        return replace(self, encoded=encoded, busy="", before=before)

    def with_answer(self, asked: "Snapshot", prediction: Prediction) -> "Snapshot":
        """With an earlier snapshot's prediction, unless that is outdated or of another source."""
        if asked.source is not self.source or asked.turn < self.barrier or self.prompts.is_empty:
            return self
        return replace(self, prediction=prediction, answered=asked.question, barrier=asked.turn)

    def with_failure(self, asked: "Snapshot", error: str) -> "Snapshot":
        """With the error of a question, unless there is a newer one."""
        return replace(self, error=error) if asked.turn == self.turn else self

    def cancelled(self) -> "Snapshot":
        """After a fetch or an encode was cancelled; see `Session.cancel`."""
        now = replace(self, fetch=None, busy="")
        if self.encoded is not None:
            return now
        turn: dict[str, Any] = {"turn": self.turn + 1, "barrier": self.turn + 1}
        if self.before is None:
            question = Question(self.source.again(), self.dialogue, self.feeds_back)
            return replace(now, question=question, stopped=True, **turn)
        kept = {name: getattr(self, name) for name in _OF_THE_READER}
        back = replace(self.before, busy="", fetch=None, **kept, **turn)
        if not (self.asked_since and self.image is back.image):
            return back
        dialogue, undo, redo = self._fitting(back.source.frame)
        question = Question(back.source, dialogue, back.feeds_back)
        asked: dict[str, Any] = {"question": question, "undo": undo, "redo": redo}
        return replace(back, **asked, prediction=None, answered=None)

    def again_after(self, now: "Snapshot") -> "Snapshot":
        """This earlier state again, as the one that follows `now`.

        What is computed for `now`, or was for this state, does not reach it any more.
        """
        waits = self.encoded is None and not self.stopped
        turn: dict[str, Any] = {"turn": now.turn + 1, "barrier": now.turn + 1}
        busy = f"{ENCODING} …" if waits else ""
        return replace(self, busy=busy, error="", fetch=None, pointed=None, **turn)

    def going_on(self) -> "Snapshot":
        """After `Session.go_on`: the picture is to be encoded."""
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
        """After the model's weights have changed: to be encoded again, with no way back."""
        return replace(self.starting(self.source.emptied(), self.dialogue), before=None)

    def of_picture(self, picture: np.ndarray | None) -> "Snapshot":
        """The snapshot with this picture; this one if there is none."""
        before = self.before
        return before if before is not None and before.image is picture else self

    def emptied(self) -> "Snapshot":
        """With runs with empty caches, and nothing to go back to."""
        question = Question(self.source.emptied(), self.dialogue, self.feeds_back)
        answered = question if self.answered is self.question else None  # the old one holds runs
        given: dict[str, Any] = {"question": question, "answered": answered}
        return replace(self, **given, pointed=None, before=None, fetch=None, busy="")

    def _fitting(self, frame: Frame) -> tuple[Dialogue, tuple[Dialogue, ...], tuple[Dialogue, ...]]:
        """Prompts, undo and redo without mask hints that do not fit."""
        undo, redo = (
            tuple(_with_fitting_hint(each, frame) for each in steps)
            for steps in (self.undo, self.redo)
        )
        return _with_fitting_hint(self.dialogue, frame), undo, redo


def first_snapshot(source: Source) -> Snapshot:
    """A session at its start: no prompts, and nothing encoded."""
    token = _middle(source)
    question = Question(source, Dialogue(Prompts()))
    truth, busy = truth_of(source.image), f"{ENCODING} …"
    return Snapshot(question, truth=truth, token=token, busy=busy, turn=1)


def is_same(one: object, other: object) -> bool:
    """Whether two values of a trait are the same, decided like traitlets."""
    try:
        return one is other or bool(one == other)
    except Exception:  # arrays, and others that can't be compared
        return False


def _set_alone(now: Snapshot, name: str, value: Any) -> Snapshot:
    return replace(now, **{name: value})


def _set_chosen(now: Snapshot, name: str, chosen: Choice) -> Snapshot:
    return replace(now, chosen=chosen, picked_over=None)


def _set_prompts(now: Snapshot, name: str, prompts: Prompts) -> Snapshot:
    return now.with_prompts(prompts)


def _set_image(now: Snapshot, name: str, image: np.ndarray) -> Snapshot:
    source = now.source.changed(image=image)
    (row, column), (rows, columns) = now.token, source.grid
    token = now.token if row < rows and column < columns else _middle(source)
    changes: dict[str, Any] = {
        "undo": (),
        "redo": (),
        "chosen": None,
        "picked_over": None,
        "token": token,
    }
    changes["truth"] = truth_of(image)
    return now.starting(source, Dialogue(Prompts()), fetch=_other_fetch(now, name), **changes)


def _set_sam(now: Snapshot, name: str, sam: Sam) -> Snapshot:
    how = now.preprocessing
    try:
        how.check(sam.config)
    except ValueError:  # patches of another size
        how = Preprocessing()
    source = now.source.changed(sam=sam, preprocessing=how, windows=None, edits=())
    chosen = _of_model(now.chosen, sam)
    return _with_other_input(now, source, chosen=chosen, fetch=_other_fetch(now, name))


def _set_preprocessing(now: Snapshot, name: str, how: Preprocessing) -> Snapshot:
    return _with_other_input(now, now.source.changed(preprocessing=how))


def _set_inside(now: Snapshot, name: str, value: Any) -> Snapshot:
    return now.starting(now.source.changed(**{name: value}), now.dialogue)


def _set_feeds_back(now: Snapshot, name: str, feeds_back: bool) -> Snapshot:
    """The same prompts, with the new `feeds_back` if it makes a difference."""
    now = replace(now, feeds_back=feeds_back)
    question = Question(now.source, now.dialogue, feeds_back)
    if question.feeds_back == now.question.feeds_back:
        return now
    return replace(now, question=question, error="", stopped=False, turn=now.turn + 1)


def _with_other_input(now: Snapshot, source: Source, **changes: Any) -> Snapshot:
    dialogue, undo, redo = now._fitting(source.frame)
    history = {"undo": undo, "redo": redo}
    token = now.token if source.frame == now.source.frame else _middle(source)
    return now.starting(source, dialogue, token=token, **history, **changes)


def _other_fetch(now: Snapshot, trait: str) -> Fetch | None:
    """The fetch after this trait was set: a fetch of the same trait is cancelled."""
    return now.fetch if now.fetch is not None and now.fetch.trait != trait else None


def _of_model(choice: Choice, sam: Sam) -> Choice:
    """The choice of a mask, or None if the model does not have it."""
    return None if isinstance(choice, int) and choice >= sam.config.mask_tokens else choice


def _middle(source: Source) -> tuple[int, int]:
    rows, columns = source.grid
    return rows // 2, columns // 2


def _with_fitting_hint(dialogue: Dialogue, frame: Frame) -> Dialogue:
    """The same prompts, without a mask hint of another model's or another input's size."""
    hint = dialogue.prompts.mask_hint
    fits = hint is None or hint.shape == frame.logits_size
    return dialogue if fits else replace(dialogue, prompts=dialogue.prompts.with_mask_hint(None))


_SETTERS: dict[str, Callable[[Snapshot, str, Any], Snapshot]] = {
    "chosen": _set_chosen,
    "prompts": _set_prompts,
    "image": _set_image,
    "sam": _set_sam,
    "preprocessing": _set_preprocessing,
    "windows": _set_inside,
    "edits": _set_inside,
    "feeds_back": _set_feeds_back,
}
