"""Writes docs/handout.md: the questions of the course on paper, with room for the answers.

    python docs/make_handout.py

Nothing is computed: the questions are read from the notebooks.
"""

import argparse
import ast
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from make_answers import NOTEBOOKS, QUESTIONS, Asked, asked_in, title_of

from sam_explore.toy.exam.tables import write_between_marks

PAGE = Path(__file__).with_name("handout.md")
MARK = "handout"
BOX, LINE = "☐", "______"


def question_of(asked: Asked) -> list[str]:
    """A question, and below it what can be ticked or filled in."""
    call = asked.code.body
    assert isinstance(call, ast.Call)
    text = f"1. {ast.literal_eval(call.args[1])}"
    if asked.name == "Place":
        return [text, f"   - row {LINE}, column {LINE}"]
    if asked.name == "Estimate":
        units = [each.value for each in call.keywords if each.arg == "unit"]
        return [text, f"   - {LINE} {ast.literal_eval(units[0]) if units else '%'}"]
    choices = ast.literal_eval(call.args[2])
    return [text, *(f"   - {BOX} {each}" for each in choices)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, default=PAGE, metavar="PAGE")
    page = parser.parse_args(arguments).write
    found: list[str] = []
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        questions = [each for each in asked_in(path)[1] if each.name in QUESTIONS]
        found += [f"## {title_of(path)}", ""]
        found += [line for each in questions for line in question_of(each)] + [""]
    write_between_marks(page, MARK, found[:-1])


if __name__ == "__main__":
    main()
