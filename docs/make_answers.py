"""Writes docs/answers.md, what the shipped model answers to each question of the course.

It also fills in docs/teaching.md: the answers where a mark names a chapter and its questions, such
as <!-- see 05 1 2 -->, and what the Python of its exercises prints.

    python docs/make_answers.py [--only WORD]

Of each notebook it runs the cell that makes the session, and then those that ask a question or draw
a conclusion: all that a teacher may want to know before the lesson. The other choices stand below,
with the reasons of docs/answer_reasons.yaml.
"""

import argparse
import ast
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).with_name("phenomena")))

from common import digest

import sam_explore as sx
from sam_explore.loading import shipped_weights
from sam_explore.toy.exam.tables import write_between_marks
from sam_explore.widgets.session import SYNCHRONOUS

PAGE = Path(__file__).with_name("answers.md")
LESSONS = Path(__file__).with_name("teaching.md")
NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
REASONS = yaml.safe_load(Path(__file__).with_name("answer_reasons.yaml").read_text("utf-8"))
MARK = "answers"
QUESTIONS = ("Choice", "Estimate", "Place")
SEEN = "**Computed for the small model:**"
QUESTION = "1. "  # begins each; markdown counts them
_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """A call of `sx.course` in a notebook.

    Args:
        name: Choice, Estimate, Place or Conclusion.
        code: the call itself.
        session: the name of the session that it is about.
        facts: the functions of `sx.course.facts` that it names.
    """

    name: str
    code: ast.Expression
    session: str
    facts: tuple[str, ...]


def asked_in(path: Path) -> tuple[str, list[Asked]]:
    """The code that makes a notebook's sessions, and its questions and conclusions in order."""
    cells = [c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    calls = [call for cell in cells for call in _calls(cell)]
    wanted = {call.session for call in calls}
    begins = ("import sam_explore", *(f"{name} = sx.Session(" for name in wanted))
    made = [cell for cell in cells if any(each in cell for each in begins)]
    return "\n".join(_without_views(cell, wanted) for cell in made), calls


def _without_views(cell: str, sessions: set[str]) -> str:
    """A cell without what it only shows: calls of anything but a session."""
    kept = [
        node
        for node in ast.parse(cell).body
        if not isinstance(node, ast.Expr) or ast.unparse(node).split(".")[0] in sessions
    ]
    return "\n".join(ast.unparse(node) for node in kept)


def _calls(cell: str) -> Iterator[Asked]:
    for node in ast.walk(ast.parse(cell)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name, of = node.func.attr, ast.unparse(node.func.value)
            if of == "sx.course" and name in (*QUESTIONS, "Conclusion"):
                facts = [
                    each.attr
                    for each in ast.walk(node)
                    if isinstance(each, ast.Attribute)
                    and ast.unparse(each.value) in ("facts", "sx.course.facts")
                ]
                yield Asked(name, ast.Expression(node), ast.unparse(node.args[0]), tuple(facts))


def lines_of(path: Path) -> list[str]:
    """The questions of a notebook with their answers, and what else its conclusion says."""
    made, calls = asked_in(path)
    names: dict = {}
    exec(made, names)
    names["facts"] = sx.course.facts
    found = []
    for asked in calls:
        if asked.name in QUESTIONS:
            with eval(compile(asked.code, str(path), "eval"), names) as question:
                plain = question.still()[0]["text/plain"]
            reply = " ".join(plain.split("Computed: ")[-1].split())
            whole = in_full(question.question, asked.facts[-1])
            found += [f"{QUESTION}*{whole}* {reply[0].upper()}{reply[1:]}"]
            answers = tuple(getattr(question, "answers", ()))
            found += reasons(reply, answers, REASONS.get(asked.facts[-1], {}))
    answered = {fact for asked in calls if asked.name in QUESTIONS for fact in asked.facts}
    for asked in calls:
        rest = [fact for fact in asked.facts if fact not in answered]
        answered.update(rest)
        now = eval(asked.session, names).now
        found += [f"- {getattr(sx.course.facts, fact)(now).words}" for fact in rest]
    for each in names.values():
        if isinstance(each, sx.Session):
            each.close()
    return found


def in_full(question: str, fact: str) -> str:
    """A question with what its chapter says before it, as far as it can't be asked without."""
    given = REASONS.get(fact, {}).get("given")
    return f"{given} {question}" if given else question


def reasons(reply: str, answers: tuple[str, ...], written: dict) -> list[str]:
    """Why the answer is so, and of each other choice that it is not the one, and why.

    Args:
        reply: what was computed; of a choice it begins with that in quotation marks.
        answers: the choices; none of an estimate or a place.
        written: by hand, as in docs/answer_reasons.yaml; left out where it is about another choice.
    """
    right = next((each for each in answers if reply.startswith(f"“{each}”")), None)
    if written.get("of", right) != right:
        written = {}
    found = [f"   - Why: {written['why']}"] if "why" in written else []
    others = written.get("others", {})
    for each in answers:
        if each != right:
            found.append(" ".join((f"   - Not “{each}”.", others.get(each, ""))).rstrip())
    return found


def title_of(path: Path) -> str:
    """Such as "05: Looking through windows"."""
    first = nbformat.read(path, as_version=4).cells[0].source
    return f"{path.name[:2]}: {first.splitlines()[0].removeprefix('# ')}"


def fill_in(page: Path, by_chapter: dict[str, list[str]]) -> None:
    """Write the answers that a page's marks ask for, of the chapters that are given."""
    for mark in re.findall(r"<!-- (see [\d ]+) -->", page.read_text("utf-8")):
        _, chapter, *numbers = mark.split()
        if chapter in by_chapter:
            asked = [line for line in by_chapter[chapter] if line.startswith(QUESTION)]
            wanted = [asked[int(number) - 1].removeprefix(QUESTION) for number in numbers]
            write_between_marks(page, mark, [SEEN, "", *(f"- {each}" for each in wanted)])


def run_exercises(page: Path) -> None:
    """Run the Python of a page, block by block, and write what each prints where a mark asks."""
    names: dict = {}
    text = page.read_text("utf-8")
    for number, block in enumerate(_BLOCK.findall(text), start=1):
        with redirect_stdout(io.StringIO()) as printed:
            exec(block, names)
        lines = printed.getvalue().splitlines()
        if f"<!-- prints {number} -->" in text:
            write_between_marks(page, f"prints {number}", ["```", *lines, "```"])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="WORD", help="in a notebook's name")
    parser.add_argument("--write", type=Path, default=PAGE, metavar="PAGE", help="of all answers")
    parser.add_argument("--lessons", type=Path, default=LESSONS, metavar="PAGE")
    options = parser.parse_args(arguments)
    os.environ[SYNCHRONOUS] = "1"  # each question is answered before the next is asked
    paths = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if options.only in path.name]
    answered = {path: lines_of(path) for path in tqdm(paths, unit=" notebook", disable=None)}
    found = [f"By the shipped weights (SHA-256 {digest(shipped_weights())})."]
    for path, lines in answered.items():
        found += ["", f"## {title_of(path)}", "", *_spaced(lines)]
    write_between_marks(options.write, MARK, found)
    fill_in(options.lessons, {path.name[:2]: lines for path, lines in answered.items()})
    run_exercises(options.lessons)


def _spaced(lines: list[str]) -> list[str]:
    """The questions, and then what else the conclusion says."""
    asked = [line for line in lines if line.startswith((QUESTION, " "))]
    rest = [line for line in lines if line not in asked]
    return [*asked, *(["", "Also in the conclusion:", "", *rest] if rest else [])]


if __name__ == "__main__":
    main()
