"""The site: every page of it is there, every link leads somewhere, pictures are told in words."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from .scripts import DOCS

ROOT = DOCS.parent
INDEX = (DOCS / "site" / "index.md").read_text("utf-8")


# A picture of one pixel, as PNG in base 64.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg"
    "=="
)


def built(maker, cells: list, folder: Path) -> str:
    """The page that cells of a notebook become."""
    source, site = folder / "source", folder / "site"
    source.mkdir()
    shutil.copy(DOCS / "site" / "conf.py", source)
    shutil.copytree(DOCS / "site" / "_static", source / "_static")
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    title = new_markdown_cell("# A page")
    notebook = new_notebook(cells=[title, *cells], metadata=language)
    nbformat.write(notebook, source / "index.ipynb")
    assert maker.build_main(["-W", "-q", "-b", "html", str(source), str(site)]) == 0
    return (site / "index.html").read_text("utf-8")


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_site", DOCS / "make_site.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_site_is_built_without_a_warning(tmp_path):
    """In a process of its own, since Sphinx imports the package without the checks of the tests."""
    command = [sys.executable, DOCS / "make_site.py", tmp_path, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_link_that_leads_nowhere_is_an_error(maker, tmp_path, monkeypatch, capfd):
    page = "# A page\n\n[nowhere](nowhere.md)\n"

    def gather(source):
        (source / "conf.py").write_text('extensions = ["myst_parser"]\n')
        (source / "index.md").write_text(page)

    monkeypatch.setattr(maker, "gather", gather)
    assert maker.main([str(tmp_path), "--check"]) != 0
    assert "nowhere.md" in capfd.readouterr().err


def test_every_page_of_docs_is_listed():
    listed = set(re.findall(r"^docs/(\w+)$", INDEX, re.MULTILINE))
    assert listed == {page.stem for page in DOCS.glob("*.md")}


def test_each_public_name_probe_and_intervention_has_a_page(maker):
    page = maker.api_page()
    for name in ("sam_explore.predict", "raw_logits.RawLogits", "ablation.AblateHead"):
        assert re.search(rf"^   \S*{re.escape(name)}$", page, re.MULTILINE)


def test_files_that_a_page_links_to_come_along_and_other_pages_do_not(maker):
    found = maker.linked_files(DOCS / "claims.md")
    assert found
    assert all(path.is_relative_to(ROOT / "tests") for path in found)


def test_notebooks_are_run_and_their_pictures_told_in_words(maker, tmp_path):
    cell = new_code_cell("import sam_explore as sx\n1 + 1")
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "one.ipynb")
    maker.run_notebooks(tmp_path)
    (cell,) = nbformat.read(tmp_path / "one.ipynb", as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "2"

    about = {"image/png": {"alt": "A mask."}}
    picture = new_output("display_data", {"image/png": "", "text/plain": "A mask."}, metadata=about)
    cell = new_code_cell("draw", outputs=[picture])
    maker.describe_pictures(cell)
    assert cell.metadata["mystnb"] == {"image": {"alt": "A mask."}}


def test_a_place_is_asked_for_before_its_map_which_opens_by_a_click(maker, tmp_path):
    words = "Predict: Which patch? Computed: row 1, column 2 (3 grey levels). It."
    picture = new_output("display_data", {"image/png": PIXEL, "text/plain": words})
    cell = new_code_cell("question", outputs=[picture], execution_count=1)
    page = built(maker, maker.fold_answer(cell), tmp_path)
    asked, folded = page.index("Which patch?"), page.index("<details")
    assert asked < folded < page.index("<img", folded)
    assert "What was computed" in page
    other = new_code_cell("view", outputs=[new_output("display_data", {"text/plain": "It."})])
    assert maker.fold_answer(other) == [other]


def test_a_number_that_is_explained_has_its_parts_in_a_table(maker, tmp_path):
    """As in chapter 00: the result of a cell is Markdown, which the page shows as it is meant."""
    table = "| number | what it is |\n|---:|---|\n| −0.16 | $x$ of a query |\n"
    result = new_output("execute_result", {"text/markdown": table}, execution_count=1)
    cell = new_code_cell("score", outputs=[result], execution_count=1)
    page = built(maker, [cell], tmp_path)
    assert re.search(r"<td[^>]*>\s*(<p>)?−0.16", page)
    assert "|---:|" not in page
