"""Scenes with changes: what is changed is where it should be, and nothing else differs."""

import pickle

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.provenance import origin_of_picture
from sam_explore.scenes import EXAMPLES, Changes, changed_scene, example_scene, scene
from sam_explore.scenes.arrangement import Arrangement, Placed
from sam_explore.scenes.changed_scenes import changed
from sam_explore.scenes.ground_truth import truth_of
from sam_explore.scenes.shapes import rectangle
from sam_explore.scenes.sketch import Background, Sketch

SIZE = 64
GROUND, TILE, DOT = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


@pytest.fixture
def tiles() -> Arrangement:
    """A tile on plain ground: rows and columns 16 to 31, its dot 16 to 23; flat colours."""
    ground = Sketch()
    ground.fill(None, rectangle(-0.1, -0.1, 1.1, 1.1), GROUND, "flat")
    tile = Sketch("tile")
    tile.fill(0, rectangle(-0.5, -0.5, 0.5, 0.5), TILE, "flat")
    tile.fill(tile.part("dot"), rectangle(-0.5, -0.5, 0, 0), DOT, "flat")
    placed = Placed(tile, 0.25 * np.eye(2), (0.375, 0.375))
    background = Background(ground, None, "none", GROUND)
    return Arrangement(SIZE, background, -0.5, (placed,), (), np.zeros((SIZE, SIZE), np.float32))


def _boxes(arrangement: Arrangement) -> dict[str, tuple[float, ...]]:
    drawn = arrangement.drawn()
    return {region.name: drawn.box(i) for i, region in enumerate(drawn.regions)}


def test_a_whole_takes_its_parts_along(tiles):
    assert _boxes(tiles) == {"tile": (16, 16, 32, 32), "tile/dot": (16, 16, 24, 24)}
    moved = changed(tiles, Changes({"tile": (8, -4)}))
    assert _boxes(moved) == {"tile": (24, 12, 40, 28), "tile/dot": (24, 12, 32, 20)}


def test_a_part_moves_in_pixels_of_the_picture(tiles):
    moved = changed(tiles, Changes({"tile/dot": (4, 8)})).drawn()
    assert moved.box(moved.index("dot")) == (20, 24, 28, 32)
    assert moved.image[18, 18].tolist() == [255, 0, 0]  # the tile is whole where the dot was
    assert moved.image[26, 22].tolist() == [0, 255, 0]


def test_a_part_of_a_mirrored_object_moves_the_same_way(tiles):
    mirrored = Placed(tiles.objects[0].sketch, 0.25 * np.diag([-1.0, 1.0]), (0.375, 0.375))
    both = Arrangement(SIZE, tiles.background, -0.5, (mirrored,), (), tiles.grain)
    assert _boxes(both)["tile/dot"] == (24, 16, 32, 24)
    assert _boxes(changed(both, Changes({"tile/dot": (-4, 2)})))["tile/dot"] == (20, 18, 28, 26)


def test_moves_add_up_and_a_way_back_is_no_change(tiles):
    there = Changes({"tile": (8, -4), "tile/dot": (4, 8)})
    step_by_step = Changes().moved("tile/dot", (4, 0)).moved("tile", (8, -4))
    assert step_by_step.moved("tile/dot", (0, 8)) == there
    assert there.moved("tile", (-8, 4)).moved("tile/dot", (-4, -8)) == Changes()


def test_only_what_is_moved_differs(tiles):
    before, after = tiles.drawn(), changed(tiles, Changes({"tile": (8, 0)})).drawn()
    differs = (before.image != after.image).any(axis=2)
    outside = np.ones((SIZE, SIZE), bool)
    outside[15:33, 15:41] = False  # rows 16 to 31, columns 16 to 39, and their soft edges
    assert not differs[outside].any()
    assert differs[16:32, 17:24].all()


def test_a_texture_covers_the_largest_stroke_alone(tiles):
    before, after = tiles.drawn(), changed(tiles, Changes(textures={"tile": "checks"})).drawn()
    differs = (before.image != after.image).any(axis=2)
    red = (before.image == (255, 0, 0)).all(axis=2)
    assert not differs[before.image[..., 0] == 0].any()
    assert 0.25 < differs[red].mean() < 0.75  # checks cover about half
    assert (before.labels == after.labels).all()


