"""Draws a changed scene and asks the model about it, in the session's worker."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import NamedTuple

from sam_explore.scenes import Changes, Scene
from sam_explore.scenes.arrangement import Arrangement
from sam_explore.scenes.changed_scenes import arrangement_of, changed, note_changed
from sam_explore.tracing import Cancelled, between_steps
from sam_explore.widgets.session import Session, Snapshot
from sam_explore.widgets.session.source import Source

from .dragging import Staged, drawn_as, drawn_from, scene_of, without_hint

# After this time without an answer, the picture is shown without one, and newer places of the
# pointer do not wait for it. From then on this happens at once, until an answer takes less.
_PATIENCE_S = 1.0


class _Wanted(NamedTuple):
    """What is to be shown, and whether the session gets it."""

    staged: Staged
    is_final: bool


class _Last(NamedTuple):
    """What was drawn last: over which input, with which changes, and the input it became."""

    base: Source
    changes: Changes
    drawn: Scene
    source: Source


class SceneRunner:
    """Shows what the session would be if its scene was changed, for the latest changes only.

    Changes that come while it works replace those that wait, so nothing queues up.

    Args:
        session: whose scene it is. It changes at the end of a drag only.
        name: of the jobs.
        show: called with a snapshot to show, in turn.
    """

    def __init__(self, session: Session, name: str, show: Callable[[Snapshot], None]):
        self._session, self._name, self._show = session, name, show
        self._wanted: _Wanted | None = None
        self._arrangement: tuple[object, Arrangement] | None = None
        self._last: _Last | None = None
        self._is_slow = False

    def want(self, staged: Staged, *, is_final: bool) -> None:
        """Show this soon; if it is final, the session becomes it."""
        self._wanted = _Wanted(staged, is_final)
        self._session.submit(self._name, self._run)

    @property
    def staged(self) -> Staged | None:
        """The changes and prompts that the session has, or soon will; None for another picture."""
        wanted, now = self._wanted, self._session.now
        scene = scene_of(now)
        if scene is None:
            return None
        if wanted is not None and wanted.is_final and wanted.staged.of == drawn_as(scene):
            return wanted.staged
        return Staged(drawn_as(scene), drawn_from(scene).changes, now.dialogue)

    def _run(self) -> None:
        """In the worker; without a result, the session's own state is shown again."""
        wanted, is_done = self._wanted, False
        if wanted is None:
            return
        try:
            is_done = self._take(wanted)
        finally:
            if wanted.is_final and self._wanted is wanted:
                self._wanted = None
            if not is_done:
                self._session.guard(self._show)(self._session.now)

    def _take(self, wanted: _Wanted) -> bool:
        """Show what is wanted; False if the session has another scene, or none, by now."""
        now = self._session.now
        scene = scene_of(now)
        if scene is None or drawn_as(scene) != wanted.staged.of:
            return False
        drawn, source = self._source(now, scene, wanted.staged)
        dialogue = without_hint(wanted.staged.dialogue)
        then = now.with_redrawn(source, drawn, dialogue)
        try:
            then = self._answered(then, wanted)
        except Cancelled:
            if not wanted.is_final:
                return True
        if not wanted.is_final:
            self._session.guard(self._show)(then)
            return True
        note_changed(drawn)
        self._session.change(partial(_redrawn, then=then, source=now.source))
        self._last = None
        return True

    def _source(self, now: Snapshot, scene: Scene, staged: Staged) -> tuple[Scene, Source]:
        """The changed scene as the model's input; the last one again if nothing differs."""
        last = self._last
        if last is None or last.base is not now.source or last.changes != staged.changes:
            drawn = self._drawn(scene, staged)
            source = now.source.changed(image=drawn.image)
            last = self._last = _Last(now.source, staged.changes, drawn, source)
        return last.drawn, last.source

    def _drawn(self, scene: Scene, staged: Staged) -> Scene:
        """The scene with these changes."""
        recipe = replace(drawn_from(scene), changes=staged.changes)
        key = staged.of
        if self._arrangement is None or self._arrangement[0] != key:
            self._arrangement = key, arrangement_of(recipe)
        drawn = replace(changed(self._arrangement[1], staged.changes).drawn(), drawn_from=recipe)
        drawn.image.setflags(write=False)
        return drawn

    def _answered(self, then: Snapshot, wanted: _Wanted) -> Snapshot:
        """The snapshot with its picture encoded and its prompts answered.

        Raises:
            Cancelled: that takes long, and there is something newer to show, or the session shall
                go on with it.
        """
        begun, is_shown = perf_counter(), False

        def between(step: str) -> None:
            nonlocal is_shown
            self._is_slow = self._is_slow or perf_counter() - begun > _PATIENCE_S
            if not self._is_slow:
                return
            if wanted.is_final:
                raise Cancelled
            if not is_shown:
                self._session.guard(self._show)(then)
                is_shown = True
            if self._wanted is not wanted:
                raise Cancelled

        with between_steps(between):
            then = then.with_encoded(then.source, then.source.run.encoded)
            if not then.prompts.is_empty:
                then = then.with_answer(then, then.trace.prediction)
        self._is_slow = perf_counter() - begun > _PATIENCE_S
        return then


def _redrawn(before: Snapshot, then: Snapshot, source: Source) -> Snapshot:
    """A session's state with the scene of `then`, and its answers if they are for this source.

    A picture that was opened meanwhile stays.
    """
    if before.image is not source.image or then.truth is None:
        return before
    if before.source is not source:
        changed_source = before.source.changed(image=then.image)
        return before.with_redrawn(changed_source, then.truth, then.dialogue)
    redrawn = before.with_redrawn(then.source, then.truth, then.dialogue)
    if then.encoded is not None:
        redrawn = redrawn.with_encoded(then.source, then.encoded)
    if then.prediction is not None:
        redrawn = redrawn.with_answer(redrawn, then.prediction)
    return redrawn
