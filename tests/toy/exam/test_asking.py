"""How the exam's questions are put, and that the shipped model answers them."""

import numpy as np
import pytest

from sam_explore.corrections import CORRECTION_RULES, TOKEN_0
from sam_explore.geometry import Frame
from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.scenes import Region, Scene
from sam_explore.toy.exam import asking, examine, read_manifest
from sam_explore.toy.exam.asking import CORRECTIONS, ceilings

FRAME = Frame((256, 256), (256, 256), 256, 16)


@pytest.fixture(scope="module")
def sam() -> Sam:
    return load()


def test_a_straight_edge_between_cells_keeps_its_place_at_low_resolution():
    truth = np.zeros((256, 256), bool)
    truth[:128] = True
    assert ceilings(truth, FRAME, mask_size=64) == (1.0, 1.0)


def test_a_line_of_a_pixel_is_lost_at_low_resolution():
    truth = np.zeros((256, 256), bool)
    truth[128] = True
    assert ceilings(truth, FRAME, mask_size=64) == (0.0, 0.0)


def test_a_grid_that_does_not_divide_the_picture_is_covered_by_area():
    """256 pixels over 96 cells: an edge at 128 lies between cells, one at 129 in the first 3/8."""
    frame = Frame((256, 256), (192, 192), 192, 8)
    truth = np.zeros((256, 256), bool)
    truth[:128] = True
    assert ceilings(truth, frame, mask_size=96) == (1.0, 1.0)
    truth[128] = True
    hard, graded = ceilings(truth, frame, mask_size=96)
    assert hard == pytest.approx(128 / 129)
    assert graded >= hard


def test_graded_logits_tell_where_in_a_cell_an_edge_is():
    truth = np.zeros((256, 256), bool)
    truth[:131] = True  # three of four rows of a cell
    hard, graded = ceilings(truth, FRAME, mask_size=64)
    assert hard == pytest.approx(131 / 132)
    assert graded > hard


def nested_scene() -> Scene:
    """A whole of 4 x 4 pixels, its left half a part, the upper half of that a sub-part."""
    labels = np.zeros((3, 8, 8), np.int16)
    labels[0, :4, :4] = 1
    labels[1, :4, :2] = 2
    labels[2, :2, :2] = 3
    regions = (Region("a", 0, None), Region("a/b", 1, 0), Region("a/b/c", 2, 1))
    return Scene(np.zeros((8, 8, 3), np.uint8), labels, regions)


def test_three_masks_hold_both_a_part_and_what_holds_it():
    drawn = nested_scene()
    whole, part, small = (drawn.mask(index) for index in range(3))
    nothing = whole & False
    assert asking._finds_both(np.stack([whole, part, nothing]), drawn, 1) is True
    assert asking._finds_both(np.stack([whole, small, nothing]), drawn, 1) is False
    assert asking._finds_both(np.stack([part, part, part]), drawn, 1) is False
    assert asking._finds_both(np.stack([small, nothing, whole]), drawn, 2) is True
    assert asking._finds_both(np.stack([whole, part, small]), drawn, 0) is None


def test_a_part_that_is_nearly_all_of_its_whole_is_not_asked_about_both():
    drawn = nested_scene()
    drawn.labels[1, :4, :4] = 2
    assert asking._finds_both(np.stack([drawn.mask(0)] * 3), drawn, 1) is None


def test_each_target_gets_an_answer_of_every_kind_and_the_same_again(sam):
    scenes = read_manifest()[:1]
    answers, again = examine(sam, scenes), examine(sam, scenes)
    assert [answer.target for answer in answers] == list(scenes[0].targets)
    for one, two in zip(answers, again, strict=True):
        assert one.corrected == two.corrected
        assert one.by_rule == two.by_rule
        assert list(one.by_rule) == [rule.name for rule in CORRECTION_RULES]
        assert one.by_rule[TOKEN_0.name] == one.corrected[2]
        assert len(one.corrected) == CORRECTIONS + 1
        assert one.chosen == one.by_click[one.predicted.argmax()] == one.corrected[0]
        assert one.best == one.by_click.max() >= one.chosen
        assert 0 <= one.by_box <= 1
        assert (one.nested is None) or one.target.level != "whole"


def test_the_shipped_model_answers_one_click(sam):
    """A guard against a broken file: without training these are 0.2 and less."""
    answers = examine(sam, read_manifest()[:12])
    wholes = [answer for answer in answers if answer.target.level == "whole"]
    assert np.mean([answer.best for answer in wholes]) > 0.45
    assert np.mean([answer.by_box for answer in wholes]) > 0.55
