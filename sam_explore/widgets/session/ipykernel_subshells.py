"""What the page says is heard in the order in which it was said."""

from ipywidgets import Widget


def keep_order(*widgets: Widget) -> None:
    """Let the kernel hear all that the page says of these widgets on one and the same thread.

    ipykernel 7.4 hears a widget on whichever thread spoke of it last. There a release could be
    heard before its press, the press of a button before what was typed, and nothing at all while a
    cell runs. Earlier kernels, and those of other makers, have nothing to set right.
    """
    for widget in widgets:
        if hasattr(widget.comm, _ROUTE):
            setattr(widget.comm, _ROUTE, _as_sent)


def _as_sent(data: object, thread: str | None) -> str | None:
    """The thread that the page itself names, the same for all widgets."""
    return thread


_ROUTE = "_reply_subshell_for"
