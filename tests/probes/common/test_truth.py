"""True IoU next to predicted, in readings of masks, worked out by hand."""

import re
from dataclasses import replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import (
    PROBES,
    AlikeProposals,
    Attribution,
    ChangedPrompt,
    ChannelOff,
    ClickGradient,
    HeadEffects,
    HintEffect,
    InputSize,
    LogitHistogram,
    MaskThreshold,
    PatchedTokens,
    Probe,
    PromptChangesCompared,
    PromptPadding,
    RawLogits,
    SizeSweep,
    WindowEffect,
    WindowSweep,
)
from sam_explore.scenes.ground_truth import Region, Scene, note_truth
from sam_explore.tracing import Trace
from sam_explore.truth import Truth

from ...small import answering, small_trace
from ..reading_arrays import all_words, arrays
from ..small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

# On a picture 40 wide and 20 high: a whole in the left half, a part in the left quarter.
LABELS = np.zeros((3, 20, 40), np.int16)
LABELS[0, :, :20], LABELS[1, :, :10] = 1, 2
SCENE = Scene(np.zeros((20, 40, 3), np.uint8), LABELS, (Region("a", 0, None), Region("a/b", 1, 0)))
IOUS = [0.9, 0.2, 0.8, 0.3]
LOGITS = np.full((4, 20, 20), -4.0)
LOGITS[1, :, :5] = 6  # the edge lies 1.2 of 2 px behind the centre of the fifth cell, at 10.2
LOGITS[2] = 2
WITH_TRUTH = tuple(probe for probe in PROBES if hasattr(probe, "truth"))
# It compares answers to clicks of its own, each with what lies under it: see its own tests.
OF_ITS_CLICKS = (AlikeProposals,)
OF_THE_RUN = tuple(probe for probe in WITH_TRUTH if probe not in OF_ITS_CLICKS)


@pytest.fixture(scope="module")
def trace():
    """A click at x 12, y 8; mask 1 is the left quarter, mask 2 everything, masks 0, 3 nothing."""
    return answering(small_trace(), LOGITS, IOUS)


def run_for(probe: type[Probe], trace: Trace) -> Trace:
    """The run whose answer is given; where inputs have other sizes, it has none that fits all."""
    return small_trace(trace.sam) if probe in (InputSize, SizeSweep) else trace


def test_each_title_has_the_true_iou_next_to_the_predicted_one(trace):
    titles = [each.title for each in RawLogits(truth=SCENE)(trace).maps]
    assert titles[0] == "Mask 0: true IoU 0.00,\npredicted IoU 0.90, stability 0.00"
    half = "true IoU 0.50,\npredicted IoU"
    assert titles[1].startswith(f"Mask 1: {half} 0.20, ")  # 10 of 20 columns
    assert titles[2].startswith(f"Mask 2: {half} 0.80, ")  # 20 of 40


def test_the_words_say_which_region_is_meant(trace):
    words = RawLogits(truth=SCENE)(trace).words
    assert (
        "Mask 1 is the best by true IoU with a (whole) (0.50), mask 0 by predicted IoU (0.90)."
    ) in words
    on_part = trace.with_prompts(Prompts(points=[(3, 3)]))
    words = RawLogits(truth=Truth(SCENE, level=1))(on_part).words
    assert "Mask 1 is the best by true IoU with a/b (part) (1.00), mask 0 by predicted" in words


def test_the_threshold_cuts_what_is_compared(trace):
    # Above 5 the edge of mask 1 lies 0.2 px behind the fifth cell's centre, at 9.2: 9 columns.
    titles = [each.title for each in RawLogits(threshold=5.0, truth=SCENE)(trace).maps]
    assert "true IoU 0.45," in titles[1]
    assert "true IoU 0.00," in titles[2]


def test_a_mask_can_be_the_truth(trace):
    right = np.zeros((20, 40), bool)
    right[:, 20:] = True
    reading = RawLogits(truth=right)(trace)
    assert "true IoU 0.50," in reading.maps[2].title
    assert "Mask 2 is the best by true IoU with the truth given (0.50), mask 0" in reading.words


