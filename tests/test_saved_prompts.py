"""Prompts that were saved come back exactly, and anything else is refused in words."""

import io
import json
import os
import tracemalloc
from base64 import b64encode
from pathlib import Path

import numpy as np
import pytest

from sam_explore.corrections import Dialogue
from sam_explore.geometry import Prompts
from sam_explore.saved_prompts import (
    SavedPrompts,
    prompts_from_json,
    prompts_to_json,
    saved_from_json,
    text_of_file,
)

SIZE = (100, 200)  # height and width
HINT = np.random.default_rng(0).normal(size=(16, 16)).astype(np.float32)
ALL = Prompts([(0.1, 1 / 3), (199.5, 99)], [1, 0], (1, 2, 30.25, 40), HINT)


def changed(**fields: object) -> str:
    """Saved prompts with other fields; None leaves one out."""
    content = json.loads(prompts_to_json(ALL, SIZE)) | fields
    return json.dumps({name: value for name, value in content.items() if value is not None})


@pytest.mark.parametrize(
    "prompts", [Prompts(), Prompts([(3, 4)]), Prompts(box=(1, 2, 3, 4)), ALL], ids=repr
)
@pytest.mark.parametrize("size", [None, SIZE])
def test_what_was_saved_comes_back_to_the_last_bit(prompts, size):
    again = prompts_from_json(prompts_to_json(prompts, SIZE), size)
    for name in ("points", "labels", "box", "mask_hint"):
        was, now = getattr(prompts, name), getattr(again, name)
        assert (was is None) == (now is None)
        assert was is None or (np.array_equal(was, now) and was.dtype == now.dtype)


def test_the_text_says_what_it_is_and_can_be_read_by_people():
    content = json.loads(prompts_to_json(Prompts([(3, 4.5)], [0]), SIZE))
    assert content == {
        "format": "sam_explore prompts",
        "version": 1,
        "image_size": {"height": 100, "width": 200},
        "points": [[3, 4.5]],
        "labels": [0],
        "box": None,
        "mask_hint": None,
    }


def test_on_a_picture_of_another_size_prompts_move_in_proportion():
    text = prompts_to_json(Prompts([(20, 30)], [0], (10, 20, 100, 50)), SIZE)
    again = prompts_from_json(text, (50, 400))  # half as high, twice as wide
    assert again.points.tolist() == [[40, 15]]
    assert again.labels.tolist() == [0]
    assert again.box.tolist() == [20, 10, 200, 25]


def test_a_mask_hint_goes_along_to_a_picture_of_the_same_shape_only():
    text = prompts_to_json(ALL, SIZE)
    for size in ((50, 100), (1000, 2000), (33, 67)):  # the last as a third in whole pixels
        assert np.array_equal(prompts_from_json(text, size).mask_hint, HINT)
    with pytest.raises(ValueError, match="200 wide and 100 high, and fits none of another shape"):
        prompts_from_json(text, (100, 100))


DIALOGUE = Dialogue(Prompts([(1, 2), (3, 4), (5, 6)], [1, 0, 1]), ((1, None), (2, "best")))


def with_feedback(size: tuple[int, int] = SIZE, **asked: object) -> str:
    """A saved dialogue with logits that went back, with other values of how it was asked."""
    saved = SavedPrompts(DIALOGUE, feeds_back=True, choice=2)
    content = json.loads(prompts_to_json(DIALOGUE.prompts.with_mask_hint(HINT), size, saved))
    return json.dumps(content | {"asked": content["asked"] | asked})


def test_how_prompts_were_asked_comes_back_and_the_model_is_asked_the_same():
    again = saved_from_json(with_feedback())
    assert (again.feeds_back, again.choice, again.has_choices) == (True, 2, True)
    assert again.dialogue.corrected == DIALOGUE.corrected
    assert again.dialogue.prompts.points.tolist() == [[1, 2], [3, 4], [5, 6]]
    assert again.dialogue.prompts.mask_hint is None
    # Whoever reads the prompts alone gets the logits that went back.
    assert np.array_equal(prompts_from_json(with_feedback()).mask_hint, HINT)


def test_logits_that_went_back_keep_no_file_from_a_picture_of_another_shape():
    again = saved_from_json(with_feedback(), (200, 200))
    assert again.dialogue.prompts.points.tolist() == [[1, 4], [3, 8], [5, 12]]


def test_a_mask_hint_of_the_readers_own_stays_with_the_dialogue():
    own = Dialogue(DIALOGUE.prompts.with_mask_hint(HINT), DIALOGUE.corrected)
    text = prompts_to_json(own.prompts, SIZE, SavedPrompts(own))
    assert np.array_equal(saved_from_json(text).dialogue.prompts.mask_hint, HINT)


