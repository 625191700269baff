"""Which notebook is meant by a path or a name."""

from pathlib import Path

import pytest

from sam_explore.cli.notebooks import find_notebook


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "course"
    folder.mkdir()
    for name in ("01_prompting.ipynb", "02_inside.ipynb"):
        (folder / name).touch()
    monkeypatch.chdir(tmp_path)
    return folder


def test_a_notebook_of_the_course_goes_by_its_name(course: Path):
    for name in ("01_prompting", "01_prompting.ipynb"):
        assert find_notebook(Path(name), course) == course / "01_prompting.ipynb"


def test_a_file_at_the_path_comes_first(course: Path, tmp_path: Path):
    (tmp_path / "01_prompting.ipynb").touch()
    assert find_notebook(Path("01_prompting.ipynb"), course) == tmp_path / "01_prompting.ipynb"


def test_an_unknown_one_is_refused_with_the_names_of_the_course(course: Path):
    for name in ("03_none", "elsewhere/01_prompting.ipynb"):
        with pytest.raises(ValueError, match=r"course are: 01_prompting, 02_inside\."):
            find_notebook(Path(name), course)
