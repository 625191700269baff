"""Makes ipykernel handle a page's messages in the order in which they were sent."""

from ipywidgets import Widget


def keep_order(*widgets: Widget) -> None:
    """Let the kernel handle all messages for these widgets on the same thread.

    ipykernel 7.4 handles a widget's messages on the thread that last sent something for it. A
    release could be handled before its press, a button before the text that was typed, and
    nothing at all while a cell runs. Earlier kernels, and other kernels, need no change.
    """
    for widget in widgets:
        if hasattr(widget.comm, _ROUTE):
            setattr(widget.comm, _ROUTE, _as_sent)


def _as_sent(data: object, thread: str | None) -> str | None:
    """The thread named in the page's message, the same for all widgets."""
    return thread


_ROUTE = "_reply_subshell_for"
