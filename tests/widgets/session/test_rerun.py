"""Cells that are run again, as reported by a notebook's kernel."""

import gc
import threading
import weakref
from types import SimpleNamespace

import IPython
import pytest

import sam_explore as sx
from sam_explore.widgets import PromptCanvas, explore
from sam_explore.widgets.session import rerun

from ...patience import PATIENCE_SECONDS
from ..view import observers_of


@pytest.fixture
def run(monkeypatch):
    """Pretends from now on that a cell of this name runs, in a run of this number."""
    monkeypatch.setattr(rerun, "_made", {})
    monkeypatch.setattr(IPython, "get_ipython", notebook)

    def run(cell: str | None, time: int = 1) -> None:
        running = cell and (cell, f"{cell} {time}")
        monkeypatch.setattr(rerun, "running_cell", lambda: running)

    return run


def notebook(**names) -> SimpleNamespace:
    """What a notebook remembers: the reader's names, and the results of cells."""
    hidden = {name: value for name, value in names.items() if name.startswith("_")}
    hook = SimpleNamespace(_=names.get("_"))
    return SimpleNamespace(user_ns=names, user_ns_hidden=hidden, displayhook=hook)


def is_open(view) -> bool:
    return view.comm is not None


def test_a_cell_that_runs_again_closes_what_it_made_before(run, image, open_session, screen):
    session = open_session(image)
    observers = observers_of(session)
    run("a")
    older = [explore(sx.probes.BlockNorms, session), PromptCanvas(session)]
    assert all(map(is_open, older))  # both of one run
    run("b")
    other = explore(sx.probes.BlockNorms, session)
    run("a", 2)
    newer = PromptCanvas(session)
    assert [is_open(view) for view in (*older, other, newer)] == [False, False, True, True]
    newer.close()
    other.close()
    assert observers_of(session) == observers


def test_what_is_made_outside_of_cells_is_left_alone(run, image, open_session, screen):
    session = open_session(image)
    run(None)
    views = [explore(sx.probes.BlockNorms, session) for _ in range(2)]
    assert all(map(is_open, views))
    for view in views:
        view.close()


def test_a_view_that_cannot_be_made_closes_none(run, image, open_session, screen):
    session = open_session(image)
    run("a")
    with explore(sx.probes.BlockNorms, session) as view:
        run("a", 2)
        with pytest.raises(ValueError, match="no knob"):
            explore(sx.probes.BlockNorms, session, depth=3)
        assert is_open(view)


class Shell:
    def __init__(self, request: dict):
        self.request = request

    def get_parent(self) -> dict:
        return self.request


@pytest.mark.parametrize(
    ("shell", "cell"),
    [
        (None, None),  # a script
        (object(), None),  # IPython in a terminal
        (Shell({}), None),
        (Shell({"header": {"msg_type": "execute_request", "msg_id": "1"}, "metadata": {}}), None),
        (
            Shell(
                {
                    "header": {"msg_type": "comm_msg", "msg_id": "1"},
                    "metadata": {"cellId": "a"},
                }
            ),
            None,
        ),
        (
            Shell(
                {
                    "header": {"msg_type": "execute_request", "msg_id": "1"},
                    "metadata": {"cellId": "a"},
                }
            ),
            ("a", "1"),
        ),
    ],
)
def test_the_running_cell_is_the_one_whose_run_was_asked_for(shell, cell, monkeypatch):
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    assert rerun.running_cell() == cell


def test_a_session_that_was_replaced_goes_with_its_views_though_the_notebook_remembered_them(
    run, sam, image, monkeypatch
):
    threads = set(threading.enumerate())
    run("a")
    session = sx.Session(sam, image)
    view = explore(sx.probes.BlockNorms, session)
    session.settle(PATIENCE_SECONDS)
    replaced, kept = weakref.ref(session), "of the reader"
    shell = notebook(Out={1: view, 2: kept}, _1=view, _2=kept, _=view)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    del view
    run("a", 2)
    with sx.Session(sam, image) as session, explore(sx.probes.BlockNorms, session):
        gc.collect()
        assert replaced() is None
        assert (shell.user_ns["Out"], shell.user_ns["_2"]) == ({2: kept}, kept)
    assert set(threading.enumerate()) <= threads


def test_a_closed_view_stays_under_the_names_that_the_reader_gave_it(
    run, image, open_session, screen, monkeypatch
):
    session = open_session(image)
    run("a")
    view = explore(sx.probes.BlockNorms, session)
    shell = notebook(Out={1: view}, _1=view, mine=view, _mine=view)
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    run("a", 2)
    explore(sx.probes.BlockNorms, session).close()
    assert shell.user_ns == {"Out": {}, "mine": view, "_mine": view}
