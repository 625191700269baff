"""A prompting view on a page without a kernel: its picture and sentence."""

from sam_explore.plots import style
from sam_explore.widgets import PromptCanvas

from ..pictures import count

LIVE = "application/vnd.jupyter.widget-view+json"


def test_a_canvas_leaves_its_picture_and_sentence_with_the_live_view(
    answers, image, open_session, screen
):
    session = open_session(image)
    with PromptCanvas(session, width=192) as canvas:
        bare, _ = canvas._repr_mimebundle_()
        session.add_point((10.0, 20.0))
        session.add_point((50.0, 20.0), 0)
        data, about = canvas._repr_mimebundle_()
    assert LIVE in data
    assert bare["text/plain"] == "The picture, without a prompt."
    words = data["text/plain"]
    assert words.startswith(
        "1 foreground point and 1 background point, with the logits of the mask before fed back. "
        "Mask 0"
    )
    assert about["image/png"]["alt"] == words
    for colour in (style.FOREGROUND, style.BACKGROUND, style.CHOSEN):
        assert count(data, colour) > 100
        assert count(bare, colour) == 0


def test_what_is_not_answered_in_time_is_said_and_the_live_view_comes(
    answers, image, open_session, screen
):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((10.0, 20.0))
    answers.wait_until_asked()
    with PromptCanvas(session, width=192) as canvas:
        data, _ = canvas._repr_mimebundle_()
        answers.gate.set()
    assert LIVE in data
    assert data["text/plain"] == "1 foreground point, not answered when the page was saved."
