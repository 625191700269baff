"""What each null keeps, and what it shuffles."""

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.folders.nulls import Null, others, scaled, shuffle_weights, shuffled_pixels
from sam_explore.folders.picture_prompts import prompts_given

from ..small import small_sam


def test_weights_stay_in_their_tensor_and_change_places():
    sam, shuffled = small_sam(), small_sam()
    shuffle_weights(shuffled, seed=0)
    moved = 0
    for name, before in sam.state_dict().items():
        after = shuffled.state_dict()[name]
        assert sorted(after.ravel().tolist()) == sorted(before.ravel().tolist())
        moved += not np.array_equal(after, before)
    assert moved > 100
    again, other = small_sam(), small_sam()
    shuffle_weights(again, seed=0)
    shuffle_weights(other, seed=1)
    state = shuffled.state_dict()
    name = next(each for each in state if state[each].ndim > 1 and len(state[each]) > 8)
    assert np.array_equal(again.state_dict()[name], state[name])
    assert not np.array_equal(other.state_dict()[name], state[name])


def test_pixels_keep_their_colours_and_change_places():
    image = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    found = shuffled_pixels(image, seed=3)
    assert sorted(map(tuple, found.reshape(-1, 3))) == sorted(map(tuple, image.reshape(-1, 3)))
    assert not np.array_equal(found, image)
    assert np.array_equal(found, shuffled_pixels(image, seed=3))


@pytest.mark.parametrize("count", [2, 3, 50])
def test_each_picture_gets_the_prompts_of_another_and_each_goes_to_one(count):
    names = [str(number) for number in range(count)]
    found = others(names, seed=0)
    assert sorted(found) == sorted(found.values()) == sorted(names)
    assert all(name != other for name, other in found.items())


def test_prompts_move_to_the_same_place_of_a_picture_of_another_size():
    prompts = sx.Prompts(points=[(10, 5)], box=(2, 4, 6, 8))
    found = scaled(prompts, was=(20, 40), now=(10, 80))
    assert found.points.tolist() == [[20, 2.5]]
    assert found.box.tolist() == [4, 2, 12, 4]
    with pytest.raises(ValueError, match="fits no other one"):
        scaled(sx.Prompts(mask_hint=np.zeros((20, 20))), (20, 40), (20, 40))


def test_an_unknown_null_and_one_that_would_change_nothing_are_refused():
    with pytest.raises(ValueError, match="weights, pixels, prompts, not 'noise'"):
        Null("noise")
    for prompts in (None, "centre", sx.Prompts(points=[(1, 2)])):
        with pytest.raises(ValueError, match="all have the same"):
            Null("prompts").check(prompts_given(prompts))
    Null("prompts").check(prompts_given({}))
    Null("pixels").check(prompts_given(None))
