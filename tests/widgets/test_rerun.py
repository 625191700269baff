"""Cells that are run again, as a notebook's kernel tells of them."""

import IPython
import pytest

import sam_explore as sx
from sam_explore.widgets import PromptCanvas, explore, rerun

from .view import observers_of


@pytest.fixture
def run(monkeypatch):
    """Pretends from now on that a cell of this name runs, for the so-manieth time."""
    monkeypatch.setattr(rerun, "_made", {})

    def run(cell: str | None, time: int = 1) -> None:
        running = cell and (cell, f"{cell} {time}")
        monkeypatch.setattr(rerun, "running_cell", lambda: running)

    return run


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
