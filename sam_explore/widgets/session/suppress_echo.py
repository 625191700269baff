"""Keeps controls that show a state from reporting it back, without losing the user's changes."""

import threading
from collections.abc import Callable

from ipywidgets import Widget

Callback = Callable[..., None]


class SuppressEcho:
    """Marks that this thread is setting controls, not the user.

    Code that sets the controls runs inside `with suppress_echo:`, and each observer of a control
    is wrapped by `suppress_echo.reader_only`. A control calls its observers in the thread that sets
    it, so a user's changes in another thread are still reported.
    """

    def __init__(self) -> None:
        self._here = threading.local()
        self._waiting: set[tuple[Widget, object]] = set()

    def __enter__(self) -> None:
        self._here.depth = self._depth + 1

    def __exit__(self, *exception: object) -> None:
        self._here.depth = self._depth - 1

    @property
    def _depth(self) -> int:
        return getattr(self._here, "depth", 0)

    def reader_only(self, callback: Callback, guard: Callable[[Callback], Callback]) -> Callback:
        """`callback`, guarded, called for the user's changes but not for values set by this thread.

        This is decided when the control changes; the guarded callback may run later, and in another
        thread.
        """

        def heard(change: dict) -> None:
            if self._depth == 0:
                mark = change["owner"], object()
                self._waiting.add(mark)
                guarded(change, mark)

        def run(change: dict, mark: tuple[Widget, object]) -> None:
            self._waiting.discard(mark)
            callback(change)

        guarded = guard(run)
        return heard

    def is_ahead(self, *controls: Widget) -> bool:
        """Whether the user has changed one of these, and its callback has not run yet.

        Then the control is ahead of the state. If it were set to the state, a slider would jump
        back while it is dragged, and the next key press would start from there.
        """
        return any(control in controls for control, _ in tuple(self._waiting))
