"""Questions in a session: answered, graded by what is computed, and graded again."""

import gc
import weakref

import numpy as np
import pytest
from ipywidgets import Widget

from sam_explore.course import After, Choice, Conclusion, Estimate, Fact, Place
from sam_explore.probes import RawLogits
from sam_explore.readings import Heatmap, Scale
from sam_explore.widgets import explore
from sam_explore.widgets.canvas.ipywidgets_registry import widget_of

from ...widgets.screen import front_end_sets, press_button, send


def points(now) -> Fact:
    count = len(now.prompts.points)
    return Fact(count, f"There are {count} points.")


def ten_rows_and_columns(now) -> Heatmap:
    rows, columns = np.mgrid[:4, :4]
    values = 10.0 * rows + columns
    values[0, 1] = np.nan
    return Heatmap(values, "Made up", "Rows count ten.", Scale("points"), "tokens")


@pytest.fixture
def session(image, open_session, screen):
    session = open_session(image)
    session.add_point((10, 12))
    return session


@pytest.fixture
def choice(session):
    answers = {"none": (0, 1), "one": (1, 2), "more": (2, 4)}
    with Choice(session, "How many?", answers, truth=points) as question:
        yield question


def buttons(question) -> list[Widget]:
    return list(question.children[1].children)


def test_the_pressed_answer_is_graded_and_says_what_was_computed(choice):
    assert (choice.given, choice.grade, choice.words) == (None, None, "")
    press_button(buttons(choice)[0])
    assert choice.grade.result == "wrong"
    assert choice.words == ("✗ Not so. You said “none”; computed is “one”. There are 1 points.")
    press_button(buttons(choice)[1])
    assert choice.words == "✓ Right: “one”. There are 1 points."
    assert [bool(each.icon) for each in buttons(choice)] == [False, True, False]
    assert "Right: “one”." in choice._reply.words.value


def test_another_prompt_is_graded_anew_and_the_reply_says_so(choice, session):
    choice.answer("one")
    session.threshold = 0.5  # nothing else is computed then
    assert choice.words == "✓ Right: “one”. There are 1 points."
    session.add_point((30, 30))
    assert choice.words.startswith(
        "✗ Not so. You said “one”; computed is “more”. There are 2 points."
    )
    assert "Graded again: the prompt and the picked token have changed" in choice.words
    session.add_point((40, 30))
    session.add_point((50, 30))
    assert "computed is “more”" in choice.words  # 4 is the upper end of the last range
    session.add_point((60, 30))
    assert "None of these answers is right in this run." in choice.words
    choice.answer("more")  # again, about this run
    assert "Graded again" not in choice.words


def test_a_number_is_right_close_or_off_by_so_much(session):
    with Estimate(session, "How many?", truth=points, high=50, unit="points") as question:
        front_end_sets(question.field, value=7)
        assert question.slider.value == 7
        front_end_sets(question.slider, value=2)
        press_button(question.button)
        assert question.words.startswith("✓ Right. You said 2 points; it is 1 points.")
        question.answer(6)
        assert question.words.startswith("≈ Close. You said 6 points; it is 1 points: 5 points too")
        question.answer(41)
        assert "✗ Not so." in question.words
        assert "40 points too high" in question.words
        with pytest.raises(ValueError, match="whole number from 0 to 50, not 51"):
            question.answer(51)
        assert question.given == 41


def test_a_place_gets_its_rank_and_then_the_map_is_shown(session):
    with Place(session, "Which is the largest?", truth=ten_rows_and_columns) as question:
        canvas = question.picture.canvas
        assert question._map.widget.layout.display == "none"
        send(canvas, "mouse_down", 0.9 * canvas.width, 0.1 * canvas.height)
        assert question.given == (0, 3)
        assert "Yours is number 13 of 15: row 0, column 3 (3 points)." in question.words
        assert "3 patches away: row 3, column 3 (33 points)." in question.words
        assert question._map.widget.layout.display is None
        question.answer((3, 3))
        assert question.words == "✓ Right: row 3, column 3 (33 points). Rows count ten."
        question.answer((0, 1))
        assert "this place has no value" in question.words
        with pytest.raises(ValueError, match=r"from \(0, 0\) to \(3, 3\)"):
            question.answer((4, 0))
        with pytest.raises(ValueError, match="token as"):
            question.answer("left")
        assert "image/png" in question.still()[0]


def test_the_smallest_place_and_keys(session):
    with Place(
        session, "Smallest?", truth=ten_rows_and_columns, largest=False, about_token=True
    ) as question:
        key = {"name": "enter", "corner": None}
        canvas = question.picture.canvas
        send(canvas, "key", 0.1 * canvas.width, 0.1 * canvas.height, **key)
        assert question.words.startswith("✓ Right: row 0, column 0 (0 points).")
        assert question.picture.area.stops[1] == [0.375, 0.125]


def test_a_conclusion_follows_the_session(session):
    with Conclusion(session, points, points) as conclusion:
        assert conclusion.words == "There are 1 points. There are 1 points."
        session.add_point((30, 30))
        assert conclusion._reply.words.value.count("There are 2 points.") == 2
        page = conclusion.still()[0]
        assert page["text/html"].count("<li>There are 2 points.</li>") == 2
        assert page["text/plain"].startswith("What this run shows: There are 2 points.")


