"""The mouse's right button, which ipycanvas does not tell from the left one; ipyevents does."""

from collections.abc import Callable

from ipywidgets import DOMWidget, Widget

from .order import keep_order

try:
    from ipyevents import Event
except ImportError:  # an extra
    Event = None

IS_THERE = Event is not None


def listen(source: DOMWidget, tell: Callable[[bool], None]) -> list[Widget]:
    """Call `tell` at each press with whether it was the right button, or the left one with Ctrl.

    The page's own menu stays away. Without ipyevents, nothing happens.

    Returns:
        What listens, to be closed.
    """
    if Event is None:
        return []
    presses = Event(source=source, watched_events=["mousedown"])
    # Apart, since what it watches has no effect of its own any more: a press must keep its focus.
    menu = Event(source=source, watched_events=["contextmenu"], prevent_default_action=True)
    presses.on_dom_event(lambda event: tell(event.get("button") == 2 or bool(event.get("ctrlKey"))))
    keep_order(presses, menu)
    return [presses, menu]
