"""The code of the page about this runs, and prints what the page shows."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "where_a_number_comes_from.md"


def test_the_code_of_the_page_prints_what_it_shows():
    text = PAGE.read_text("utf-8")
    first, second = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"```\n(Attention score.*?)```", text, re.DOTALL)
    names: dict = {}
    exec(first, names)
    assert str(names["score"]).startswith(shown)
    exec(second, names)
    rest = names["content"].operands[-1]
    assert rest.name == "the sum of the other 26 products"
