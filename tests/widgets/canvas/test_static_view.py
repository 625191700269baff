"""Views on a page without a kernel: their picture and sentence, and how nbconvert takes them."""

import base64
from threading import Thread

import pytest
from ipywidgets import HTML, HBox, VBox
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from sam_explore.prediction import Prediction
from sam_explore.widgets import PromptCanvas, Session, explore
from sam_explore.widgets.canvas import static_view
from sam_explore.widgets.canvas.static_view import static_views
from sam_explore.widgets.session import SYNCHRONOUS

from ..fake_probes import WAIT_S, Grid, Slow

LIVE = "application/vnd.jupyter.widget-view+json"


def test_a_picture_that_fails_takes_nothing_from_the_live_view(
    answers, image, open_session, screen, monkeypatch, caplog
):
    with PromptCanvas(open_session(image), width=192) as canvas:
        monkeypatch.setattr(canvas, "still", lambda: 1 / 0)
        data, _ = canvas._repr_mimebundle_()
    assert LIVE in data
    assert "could not be drawn" in caplog.text
    caplog.clear()


def test_a_cell_waits_for_its_own_view_and_not_for_what_others_compute(
    held, image, open_session, screen, monkeypatch
):
    monkeypatch.setattr(static_view, "_PATIENCE_S", WAIT_S)
    session = open_session(image, synchronous=False)
    with explore(Grid, session) as mine:
        session.settle(WAIT_S)
        held.go_on.clear()
        with explore(Slow, session):
            assert held.reached.wait(WAIT_S)
            found = []
            display = Thread(target=lambda: found.append(mine._repr_mimebundle_()[0]))
            display.start()
            display.join(WAIT_S / 2)
            assert found
            assert "image/png" in found[0]
            assert held.ended == []
            held.go_on.set()
            session.settle(WAIT_S)


def test_stills_of_a_box_are_those_of_the_views_in_it(answers, image, open_session, screen):
    session = open_session(image)
    with PromptCanvas(session, width=192) as canvas, explore(Grid, session) as explorer:
        box, other = HBox([HTML(), VBox([canvas]), explorer]), HTML()
        names = [box.model_id, explorer.model_id, other.model_id, "unknown"]
        found = static_views(names)
        box.close()
        other.close()
    assert {name: len(each) for name, each in found.items()} == {names[0]: 2, names[1]: 1}
    assert found[names[0]][1][0]["text/plain"] == "The factor is 1."


@pytest.mark.parametrize(("value", "synchronous"), [("1", True), ("0", False), (None, False)])
def test_an_environment_can_make_every_session_synchronous(
    value, synchronous, sam, image, monkeypatch
):
    monkeypatch.delenv(SYNCHRONOUS, raising=False)
    if value is not None:
        monkeypatch.setenv(SYNCHRONOUS, value)
    with Session(sam, image) as session:
        assert session.synchronous == synchronous
        assert isinstance(session.trace.prediction, Prediction)


def test_nbconvert_shows_the_picture_where_no_widget_state_is_stored(
    answers, image, open_session, screen
):
    with PromptCanvas(open_session(image), width=192) as canvas:
        data, about = canvas._repr_mimebundle_()
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    output = new_output("display_data", data, metadata=about)
    notebook = new_notebook(cells=[new_code_cell("canvas", outputs=[output])])
    page, _ = HTMLExporter().from_notebook_node(notebook)
    assert f'src="data:image/png;base64,{data["image/png"]}"' in page
    assert LIVE not in page
