"""Writes docs/handout.md: the questions of the course on paper, with room for the answers.

    python docs/make_handout.py

Nothing is computed: the questions are read from the notebooks, and which of them the hour has from
docs/teaching.md. What a chapter says before a question is in docs/answer_reasons.yaml.
"""

import argparse
import ast
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from make_answers import LESSONS, NOTEBOOKS, QUESTIONS, Asked, asked_in, in_full, title_of

from sam_explore.toy.exam.tables import write_between_marks

PAGE = Path(__file__).with_name("handout.md")
MARK = "handout"
BOX, LINE = "☐", "______"
HOUR = "An hour"  # the part of the lessons whose questions fit one sheet


def question_of(asked: Asked) -> list[str]:
    """A question, and below it what can be ticked or filled in."""
    call = asked.code.body
    assert isinstance(call, ast.Call)
    text = f"1. {in_full(ast.literal_eval(call.args[1]), asked.facts[-1])}"
    if asked.name == "Place":
        return [text, f"   - row {LINE}, column {LINE}"]
    if asked.name == "Estimate":
        units = [each.value for each in call.keywords if each.arg == "unit"]
        return [text, f"   - {LINE} {ast.literal_eval(units[0]) if units else '%'}"]
    choices = ast.literal_eval(call.args[2])
    return [text, *(f"   - {BOX} {each}" for each in choices)]


def asked_within_an_hour(lessons: str) -> list[tuple[str, int]]:
    """The chapters and numbers of the questions of the hour, in the order of the lesson."""
    hour = lessons.split(f"## {HOUR}\n", 1)[1].split("\n## ", 1)[0]
    marks = re.findall(r"<!-- see (\d+)([\d ]+) -->", hour)
    return [(chapter, int(each)) for chapter, numbers in marks for each in numbers.split()]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, default=PAGE, metavar="PAGE")
    page = parser.parse_args(arguments).write
    asked = {
        path: [question_of(each) for each in asked_in(path)[1] if each.name in QUESTIONS]
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    }
    by_chapter = {path.name[:2]: questions for path, questions in asked.items()}
    hour = asked_within_an_hour(LESSONS.read_text("utf-8"))
    found = [f"## {HOUR}", ""]
    found += [line for chapter, number in hour for line in by_chapter[chapter][number - 1]]
    for path, questions in asked.items():
        found += ["", f"## {title_of(path)}", "", *(line for each in questions for line in each)]
    write_between_marks(page, MARK, found)


if __name__ == "__main__":
    main()
