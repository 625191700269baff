"""Candidates of the small network, and what the filters make of them."""

import numpy as np
import pytest

from sam_explore.automatic import AutomaticMaskGenerator, Filters, default_filters, judge
from sam_explore.automatic.of_trace import candidates_of
from sam_explore.geometry import Prompts
from sam_explore.loading import load
from sam_explore.model import TOY
from sam_explore.probes import MissingMask
from sam_explore.probes.automatic.missing_mask import OWN
from sam_explore.probes.common.mask_picture import mask_colour
from sam_explore.scenes import scene
from sam_explore.tracing import Trace
from sam_explore.tracing.step_callback import between_steps

from ...small import answering, sizes_of, small_sam, small_trace

ALL = {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}


@pytest.fixture(scope="module")
def trace():
    """For every click mask 1 is the left half of the picture, 2 the right half, 3 all of it.

    The picture is as large as the input: the logits over padding reach into the last rows.
    """
    logits = np.full((4, 20, 20), -9.0)
    logits[2] = -0.5  # half a logit below the threshold: its stability is a half
    logits[1, :, :10] = logits[2, :, 10:] = logits[3] = 9.0
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    trace = Trace(small_sam(), image, Prompts(points=[(12, 8)]))
    return answering(trace, logits, [0.1, 0.5, 0.9, 0.7])


def test_three_masks_remain_and_the_others_lost_to_them(trace):
    """Four clicks, three masks each: of each mask the first remains."""
    reading = MissingMask(**ALL, points_per_side=2)(trace)
    cover, best, table = reading.readings
    assert "3 of 12 candidates are kept, 9 dropped by overlap." in reading.words
    assert cover.values.shape == (40, 40)
    assert (cover.values[:, [0, 39]] == 2).all()  # a half, and the whole
    assert best.title.startswith("Candidate 2: kept")
    # The click at (12, 8) lies in masks 1 and 3, of which 3 has the better predicted IoU.
    assert "8 of all candidates lie under the click" in reading.words
    assert "are answered by mask 2, at predicted IoU 0.90" in reading.words
    assert table.rows[0] == "2: kept"
    assert table.values[0, 0] == pytest.approx(0.7)
    assert best.values.all()


def test_thresholds_drop_what_they_say(trace):
    reading = MissingMask(**ALL | {"pred_iou_thresh": 0.6}, points_per_side=2)(trace)
    assert "4 dropped by predicted IoU" in reading.words
    reading = MissingMask(**ALL | {"stability_score_thresh": 0.6}, points_per_side=2)(trace)
    assert "2 of 12 candidates are kept, 4 dropped by stability, 6 dropped by overlap" in (
        reading.words
    )


def test_without_a_click_the_middle_is_asked_about(trace):
    reading = MissingMask(**ALL, points_per_side=1)(trace.with_prompts(Prompts()))
    assert "in the middle of the picture, without a click" in reading.words


def test_the_true_iou_stands_next_to_the_predicted_one(trace):
    truth = np.zeros((40, 40), bool)
    truth[:, :20] = True
    table = MissingMask(**ALL, points_per_side=1, truth=truth)(trace).readings[2]
    assert table.columns[-1] == "true\nIoU"
    true = dict(zip(table.rows, table.values[:, -1], strict=True))
    assert true["2: kept"] == pytest.approx(0.5)
    assert true["0: kept"] > 0.9
    assert "candidate 0, at IoU" in table.words


def test_kept_masks_are_painted_with_the_smallest_on_top_and_counted(trace):
    cover = MissingMask(**ALL, points_per_side=2)(trace).readings[0]
    # By falling predicted IoU: mask 2 (right half), 3 (all of it), 1 (left half).
    right, left = np.array(mask_colour(0), int), np.array(mask_colour(2), int)
    shade = trace.image[5, 4].mean().astype(int), trace.image[5, 36].mean().astype(int)
    for colour, column, grey in ((left, 4, shade[0]), (right, 36, shade[1])):
        pale = 60 + grey * 195 / 255
        np.testing.assert_allclose(cover.colours[5, column], 0.45 * pale + 0.55 * colour, atol=1)
    # Half a logit outside and nine inside: mask 2 begins in column 19, where mask 1 ends.
    assert cover.colours[2, 19].tolist() == [255] * 3
    assert cover.points_at_values
    assert set(cover.values[:, 4]) == {2.0}


def test_points_of_kept_masks_are_bright_and_the_others_dim(trace):
    cover = MissingMask(**ALL, points_per_side=2)(trace).readings[0]
    # All three were first proposed at the first point.
    assert cover.colours[10, 10].tolist() == [255] * 3
    assert cover.colours[12, 10].tolist() == [0] * 3
    assert cover.colours[30, 30].tolist() == [150] * 3


