"""Checkpoints may have any number of mask tokens: all works with one, with two, with nine."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.prediction import Prediction
from sam_explore.probes import PROBES
from sam_explore.readings import Reading

from .probes.reading_arrays import all_words, arrays
from .probes.small_scenes import small_scenes as small_scenes
from .probes.small_scenes import with_few_scenes
from .small import SMALL, small_sam, small_trace

COUNTS = [1, 2, 4, 9]
ASKED = {
    "click": Prompts(points=[(12, 8)]),
    "two": Prompts(points=[(12, 8), (20, 9)], labels=[1, 0]),
    "box": Prompts(box=(2, 3, 30, 18)),
    "nothing": Prompts.nothing(),
    "padding": Prompts.padding_point(),
}


@cache
def sam_with(count: int) -> Sam:
    return small_sam(replace(SMALL, mask_tokens=count))


def test_the_only_mask_is_the_one_that_is_chosen():
    for asked in ASKED.values():
        given = Prediction(np.zeros((1, 20, 20)), np.array([0.3]), asked, small_trace().frame)
        assert given.chosen == 0


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
@pytest.mark.parametrize("count", COUNTS)
def test_predict_and_a_trace_give_so_many_masks(count: int, asked: Prompts):
    sam, image = sam_with(count), small_trace().image
    found = sx.predict(sam, sx.encode(sam, image), [asked, asked])[1]

    assert found.logits.shape == (count, 20, 20)
    assert found.chosen == (0 if asked.token_count >= 3 or count == 1 else found.chosen)
    assert 0 <= found.chosen < count
    assert found.chosen or count == 1 or asked.token_count >= 3
    assert found.masks().shape == (count, 20, 40)
    assert found.stability().shape == (count,)
    assert found.to_coco()["area"] == int(found.masks()[found.chosen].sum())
    traced = sx.Trace(sam, image, asked).prediction
    np.testing.assert_allclose(traced.logits, found.logits, atol=1e-4)
    assert traced.chosen == found.chosen


@cache
def clicked(count: int) -> sx.Trace:
    return small_trace(sam_with(count))


@cache
def usual(probe: type) -> Reading:
    return with_few_scenes(probe)(clicked(SMALL.mask_tokens))


def layout(reading: Reading) -> list[tuple[int, ...]]:
    """How many parts there are, and how large each is."""
    return [each.shape for each in arrays(reading)]


# To a probe that never gets to the mask decoder all these runs are alike.
DECODING = [probe for probe in PROBES if probe.reads_prompts]


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("probe", DECODING, ids=lambda each: each.__name__)
@pytest.mark.usefixtures("small_scenes")
def test_every_probe_answers(probe: type, count: int):
    reading = with_few_scenes(probe)(clicked(count))

    assert all(not np.isinf(each).any() for each in arrays(reading))
    # Drawing takes most of the time. What is laid out as with four masks is drawn elsewhere.
    if count in (COUNTS[0], COUNTS[-1]) and layout(reading) != layout(usual(probe)):
        assert sx.draw(reading).png().startswith(b"\x89PNG")
    said = f"{reading.title} {' '.join(all_words(reading))}"
    assert not re.search(rf"four masks|\b(?!{count}\b)\d+ masks", said)
