"""A cell that is run again replaces the views that it made before."""

import re
import sys
from weakref import WeakSet

from ipywidgets import Widget

_RESULT = re.compile(r"_{1,3}|_?\d+")  # IPython's names of what cells gave, and Out's

# By cell: its latest run, and the views that this run has made.
_made: dict[str, tuple[str, WeakSet[Widget]]] = {}


def replace_older(view: Widget) -> None:
    """Close the views that earlier runs of the running cell have made.

    The page drops a cell's output when the cell runs again, but the views that were in it would go
    on following their session unseen, and each would delay the others.
    """
    running = running_cell()
    if running is None:
        return
    cell, run = running
    latest, views = _made.get(cell, ("", WeakSet()))
    if latest != run:
        for older in list(views):
            older.close()
            _forget(older)
        views = WeakSet()
        _made[cell] = run, views
    views.add(view)


def _forget(view: Widget) -> None:
    """Remove a closed view from the notebook's record of its cells' results.

    Otherwise a session that no name refers to would be kept alive there, with all its results.
    """
    shell = sys.modules["IPython"].get_ipython()
    for names in (shell.user_ns.get("Out", {}), shell.user_ns, shell.user_ns_hidden):
        for name in [name for name, value in names.items() if value is view]:
            if _RESULT.fullmatch(str(name)):
                del names[name]
    for name in ("_", "__", "___"):
        if getattr(shell.displayhook, name, None) is view:
            setattr(shell.displayhook, name, None)


def running_cell() -> tuple[str, str] | None:
    """The notebook's cell that runs now, and which run of it this is.

    None outside of cells, such as in a widget's callback, and where the page names no cells.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    request = shell.get_parent() if shell is not None and hasattr(shell, "get_parent") else {}
    cell = request.get("metadata", {}).get("cellId")
    header = request.get("header", {})
    if not cell or header.get("msg_type") != "execute_request":
        return None
    return cell, header["msg_id"]