def test_files_of_older_versions_say_nothing_of_how_they_were_asked():
    again = saved_from_json(prompts_to_json(ALL, SIZE))
    assert again.dialogue.corrected == ()
    assert np.array_equal(again.dialogue.prompts.mask_hint, HINT)
    assert not again.has_choices


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"feeds_back": 1}, "feeds_back must be true or false, not 1"),
        ({"hint_is_fed_back": "no"}, "hint_is_fed_back must be true or false"),
        ({"mask": "worst"}, "a mask must be its number"),
        ({"mask": -1}, "a mask must be its number"),
        ({"corrections": [{"points_before": 3, "mask": None}]}, "points that there are"),
        ({"corrections": [{"points_before": 0, "mask": None}]}, "points that there are"),
        ({"corrections": [{"points_before": 1.5, "mask": None}]}, "points that there are"),
        ({"corrections": [{"points_before": 2, "mask": 0}] * 2}, "in their order"),
        ({"corrections": [{"mask": 0}]}, "'points_before' is missing"),
        ({"corrections": 7}, "damaged"),
    ],
)
def test_how_prompts_were_asked_is_checked(asked, words):
    with pytest.raises(ValueError, match=words):
        saved_from_json(with_feedback(**asked))


def packed(hint: np.ndarray) -> str:
    file = io.BytesIO()
    np.save(file, hint)
    return b64encode(file.getvalue()).decode()


def npy(shape: tuple[int, int], kind: str = "<f4", header: bytes | None = None) -> str:
    """An .npy file whose header says this, and which holds 16 bytes."""
    said = header or f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    content = b"\x93NUMPY\x01\x00" + len(said).to_bytes(2, "little") + said + bytes(16)
    return b64encode(content).decode()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "are JSON, and this is not"),
        ("points: 3", "are JSON, and this is not"),
        ("[1, 2]", "JSON of another kind"),
        ('{"type": "FeatureCollection"}', 'of another kind: in saved prompts, "format" is'),
        (changed(format="other"), "of another kind"),
        (changed(version=2), "version 2 .* reads version 1. Take a newer one"),
        (changed(labels=[1]), "damaged: labels must be of shape 2"),
        (changed(labels=[1, 7]), "damaged: labels must be 1"),
        (changed(points="here"), "damaged: points must be numbers"),
        (changed(box=[5, 5, 1, 1]), "damaged: box must be"),
        (changed(points=None), "damaged: 'points' is missing"),
        (changed(image_size=None), "damaged: 'image_size' is missing"),
        (changed(image_size=[1, 2]), "damaged: "),
        (changed(points=[[1, float("inf")]]), "Infinity is no number of JSON's"),
        (changed(points=[[1, 1e30], [1, 2]]), "damaged: points must lie within"),
        (changed(points=[[1, 10**400], [1, 2]]), "damaged: points must be numbers"),
        (changed(points=[[1, 2]] * 1001, labels=[1] * 1001), "at most 1,000 points"),
        (changed(image_size={"height": 0, "width": 5}), "height must be a whole number .* not 0"),
        (changed(image_size={"height": 5, "width": -5}), "width must be a whole number .* not -5"),
        (changed(image_size={"height": True, "width": 5}), "whole number of pixels, not True"),
        (changed(image_size={"height": 5.5, "width": 5}), "whole number of pixels, not 5.5"),
        (changed(image_size={"height": 10**400, "width": 5}), "whole number of pixels, not 1000"),
        (changed(unprompted="yes"), "unprompted must be None or one of"),
        (changed(mask_hint=npy((10**9, 10**9))), "has 1000000000 x 1000000000 logits, but is not"),
        (changed(mask_hint=npy((2, 2), header=b"(" * 50_000)), "damaged: "),
        (changed(mask_hint=npy((2, 2), kind="<i4")), "must be rows of floats"),
        (changed(mask_hint=npy((2, 2), kind="|O")), "must be rows of floats"),
        (changed(mask_hint=packed(np.full((2, 2), 1e300))), "mask_hint must lie within"),
        (changed(mask_hint=packed(np.zeros(4))), "damaged: "),
        ("[" * 100_000 + "]" * 100_000, "nested deeper than can be read"),
        (changed(mask_hint="####"), "damaged: "),
        (changed(mask_hint="AAAA"), "damaged: "),
    ],
)
def test_anything_else_is_refused_in_words(text, words):
    tracemalloc.start()
    with pytest.raises(ValueError, match=words):
        prompts_from_json(text, SIZE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 2**20


@pytest.mark.parametrize("prompts", [Prompts.nothing(), Prompts.padding_point()])
def test_what_is_asked_without_prompts_comes_back(prompts):
    assert prompts_from_json(prompts_to_json(prompts, SIZE)).unprompted == prompts.unprompted


def test_a_file_is_read_if_it_is_one_and_not_too_large(tmp_path):
    path = tmp_path / "prompts.json"
    path.write_text(prompts_to_json(ALL, SIZE))
    assert prompts_from_json(text_of_file(path)).points.tolist() == ALL.points.tolist()
    with pytest.raises(FileNotFoundError):
        text_of_file(tmp_path / "nowhere.json")
    os.mkfifo(tmp_path / "pipe")
    for other in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ValueError, match="is no regular file"):
            text_of_file(other)
    with path.open("r+b") as file:
        file.truncate(2**30)
    with pytest.raises(ValueError, match="has 1,074 MB, and saved prompts have at most 67"):
        text_of_file(path)
