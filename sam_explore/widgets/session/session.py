"""The state that all views of a page share: a picture, prompts, and what the model answers."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, wraps
from pathlib import Path
from typing import Any

import numpy as np
from traitlets import Bunch

from ...geometry import FOREGROUND, Frame, Prompts
from ...images import Picture, as_picture
from ...model import Sam
from ...model.lock import lock_of
from ...prediction import check_model
from ...preprocessing import Preprocessing, Side
from ...saved_prompts import saved_from_json, text_of_file
from ...tracing import Cancelled, Trace, between_steps
from ...truth import mask_in
from .as_python import as_python
from .errors import in_words
from .owner import Owner
from .prediction_runner import PredictionRunner
from .snapshot import TRAITS, Fetch, Snapshot, first_snapshot, is_same
from .source import source_of
from .traits import SharedState
from .turns import Turns
from .worker import (
    DRAWINGS,
    EXPLORERS,
    FETCHES,
    PROMPTS,
    WAITS_FOR_ITSELF,
    Job,
    Priority,
    Worker,
    is_document_built,
)

_LOG = logging.getLogger(__name__)


class Session(SharedState):
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
        sam, image: as above; a new one is encoded. A new image drops the prompts. `cancel`
            goes back, as long as that is not done.
        preprocessing: the name, the side and whether the aspect is kept, as `set_preprocessing`
            puts them together. Another one is encoded again and drops a hint that does not fit.
        encoded: the encoded picture, None until that is done.
        prompts: what the reader asks now. Set from Python, they are asked at once, as `sx.predict`
            asks them.
        feeds_back: whether the logits of the mask that was shown go back to the model with each
            click that corrects it. `trace.prompts` are those that the model is asked in the end.
        chosen: which mask answers: None takes the model's choice as published, "best" the best
            predicted IoU of all, 0 to 3 always that mask. See also `pick_mask`.
        truth: what is truly in the picture, as a scene; examples and scenes bring theirs. Set it to
            a mask, or to a file of one (white is inside), for a picture of your own.
        truth_level: the level of the true region that is shown and compared: 0 for the whole under
            the first foreground point, 1 for a part, 2 for a sub-part, None for no truth.
        threshold: a mask is where its logits exceed this.
        token: the picked image token (row, column), in the middle at first; `add_point` picks the
            one under the point.
        map_opacity: of all maps that lie over the picture, 0 to 1; 1 shows the maps alone.
        windows: each block's window in tokens, 0 for global; None for the trained ones. Tables of
            relative positions are interpolated to others; `WindowEffect` can also crop them.
        edits: what is changed inside the run: `sx.interventions`, or pairs of a hook point's name
            and a function, as in `Trace.with_edit`.
        prediction: the latest answer, None without prompts. In a flood of prompts it may belong to
            slightly older ones (see its `prompts`), never to another picture.
        busy: what takes long just now, or "".
        error: what went wrong in the last action, or "".

    Attributes:
        now: all of that at one moment, as one immutable `Snapshot`. What reads several traits that
            belong together reads them there.
        at_length: names of what takes long just now in the worker.

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
        how = Preprocessing(preprocessing, side, keep_aspect)
        how.check(sam.config)
        self._owner = Owner(first_snapshot(source_of(sam, _own_picture(image), how)))
        super().__init__()
        self._notified = {name: getattr(self.now, name) for name in TRAITS}
        changed = threading.Condition()  # of the two queues, so that both can be waited for
        self._worker = Worker(synchronous=synchronous or is_document_built(), changed=changed)
        self._turns = Turns(changed, self._hand_over, self._show_error)
        self._runner = PredictionRunner(lambda: self.now, self.change, self._worker)
        self.at_length: set[str] = set()
        self.submit("answer", self._runner.answer)

    def __repr__(self) -> str:
        now = self.now
        (height, width), (rows, columns) = now.image.shape[:2], now.source.grid
        return (
            f"Session({now.sam.config.name}, picture {width} wide and {height} high, {rows} x "
            f"{columns} tokens, {now.prompts!r})"
        )

    @property
    def now(self) -> Snapshot:
        """The session at this moment; it never changes."""
        return self._owner.now

    @property
    def frame(self) -> Frame:
        """Where the picture is in the model's input."""
        return self.now.source.frame

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the image tokens."""
        return self.now.source.grid

    @property
    def unprompted(self) -> Trace:
        """`trace` without prompts: one and the same for all prompts, which share its results."""
        return self.now.source.run

    @property
    def trace(self) -> Trace:
        """The trace for the current state; the same one until the state changes.

        Nothing is computed before a tensor or the prediction is asked of it, but for logits that go
        back with a click and are not known yet: then the clicks before are asked now.
        """
        return self.now.trace

    @property
    def shown_mask(self) -> int | None:
        """The mask to look at, as `chosen` says; None without prediction."""
        return self.now.shown_mask

    @property
    def stopped(self) -> bool:
        """Whether an encode was cancelled, and nothing has asked for it since."""
        return self.now.stopped

    @property
    def can_undo(self) -> bool:
        """Whether `undo` would change anything."""
        return bool(self.now.undo)

    @property
    def can_redo(self) -> bool:
        """Whether `redo` would change anything."""
        return bool(self.now.redo)

    @property
    def can_go_back(self) -> bool:
        """Whether `cancel` would bring something back that was encoded."""
        return self.now.before is not None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._worker.closed

    @property
    def synchronous(self) -> bool:
        """Whether each change is answered when it returns."""
        return self._worker.synchronous

    @property
    def code(self) -> str:
        """Python that gives the prediction and the mask shown, in a fresh interpreter."""
        return as_python(self.now)

    def change(self, step: Callable[[Snapshot], Snapshot]) -> None:
        """Go on to the snapshot that `step` makes of the current one, and notify all views.

        `step` may be called several times, when other threads change the state meanwhile: it must
        do nothing but return a snapshot. What it raises leaves everything as it was.
        """
        change = self._owner.change(step)
        if change.new is change.old:
            return
        try:
            self._turns.run(self._notify)
        finally:
            if change.new.turn != change.old.turn and change.new.needs_an_answer:
                self.submit("answer", self._runner.answer)

    def plain_trace(self) -> Trace:
        """A run of the picture in the trained windows, without prompts and edits."""
        return self.now.source.plain

    def set_in_snapshot(self, name: str, value: Any) -> None:
        """Set a trait: go on to the snapshot that has the new value."""
        if name == "image" and value is not self.image:
            value = self._known_picture(value)
        if name == "truth" and isinstance(value, str | Path):
            value = mask_in(as_picture(value))
        self.change(lambda now: now.with_trait(name, value))

    def set_preprocessing(
        self, name: str = "original", side: Side = None, keep_aspect: bool = False
    ) -> None:
        """Use another preprocessing, as in `sx.encode`.

        Raises:
            ValueError: a size that the model, the windows or the edits can't have; nothing changes.
        """
        self.preprocessing = Preprocessing(name, side, keep_aspect)

    def add_point(
        self,
        point_px: Sequence[float],
        label: int = FOREGROUND,
        *,
        picture: np.ndarray | None = None,
    ) -> None:
        """Add a point to the prompts. It corrects the mask that is shown; see `feeds_back`.

        Args:
            point_px: x, y in pixels of the picture.
            label: 1 on the object, 0 off it.
            picture: as in `edit_prompts`.

        Raises:
            ValueError: a point outside the picture, or another label; nothing changes.
        """
        self.edit_prompts(
            lambda prompts: prompts.with_point(point_px, label), point_px, picture=picture
        )

    def show_example(self, point_px: Sequence[float], label: int = FOREGROUND) -> None:
        """Ask with a point as an example: it is drawn as one, and the first click replaces it.

        Nothing happens if the reader has asked something already.

        Args:
            point_px, label: as in `add_point`.

        Raises:
            ValueError: a point outside the picture, or another label; nothing changes.
        """
        prompts = Prompts().with_point(point_px, label)
        self.change(lambda now: now.with_example(prompts))

    def set_box(self, box_px: Sequence[float] | None, *, picture: np.ndarray | None = None) -> None:
        """Replace the box by this one: (x0, y0, x1, y1) in pixels of the picture.

        Args:
            box_px: the box, None for none.
            picture: as in `edit_prompts`.

        Raises:
            ValueError: corners in the wrong order, or not numbers; nothing changes.
        """
        self.edit_prompts(lambda prompts: prompts.with_box(box_px), picture=picture)

    def edit_prompts(
        self,
        edit: Callable[[Prompts], Prompts],
        point_px: Sequence[float] | None = None,
        *,
        picture: np.ndarray | None = None,
    ) -> None:
        """Change the prompts in one step, in which no edit by another thread gets lost.

        Args:
            edit: gives the new prompts from the present ones. It may be called several times. A
                point that it puts behind the others corrects the mask that is shown.
            point_px: x, y in pixels of the picture, whose token becomes the picked one.
            picture: the session's `image` that was looked at. If another has taken its place, the
                edit goes to where `cancel` goes back to, or nowhere if that is gone too.

        Raises:
            ValueError: prompts that do not fit; nothing changes.
        """
        token = None if point_px is None else (lambda frame: frame.token_at(point_px))
        self.change(lambda now: now.with_edited_prompts(edit, token, picture))

    def pick_mask(self, mask: int) -> None:
        """Look at a mask of this answer; what is asked next is answered as `chosen` was before.

        Raises:
            ValueError: no mask of this model.
        """
        self.change(lambda now: now.with_picked(mask))

    def clear(self) -> None:
        """Drop all prompts. `undo` brings them back."""
        self.edit_prompts(lambda prompts: prompts if prompts.is_empty else Prompts())

    def undo(self) -> None:
        """Take back the last change of the prompts, up to a hundred; nothing when there is none."""
        self.change(lambda now: now.stepped(forth=False))

    def redo(self) -> None:
        """Do again what `undo` took back last; nothing happens after another change."""
        self.change(lambda now: now.stepped(forth=True))

    def save_prompts(self, path: str | Path) -> None:
        """Write the prompts to a JSON file, with the picture's size, and how they are asked.

        Logits that are fed back are in it as a mask hint; they are computed if they are not yet.
        """
        Path(path).expanduser().write_text(self.now.saved_prompts, "utf-8")

    def restore_prompts(self, path: str | Path) -> None:
        """Load prompts from a file that `save_prompts` wrote; `undo` brings back the earlier ones.

        If they were for a picture of another size, points and box move in proportion. What was
        chosen for them, `feeds_back` and `chosen`, is set as it was.

        Raises:
            OSError: there is no such file.
            ValueError: a file of another kind, or prompts that do not fit; nothing changes.
        """
        self.restore(text_of_file(path))

    def restore(self, text: str) -> None:
        """Take prompts as `restore_prompts` does, from the text of such a file.

        Raises:
            ValueError: text of another kind, or prompts that do not fit; nothing changes.
        """
        self.change(lambda now: now.with_restored(saved_from_json(text, now.image.shape[:2])))

    def fetch(self, name: str, get: Callable[[], Any], doing: str) -> None:
        """Let the worker fetch a picture or a model, between two blocks if need be, and use it.

        A failure is shown as `error`, and nothing changes. `cancel` and a later fetch cancel it.

        Args:
            name: the trait, "image" or "sam".
            get: reads a file, or the like.
            doing: what that is, for `busy`.
        """
        fetch = Fetch(name)
        self.change(lambda now: replace(now, fetch=fetch))

        def job() -> None:
            if self.now.fetch is fetch:
                self.change(lambda now: now.with_trait("busy", f"{doing} …"))
                self._take_fetched(fetch, get)

        self.submit("fetch", job, FETCHES)

    def cancel(self) -> None:
        """Give up what is being opened or encoded, and go back to what was encoded last.

        Picture, model, windows and edits are as they were, and so are the prompts; those that were
        given to the same picture meanwhile stay. When nothing was encoded before, everything stays
        as it is, and nothing is encoded until prompts come or `go_on` is called. An encode ends
        after the block that is under way; a file that is being read is read to its end, and
        dropped. Nothing happens when there is nothing to cancel.
        """
        self.change(lambda now: now.cancelled())

    def go_on(self) -> None:
        """Encode the picture after all, when that was cancelled or has failed."""
        self.change(lambda now: now.going_on())

    def submit(self, name: str, job: Job, priority: Priority = PROMPTS) -> None:
        """Let the worker run `job`, the latest of its name; a failure is shown as `error`.

        A priority that is a function is asked when a job is chosen: at None its job waits.
        """
        self._worker.submit(name, self._reported(job), priority)

    def reconsider(self) -> None:
        """Ask the priorities that are functions again, as when a view has come into sight."""
        self._worker.reconsider()

    def give_way(self, priority: int = EXPLORERS) -> None:
        """To be called often in a long job of this priority: runs waiting jobs of higher priority.

        Raises:
            Cancelled: the session was closed.
        """
        with between_steps(lambda what: None):  # the other job's progress is not shown
            self._worker.give_way(priority)
        if self._worker.closed:
            raise Cancelled

    def run_in_turn(self, task: Callable[[], None]) -> None:
        """Run a task that draws or changes a view: one at a time, in order, as notifications do.

        It runs at once, or soon in the thread that is at work for a view just now.
        """
        self._turns.run(task)

    def guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, run in turn; its exceptions are logged and shown as `error`, and end nothing.

        All that the page calls is guarded, and all that observes this session for a view.
        """
        reported = self._reported(callback)

        @wraps(callback)
        def guarded(*args: object, **kwargs: object) -> None:
            self._turns.run(partial(reported, *args, **kwargs))

        return guarded

    def action(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, guarded, as something the user does: an older error goes."""

        @wraps(callback)
        def act(*args: object, **kwargs: object) -> None:
            self.error = ""
            callback(*args, **kwargs)

        return self.guard(act)

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the model has answered and the views have drawn the latest state.

        Views that are out of sight in the browser, which would wait, are drawn too.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
            RuntimeError: called where it would wait for itself: by what the session itself runs,
                such as an observer of `prediction`, or inside of `sx.record` or `sx.edit`.
        """
        self._refuse_to_wait_for_itself()
        self._turns.run_waiting()
        if not self._worker.settle(timeout, also=lambda: self._turns.is_idle):
            busy = self.busy
            doing = f" ({busy})" if busy else ""
            raise TimeoutError(
                f"The session is still at work after {timeout:g} s{doing}. "
                "Wait longer: session.settle(timeout=...)."
            )

    def close(self) -> None:
        """End the worker; views of this session stop following. May be called twice.

        What is being computed stops at its next step, and what traces have cached is let go:
        whoever asks the session for its `trace` again computes it again.
        """
        # Inside of sx.record the worker may wait for the model, which this thread holds.
        self._worker.close(wait=not lock_of(self.sam).is_mine)
        self._turns.run_waiting()
        self.change(lambda now: now.emptied())

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _take_fetched(self, fetch: Fetch, get: Callable[[], Any]) -> None:
        """Run a fetch and use its result, unless it was cancelled meanwhile."""
        try:
            value = get()
            value = _own_picture(value) if fetch.trait == "image" else value
            # One step from what is said of the fetch to what is said of the encode.
            self.change(lambda now: now.with_fetched(fetch, value))
        except Exception:
            if self.now.fetch is not fetch:
                return
            self.change(lambda now: now.with_fetch_ended(fetch))
            raise

    def _known_picture(self, image: Any) -> np.ndarray:
        """The picture, copied unless it is one of this session's own already."""
        before = self.now.before
        return image if before is not None and image is before.image else _own_picture(image)

    def _notify(self) -> None:
        """Notify observers of what has changed since the last call, even if one of them raises.

        What is told is the state of now, so whatever comes last is true, also when an observer
        changes the state itself.
        """
        errors = []
        for name in TRAITS:
            was, is_now = self._notified[name], getattr(self.now, name)
            if is_same(was, is_now):
                continue
            self._notified[name] = is_now
            try:
                self.notify_change(Bunch(name=name, old=was, new=is_now, owner=self, type="change"))
            except Exception as error:
                errors.append(error)
        for later in errors[1:]:
            self._show_error(later)
        if errors:
            raise errors[0]

    def _reported(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, with its exceptions logged and shown."""

        @wraps(callback)
        def reported(*args: object, **kwargs: object) -> None:
            try:
                callback(*args, **kwargs)
            except Exception as error:
                self._show_error(error)

        return reported

    def _show_error(self, error: Exception) -> None:
        _LOG.error("A callback failed: %s", error, exc_info=error)
        words = in_words(error)
        try:
            self.change(lambda now: now.with_trait("error", words))
        except Exception:  # an observer of `error` raises too
            _LOG.exception("The error could not be shown.")

    def _hand_over(self) -> bool:
        """Let the worker draw what is waiting; False if there is no worker thread."""
        if self.synchronous or self.closed or self._worker.is_mine:
            return False
        self._worker.submit("draw", self._turns.run_waiting, DRAWINGS)
        return True

    def _refuse_to_wait_for_itself(self) -> None:
        if self._worker.is_mine or self._turns.is_mine:
            raise RuntimeError(WAITS_FOR_ITSELF)
        if lock_of(self.sam).is_mine:
            raise RuntimeError(
                "settle() was called inside of sx.record or sx.edit, which hold the model: the "
                "session could not run it, and settle() would wait for itself. Leave that context "
                "first, or use trace.read and trace.with_edit, which hold nothing."
            )


def _own_picture(image: Any) -> np.ndarray:
    """A read-only copy."""
    image = as_picture(image).copy()
    image.setflags(write=False)
    return image