@pytest.mark.parametrize("probe", [MaskThreshold, LogitHistogram])
def test_one_mask_has_it_in_its_words(probe, trace):
    words = probe(mask=1, truth=SCENE)(trace).words
    assert words.endswith("The predicted IoU of mask 1 is 0.20, its true IoU with a (whole) 0.50.")


def test_what_other_windows_do_to_it_stands_in_the_table(trace):
    reading = WindowEffect(window=2, mask=1, truth=SCENE)(trace)
    table = reading.readings[2]
    assert [each.replace("\n", " ") for each in table.columns] == [
        "overlap",
        "predicted before",
        "true before",
        "predicted now",
        "true now",
    ]
    # The answer is given, so no window changes it.
    np.testing.assert_allclose(table.values[:, 1], IOUS, rtol=1e-6)
    np.testing.assert_allclose(table.values[:, 2], [0, 0.5, 0.5, 0], rtol=1e-6)
    np.testing.assert_array_equal(table.values[:, 3:], table.values[:, 1:3])
    assert "Mask 1's true IoU with a (whole) goes from 0.50 to 0.50." in reading.words


@pytest.mark.parametrize("probe", [ChangedPrompt, PromptPadding])
def test_what_another_prompt_does_to_it_stands_in_the_words(probe, trace):
    # The answer is given, so no prompt changes it.
    said = (
        "The predicted IoU of mask 1 goes from 0.20 to 0.20, its true IoU with a (whole) from 0.50 "
        "to 0.50."
    )
    assert probe(mask=1, truth=SCENE)(trace).words.endswith(said)


def test_all_changes_of_a_prompt_have_it_next_to_the_predicted_one(trace):
    table, _ = PromptChangesCompared(mask=1, truth=SCENE)(trace).readings
    names = ["overlap", "predicted before", "true before", "predicted now", "true now"]
    assert [each.replace("\n", " ") for each in table.columns] == names
    np.testing.assert_allclose(table.values, [[1, 0.2, 0.5, 0.2, 0.5]] * len(table.rows), rtol=1e-6)
    assert table.words.endswith(
        "Mask 1's true IoU with a (whole) was 0.50 before; it is highest with “padding point on or "
        "off”, 0.50, where 0.20 is predicted."
    )


def test_a_hint_has_it_by_its_size(trace):
    _, _, judged = HintEffect(mask=1, truth=SCENE)(trace).readings
    assert {each.name: set(each.y.round(6)) for each in judged.curves} == {
        "hint alone, predicted": {0.2},
        "hint alone, true": {0.5},
        "the click and hint, predicted": {0.2},
        "the click and hint, true": {0.5},
    }
    assert judged.words == (
        "At 30 logits the predicted IoU of mask 1 is 0.20 by the hint alone and 0.20 with the "
        "click; its true IoU with a (whole) is 0.50 and 0.50."
    )


def test_a_mask_before_and_after_a_change_has_both_in_its_words(trace):
    after = answering(trace, trace.prediction.logits[[0, 2, 1, 3]], [0.9, 0.8, 0.2, 0.3])
    runs = trace.prediction, after.prediction
    on_part = trace.with_prompts(Prompts(points=[(3, 3)]))
    said = RawLogits(truth=Truth(SCENE, level=1)).change_of_ious_in_words(on_part, runs, 1, 0.0)
    # The part has 10 of 40 columns: mask 1 is that, mask 2 is everything.
    assert said == (
        " The predicted IoU of mask 1 goes from 0.20 to 0.80, its true IoU with a/b (part) from "
        "1.00 to 0.25."
    )


@pytest.mark.parametrize("probe", [PatchedTokens, ChannelOff])
def test_exhibits_of_a_change_say_it(probe, trace):
    words = probe(mask=1, truth=SCENE)(trace).words
    assert re.search(
        r"mask 1 goes from 0\.20 to 0\.\d\d, its true IoU with a \(whole\) from 0\.50 to ", words
    )


