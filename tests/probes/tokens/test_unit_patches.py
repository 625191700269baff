"""Patches that drive a unit most, of a unit whose values are known."""

from functools import cache

import numpy as np
import pytest

from sam_explore.number_text import text
from sam_explore.probes import UnitPatches
from sam_explore.probes.common.units import NEURON, Layer, layers_of
from sam_explore.probes.tokens.unit_patches import crop
from sam_explore.readings import Cell

from ...small import SMALL, putting, small_trace

pytestmark = pytest.mark.usefixtures("small_scenes_after_many")

HOOK = "image_encoder.vit.blocks.2.mlp.hook_hidden"
LAYER = layers_of(SMALL).index(Layer(NEURON, 2))


@cache  # so that its index is made once
def counting():
    """Neuron 3 of block 2 is the token's number, in every scene; see test_unit_index."""
    values = np.zeros((1, 5, 5, 32))
    values[0, ..., 3] = np.arange(25).reshape(5, 5)
    return putting(small_trace(), HOOK, values)


def test_the_unit_that_was_put_there_is_shown_with_its_patches_and_its_factors():
    reading = UnitPatches(layer=LAYER, scenes=16)(counting())
    tiles, table, ranked, here = reading.readings
    titles = [each.title for each in tiles.maps]
    assert all(each.startswith("24, scene 9000") for each in titles)
    assert len(set(titles)) == 9  # one a scene
    assert table.title == "IoU of neuron 3 of block 2 with what is known"
    lower = table.values[table.rows.index("lower quarter")]
    # As counted in test_unit_index: 1 / 5, of which 1 / 29 is chance. The control has no weights
    # behind what was put there.
    np.testing.assert_allclose(lower, [0.2, 0.2, 0.2, 0.03, 0.2, 0.2])
    assert len(ranked.x) == 32
    assert ranked.curves[0].y[0] == pytest.approx(1 / 5 - 1 / 29)
    assert not ranked.curves[0].y[1:].any()
    np.testing.assert_array_equal(here.values[:3], np.arange(15).reshape(3, 5))
    assert np.isnan(here.values[3:]).all()
    assert (
        "In 16 drawn scenes of 25 tokens, neuron 3 of block 2 has the mean 12; its greatest "
        "values, one a scene, go from 24 down to 24. It is on, above 23, at 4 % of the tokens."
    ) in reading.words
    assert (
        f"is {text(1 / 5)} (95 %: 0.2 to 0.2), by chance it would be {text(1 / 29)}, and at "
        in (reading.words)
    )
    # The control is the same here, so no unit but this one is above the 95 %.
    assert "Of all 32 units of the layer, 3 % fit some factor better" in reading.words


def test_a_tile_is_a_quarter_of_the_scene_around_the_token():
    image = np.zeros((80, 80, 3), np.uint8)
    image[40:44, 36:40] = 200  # the token at row 10, column 9 of 20 x 20
    tile, lines = crop(image, (20, 20), (10, 9))
    assert tile.shape == (20, 20, 3)
    assert lines == ((7, 11), (7, 11))  # the token is between them: rows 8 to 11
    assert (tile[8:12, 8:12] == 200).all()
    assert tile.sum() == 4 * 4 * 3 * 200


def test_beyond_the_edge_a_tile_is_grey_and_three_tokens_are_seen_of_a_coarse_grid():
    image = np.full((50, 30, 3), 9, np.uint8)
    tile, lines = crop(image, (5, 3), (4, 0))
    assert tile.shape == (30, 30, 3)
    assert lines == ((9, 19), (9, 19))
    assert (tile[:20, 10:] == 9).all()
    assert (tile[20:] == 128).all()
    assert (tile[:, :10] == 128).all()


def test_the_map_says_where_its_numbers_come_from():
    trace = counting()
    probe = UnitPatches(layer=LAYER, unit=3, scenes=16)
    operation = probe.origin(trace, Cell(row=1, column=2, part=3))
    assert operation.result == 7
    assert probe.origin(trace, Cell(part=1)) is None


def test_coarser_answers_are_those_of_fewer_scenes():
    coarser = UnitPatches(scenes=256).coarser(small_trace())
    assert [each.scenes for each in coarser] == [16, 64]
