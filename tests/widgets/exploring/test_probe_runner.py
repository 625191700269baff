"""A probe's runner without a view: what it computes, what it draws, and what it says."""

import pytest

from sam_explore.widgets.exploring import probe_runner
from sam_explore.widgets.exploring.caption import Caption
from sam_explore.widgets.exploring.probe_runner import COARSE, ProbeRunner
from sam_explore.widgets.session import EXPLORERS

from ..fake_probes import Refined, Slow


class Shown:
    """Takes the place of a view: what is drawn, and whether it is dimmed."""

    def __init__(self, session):
        self.session, self.probe = session, Slow()
        self.drawn, self.dimmed, self.fail_next = [], [], None
        self.caption = Caption()
        self.runner = ProbeRunner(
            "one",
            session,
            lambda: (self.probe, session.trace),
            lambda reading: [lambda: self.draw(reading.words), lambda: self.draw("second part")],
            self.dimmed.append,
            self.caption,
            lambda: EXPLORERS,
        )

    def draw(self, words: str) -> None:
        if self.fail_next is not None:
            failure, self.fail_next = self.fail_next, None
            raise failure
        self.drawn.append(words)

    def text(self) -> str:
        return " ".join(part.value for part in self.caption.widget.children)


@pytest.fixture
def shown(answers, image, open_session, held):
    shown = Shown(open_session(image))
    yield shown
    shown.runner.close()
    shown.caption.close()


def test_an_answer_is_drawn_part_by_part_and_reported(shown, held):
    shown.runner.ask()
    assert shown.drawn == ["0 of 0.", "second part"]
    assert shown.runner.reading.words == "0 of 0."
    assert "0 of 0." in shown.text()
    assert shown.runner.error == ""
    assert shown.dimmed == [True, False]


def test_the_same_state_is_not_computed_twice(shown, held):
    shown.runner.ask()
    shown.runner.ask()
    assert held.began == [0]
    shown.session.add_point((1.0, 2.0))
    shown.runner.ask()
    assert held.began == [0, 0]
    assert shown.runner.reading.words == "0 of 1."
    shown.probe = Slow(3)
    shown.runner.ask()
    assert held.began == [0, 0, 3]


def test_coarser_answers_are_drawn_on_the_way_and_said_to_be_coarse(shown, held, impatient):
    said = []
    shown.draw = lambda words: said.append((words, shown.text()))
    shown.probe = Refined(9)
    shown.runner.ask()
    assert [words for words, _ in said[::2]] == ["1 of 0.", "2 of 0.", "9 of 0."]
    assert COARSE in said[2][1] or "step 3 of 3" in said[2][1]
    assert "Computed in" in shown.text()
    # While a finer answer is on its way, the coarse one is not dimmed: it is of this state.
    assert not any(shown.dimmed[shown.dimmed.index(False) :])
    shown.runner.ask()
    assert held.began == [1, 2, 9]


def test_a_quick_answer_is_not_preceded_by_a_coarser_one(shown, held, monkeypatch):
    monkeypatch.setattr(probe_runner, "_PATIENCE_S", 1e9)
    shown.probe = Refined(8)
    shown.runner.ask()
    shown.probe = Refined(9)
    shown.runner.ask()
    assert held.began == [1, 2, 8, 9]


def test_drawing_again_computes_nothing(shown, held):
    shown.runner.draw_again()  # nothing yet
    assert shown.drawn == []
    shown.runner.ask()
    shown.drawn.clear()
    shown.runner.draw_again()
    assert shown.drawn == ["0 of 0.", "second part"]
    assert held.began == [0]


def test_a_probe_that_raises_is_told_in_words_and_tried_again(shown, held, caplog):
    held.fails_at = {0: ValueError("No such block.")}
    shown.runner.ask()
    assert shown.runner.error == "No such block."
    assert "No such block." in shown.text()
    assert shown.drawn == []
    held.fails_at = {}
    shown.runner.ask()  # the same state
    assert shown.runner.error == ""
    assert shown.drawn == ["0 of 0.", "second part"]
    caplog.clear()


def test_a_drawing_that_raises_is_told_and_the_other_parts_are_left_out(shown, held, caplog):
    shown.fail_next = RuntimeError("no room")
    shown.runner.ask()
    assert shown.runner.error == "RuntimeError: no room"
    assert shown.drawn == []
    shown.runner.ask()
    assert shown.drawn == ["0 of 0.", "second part"]
    assert shown.runner.error == ""
    caplog.clear()


def test_a_callback_that_raises_is_told_and_raises_at_nobody(shown, caplog):
    def fail(number: int) -> None:
        raise ValueError(f"Not {number}.")

    shown.runner.show_errors(fail)(3)
    assert shown.runner.error == "Not 3."
    assert "Not 3." in shown.text()
    assert shown.runner.show_errors(fail).__wrapped__ is fail
    caplog.clear()


def test_after_closing_nothing_is_computed_or_drawn(shown, held):
    shown.runner.close()
    shown.runner.ask()
    shown.runner.draw_again()
    assert held.began == []
    assert shown.drawn == []


def test_a_computation_ends_at_its_next_step_when_the_view_is_closed(shown, held, monkeypatch):
    monkeypatch.setattr(held.reached, "set", shown.runner.close)
    shown.runner.ask()
    assert (held.began, held.ended) == ([0], [])
    assert shown.drawn == []


def test_a_run_that_can_not_be_made_is_told_in_words_and_tried_again(shown, held):
    shown.runner.ask()
    probe, shown.probe = shown.probe, None
    shown.runner._wanted = lambda: [][0]
    shown.runner.ask()
    assert shown.runner.error == "IndexError: list index out of range"
    assert shown.dimmed[-1]
    shown.runner._wanted = lambda: (probe, shown.session.trace)
    shown.runner.ask()
    assert shown.runner.error == ""
    assert not shown.dimmed[-1]
