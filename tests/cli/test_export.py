"""`sam-explore export`: failures are reported and leave no page. The page: tests/browser."""

from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from sam_explore.cli import export, main


def write(path: Path, *sources: str) -> Path:
    cells = [new_code_cell(source) for source in sources]
    nbformat.write(new_notebook(cells=[new_markdown_cell("# A title"), *cells]), path)
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_cell_that_raises_is_named_and_what_was_there_before_is_kept(
    here: Path, capsys: pytest.CaptureFixture
):
    (here / "broken.html").write_text("older", "utf-8")
    assert main(["export", str(write(here / "broken.ipynb", "x = 0", "1 / x\n# more"))]) == 1
    said = capsys.readouterr().err
    assert "Cell 3 of 3 (`1 / x`) raised ZeroDivisionError: division by zero" in said
    assert "--allow-errors" in said
    assert (here / "broken.html").read_text("utf-8") == "older"
    assert sorted(each.name for each in here.iterdir()) == ["broken.html", "broken.ipynb"]


def test_on_request_the_page_shows_the_error_and_what_comes_after(
    here: Path, capsys: pytest.CaptureFixture
):
    notebook = write(here / "broken.ipynb", "1 / 0", "print(6 * 7)")
    target = here / "page.html"
    assert main(["export", str(notebook), "--allow-errors", "--output", str(target)]) == 0
    assert "Cell 2 of 3 (`1 / 0`) raised ZeroDivisionError" in capsys.readouterr().err
    page = target.read_text("utf-8")
    assert "ZeroDivisionError" in page
    assert "42" in page


def test_a_cell_that_ends_python_is_named(here: Path, capsys: pytest.CaptureFixture):
    notebook = write(here / "ends.ipynb", "import os", "os._exit(1)")
    assert main(["export", str(notebook), "--allow-errors"]) == 1
    assert "Cell 3 of 3 (`os._exit(1)`) ended Python itself" in capsys.readouterr().err
    assert not (here / "ends.html").exists()


def test_what_is_no_notebook_is_refused(here: Path, capsys: pytest.CaptureFixture):
    (here / "text.ipynb").write_text("a secret", "utf-8")
    (here / "list.ipynb").write_text('["a secret"]', "utf-8")
    (here / "deep.ipynb").write_text("[" * 100_000, "utf-8")
    for name, words in (
        ("deep.ipynb", "deep.ipynb is no notebook"),
        ("text.ipynb", "text.ipynb is no notebook"),
        ("list.ipynb", "list.ipynb is no notebook"),
        ("none.ipynb", "There is no notebook none.ipynb. Those of the course are: 00_the_map"),
    ):
        assert main(["export", name]) == 1
        said = capsys.readouterr().err
        assert words in said
        assert "secret" not in said
    assert main(["export", "01_prompting", "--output", "nowhere/page.html"]) == 1
    assert "There is no folder nowhere" in capsys.readouterr().err


def test_without_nbconvert_it_says_how_to_install_it(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr(
        export, "find_spec", lambda name: None if name == "nbconvert" else find_spec(name)
    )
    assert main(["export", "01_prompting"]) == 1
    assert 'pip install "sam-explore[docs]"' in capsys.readouterr().err
