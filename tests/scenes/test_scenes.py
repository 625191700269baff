"""Toy scenes: what a Scene answers, and what every random scene keeps to."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from sam_explore.scenes import EXAMPLES, Region, Scene, composition, example, example_scene, scene
from sam_explore.scenes.canvas import FEWEST_PIXELS, Canvas
from sam_explore.scenes.composition import FAMILIES, clear_scene
from sam_explore.scenes.shapes import rectangle
from sam_explore.scenes.sketch import Sketch

SEEDS = range(24)


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [scene(seed) for seed in SEEDS]


@pytest.fixture
def by_hand() -> Scene:
    """A whole of rows 1-4, columns 2-5; a part in its right half; one pixel of sub-part."""
    labels = np.zeros((3, 8, 8), dtype=np.int16)
    labels[0, 1:5, 2:6] = 1
    labels[1, 1:5, 4:6] = 2
    labels[2, 2, 5] = 3
    regions = (Region("cat", 0, None), Region("cat/head", 1, 0), Region("cat/head/eye", 2, 1))
    return Scene(np.zeros((8, 8, 3), dtype=np.uint8), labels, regions)


def test_masks_of_a_hand_made_scene_count_their_pixels(by_hand):
    assert [int(by_hand.mask(i).sum()) for i in range(3)] == [16, 8, 1]
    assert by_hand.mask(2)[2, 5]


def test_boxes_have_exclusive_far_edges(by_hand):
    assert by_hand.box(0) == (2.0, 1.0, 6.0, 5.0)
    assert by_hand.box(1) == (4.0, 1.0, 6.0, 5.0)
    assert by_hand.box(2) == (5.0, 2.0, 6.0, 3.0)


def test_a_point_is_in_the_whole_first_then_the_part(by_hand):
    assert by_hand.at(5, 2) == (0, 1, 2)
    assert by_hand.at(5.9, 4.9) == (0, 1)
    assert by_hand.at(2, 1) == (0,)
    assert by_hand.at(0, 7) == ()


@pytest.mark.parametrize("point", [(8, 0), (0, 8), (-0.5, 3), (3, -0.5)])
def test_a_point_outside_the_picture_is_refused(by_hand, point):
    with pytest.raises(ValueError, match="8 x 8"):
        by_hand.at(*point)


def test_a_region_is_found_by_its_name_or_its_unique_end(by_hand):
    assert by_hand.index("cat/head/eye") == by_hand.index("eye") == 2
    assert by_hand.index("head") == 1


def test_an_unknown_or_ambiguous_name_lists_the_names(by_hand):
    with pytest.raises(ValueError, match="cat, cat/head, cat/head/eye"):
        by_hand.index("tail")
    two = (Region("a", 0, None), Region("a/leg", 1, 0), Region("b", 0, None), Region("b/leg", 1, 2))
    with pytest.raises(ValueError, match="several"):
        Scene(by_hand.image, by_hand.labels, two).index("leg")


@pytest.mark.parametrize("index", [-1, 3])
def test_a_region_index_out_of_range_is_refused(by_hand, index):
    with pytest.raises(ValueError, match="0 to 2"):
        by_hand.mask(index)


def test_a_region_without_pixels_has_no_box(by_hand):
    empty = Scene(by_hand.image, np.zeros_like(by_hand.labels), by_hand.regions)
    with pytest.raises(ValueError, match="no visible pixel"):
        empty.box(0)


def test_labels_and_colours_of_a_drawn_square_are_where_they_should_be():
    sketch = Sketch("tile")
    sketch.fill(0, rectangle(0.25, 0.25, 0.75, 0.75), (1.0, 0.0, 0.0), "flat")
    dot = sketch.part("dot")
    sketch.fill(dot, rectangle(0.5, 0.5, 0.75, 0.75), (0.0, 0.0, 1.0), "flat")
    canvas = Canvas(64)
    canvas.draw(sketch)
    drawn = canvas.finish()
    assert drawn.box(drawn.index("tile")) == (16.0, 16.0, 48.0, 48.0)
    assert drawn.box(drawn.index("dot")) == (32.0, 32.0, 48.0, 48.0)
    assert drawn.image[20, 20].tolist() == [255, 0, 0]
    assert drawn.image[40, 40].tolist() == [0, 0, 255]


def test_what_is_covered_is_not_labelled():
    canvas = Canvas(64)
    for name, x in (("below", 0.2), ("above", 0.4)):
        sketch = Sketch(name)
        sketch.fill(0, rectangle(x, 0.2, x + 0.4, 0.8), (0.5, 0.5, 0.5), "flat")
        canvas.draw(sketch)
    drawn = canvas.finish()
    below, above = (drawn.box(drawn.index(name)) for name in ("below", "above"))
    assert below[2] == above[0]


def test_two_objects_of_one_kind_get_names_of_their_own():
    canvas = Canvas(64)
    for y in (0.1, 0.6):
        sketch = Sketch("tile")
        sketch.fill(sketch.part("dot"), rectangle(0.1, y, 0.5, y + 0.3), (0.5, 0.5, 0.5), "flat")
        canvas.draw(sketch)
    names = [region.name for region in canvas.finish().regions]
    assert names == ["tile", "tile/dot", "tile 2", "tile 2/dot"]


def test_a_pattern_stays_inside_the_stroke_it_decorates():
    sketch = Sketch("tile")
    base = sketch.fill(0, rectangle(0.25, 0.25, 0.75, 0.75), (0.5, 0.5, 0.5), "flat")
    band = sketch.part("band")
    sketch.fill(band, rectangle(-0.5, 0.5, 1.5, 0.6), (0.9, 0.9, 0.9), "flat", inside=base)
    canvas = Canvas(64)
    canvas.draw(sketch)
    drawn = canvas.finish()
    assert drawn.box(1)[0::2] == drawn.box(0)[0::2] == (16.0, 48.0)


def test_a_fourth_level_is_refused():
    sketch = Sketch("tile")
    with pytest.raises(ValueError, match="sub-part"):
        sketch.part("speck", sketch.part("dot", sketch.part("plate")))


def test_one_seed_gives_the_same_bytes_again(scenes):
    again = scene(3)
    assert again.regions == scenes[3].regions
    assert again.image.tobytes() == scenes[3].image.tobytes()
    assert again.labels.tobytes() == scenes[3].labels.tobytes()


def test_seeds_give_different_pictures(scenes):
    assert len({drawn.image.tobytes() for drawn in scenes}) == len(scenes)


def test_a_sub_part_lies_in_its_part_and_a_part_in_its_whole(scenes):
    for drawn in scenes:
        for index, region in enumerate(drawn.regions):
            assert (region.parent is None) == (region.level == 0)
            if region.parent is not None:
                assert drawn.regions[region.parent].level == region.level - 1
                assert region.parent < index
                assert not (drawn.mask(index) & ~drawn.mask(region.parent)).any()


def test_labels_name_regions_of_their_own_level(scenes):
    for drawn in scenes:
        for level in range(3):
            shown = np.unique(drawn.labels[level])
            expected = [i + 1 for i, r in enumerate(drawn.regions) if r.level == level]
            assert shown[shown > 0].tolist() == expected


@pytest.mark.parametrize("size", [64, 256])
def test_no_region_is_too_small_to_see(size):
    fewest = FEWEST_PIXELS * size**2 / 256**2
    for seed in range(8):
        drawn = scene(seed, size)
        assert all(drawn.mask(i).sum() >= fewest for i in range(len(drawn.regions)))


def test_names_are_unique_paths(scenes):
    for drawn in scenes:
        names = [region.name for region in drawn.regions]
        assert len(set(names)) == len(names)
        for region in drawn.regions:
            if region.parent is not None:
                assert region.name.startswith(drawn.regions[region.parent].name + "/")


def test_most_scenes_have_an_object_of_five_per_cent_and_parts_and_sub_parts(scenes):
    large = [
        any(drawn.mask(i).mean() >= 0.05 for i, r in enumerate(drawn.regions) if r.level == 0)
        for drawn in scenes
    ]
    assert np.mean(large) > 0.9
    levels = [{region.level for region in drawn.regions} for drawn in scenes]
    assert np.mean([found == {0, 1, 2} for found in levels]) > 0.9


@pytest.mark.parametrize(("size", "least"), [(64, 0.8), (128, 0.9), (300, 0.9)])
def test_the_layout_does_not_depend_on_the_size(scenes, size, least):
    """Compared on the coarser grid; at 64 px the outline is a large share of an object."""
    side = min(size, 256)
    for seed in range(6):
        other, reference = scene(seed, size), scenes[seed]
        assert other.image.shape == (size, size, 3)
        for index, region in enumerate(reference.regions):
            here = reference.mask(index)
            if region.level or here.mean() < 0.03:
                continue
            there = other.mask(other.index(region.name))
            a, b = (_at_side(mask, side) for mask in (here, there))
            assert (a & b).sum() / (a | b).sum() > least


def _at_side(mask, side):
    grey = Image.fromarray(mask).convert("L")
    return np.asarray(grey.resize((side, side), Image.Resampling.BOX)) > 127


def test_every_family_draws_itself_with_parts_inside_the_unit_frame():
    for family in FAMILIES:
        sketch = family(np.random.default_rng(0))
        coloured = [stroke for stroke in sketch.strokes if stroke.tone is None]
        free = np.concatenate([stroke.points for stroke in coloured if stroke.inside is None])
        assert np.abs(free).max() < 1.15, family.__name__
        assert np.ptp(free, axis=0).max() > 1.3, family.__name__


def test_too_small_a_size_and_a_negative_seed_are_refused():
    with pytest.raises(ValueError, match="at least 32"):
        scene(0, 31)
    with pytest.raises(ValueError, match="0 or more"):
        scene(-1)
    assert scene(0, 32).image.shape == (32, 32, 3)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_shows_its_three_levels(name):
    drawn = example_scene(name)
    assert drawn.image.shape == (512, 512, 3)
    assert {region.level for region in drawn.regions} == {0, 1, 2}
    largest = max(drawn.mask(i).mean() for i, r in enumerate(drawn.regions) if r.level == 0)
    assert largest > 0.05


def test_the_turtle_has_an_eye_in_its_head_and_plates_on_its_shell():
    turtle = example_scene("turtle")
    eye = turtle.index("turtle/head/eye")
    x0, y0, x1, y1 = turtle.box(eye)
    under = turtle.at((x0 + x1) / 2, (y0 + y1) / 2)
    assert [turtle.regions[i].name for i in under] == ["turtle", "turtle/head", "turtle/head/eye"]
    assert turtle.mask(eye).sum() > 500
    assert turtle.mask(turtle.index("shell")).mean() > 0.1
    assert turtle.at(230, 300)[1] == turtle.index("shell")
    assert turtle.at(470, 470) == ()
    assert turtle.regions[turtle.index("turtle/shell/plate")].level == 2


def test_an_example_is_the_same_each_time_and_its_own_array():
    first, second = example("turtle"), example("turtle")
    assert (first == second).all()
    assert first.dtype == np.uint8
    first[:] = 0
    assert example("turtle").any()


def test_the_asked_for_examples_are_there_and_an_unknown_one_lists_them():
    assert {"turtle", "car", "house", "flower", "fruit", "boat"} <= set(EXAMPLES)
    assert len(EXAMPLES) >= 12
    with pytest.raises(ValueError, match=r"'dragon'.*turtle, car, house"):
        example("dragon")


def test_clear_scenes_hide_nothing_and_are_on_every_background(monkeypatch):
    def camouflaged(*_):
        raise AssertionError("a clear scene has nothing camouflaged")

    monkeypatch.setattr(composition, "camouflage", camouflaged)
    monkeypatch.setattr(composition, "IN_FRONT", {})
    places = Counter()
    for name, background in composition.BACKGROUNDS.items():
        monkeypatch.setitem(
            composition.BACKGROUNDS,
            name,
            lambda rng, name=name, background=background: places.update([name]) or background(rng),
        )
    for seed in range(60):
        drawn = clear_scene(seed, 64)
        assert 1 <= sum(region.level == 0 for region in drawn.regions) <= 3
    assert set(places) == set(composition.BACKGROUNDS)


def test_clear_scenes_have_textures_as_often_as_training_s_scenes():
    assert composition.CLEAR.textured_share == composition.VARIED.textured_share > 0
    assert composition.CLEAR.paved_share == composition.VARIED.paved_share > 0
