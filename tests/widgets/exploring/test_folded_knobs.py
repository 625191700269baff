"""The main knobs are shown, the others open with More, and those without an effect are hidden."""

from dataclasses import dataclass

import pytest

from sam_explore.probes.common.probe import knob
from sam_explore.widgets import explore

from ..fake_probes import Everything, Grid


@dataclass(frozen=True)
class Depending(Everything):
    """A knob that means something for one kind alone."""

    title = "What does it depend on?"

    kind: str = knob("a", "kind", choices=("a", "b"), matters=True)
    size: float = knob(0.0, "size", low=0.0, high=100.0, when=lambda probe: probe.kind == "b")


@pytest.fixture
def session(image, open_session, screen):
    return open_session(image)


def shown(explorer) -> list[str]:
    """By what the page has."""
    rows = explorer._controls._rows.items()
    return [name for name, row in rows if row.layout.display != "none"]


def test_the_first_two_are_shown_and_more_opens_the_others(session):
    with explore(Everything, session) as explorer:
        assert shown(explorer) == ["kind", "many"]
        explorer._controls.more.value = True
        assert shown(explorer) == list(Everything.knobs())
        explorer._controls.more.value = False
        assert shown(explorer) == ["kind", "many"]


def test_without_others_there_is_no_button(session):
    with explore(Grid, session) as explorer:
        assert shown(explorer) == ["factor", "token"]
        assert explorer._controls.more.layout.display == "none"


def test_what_means_nothing_is_hidden_until_it_does(session):
    with explore(Depending, session) as explorer:
        assert shown(explorer) == ["kind"]
        explorer._controls.more.value = True
        assert "size" not in shown(explorer)
        explorer.set(kind="b")
        assert "size" in shown(explorer)
        explorer.set(kind="a")
        assert "size" not in shown(explorer)


def test_the_question_is_the_heading_and_the_class_is_code(session):
    with explore(Depending, session) as explorer:
        heading = explorer.children[0].value
        assert "What does it depend on?</b>" in heading
        assert "<code>Depending</code>" in heading
    with explore(Grid, session) as explorer:
        assert "Grid</b>" in explorer.children[0].value