def test_each_size_of_the_windows_has_it_in_a_chart(trace):
    chart = WindowSweep(mask=1, truth=SCENE)(trace).readings[2]
    assert [curve.name for curve in chart.curves] == ["predicted", "true"]
    for curve, iou in zip(chart.curves, (0.2, 0.5), strict=True):
        np.testing.assert_allclose(curve.y, iou, rtol=1e-6)


@pytest.mark.parametrize("probe", [Attribution, ClickGradient])
def test_a_predicted_iou_that_is_explained_has_it_in_words(probe, trace):
    said = "The predicted IoU of mask 1 is 0.20, its true IoU with a (whole) 0.50."
    assert said in probe(number="predicted IoU", mask=1, truth=SCENE)(trace).words
    assert said not in probe(number="mean logit", mask=1, truth=SCENE)(trace).words


@pytest.mark.parametrize("probe", [probe for probe in OF_THE_RUN if probe.reads_prompts])
def test_without_a_region_that_is_meant_the_words_say_why(probe, trace):
    given = {"number": "predicted IoU"} if "number" in probe.knobs() else {}
    elsewhere = run_for(probe, trace).with_prompts(Prompts(points=[(30, 8)]))
    reading = replace(with_few_scenes(probe), truth=SCENE, **given)(elsewhere)
    assert "No region of the truth lies under the first foreground point." in reading.words
    assert not any(re.search(r"true IoU \d", words) for words in all_words(reading))


def test_a_run_of_another_known_picture_has_its_own_truth(trace):
    picture = trace.image[::-1].copy()
    note_truth(replace(SCENE, image=picture))
    b = answering(Trace(trace.sam, picture, Prompts(points=[(3, 3)])), LOGITS, IOUS)
    of_a = Truth(replace(SCENE, labels=SCENE.labels[:, :, ::-1]), 1, trace.image)
    words = LogitHistogram(mask=1, truth=of_a)(b).words
    assert words.endswith("its true IoU with a/b (part) 1.00.")


@pytest.mark.parametrize("probe", OF_THE_RUN)
def test_the_truth_of_another_picture_is_not_taken(probe, trace):
    given = {"number": "predicted IoU"} if "number" in probe.knobs() else {}
    other = Truth(SCENE, picture=np.zeros((20, 40, 3), np.uint8))
    reading = replace(with_few_scenes(probe), truth=other, **given)(run_for(probe, trace))
    assert "The truth of this picture is not known." in reading.words


def test_the_truth_of_an_equal_picture_is_taken(trace):
    own = Truth(SCENE, picture=trace.image.copy())
    assert "true IoU with a (whole)" in LogitHistogram(truth=own)(trace).words


@pytest.mark.parametrize(
    "probe", [RawLogits, LogitHistogram, PatchedTokens, WindowEffect, HeadEffects]
)
def test_without_a_truth_nothing_is_said_of_it(probe, trace):
    plain, given = probe()(trace), probe(truth=SCENE)(trace)
    assert not any("true" in words for words in all_words(plain))
    if probe is not WindowEffect:  # whose table has more columns
        for one, other in zip(arrays(plain), arrays(given), strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_truth_is_no_knob_and_stands_in_the_code_by_its_name():
    probe = RawLogits(truth=SCENE, threshold=2.0)
    assert "truth" not in probe.knobs()
    assert eval(probe.code, {"sx": __import__("sam_explore"), "truth": SCENE}) == probe
    assert probe != RawLogits(truth=Truth(SCENE, level=1), threshold=2.0)


def test_what_is_no_truth_is_refused(trace):
    with pytest.raises(TypeError, match=r"must be a scene, a mask of booleans .* not a str"):
        RawLogits(truth="turtle")
    with pytest.raises(TypeError, match="not an array of float64 with 2 axes"):
        RawLogits(truth=np.zeros((20, 40)))
    with pytest.raises(ValueError, match="40 wide and 20 high, but is 4 wide and 20 high"):
        RawLogits(truth=np.ones((20, 4), bool))(trace)
