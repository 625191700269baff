"""What the page on a session's files shows as code runs and says what it says."""

import re
from pathlib import Path

import sam_explore as sx

PAGE = Path(__file__).parents[2] / "docs" / "prompting.md"


def test_the_code_of_a_session_gives_the_mask_that_the_page_says():
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    *steps, last = block.strip().splitlines()
    made = {"sx": sx}
    try:
        exec("\n".join(steps), made)
        expression, _, says = last.partition("  # ")
        assert str(eval(expression, made)) == says == "True"
    finally:
        made["session"].close()
