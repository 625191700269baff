"""Writes the example in docs/where_a_number_comes_from.md: runs its code, and shows what it prints.

python docs/make_origin.py
"""

import re
from pathlib import Path

from sam_explore.toy.exam.tables import write_between_marks

PAGE = Path(__file__).with_name("where_a_number_comes_from.md")
MARK = "score"
_LINES = 4  # the formula in words, in symbols and in numbers, and the model's own number


def printed(page: str) -> list[str]:
    """The lines that the page's first Python block prints of its score."""
    code = re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]
    names: dict = {}
    exec(code, names)
    return str(names["score"]).splitlines()[:_LINES]


def main() -> None:
    lines = printed(PAGE.read_text("utf-8"))
    write_between_marks(PAGE, MARK, ["```", *lines, "```"])


if __name__ == "__main__":
    main()
