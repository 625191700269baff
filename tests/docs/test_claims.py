"""The table of claims: each has one of five verdicts, and what it links to is there."""

import re
from pathlib import Path

import nbformat
import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "claims.md").read_text("utf-8")
VERDICTS = (
    "holds by construction",
    "holds on the toy",
    "left open on the toy",
    "needs weights",
    "wrong",
)
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.partition("\n## ")[2].splitlines()
    if line.startswith("| ") and not line.startswith("| Statement")
]
LINKS = re.findall(r"\[([^\]]+)\]\(((?!https?:)[^)#]+)(#[^)]*)?\)", PAGE)


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:40])
def test_a_claim_has_a_verdict_a_reason_and_a_link(row: list[str]):
    statement, verdict, shown = row
    assert statement.endswith(".")
    assert verdict in VERDICTS
    assert re.search(r"\]\([^)]+\)", shown)


@pytest.mark.parametrize(("name", "target", "anchor"), LINKS)
def test_what_it_links_to_is_there_by_that_name(name: str, target: str, anchor: str):
    path = (DOCS / target).resolve()
    assert path.is_file()
    if path.suffix == ".py":
        assert f"def {name.strip('`')}(" in path.read_text("utf-8")
    elif path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        headings = re.findall(r"^## (.+)$", "\n".join(each.source for each in cells), re.M)
        assert name in headings
    elif anchor:
        headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.M)
        assert anchor[1:] in map(slug, headings)


def test_there_is_a_row_for_every_verdict():
    assert {row[1] for row in ROWS} == set(VERDICTS)