def test_a_texture_is_taken_off_and_put_on_again(tiles):
    with_dots = changed(tiles, Changes(textures={"tile": "dots"}))
    off = changed(with_dots, Changes(textures={"tile": "none"})).drawn()
    again = changed(with_dots, Changes(textures={"tile": "checks"})).drawn()
    assert (off.image == tiles.drawn().image).all()
    checks = changed(tiles, Changes(textures={"tile": "checks"})).drawn()
    assert (again.image == checks.image).all()


def test_a_board_hides_what_it_covers_from_the_truth(tiles):
    """It is 0.14 of 64 wide, 4.5 pixels on either side of x 33: the tile's columns 28 to 31."""
    before, after = tiles.drawn(), changed(tiles, Changes(cover_px=(33, 24))).drawn()
    assert [int(each.mask(0).sum()) for each in (before, after)] == [256, 192]
    assert after.box(0) == (16, 16, 28, 32)
    assert after.at(30, 20) == ()


def test_a_hue_turned_by_a_third_makes_blue_ground_red(tiles):
    after = changed(tiles, Changes(hue=1 / 3)).drawn()
    assert after.image[2, 2].tolist() == [255, 0, 0]
    assert after.image[28, 28].tolist() == [255, 0, 0]  # the tile keeps its own red
    assert after.image[18, 18].tolist() == [0, 255, 0]


def test_the_arrangement_is_not_changed_by_changing_it(tiles):
    before = tiles.drawn()
    every = Changes({"tile": (9, 9), "tile/dot": (2, 0)}, {"tile": "fur"}, (20, 20), 0.5)
    changed(tiles, every).drawn()
    assert (tiles.drawn().image == before.image).all()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_without_a_change_is_the_example_bit_for_bit(name):
    plain, original = changed_scene(name), example_scene(name)
    assert plain.image.tobytes() == original.image.tobytes()
    assert plain.labels.tobytes() == original.labels.tobytes()
    assert plain.regions == original.regions


@pytest.mark.parametrize(("seed", "size"), [(0, 256), (3, 96), (7, 200), (11, 256)])
def test_a_random_scene_without_a_change_is_that_scene_bit_for_bit(seed, size):
    plain, original = changed_scene(seed, size=size), scene(seed, size)
    assert plain.image.tobytes() == original.image.tobytes()
    assert plain.labels.tobytes() == original.labels.tobytes()
    assert plain.regions == original.regions


def test_the_turtles_head_moves_with_its_eye_and_its_cheek():
    before = example_scene("turtle")
    after = changed_scene("turtle", moved_px={"turtle/head": (20, -60)})
    for name in ("turtle/head/eye", "turtle/head/cheek"):
        x0, y0, x1, y1 = before.box(before.index(name))
        assert after.box(after.index(name)) == (x0 + 20, y0 - 60, x1 + 20, y1 - 60)
    shell = before.mask(before.index("shell")) & ~after.mask(after.index("shell"))
    assert not shell.any()


def test_a_changed_picture_has_its_truth_and_its_code():
    drawn = changed_scene("turtle", moved_px={"turtle": (12, 0)}, textures={"turtle": "dots"})
    assert truth_of(drawn.image).drawn_from == drawn.drawn_from
    origin = origin_of_picture(drawn.image)
    again = eval(origin.code, {"sx": sx})
    assert (again == drawn.image).all()
    assert pickle.loads(pickle.dumps(drawn.drawn_from)) == drawn.drawn_from
    seeded = changed_scene(3, cover_px=(40, 50), hue=0.25, size=96)
    assert (eval(origin_of_picture(seeded.image).code, {"sx": sx}) == seeded.image).all()


def test_what_is_not_there_is_refused_and_listed(tiles):
    with pytest.raises(ValueError, match=r"'tail'.*tile, tile/dot"):
        changed(tiles, Changes({"tail": (1, 1)}))
    with pytest.raises(ValueError, match="'tile/dot' is a part of 'tile'"):
        changed(tiles, Changes(textures={"tile/dot": "fur"}))
    with pytest.raises(ValueError, match=r"'velvet'.*none, stripes"):
        Changes(textures={"tile": "velvet"})
    with pytest.raises(ValueError, match=r"moved_px\['tile'\] must be two numbers"):
        Changes({"tile": (1, float("nan"))})
    with pytest.raises(ValueError, match="hue must be a number"):
        Changes(hue=float("inf"))
    with pytest.raises(ValueError, match=r"'dragon'.*turtle"):
        changed_scene("dragon")
