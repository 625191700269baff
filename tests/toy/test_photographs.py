"""The toy model takes photographs of any size and kind that a person may have."""

import numpy as np
import PIL.Image
import pytest
from matplotlib.cbook import get_sample_data

import sam_explore as sx


@pytest.fixture(scope="module")
def sam():
    return sx.load()


@pytest.fixture(scope="module")
def photo() -> PIL.Image.Image:
    return PIL.Image.open(get_sample_data("grace_hopper.jpg")).convert("RGB")


def answer(sam, image: np.ndarray) -> sx.Prediction:
    """To a click in the middle."""
    height, width = image.shape[:2]
    prompts = sx.Prompts(points=[(width / 2, height / 2)])
    return sx.predict(sam, sx.encode(sam, image), prompts)


@pytest.mark.parametrize(
    "size", [(512, 600), (1500, 1000), (600, 7), (1, 1)], ids=lambda size: f"{size[0]} x {size[1]}"
)
def test_a_photograph_of_any_size_gets_finite_logits_and_masks_of_its_size(sam, photo, size):
    image = np.asarray(photo.resize(size))
    found = answer(sam, image)
    assert np.isfinite(found.logits).all()
    assert np.isfinite(found.iou).all()
    assert found.masks().shape == (4, size[1], size[0])


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA"], ids=["grey", "grey, opacity", "RGB, opacity"])
def test_a_photograph_in_grey_or_with_opacity_is_answered(sam, photo, mode):
    found = answer(sam, np.asarray(photo.convert(mode)))
    assert np.isfinite(found.logits).all()
    assert found.masks().shape == (4, 600, 512)
