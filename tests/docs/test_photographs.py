"""The photographs in docs: what is asked and counted, and that the page is of the shipped weights.

Only matplotlib's photograph is at hand here; the others need the `photos` extra.
"""

import hashlib
import re
import sys

import numpy as np
import pytest
from PIL import Image

import sam_explore as sx
from sam_explore.geometry import Frame
from sam_explore.loading import shipped_weights

from .scripts import DOCS

sys.path.append(str(DOCS / "images"))

import make_photographs
from photos import PHOTOS, Photo

PAGE = (DOCS / "toy_model.md").read_text("utf-8")
SQUARE = Photo(
    "square", lambda: np.zeros((4, 6, 3), np.uint8), (2, 2), ((1, 1), (3, 1), (3, 2), (1, 2))
)


def answer(kind: str, predicted: float, true: float, without_model: float):
    frame = Frame((4, 6), (4, 6), 8, 4)
    iou = np.array([9.0, predicted, predicted - 1, predicted - 2])
    prediction = sx.Prediction(np.ones((4, 2, 2), np.float32), iou, sx.Prompts(), frame)
    return make_photographs.Answer(
        SQUARE, SQUARE.image(), kind, prediction, (1.0, true, 0.9, 0.0), without_model
    )


def test_corners_of_an_outline_belong_to_the_object_and_its_box_ends_after_them():
    truth = SQUARE.truth((4, 6))
    by_hand = np.zeros((4, 6), bool)
    by_hand[1:3, 1:4] = True
    assert np.array_equal(truth, by_hand)
    asked = SQUARE.prompts(truth)
    assert asked["click"].points.tolist() == [[2, 2]]
    assert asked["box"].box.tolist() == [1, 1, 4, 3]


def test_the_chosen_mask_counts_and_is_compared_with_what_needs_no_model():
    asked = [answer("click", 0.5, 0.8, 0.7), answer("click", 0.7, 0.2, 0.3)]
    assert make_photographs.figures(asked[0]) == [0.5, 0.8, 0.9, 0.7]
    assert make_photographs.summary("click", asked) == (
        "With a click, 1 of 2 chosen masks reach an IoU of 0.75 (square), and 1 are better than "
        "the flood fill. Mean predicted IoU 0.60, mean true IoU 0.50, of the flood fill 0.50."
    )


def test_the_script_asks_and_draws(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(make_photographs, "PHOTOS", PHOTOS[:1])
    page, picture = tmp_path / "page.md", tmp_path / "picture.png"
    page.write_text("above\n<!-- photographs -->\nold\n<!-- /photographs -->\nbelow", "utf-8")
    make_photographs.main(["--write", str(page), "--to", str(picture)])
    text = page.read_text("utf-8")
    assert "old" not in text
    assert "\n| admiral    | click  | " in text
    assert "\n| admiral    | box    | " in text
    assert Image.open(picture).width == 1200
    assert "picture.png" in capsys.readouterr().out


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda photo: photo.name)
def test_a_click_lies_on_its_object(photo):
    x, y = photo.click
    assert photo.truth((700, 700))[y, x]


def test_the_page_shows_the_picture_and_the_figures_of_the_shipped_weights():
    part = PAGE.split("<!-- photographs -->")[1].split("<!-- /photographs -->")[0]
    digest = hashlib.sha256(shipped_weights().read_bytes()).hexdigest()[:12]
    again = "Other weights ship now: docs/images/make_photographs.py --write docs/toy_model.md"
    assert re.findall(r"shipped weights \(SHA-256 (\w+)\)", part) == [digest], again
    assert len(re.findall(r"^\| .+ \| (?:click|box)  ? *\|", part, re.MULTILINE)) == 2 * len(PHOTOS)
    assert "](images/photographs.png)" in PAGE
    kilobytes = make_photographs.PICTURE.stat().st_size / 1000
    assert kilobytes <= make_photographs.MOST_KB
