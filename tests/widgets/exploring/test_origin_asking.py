"""A click on a cell asks where its number comes from, and the answer goes with the run."""

import threading

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.readings import Cell, Heatmap
from sam_explore.widgets import explore

from ...small import small_trace
from ..fake_probes import WAIT_S, Everything, Grid, cell_on, map_of
from ..screen import send

pytestmark = pytest.mark.usefixtures("no_hook_is_left")

CHANNEL = sx.probes.BlockChannel


def test_a_click_asks_only_while_the_panel_is_open(image, open_session, screen):
    session = open_session(image)
    with explore(CHANNEL, session) as explorer:
        canvas = map_of(explorer).canvas
        send(canvas, "mouse_down", *cell_on(explorer, 1, 2))
        assert explorer.origin is None
        assert session.token == (1, 2)
        explorer._origins.panel.button.value = True
        assert map_of(explorer).area.cursor == "help"
        send(canvas, "mouse_down", *cell_on(explorer, 3, 0))
        assert session.token == (1, 2)
        assert explorer.origin.at == "image_encoder.vit.blocks.0.hook_residual_post[0, 3, 0, 0]"
        assert explorer.origin.result == pytest.approx(explorer.reading.values[3, 0], rel=1e-5)
        explorer._origins.panel.button.value = False
        assert (explorer.origin, map_of(explorer).area.cursor) == (None, "default")


def test_the_answer_goes_with_the_run_and_the_knobs(image, open_session, screen):
    session = open_session(image)
    with explore(CHANNEL, session) as explorer:
        explorer.ask(Cell(row=3))
        before = explorer.origin.result
        session.image = np.zeros((64, 64, 3), np.uint8)
        assert explorer.origin.result != before
        assert explorer.origin.result == pytest.approx(explorer.reading.values[3, 0], rel=1e-5)
        explorer.set(channel=5)
        assert explorer.origin.index == (0, 3, 0, 5)


def test_another_reading_is_asked_the_same_way(image, open_session, screen):
    session = open_session(image)
    with explore(CHANNEL, session) as explorer:
        panel = explorer._origins.panel
        explorer.ask(Cell())
        for row in (1, -2):  # what the MLP adds, and of that the sum of the products not listed
            panel._operands.children[row].children[0].click()
        before = [each.result for each in panel.trail]
        session.image = np.zeros((64, 64, 3), np.uint8)
        assert len(panel.trail) == 3
        assert panel.trail[1].at == "image_encoder.vit.blocks.0.mlp.hook_out[0, 0, 0, 0]"
        assert "that are not listed" in panel.trail[2].title
        assert not set(before) & {each.result for each in panel.trail}


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_operand_is_asked_in_the_worker(synchronous, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    with explore(CHANNEL, session) as explorer:
        session.settle(WAIT_S)
        explorer.ask(Cell())
        session.settle(WAIT_S)
        rows = explorer._origins.panel._operands.children
        rows[1].children[0].click()
        session.settle(WAIT_S)
        assert explorer.origin.at == "image_encoder.vit.blocks.0.mlp.hook_out[0, 0, 0, 0]"
        assert len(explorer._origins.panel.trail) == 2


def test_a_new_reading_does_not_lose_an_operand_that_is_asked(image, open_session, screen):
    session = open_session(image, synchronous=False)
    with explore(CHANNEL, session) as explorer:
        explorer.ask(Cell())
        session.settle(WAIT_S)
        go_on = threading.Event()
        session.submit("held up", lambda: go_on.wait(WAIT_S))
        explorer._origins.panel._operands.children[1].children[0].click()
        session.image = np.zeros((64, 64, 3), np.uint8)
        explorer._origins.again()  # as a picture that is drawn again does
        go_on.set()
        session.settle(WAIT_S)
        assert explorer.origin.at == "image_encoder.vit.blocks.0.mlp.hook_out[0, 0, 0, 0]"
        assert explorer.origin.model == pytest.approx(explorer.origin.result, rel=1e-3, abs=1e-6)


def test_a_chart_is_asked_for_its_nearest_curve(image, open_session, screen):
    with explore(Everything, open_session(image)) as explorer:
        explorer._origins.panel.button.value = True
        layout = map_of(explorer)._layout
        x, y = layout.x.place(np.array([1.0]))[0], layout.y.place(np.array([0.0]))[0]
        send(map_of(explorer).canvas, "mouse_down", 2 * x, 2 * y)
        assert "Everything" in explorer.origin.formula


def test_a_probe_that_does_not_say_it_names_its_function_and_what_that_reads():
    trace = small_trace()
    operation = Grid().explain(trace, Cell(2, 3))
    assert (operation.result, operation.operands) == (23.0, ())
    assert operation.formula == "tests.widgets.fake_probes.Grid.read(trace)"
    assert operation.numbers == "sx.probes.Grid()(trace) = 23"


class Empty(Grid):
    def read(self, trace):
        return Heatmap(np.array([[np.nan, 1.0]]), title="half empty", words="There is 1.")


def test_an_empty_cell_and_one_that_is_gone_are_told_in_words(image, open_session, screen):
    with explore(Empty, open_session(image)) as explorer:
        explorer.ask(Cell())
        assert "There is no number here" in explorer._origins.panel._formula.value
        explorer.ask(Cell(row=7))
        assert "no such place" in explorer._origins.panel._formula.value
        assert explorer.origin is None


def test_a_second_run_and_the_difference_can_be_asked(image, open_session, screen):
    session = open_session(image)
    with explore(CHANNEL, session, against={"windows": [2, 0]}) as explorer:
        a, b, less = explorer.reading.readings
        explorer.ask(Cell(part=0))
        assert explorer.origin.result == pytest.approx(a.values[0, 0], rel=1e-5)
        explorer.ask(Cell(part=2))
        assert explorer.origin.result == pytest.approx(less.values[0, 0], rel=1e-4, abs=1e-6)
        assert [each.value for each in explorer.origin.operands] == pytest.approx(
            [b.values[0, 0], a.values[0, 0]], rel=1e-5
        )
        assert explorer.origin.operands[0].explain().model == pytest.approx(b.values[0, 0])


@pytest.mark.parametrize("end", ["closed panel", "closed view"])
def test_an_answer_that_comes_too_late_is_dropped(end, image, open_session, screen, monkeypatch):
    session = open_session(image, synchronous=False)
    explorer = explore(CHANNEL, session)
    session.settle(WAIT_S)
    begun, go_on, walk = threading.Event(), threading.Event(), explorer._origins._walk

    def held(cell, way):
        begun.set()
        assert go_on.wait(WAIT_S)
        return walk(cell, way)

    monkeypatch.setattr(explorer._origins, "_walk", held)
    explorer.ask(Cell())
    assert begun.wait(WAIT_S)
    if end == "closed panel":
        explorer._origins.panel.button.value = False
    else:
        explorer.close()
    go_on.set()
    session.settle(WAIT_S)
    assert explorer.origin is None
    assert explorer._origins.panel._operands.children == ()
    explorer.close()
