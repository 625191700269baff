"""A session whose input has another size, and one whose picture is a file."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.probes import AttentionRow
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import KnockOutAttention
from sam_explore.widgets import Session

from ..conftest import FOUR_BY_FOUR


@pytest.fixture
def session(sam: Sam, image: np.ndarray) -> Iterator[Session]:
    """64 x 64 pixels stretched to 3 x 5 tokens."""
    size = {"preprocessing": "stretch", "side": (48, 80)}
    with Session(sam, image, synchronous=True, **size) as session:
        yield session


def test_it_answers_at_its_size(session, sam, image):
    session.add_point((60.0, 10.0))

    expected = Trace(sam, image, session.prompts, preprocessing="stretch", side=(48, 80))
    np.testing.assert_array_equal(session.prediction.logits, expected.prediction.logits)
    assert session.prediction.logits.shape == (4, 12, 20)
    assert (session.grid, session.token) == ((3, 5), (0, 4))
    assert repr(session) == (
        "Session(small, picture 64 wide and 64 high, 3 x 5 tokens, "
        "Prompts(points=[[60.0, 10.0]], labels=[1]))"
    )


def test_another_size_is_predicted_again_with_the_same_prompts(session, sam, image):
    session.add_point((60.0, 10.0))

    session.set_preprocessing("stretch", 96)

    expected = Trace(sam, image, session.prompts, preprocessing="stretch", side=96)
    np.testing.assert_array_equal(session.prediction.logits, expected.prediction.logits)
    assert len(session.prompts.points) == 1
    assert session.token == (3, 3)
    session.preprocessing = "original"  # a name alone will do
    np.testing.assert_array_equal(
        session.prediction.logits, Trace(sam, image, session.prompts).prediction.logits
    )


def test_a_hint_of_the_size_before_goes_also_from_what_can_be_undone(session):
    session.add_point((60.0, 10.0))
    session.prompts = session.prompts.with_mask_hint(session.prediction.logits[1])
    session.add_point((10.0, 10.0))

    session.set_preprocessing("stretch", 64)

    assert session.error == ""
    assert session.prompts.mask_hint is None
    assert len(session.prompts.points) == 2
    session.undo()
    assert session.prediction.prompts.mask_hint is None
    assert len(session.prompts.points) == 1


def test_a_token_beyond_the_shorter_side_is_refused(session):
    session.token = (2, 4)
    with pytest.raises(ValueError, match="a row from 0 to 2 and a column from 0 to 4"):
        session.token = (3, 2)
    assert session.token == (2, 4)


def test_a_size_without_a_token_that_is_knocked_out_is_refused_and_changes_nothing(session):
    session.edits = (KnockOutAttention(None, [(2, 4)]),)
    before = session.encoded

    with pytest.raises(ValueError, match=r"rows from 0 to 1 and columns from 0 to 1"):
        session.set_preprocessing("stretch", 32)
    assert session.preprocessing.side == (48, 80)
    assert session.encoded is before


def test_a_model_with_other_patches_has_its_trained_size_again(session):
    session.sam = Sam(replace(FOUR_BY_FOUR, image_size=80, patch_size=20)).eval()

    assert session.error == ""
    assert session.preprocessing.name == "original"
    assert session.grid == (4, 4)
    assert session.encoded.tokens.shape[-2:] == (4, 4)


def test_another_picture_that_keeps_its_aspect_has_another_grid(session):
    session.set_preprocessing("stretch", 64, keep_aspect=True)
    session.token = (3, 3)

    session.image = np.zeros((20, 60, 3), np.uint8)

    assert session.grid == (1, 4)
    assert session.token == (0, 2)
    session.add_point((59.0, 19.0))
    assert session.token == (0, 3)
    assert session.prediction.upscaled.shape == (4, 20, 60)


def test_a_view_follows_the_size_and_its_knobs_have_the_runs_bounds(session):
    session.set_preprocessing("stretch", 48)
    with sx.explore(AttentionRow, session, block=1, head=0) as explorer:
        assert explorer.reading.values.shape == (3, 3)
        session.set_preprocessing("stretch", (48, 112))
        assert explorer.reading.values.shape == (3, 7)
        session.token = (2, 6)
        assert explorer.reading.marks == ((2, 6),)
        session.set_preprocessing("stretch", 48)
        assert explorer.reading.values.shape == (3, 3)


def test_a_picture_may_be_a_file(sam, image, tmp_path):
    Image.fromarray(image).save(tmp_path / "picture.png")

    with Session(sam, tmp_path / "picture.png", synchronous=True) as session:
        np.testing.assert_array_equal(session.image, image)
        session.image = image[:32] / 255
        np.testing.assert_array_equal(session.image, image[:32])
        session.prompts = Prompts([(1, 2)])
        assert session.prediction.upscaled.shape == (4, 32, 64)