def test_the_edges_of_crops_are_lines(trace):
    plain, cropped = (
        MissingMask(pred_iou_thresh=1.0, points_per_side=1, crop_n_layers=layers)(trace)
        for layers in (0, 1)
    )
    # Crops of a picture of 40 pixels overlap by 40 * 512 / 1500 = 13, so are 27 wide, from 0 or 14.
    line = [255, 210, 0]
    assert cropped.readings[0].colours[26, 0].tolist() == line
    assert cropped.readings[0].colours[14, 30].tolist() == line
    assert plain.readings[0].colours[26, 0].tolist() != line
    assert "of 15 candidates" in cropped.words  # a point in the picture and in four crops


def test_thresholds_that_are_not_set_are_the_models_own(trace):
    own = {"pred_iou_thresh": OWN, "stability_score_thresh": OWN}
    assert MissingMask().filters(trace) == Filters(0.88, 0.95)
    assert MissingMask(**own | {"pred_iou_thresh": 0.5}).filters(trace) == Filters(0.5, 0.95)
    shipped = trace.sam.config
    knobs = MissingMask.knobs()
    for name, released in (("pred_iou_thresh", 0.88), ("stability_score_thresh", 0.95)):
        assert knobs[name].stands_for(sizes_of(shipped)) == released
        ours = getattr(default_filters(TOY), name)
        assert knobs[name].stands_for(sizes_of(TOY)) == ours != released
    with pytest.raises(ValueError, match="pred_iou_thresh must be 0 or more"):
        MissingMask(pred_iou_thresh=-0.5)(trace)


def test_with_crops_the_records_are_those_of_the_generator():
    """Of the shipped model: random masks reach all edges, and those of crops are dropped there."""
    sam, image = load(), scene(4).image
    generator, trace = AutomaticMaskGenerator(3, crop_n_layers=1), Trace(sam, image)
    wanted = generator(sam, image, progress=False).records("uncompressed_rle")
    ours = candidates_of(trace, 3, 1)
    verdicts = judge(ours, generator.filters(sam))
    found = generator.keep(verdicts).records("uncompressed_rle")
    assert verdicts.counts["edge of the crop"] > 0
    assert any(crop != [0, 0, 256, 256] for crop in (each["crop_box"] for each in found))
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        for name in ("crop_box", "point_coords", "bbox"):
            assert one[name] == other[name]
        assert one["area"] == pytest.approx(other["area"], abs=1)  # a pixel on the edge may round
        assert one["predicted_iou"] == pytest.approx(other["predicted_iou"], abs=1e-4)
    assert candidates_of(trace, 3, 1) is ours
    assert candidates_of(trace, 3) is not ours


def test_candidates_are_those_of_the_generator():
    trace = small_trace()
    ours = candidates_of(trace, 2)
    expected = AutomaticMaskGenerator(2, pred_iou_thresh=0).propose(
        trace.sam, trace.image, everything=True, progress=False
    )
    np.testing.assert_allclose(ours.predicted_iou, expected.predicted_iou, atol=1e-5)
    np.testing.assert_array_equal(ours.boxes, expected.boxes)
    assert judge(ours, Filters(0, 0)).kept.tolist() == judge(expected, Filters(0, 0)).kept.tolist()


def test_other_thresholds_and_clicks_do_not_run_the_model_again():
    trace, said = small_trace(small_sam()), []
    with between_steps(said.append):
        candidates_of(trace, 3)
        before = len(said)
        kept = candidates_of(trace.with_prompts(Prompts(points=[(1, 1)])), 3)
    assert kept is candidates_of(trace, 3)
    assert before
    assert len(said) == before


def test_a_changed_run_gets_its_own_candidates(trace):
    plain = trace.with_prompts(Prompts())
    assert candidates_of(plain, 2) is not candidates_of(small_trace(), 2)


def test_after_the_weights_changed_the_kept_candidates_are_refused_too():
    sam = small_sam()
    trace = small_trace(sam)
    candidates_of(trace, 2)
    sam.mask_decoder.iou_token.data.add_(1.0)
    sam.refresh()
    with pytest.raises(RuntimeError, match="changed"):
        candidates_of(trace, 2)


def test_regions_that_no_kept_mask_finds_are_drawn_and_named(trace):
    height, width = trace.image.shape[:2]
    truth = np.zeros((height, width), bool)
    truth[:, width - 4 :] = True  # the candidates are a half and the whole
    missed = MissingMask(**ALL, points_per_side=2, truth=truth)(trace).readings[-1]
    assert missed.title == "Missed: 1 of 1 regions"
    np.testing.assert_array_equal(missed.values, truth)
    everything = np.ones((height, width), bool)
    found = MissingMask(**ALL, points_per_side=2, truth=everything)(trace).readings[-1]
    assert found.title == "Missed: 0 of 1 regions"
    assert not found.values.any()


def test_candidates_of_a_model_with_an_exchanged_module_are_its_own():
    """Its weights are the same."""
    trace = small_trace()
    ours = candidates_of(trace, 2)
    for layer in trace.sam.mask_decoder.transformer.layers:
        layer.norm4.eps = 1.0
    theirs = candidates_of(small_trace(trace.sam), 2)
    assert not np.array_equal(theirs.predicted_iou, ours.predicted_iou)
