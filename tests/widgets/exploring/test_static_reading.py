"""A reading's view on a page without a kernel: its picture and sentence."""

import numpy as np

from sam_explore.widgets import explore

from ..fake_probes import Grid, Slow
from ..pictures import pixels

LIVE = "application/vnd.jupyter.widget-view+json"


def test_an_explorer_leaves_its_picture_and_sentence(image, open_session, screen):
    with explore(Grid, open_session(image)) as explorer:
        data, about = explorer._repr_mimebundle_()
    assert data["text/plain"] == about["image/png"]["alt"] == "The factor is 1."
    assert len(np.unique(pixels(data), axis=0)) > 16
    assert LIVE in data


def test_without_a_reading_the_sentence_says_why(image, open_session, screen, held, caplog):
    held.fails_at = {0: ValueError("No such block.")}
    with explore(Slow, open_session(image)) as explorer:
        data, about = explorer.still()
    assert data == {"text/plain": "No such block."}
    assert about == {}
    caplog.clear()


def test_a_reading_that_never_came_is_said_not_to_have_come(image, open_session, screen):
    session = open_session(image)
    session.cancel()
    session.image = np.zeros((8, 8, 3), np.uint8)
    with explore(Grid, session) as explorer:
        explorer._runner.reading = None
        assert explorer.still()[0]["text/plain"].startswith("This view had not been computed")
