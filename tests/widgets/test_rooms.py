"""The tests mirror the tree: each module of a room has a test module of its own."""

from pathlib import Path

import pytest

import sam_explore.widgets

ROOMS = Path(sam_explore.widgets.__file__).parent
TESTS = Path(__file__).parent


def test_there_are_four_rooms_and_no_module_next_to_them():
    names = {path.name for path in ROOMS.iterdir() if path.name != "__pycache__"}
    assert names == {"__init__.py", "session", "canvas", "prompting", "exploring"}


@pytest.mark.parametrize("room", ["session", "canvas", "prompting", "exploring"])
def test_each_module_has_a_test_module(room):
    modules = {path.stem for path in (ROOMS / room).glob("*.py")} - {"__init__"}
    tested = {path.stem.removeprefix("test_") for path in (TESTS / room).glob("test_*.py")}
    assert len(modules) > 10
    assert modules - tested == set()
