"""The state that all views of a page share: a picture, prompts, and the model's prediction."""

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
from ...truth import Truth, mask_in
from .as_python import as_python
from .errors import in_words
from .ipykernel_queue import keep_all_messages
from .job_queue import DRAWINGS, EXPLORERS, FETCHES, PROMPTS, Job, Priority
from .owner import Owner
from .prediction_runner import PredictionRunner
from .serial_executor import SerialExecutor
from .snapshot import TRAITS, Fetch, Snapshot, first_snapshot, is_same
from .source import source_of
from .traits import SharedState
from .worker import WAITS_FOR_ITSELF, Worker, is_document_built

_LOG = logging.getLogger(__name__)


class Session(SharedState):
    """One picture, its prompts and the model's prediction, shared by all views.

    Set a trait, from Python or through a view, and all views show it. The model runs in its own
    thread: `prompts` change at once, `prediction` follows, and `settle` waits for it. All results
    come from `trace`, so views share them.

    Args:
        sam: the model, as `sam_explore.load` returns it.
        image: a picture as in `sx.encode`. The session keeps a copy, RGB from 0 to 255.
        preprocessing, side, keep_aspect: how it becomes the model's input, as in `sx.encode`.
        synchronous: compute in the calling thread, so that a change is complete when it returns. If
            the environment variable SAM_EXPLORE_SYNCHRONOUS is 1, all sessions do so.

    Traits:
        sam, image: as above; a new one is encoded. A new image drops the prompts. `cancel` goes
            back until the encode has ended.
        preprocessing: the name, the side and whether the aspect is kept, as in `set_preprocessing`.
            With a new one the picture is encoded again, and a hint that does not fit is dropped.
        encoded: the encoded picture, None until the first encode has ended.
        prompts: the current prompts. If set from Python, all are used at once, as in `sx.predict`.
        feeds_back: whether the logits of the mask that was shown are fed back to the model with
            each click that corrects it. `trace.prompts` are the prompts that the model gets.
        chosen: which mask is shown: None for the model's choice as published, "best" for the best
            predicted IoU of all, 0 to 3 for always that mask. See also `pick_mask`.
        truth: the picture's ground truth, as a scene; examples and scenes have one. For a picture
            of your own, set it to a mask, or to the file of a mask (white is inside).
        truth_level: the level of the true region that is shown and compared: 0 for the whole under
            the first foreground point, 1 for a part, 2 for a sub-part, None for no truth.
        threshold: a mask is where its logits exceed this.
        token: the picked image token (row, column), in the middle at first; `add_point` picks the
            one under the point.
        map_opacity: of all maps over the picture, 0 to 1; 1 shows the maps alone.
        windows: each block's window in tokens, 0 for global; None for the trained ones. Tables of
            relative positions are interpolated to other windows; `WindowEffect` can also crop them.
        edits: changes inside the run: `sx.interventions`, or pairs of a hook point's name and a
            function, as in `Trace.with_edit`.
        prediction: the latest prediction, None without prompts. While many prompts come it may be
            for slightly older ones (see its `prompts`), but never for another picture.
        pointed: while a preview shows what an action at the pointer would do, the question that it
            would ask, else None; see `point_at`. Views in sight that are quick enough follow it.
        busy: the long task that is running, or "".
        error: what went wrong in the last action, or "".

    Attributes:
        now: all of that as one immutable `Snapshot`. Read several traits that belong together from
            there.
        at_length: names of the long tasks that are running in the worker.

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
        keep_all_messages()
        self._owner = Owner(first_snapshot(source_of(sam, _own_picture(image), how)))
        super().__init__()
        self._notified = {name: getattr(self.now, name) for name in TRAITS}
        changed = threading.Condition()  # of both queues, so that one can wait for both
        self._worker = Worker(synchronous=synchronous or is_document_built(), changed=changed)
        self._turns = SerialExecutor(changed, self._hand_over, self._show_error)
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
        """The current state as a snapshot, which never changes."""
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
        """`trace` without prompts: the same one for all prompts, which share its results."""
        return self.now.source.run

    @property
    def trace(self) -> Trace:
        """The trace of the current state; the same one until the state changes.

        Nothing is computed before a tensor or the prediction is read, with one exception: logits
        that are fed back with a click, if they are not known yet, are predicted for the earlier
        clicks now.
        """
        return self.now.trace

    @property
    def shown_mask(self) -> int | None:
        """The number of the mask to show, by `chosen`; None without a prediction."""
        return self.now.shown_mask

    @property
    def shown_truth(self) -> Truth | None:
        """What masks are compared with: `truth` at `truth_level`; None if none is shown, or known.

        Probes that show predicted IoU take it: `sx.probes.RawLogits(truth=session.shown_truth)`.
        """
        return self.now.shown_truth

    @property
    def stopped(self) -> bool:
        """Whether an encode was cancelled, and not requested again since."""
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
        """Whether `cancel` would go back to something that was encoded."""
        return self.now.before is not None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._worker.closed

    @property
    def synchronous(self) -> bool:
        """Whether each change is complete when it returns."""
        return self._worker.synchronous

    @property
    def code(self) -> str:
        """Python code for the prediction and the mask shown, for a new interpreter."""
        return as_python(self.now)

    def change(self, step: Callable[[Snapshot], Snapshot]) -> None:
        """Replace the current snapshot by the one that `step` makes of it, and notify all views.

        `step` may be called several times if other threads change the state meanwhile, so it must
        do nothing but return a snapshot. If it raises, nothing changes.
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
        """A run on the picture with the trained windows, without prompts and edits."""
        return self.now.source.plain

    def set_in_snapshot(self, name: str, value: Any) -> None:
        """Set a trait: replace the snapshot by one with the new value."""
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
        """Set a point as an example: it is drawn as one, and the first click replaces it.

        Nothing happens if there are prompts already.

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
            box_px: the box, None to remove it.
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
        """Change the prompts in one step, without losing edits by other threads.

        Args:
            edit: returns the new prompts for the current ones. It may be called several times. A
                point that it adds after the others corrects the mask that is shown.
            point_px: x, y in pixels of the picture; its token becomes the picked one.
            picture: the session's `image` that the user saw. If it has been replaced, the edit
                applies to the state that `cancel` goes back to, or is dropped if that has another
                picture too.

        Raises:
            ValueError: prompts that do not fit; nothing changes.
        """
        token = None if point_px is None else (lambda frame: frame.token_at(point_px))
        self.change(lambda now: now.with_edited_prompts(edit, token, picture))

    def point_at(self, prompts: Prompts | None) -> None:
        """Say which prompts an action at the pointer would set, None for none.

        Nothing is asked yet: `prompts` and `prediction` stay. Views that follow `pointed` show what
        they would show then, and go back to the prompts after None.
        """
        self.change(lambda now: now.with_pointed(prompts))

    def pick_mask(self, mask: int) -> None:
        """Show a mask of this prediction; for the next prompts `chosen` is as it was before.

        Raises:
            ValueError: no mask of this model.
        """
        self.change(lambda now: now.with_picked(mask))

    def clear(self) -> None:
        """Drop all prompts. `undo` brings them back."""
        self.edit_prompts(lambda prompts: prompts if prompts.is_empty else Prompts())

    def undo(self) -> None:
        """Undo the last change of the prompts; `snapshot.py` limits how many are kept."""
        self.change(lambda now: now.stepped(forth=False))

    def redo(self) -> None:
        """Redo what `undo` took back last; nothing happens after another change."""
        self.change(lambda now: now.stepped(forth=True))

    def save_prompts(self, path: str | Path) -> None:
        """Write the prompts to a JSON file, with the picture's size and the way they are used.

        Logits that are fed back are stored as a mask hint; they are computed if needed.
        """
        Path(path).expanduser().write_text(self.now.saved_prompts, "utf-8")

    def restore_prompts(self, path: str | Path) -> None:
        """Load prompts from a file that `save_prompts` wrote; `undo` brings back the earlier ones.

        If they were saved for another size of the picture, points and box are scaled. `feeds_back`
        and `chosen` are restored too.

        Raises:
            OSError: there is no such file.
            ValueError: a file of another kind, or prompts that do not fit; nothing changes.
        """
        self.restore(text_of_file(path))

    def restore(self, text: str) -> None:
        """Restore prompts like `restore_prompts`, from the text of such a file.

        Raises:
            ValueError: text of another kind, or prompts that do not fit; nothing changes.
        """
        self.change(lambda now: now.with_restored(saved_from_json(text, now.image.shape[:2])))

    def fetch(self, name: str, get: Callable[[], Any], doing: str) -> None:
        """Let the worker fetch a picture or a model, if necessary between two blocks, and use it.

        A failure is shown as `error`, and nothing changes. `cancel` and a later fetch cancel it.

        Args:
            name: the trait, "image" or "sam".
            get: fetches it, such as by reading a file.
            doing: a description for `busy`.
        """
        fetch = Fetch(name)
        self.change(lambda now: replace(now, fetch=fetch))

        def job() -> None:
            if self.now.fetch is fetch:
                self.change(lambda now: now.with_trait("busy", f"{doing} …"))
                self._take_fetched(fetch, get)

        self.submit("fetch", job, FETCHES)

    def cancel(self) -> None:
        """Cancel opening or encoding, and go back to what was encoded last.

        Picture, model, windows, edits and prompts are restored; prompts that were added to the same
        picture meanwhile are kept. If nothing was encoded before, the state stays, and nothing is
        encoded until there are new prompts or `go_on` is called. An encode ends after the current
        block; a file is read to its end, and dropped. Nothing happens if there is nothing to
        cancel.
        """
        self.change(lambda now: now.cancelled())

    def go_on(self) -> None:
        """Encode the picture after a cancelled or failed encode."""
        self.change(lambda now: now.going_on())

    def renew(self) -> None:
        """Encode the picture again if the model's weights have changed since, as in a training.

        What is computed in the worker calls this first; a click does so anyway.
        """
        self._runner.renew()

    def submit(self, name: str, job: Job, priority: Priority = PROMPTS) -> None:
        """Let the worker run `job`, the latest of its name; a failure is shown as `error`.

        A priority that is a function is called when a job is chosen; if it returns None, its job
        waits.
        """
        self._worker.submit(name, self._reported(job), priority)

    def reconsider(self) -> None:
        """Call the priorities that are functions again, such as when a view has come into sight."""
        self._worker.reconsider()

    def give_way(self, priority: int = EXPLORERS) -> None:
        """Run waiting jobs of higher priority. To be called often in a long job of this priority.

        Raises:
            Cancelled: the session was closed.
        """
        with between_steps(lambda what: None):  # the other job's progress is not shown
            self._worker.give_way(priority)
        if self._worker.closed:
            raise Cancelled

    def run_in_turn(self, task: Callable[[], None]) -> None:
        """Run a task that draws or changes a view: one at a time, in order, like notifications.

        It runs at once, or soon in the thread that is running such a task now.
        """
        self._turns.run(task)

    def guard(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, run in turn; its exceptions are logged and shown as `error`, and not raised.

        All callbacks of the page are guarded, and all of a view's observers of this session.
        """
        reported = self._reported(callback)

        @wraps(callback)
        def guarded(*args: object, **kwargs: object) -> None:
            self._turns.run(partial(reported, *args, **kwargs))

        return guarded

    def action(self, callback: Callable[..., None]) -> Callable[..., None]:
        """`callback`, guarded, as an action of the user, which clears an older error."""
        clear = self._reported(lambda: setattr(self, "error", ""))  # an observer may raise

        @wraps(callback)
        def act(*args: object, **kwargs: object) -> None:
            clear()
            callback(*args, **kwargs)

        return self.guard(act)

    def settle(self, timeout: float = 60.0) -> None:
        """Wait until the model has answered and the views have drawn the latest state.

        Views out of sight in the browser, which would otherwise wait, are drawn too.

        Raises:
            TimeoutError: that took longer than `timeout` seconds.
            RuntimeError: called where it would wait for itself: in a callback of the session, such
                as an observer of `prediction`, or inside `sx.record` or `sx.edit`.
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

    def settle_until(self, is_enough: Callable[[], bool], timeout: float) -> None:
        """Like `settle`, but no longer than until `is_enough()`, or for `timeout` seconds.

        Args:
            is_enough: called while jobs wait: it may take no lock.
            timeout: in seconds.

        Raises:
            RuntimeError: as `settle` does.
        """
        self._refuse_to_wait_for_itself()
        self._turns.run_waiting()
        self._worker.settle(timeout, also=lambda: self._turns.is_idle, enough=is_enough)

    def close(self) -> None:
        """End the worker; views of this session stop following. May be called twice.

        A computation stops at its next step, and the caches of traces are emptied: reading `trace`
        again computes again.
        """
        # Inside sx.record the worker may wait for the model's lock, which this thread holds.
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
            # One step, so that `busy` goes directly from the fetch to the encode.
            self.change(lambda now: now.with_fetched(fetch, value))
        except Exception:
            if self.now.fetch is not fetch:
                return
            self.change(lambda now: now.with_fetch_ended(fetch))
            raise

    def _known_picture(self, image: Any) -> np.ndarray:
        """The picture, copied unless the session has it already."""
        before = self.now.before
        return image if before is not None and image is before.image else _own_picture(image)

    def _notify(self) -> None:
        """Notify observers of what has changed since the last call, even if one of them raises.

        Observers get the current state, so the last notification is right even if an observer
        changes the state.
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
        """Let the worker run the waiting drawing tasks; False if there is no worker thread."""
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
