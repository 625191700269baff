"""What the page on a session's files shows as code runs and says what it says."""

import re
from pathlib import Path

import numpy as np

import sam_explore as sx

PAGE = Path(__file__).parents[2] / "docs" / "prompting.md"
SCENE, AS_PYTHON = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def test_the_code_of_a_session_gives_the_mask_that_the_page_says():
    *steps, last = AS_PYTHON.strip().splitlines()
    made = {"sx": sx}
    try:
        exec("\n".join(steps), made)
        expression, _, says = last.partition("  # ")
        assert str(eval(expression, made)) == says == "True"
    finally:
        made["session"].close()


def test_a_changed_scene_becomes_the_sessions_picture_with_its_truth():
    with sx.Session(sx.load(), sx.example("turtle"), synchronous=True) as session:
        made = {"sx": sx, "session": session}
        exec(SCENE, made)
        assert np.array_equal(session.image, made["scene"].image)
        assert session.truth.drawn_from == made["scene"].drawn_from
        assert "changed_scene('turtle', moved_px={'turtle/head': (0.0, -40.0)}" in session.code