def test_a_view_waits_for_the_answer_or_is_shown_anyway(choice, session):
    with After(choice, explore(RawLogits, session)) as after:
        assert (after.is_shown, after.view.layout.display) == (False, "none")
        choice.answer("one")
        assert (after.is_shown, after._hint.layout.display) == (True, "none")
        assert after.still()[0]["text/plain"] == after.view.still()[0]["text/plain"]
        with After(choice, explore(RawLogits, session)) as second:
            assert second.is_shown  # there is an answer already
    with Choice(session, "?", ["1", "2"], truth=points) as other:
        with After(other, explore(RawLogits, session)) as third:
            press_button(third.button)
            assert third.is_shown
        with pytest.raises(TypeError, match="expects a question first"):
            After(session, third)
        with pytest.raises(TypeError, match="expects the view to show after it"):
            After(other, session)
    assert third.view.comm is None


def test_a_page_without_a_kernel_has_the_question_and_what_was_computed(choice):
    page = choice.still()[0]
    assert "<li>one</li>" in page["text/html"]
    assert "Computed: “one”. There are 1 points." in page["text/html"]
    assert page["text/plain"].splitlines()[0] == "Predict: How many?"


def test_what_is_asked_is_text(session):
    with Choice(session, "<b>?", ["<i>1", "2"], truth=lambda now: Fact("<i>1", "<u>")) as question:
        question.answer("<i>1")
        assert "&lt;b&gt;?" in question._heading.value
        assert "&lt;u&gt;" in question._reply.words.value
        assert "<u>" not in question.still()[0]["text/html"]


def test_a_function_that_fails_or_returns_something_else_is_shown(session, caplog):
    with Choice(session, "?", ["1", "2"], truth=lambda now: 1 / 0) as question:
        question.answer("1")
        assert "division by zero" in question.error
    with Estimate(session, "?", truth=lambda now: 0.5) as question:
        question.answer(1)
        assert "expected to return sx.course.Fact(value, words), but returned a float" in (
            question.error
        )
    with Estimate(session, "?", truth=lambda now: Fact("a", "")) as question:
        question.answer(1)
        assert "whose value is a number" in question.error
    with Place(session, "?", truth=points) as question:
        question.answer((0, 0))
        assert "expected to return a Heatmap" in question.error
    caplog.clear()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda s: Choice(None, "?", ["1", "2"], points), "expects a session first.*NoneType"),
        (lambda s: Choice(s, 3, ["1", "2"], points), "expects the question as text.*int"),
        (lambda s: Choice(s, " ", ["1", "2"], points), "its text is empty"),
        (lambda s: Choice(s, "?", ["1"], points), "at least two answers, but got 1"),
        (lambda s: Choice(s, "?", ["1", "1"], points), "one is there twice"),
        (lambda s: Choice(s, "?", ["1", 2], points), "each answer as a text, but one is 2"),
        (lambda s: Choice(s, "?", "12", points), "a list of texts"),
        (lambda s: Choice(s, "?", ["1", "2"], 5), r"called with session\.now.*got a int"),
        (lambda s: Estimate(s, "?", points, low=3, high=2), "low first"),
        (lambda s: Conclusion(s), "at least one function"),
    ],
)
def test_bad_input_is_told_what_was_expected(session, make, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(session)


def test_a_closed_question_leaves_no_widget_and_stops_following(session):
    session.settle()
    gc.collect()
    made = []
    for make in (
        lambda: Choice(session, "?", {"0": 0, "1": 1}, truth=points),
        lambda: Estimate(session, "?", truth=points),
        lambda: Place(session, "?", truth=ten_rows_and_columns),
        lambda: Conclusion(session, points),
    ):
        view = make()
        made += [view.model_id, *(each.model_id for each in view.children)]
        view.close()
        view.close()
    assert [name for name in made if widget_of(name) is not None] == []
    session.add_point((30, 30))
    assert session.error == ""


def test_sentences_follow_when_logits_are_no_longer_fed_back(session):
    def is_fed(now) -> Fact:
        return Fact(0, "Fed." if now.trace.prompts.mask_hint is not None else "Not fed.")

    session.add_point((40, 40), 0)
    with Conclusion(session, is_fed) as conclusion:
        assert conclusion.words == "Fed."
        session.feeds_back = False
        assert conclusion.words == "Not fed."


def test_no_run_of_a_picture_that_is_gone_is_kept_alive(session, image):
    question = Choice(session, "How many?", {"none": 0, "one": 1}, truth=points)
    conclusion = Conclusion(session, points)
    question.answer("one")
    for view in (question, conclusion):
        view._sight._handle_custom_msg({"kind": "page"}, [])  # out of sight
    cached = weakref.ref(session.trace.engine.store)
    session.image = image[::-1]
    gc.collect()
    assert cached() is None
    question.close()
    conclusion.close()


def test_a_page_without_a_kernel_has_the_error_and_not_an_older_answer(session):
    def about(now) -> Fact:
        if now.threshold:
            raise ValueError("no such thing")
        return points(now)

    question = Choice(session, "How many?", {"none": 0, "one": 1}, truth=about)
    conclusion = Conclusion(session, about)
    question.answer("one")
    session.threshold = 1.0
    for view in (question, conclusion):
        data, _ = view.still()
        for words in data.values():
            assert "no such thing" in words
            assert "There are 1 points" not in words
        view.close()
