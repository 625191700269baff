"""Closes the views that a cell made earlier when the cell runs again."""

import re
import sys
from weakref import WeakSet

from ipywidgets import Widget

_RESULT = re.compile(r"_{1,3}|_?\d+")  # IPython's names for the results of cells, and for Out

# By cell: its latest run, and the views that this run has made.
_made: dict[str, tuple[str, WeakSet[Widget]]] = {}


def replace_older(view: Widget) -> None:
    """Close the views that earlier runs of the running cell have made.

    The page drops a cell's output when the cell runs again, but the views in it would go on
    updating unseen, and each would delay the others.
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

    Otherwise the record would keep an unused session alive, with all its results.
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
    """The id of the notebook's running cell, and of this run of it.

    None outside of cells, such as in a widget's callback, and for pages without ids of cells.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    request = shell.get_parent() if shell is not None and hasattr(shell, "get_parent") else {}
    cell = request.get("metadata", {}).get("cellId")
    header = request.get("header", {})
    if not cell or header.get("msg_type") != "execute_request":
        return None
    return cell, header["msg_id"]
