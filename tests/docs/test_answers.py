"""The answers to the course, for teachers: each question has one, and it is what is computed."""

import ast
import importlib.util
import re
from types import ModuleType

import pytest

from sam_explore.widgets.session import SYNCHRONOUS

from .scripts import DOCS, phenomenon

ANSWERS = (DOCS / "answers.md").read_text("utf-8")
LESSONS = (DOCS / "teaching.md").read_text("utf-8")
NOTEBOOKS = sorted((DOCS.parent / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    phenomenon("common")  # finds what the scripts share
    spec = importlib.util.spec_from_file_location("make_answers", DOCS / "make_answers.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def section(title: str) -> list[str]:
    """The lines of a chapter on the page."""
    _, after = ANSWERS.split(f"## {title}\n", 1)
    return [line for line in re.split(r"\n## |\n<!--", after)[0].splitlines() if line]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_question_of_a_chapter_has_an_answer_on_the_page(maker, path):
    _, calls = maker.asked_in(path)
    asked = [each for each in calls if each.name in maker.QUESTIONS]
    assert asked
    answered = [line for line in section(maker.title_of(path)) if line.startswith(maker.QUESTION)]
    assert len(answered) == len(asked), "Ask again: python docs/make_answers.py"


def test_the_other_choices_stand_below_with_reasons_that_are_about_this_answer(maker):
    written = {"of": "one", "why": "It is.", "others": {"two": "It is not."}}
    answers = ("one", "two", "three")
    assert maker.reasons("“one”. So much.", answers, written) == [
        "   - Why: It is.",
        "   - Not “two”. It is not.",
        "   - Not “three”.",
    ]
    assert maker.reasons("“two”. So much.", answers, written) == [
        "   - Not “one”.",
        "   - Not “three”.",
    ]
    assert maker.reasons("7 %. So much.", (), {"why": "It is."}) == ["   - Why: It is."]


def test_each_reason_is_about_a_question_and_its_choices(maker):
    asked = {
        each.facts[-1]: ast.unparse(each.code)
        for path in NOTEBOOKS
        for each in maker.asked_in(path)[1]
        if each.name in maker.QUESTIONS
    }
    assert set(maker.REASONS) == set(asked)
    for fact, written in maker.REASONS.items():
        assert "of" in written or "others" not in written, f"{fact}: which answer are they about?"
        for choice in (*([written["of"]] if "of" in written else []), *written.get("others", {})):
            assert repr(choice) in asked[fact], choice


def test_the_page_says_what_is_computed_now(maker, monkeypatch):
    monkeypatch.setenv(SYNCHRONOUS, "1")
    (path,) = (each for each in NOTEBOOKS if each.name.startswith("00"))
    lines = maker.lines_of(path)
    assert [line for line in section(maker.title_of(path)) if line in lines] == lines
    assert "6 of them run again" in lines[0]


def test_a_lesson_has_the_answers_that_it_names(maker):
    for mark in re.findall(r"<!-- (see [\d ]+) -->", LESSONS):
        _, chapter, *numbers = mark.split()
        (path,) = (each for each in NOTEBOOKS if each.name.startswith(chapter))
        asked = [one for one in section(maker.title_of(path)) if one.startswith(maker.QUESTION)]
        shown = LESSONS.split(f"<!-- {mark} -->")[1].split(f"<!-- /{mark} -->")[0]
        wanted = [asked[int(number) - 1].removeprefix(maker.QUESTION) for number in numbers]
        lines = [line for line in shown.splitlines() if line]
        assert lines == [maker.SEEN, *(f"- {each}" for each in wanted)]


def test_the_handout_has_every_question_and_what_can_be_ticked(maker, tmp_path):
    spec = importlib.util.spec_from_file_location("make_handout", DOCS / "make_handout.py")
    handout = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handout)
    page = tmp_path / "page.md"
    page.write_text("<!-- handout -->\n<!-- /handout -->\n", "utf-8")
    handout.main(["--write", str(page)])
    written = (DOCS / "handout.md").read_text("utf-8")
    again = "Print it again: python docs/make_handout.py"
    assert page.read_text("utf-8").strip() == written[written.index("<!--") :].strip(), again
    for question in (
        "How many of the steps have to run again?\n   - ☐ all of them",
        "On which patch is the mean colour most wrong?\n   - row ______, column ______",
        "How many of these regions are found?\n   - ______ % of them",
    ):
        assert question in written
    assert "1. You click on another place of the same picture. How many of the steps" in written
    hour = handout.asked_within_an_hour(LESSONS)
    assert hour[:3] == [("01", 1), ("00", 1), ("00", 2)]
    sheet, _ = written.split("## An hour\n", 1)[1].split("\n## ", 1)
    assert sheet.count("\n1. ") == len(hour)


def test_answers_and_printed_lines_are_written_between_their_marks(maker, tmp_path):
    page = tmp_path / "page.md"
    marks = "<!-- see 05 2 -->\n<!-- /see 05 2 -->\n<!-- prints 1 -->\n<!-- /prints 1 -->\n"
    page.write_text(f"```python\nprint(2 + 3)\n```\n{marks}")
    maker.fill_in(page, {"05": ["1. *One?* Yes.", "1. *Two?* No.", "- A fact."]})
    maker.run_exercises(page)
    assert "- *Two?* No.\n" in page.read_text()
    assert "One?" not in page.read_text()
    assert "```\n5\n```" in page.read_text()
