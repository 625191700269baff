"""What the exam draws and training never does."""

import numpy as np
import pytest

from sam_explore.scenes import composition
from sam_explore.scenes.composition import FAMILIES, VARIED
from sam_explore.scenes.textures import KINDS, bitmap
from sam_explore.toy.exam import held_out
from sam_explore.toy.exam.held_out import DRAWN_BY, HELD_OUT_SHAPES
from sam_explore.toy.exam.held_out_textures import HELD_OUT_TEXTURES, honeycomb, plaid, zigzag


def names(families) -> set[str]:
    return {family(np.random.default_rng(0)).regions[0][0] for family in families}


def wholes(drawn) -> set[str]:
    """The names of what is in a scene, without the numbers of what is there more than once."""
    return {region.name.rstrip(" 0123456789") for region in drawn.regions if region.level == 0}


def test_training_has_none_of_the_held_out_families():
    drawn_in_training = {*VARIED.strays, *FAMILIES}.union(*VARIED.at_home.values())
    assert not drawn_in_training & set(HELD_OUT_SHAPES)
    assert not names(drawn_in_training) & names(HELD_OUT_SHAPES)


def test_training_has_none_of_the_held_out_textures():
    worn = {*VARIED.textures, *KINDS}.union(*VARIED.worn.values(), *VARIED.laid.values())
    assert not worn & set(HELD_OUT_TEXTURES)
    assert not worn & {texture.__name__ for texture in HELD_OUT_TEXTURES}


def test_scenes_of_held_out_shapes_show_nothing_else():
    for seed in range(12):
        assert wholes(DRAWN_BY["held-out shapes"](seed, 64)) <= names(HELD_OUT_SHAPES)


def test_scenes_of_held_out_textures_wear_nothing_else(monkeypatch):
    worn = []

    def watched(rng, sketch, kinds):
        worn.append(set(kinds))

    monkeypatch.setattr(composition, "clothe", watched)
    monkeypatch.setattr(composition, "pave", watched)
    for seed in range(6):
        drawn = DRAWN_BY["held-out textures"](seed, 64)
        assert wholes(drawn) <= names(FAMILIES)
    assert len(worn) >= 6
    assert all(kinds == set(HELD_OUT_TEXTURES) for kinds in worn)


def test_familiar_scenes_are_those_of_the_training():
    assert DRAWN_BY["familiar"] is composition.scene
    assert held_out.VARIED is VARIED


@pytest.mark.parametrize("family", HELD_OUT_SHAPES)
def test_a_held_out_drawing_has_three_levels_and_fills_its_frame(family):
    for seed in range(3):
        sketch = family(np.random.default_rng(seed))
        assert {level for _, level, _ in sketch.regions} == {0, 1, 2}
        coloured = [stroke for stroke in sketch.strokes if stroke.tone is None]
        free = np.concatenate([stroke.points for stroke in coloured if stroke.inside is None])
        assert np.abs(free).max() < 1.15
        assert np.ptp(free, axis=0).max() > 1.3


def at(texture, u: float, v: float) -> bool:
    return bool(texture(np.array([[u]]), np.array([[v]]))[0, 0])


def test_a_zigzag_runs_half_a_period_up_and_down():
    assert at(zigzag, 0.5, 0.2)
    assert at(zigzag, 1.5, 0.2)
    assert not at(zigzag, 0.0, 0.2)
    assert at(zigzag, 0.0, 0.7)


def test_plaid_has_bands_both_ways():
    # 0.2 is on a broad band and 0.6 between two: alike in both directions, woven where they cross.
    assert at(plaid, 0.2, 0.2)
    assert not at(plaid, 0.6, 0.6)
    crossing = [at(plaid, 0.6, 0.2 + step) for step in np.arange(0, 1 / 6, 1 / 48)]
    assert 0 < sum(crossing) < len(crossing)


def test_a_honeycomb_has_walls_halfway_between_its_centres():
    centre = np.sqrt(0.75)
    assert not at(honeycomb, 0.5, centre)
    assert not at(honeycomb, 1.0, 0.0)  # a centre of the shifted grid
    assert at(honeycomb, 1.0, centre)


@pytest.mark.parametrize("texture", HELD_OUT_TEXTURES)
def test_a_held_out_texture_covers_a_part_of_its_bitmap(texture):
    assert 0.1 < (np.asarray(bitmap(texture)) > 127).mean() < 0.7
