"""Facts about automatic masks, with candidates and a truth that are drawn by hand."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.automatic import FATES, Filters, Verdicts
from sam_explore.automatic.candidates import Candidates
from sam_explore.automatic.grids import Crop
from sam_explore.course import facts
from sam_explore.course.facts import automatic as own
from sam_explore.mask_formats import run_lengths
from sam_explore.scenes.ground_truth import Region, Scene

from ...small import small_trace

SIZE = (20, 40)


def square(top: int, left: int, side: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[top : top + side, left : left + side] = True
    return mask


# Two regions of 100 pixels, one of 4, which is less than 1 % of 800 pixels.
REGIONS = (square(0, 0, 10), square(0, 20, 10), square(15, 35, 2))


def scene() -> Scene:
    labels = np.zeros((3, *SIZE), np.int16)
    for number, mask in enumerate(REGIONS, start=1):
        labels[0][mask] = number
    regions = tuple(Region(f"thing {number}", 0, None) for number in range(3))
    return Scene(np.zeros((*SIZE, 3), np.uint8), labels, regions)


def verdicts(masks: list[np.ndarray], fates: list[str]) -> Verdicts:
    count = len(masks)
    candidates = Candidates(
        SIZE,
        (Crop((0, 0, 40, 20), 0),),
        crop=np.zeros(count, int),
        points_px=np.zeros((count, 2)),
        tokens=np.ones(count, int),
        predicted_iou=np.ones(count, np.float32),
        stability=np.ones(count, np.float32),
        boxes=np.zeros((count, 4), int),
        areas=np.array([mask.sum() for mask in masks], int),
        runs=tuple(run_lengths(mask) for mask in masks),
    )
    fate = np.array([FATES.index(name) for name in fates], int)
    nobody = np.full(count, -1)
    kept = np.flatnonzero(fate == FATES.index("kept"))
    return Verdicts(candidates, Filters(), kept, fate, nobody, np.full(count, np.nan))


@pytest.fixture
def judged(monkeypatch):
    """A session whose candidates are the given ones, and met these fates."""

    def give(masks, fates, truth=True) -> SimpleNamespace:
        monkeypatch.setattr(own, "_verdicts", lambda *_: verdicts(masks, fates))
        picture = np.zeros((*SIZE, 3), np.uint8)
        trace = SimpleNamespace(image=picture)
        return SimpleNamespace(trace=trace, truth=scene() if truth else None)

    return give


def test_the_filter_that_drops_most_is_named(judged):
    fates = ["kept", "predicted IoU", "overlap", "overlap"]
    fact = facts.dropped_most_by(judged([REGIONS[0]] * 4, fates))
    assert fact.value == "overlap"
    assert fact.words.startswith("Of 4 candidates, predicted IoU drops 1, overlap drops 2; 1 are")


def test_one_of_two_large_regions_is_found_and_the_small_one_does_not_count(judged):
    fact = facts.found_of_the_picture(judged([REGIONS[0], REGIONS[2]], ["kept", "kept"]))
    assert fact.value == 50
    assert fact.words.startswith("Of 2 regions of 1 %")


def test_half_of_a_region_is_an_iou_of_a_half(judged):
    half = REGIONS[0].copy()
    half[5:] = False
    assert facts.found_of_the_picture(judged([half], ["kept"])).value == 50
    less = half.copy()
    less[4:] = False
    assert facts.found_of_the_picture(judged([less], ["kept"])).value == 0


def test_a_region_is_missed_because_it_was_dropped_or_never_proposed(judged):
    dropped = judged([REGIONS[0], REGIONS[1]], ["kept", "stability"])
    fact = facts.missed_because(dropped)
    assert fact.value == "dropped"
    assert fact.words == (
        "1 region missed: 0 never proposed, which means that no candidate has an IoU of 0.5 or "
        "more; 1 where the best candidate was dropped, 1 by stability. By name: "
        "thing 1 (whole), dropped: stability 1.000 is below 0.95."
    )
    assert facts.missed_because(judged([REGIONS[0]], ["kept"])).value == "never proposed"
    assert facts.missed_because(judged([REGIONS[0]], ["overlap"])).value == "alike"
    both = judged([REGIONS[0], REGIONS[1]], ["kept", "kept"])
    assert facts.missed_because(both).value == "nothing missed"


def test_without_a_truth_nothing_is_said(judged):
    unknown = judged([REGIONS[0]], ["kept"], truth=False)
    assert np.isnan(facts.found_of_the_picture(unknown).value)
    for fact in (facts.missed_because, facts.grid_or_crops):
        assert fact(unknown).value == "nothing missed"


def test_crops_that_find_one_more_are_better_than_a_finer_grid(judged, monkeypatch):
    run = judged([], [])
    found = {(8, 0): [], (16, 0): [REGIONS[0]], (8, 1): [REGIONS[0], REGIONS[1]]}

    def of(_, side, layers):
        masks = found[side, layers]
        return verdicts(masks, ["kept"] * len(masks))

    monkeypatch.setattr(own, "_verdicts", of)
    found[8, 0] = [REGIONS[2]]
    fact = facts.grid_or_crops(run)
    assert fact.value == "crops"
    assert fact.words == (
        "Of 2 regions, 8 points a side find 0, 16 points a side 1, and 8 points a side with "
        "crops 2."
    )


def test_the_candidates_are_those_of_the_exhibit():
    trace = small_trace()
    fact = facts.dropped_most_by(SimpleNamespace(trace=trace, truth=None))
    assert fact.words.startswith("Of 192 candidates")  # 8 x 8 clicks, three masks each
