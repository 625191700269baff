"""The page of extremes, read as a browser would read it."""

from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

import sam_explore as sx

pytestmark = pytest.mark.usefixtures("here")


class Page(HTMLParser):
    def __init__(self, source: str):
        super().__init__()
        self.images: list[dict] = []
        self.headings: list[str] = []
        self.captions: list[str] = []
        self.tags: set[str] = set()
        self._tag = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self._tag = tag
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_endtag(self, tag):
        self._tag = ""

    def handle_data(self, data):
        if self._tag in ("h1", "h2"):
            self.headings.append(data)
        if self._tag == "b":
            self.captions.append(data)


@pytest.fixture
def folder(tmp_path):
    """Grey pictures, from black to white; one with a name like a tag, and one that is broken."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        name = f"<i>{number}.png" if number == 5 else f"{number}.png"
        Image.new("RGB", (60, 40), (50 * number,) * 3).save(folder / name)
    (folder / "broken.png").write_bytes(b"")
    return folder


@pytest.fixture
def run(folder, weights, tmp_path):
    options = {"weights": weights, "prompts": "centre", "progress": False}
    return sx.run_folder("masks", folder, tmp_path / "answers", null="pixels", **options)


SHARE = "Masks: The chosen mask [chosen, share of the picture]"


def test_the_extremes_are_there_as_pictures_in_their_order(run, tmp_path):
    source = run.page(tmp_path / "page.html", by=SHARE, count=2).read_text("utf-8")
    page = Page(source)
    rows = {row["path"]: row["numbers"][0]["values"][2] for row in run.rows() if row["numbers"]}
    ordered = sorted(rows, key=lambda name: (rows[name], name))
    expected = [ordered[-1], ordered[-2], ordered[0], ordered[1]]
    assert [caption.split("  ")[1] for caption in page.captions] == expected
    assert page.headings[0] == f"7 pictures: {SHARE}"
    assert page.headings[-1] == "Pictures with an error: 1"
    assert "pixels shuffled" in source
    assert "&lt;i&gt;5.png" in source
    assert page.tags.isdisjoint({"i", "script", "link"})
    assert all(each["src"].startswith("data:image/jpeg;base64,") for each in page.images)


def test_a_picture_has_its_mask_and_its_click_on_it(run, tmp_path):
    source = run.page(tmp_path / "page.html", by=SHARE, count=1).read_text("utf-8")
    largest = Page(source).images[0]["src"].partition(",")[2]
    shown = np.asarray(Image.open(BytesIO(b64decode(largest)))).astype(int)
    assert shown.shape == (187, 280, 3)
    blue = shown[..., 2] - shown[..., 0] > 30
    assert blue.mean() > 0.05
    assert shown[92:95, 137:144].min(axis=2).max() > 180  # the white plus of the click
    green = shown[88, 137]
    assert green[1] > green[0] + 60


def test_at_most_half_of_the_pictures_are_at_each_end(run, tmp_path):
    page = Page(run.page(tmp_path / "page.html", count=50).read_text("utf-8"))
    assert len(page.images) == 6
    assert page.headings[0].endswith("Masks: The chosen mask [chosen, predicted IoU]")


def test_pictures_that_are_gone_are_said_to_be(run, folder, tmp_path):
    for path in folder.glob("*.png"):
        path.unlink()
    source = run.page(tmp_path / "page.html").read_text("utf-8")
    assert source.count("The picture is not where it was.") == 6


def test_without_an_answer_or_with_an_unknown_number_there_is_no_page(run, tmp_path, weights):
    with pytest.raises(ValueError, match="No number is named 'share'"):
        run.page(tmp_path / "page.html", by="share")
    only = [tmp_path / "pictures" / "broken.png"]
    empty = sx.run_folder("masks", only, tmp_path / "b", weights=weights, progress=False)
    with pytest.raises(ValueError, match="No picture has an answer"):
        empty.page(tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()
