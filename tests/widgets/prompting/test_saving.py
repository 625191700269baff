"""Files for the reader's computer: what is in them, and prompts back from one."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco

from sam_explore.geometry import Prompts
from sam_explore.saved_prompts import prompts_to_json
from sam_explore.widgets.prompting.saving import Saving

from ..screen import press_button, upload_file
from ..view import half


@pytest.fixture
def session(answers, image, open_session):
    session = open_session(image)
    session.prompts = Prompts([(5, 6), (7.5, 8)], [1, 0], mask_hint=np.eye(16))
    return session


@pytest.fixture
def saving(session):
    saving = Saving(session)
    yield saving
    saving.close()


def made(saving) -> tuple[str, bytes]:
    """Name and content of the file that the link saves."""
    link = saving._link.value
    name, content = re.search(
        r'download="([^"]+)" href="data:[\w/-]+;base64,([^"]+)"', link
    ).groups()
    assert f"Download {name}</a>" in link
    return name, b64decode(content)


def test_the_shown_mask_as_png(session, saving):
    press_button(saving.png)
    name, content = made(saving)
    assert name == "mask-0.png"  # of three tokens or more, the model takes mask 0
    assert np.array_equal(np.asarray(Image.open(BytesIO(content))) > 0, half("left"))
    session.chosen = 2
    press_button(saving.png)
    name, content = made(saving)
    assert name == "mask-2.png"
    assert np.array_equal(np.asarray(Image.open(BytesIO(content))) > 0, half("lower"))


def test_the_shown_mask_as_coco(session, saving):
    session.chosen = 2
    press_button(saving.coco)
    name, content = made(saving)
    record = json.loads(content)
    assert name == "mask-2.json"
    assert np.array_equal(coco.decode(record["segmentation"]), half("lower"))
    assert record["area"] == 64 * 32
    assert record["point_coords"] == [[5, 6], [7.5, 8]]


def test_all_masks_as_numpy_at_the_threshold(session, saving):
    session.threshold = 3.9
    press_button(saving.numpy)
    name, content = made(saving)
    arrays = np.load(BytesIO(content))
    assert name == "masks.npz"
    assert np.array_equal(arrays["masks"], session.prediction.masks(3.9))
    assert np.array_equal(arrays["logits"], session.prediction.logits)
    assert np.array_equal(arrays["iou"], session.prediction.iou)
    assert (arrays["shown"], arrays["threshold"]) == (0, 3.9)


def test_prompts_go_out_and_come_back(session, saving):
    press_button(saving.prompts)
    name, content = made(saving)
    assert name == "prompts.json"
    session.clear()
    upload_file(saving.upload, name, content)
    assert session.prompts.points.tolist() == [[5, 6], [7.5, 8]]
    assert session.prompts.labels.tolist() == [1, 0]
    assert np.array_equal(session.prompts.mask_hint, np.eye(16))
    words = "Restored: 1 foreground point, 1 background point and a mask hint. Undo takes them"
    assert words in saving._words.value
    assert "another size" not in saving._words.value
    session.undo()
    assert session.prompts.is_empty
    assert saving._words.value == ""


def test_prompts_of_a_picture_of_another_size_are_moved_and_that_is_said(session, saving):
    text = prompts_to_json(Prompts(box=(10, 20, 30, 40)), (128, 32))
    upload_file(saving.upload, "prompts.json", text.encode())
    assert session.prompts.box.tolist() == [20, 10, 60, 20]
    assert "They were for a picture of another size, and moved in proportion" in saving._words.value


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "are JSON, and this is not"),
        (b'{"a": 1}', "JSON of another kind"),
        (prompts_to_json(Prompts([(9, 9)]), (8, 8)).encode(), "lies outside the picture"),
    ],
)
def test_another_file_is_refused_and_changes_nothing(content, words, session, saving):
    before = session.prompts
    upload_file(saving.upload, "prompts.json", content)
    assert words in session.error
    assert session.prompts is before


def test_a_link_goes_when_what_it_saves_is_no_longer_shown(session, saving):
    for change in (
        lambda: setattr(session, "chosen", 1),
        lambda: setattr(session, "threshold", 1.0),
        lambda: session.add_point((1.0, 1.0)),
    ):
        press_button(saving.png)
        assert saving._link.value
        change()
        assert saving._link.value == ""


def test_without_masks_and_prompts_there_is_nothing_to_press(session, saving):
    buttons = [saving.png, saving.coco, saving.numpy, saving.prompts]
    assert not any(button.disabled for button in buttons)
    session.clear()
    assert all(button.disabled for button in buttons)
    press_button(saving.png)  # as a page may, before it has heard
    assert "There is no mask yet" in session.error
