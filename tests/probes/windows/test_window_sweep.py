"""Masks over window sizes."""

from dataclasses import replace

import numpy as np
import pytest

from sam_explore.model import VIT_B
from sam_explore.probes import WindowEffect, WindowSweep
from sam_explore.probes.common.truth import Target
from sam_explore.probes.windows.window_sweep import _true_in_words, _words, window_sizes

from ...small import small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_the_sizes_are_powers_of_two_the_trained_ones_and_the_grid():
    assert window_sizes(VIT_B, (0, 1), "interpolate", 64) == (2, 4, 8, 14, 16, 32, 64)
    global_block = replace(VIT_B, image_size=256, global_blocks=(1, 3, 5, 7))
    assert window_sizes(global_block, (1,), "interpolate", 16) == (2, 4, 8, 16)
    assert window_sizes(global_block, (1,), "interpolate", 24) == (2, 4, 8, 16, 24)


def test_no_size_is_larger_than_a_cropped_table_allows():
    assert window_sizes(VIT_B, (0, 1), "crop", 64) == (2, 4, 8, 14)
    assert window_sizes(VIT_B, (1, 2), "crop", 64) == (2, 4, 8, 14)
    assert window_sizes(VIT_B, (2,), "crop", 64) == (2, 4, 8, 16, 32, 64)
    assert window_sizes(VIT_B, (2,), "crop", 100) == (2, 4, 8, 16, 32, 64)
    assert window_sizes(VIT_B, (2,), "crop", 20) == (2, 4, 8, 16, 20)


@pytest.mark.parametrize("relative_positions", ["interpolate", "crop"])
def test_each_size_gives_what_the_probe_of_one_size_gives(trace, relative_positions):
    sweep = WindowSweep(relative_positions=relative_positions, mask=1)(trace)
    overlap, change = sweep.readings

    assert overlap.x.tolist() == ([2, 3, 4, 5] if relative_positions == "interpolate" else [2, 3])
    assert overlap.x_marks == ((3, "trained"),)
    for place, size in enumerate(overlap.x):
        window = 0 if size == 5 else int(size)
        one = WindowEffect(window=window, mask=1, relative_positions=relative_positions)(trace)
        _, difference, iou = one.readings
        assert [curve.y[place] for curve in overlap.curves] == iou.values[:, 0].tolist()
        assert change.curves[0].y[place] == pytest.approx(
            np.abs(difference.values).mean(), rel=1e-5
        )


def test_nothing_changes_at_the_trained_size_and_something_elsewhere(trace):
    overlap, change = WindowSweep()(trace).readings

    assert [curve.y[1] for curve in overlap.curves] == [1] * 4
    assert change.curves[0].y[1] == 0
    assert (change.curves[0].y[[0, 2, 3]] > 0).all()


def test_blocks_that_are_not_chosen_keep_the_windows_of_the_trace(trace):
    changed = trace.with_windows((4, 2, 4, 2))

    sweep = WindowSweep(mask=1)(changed)

    overlap, change = sweep.readings
    for place, size in enumerate(overlap.x):
        window = 0 if size == 5 else int(size)
        _, _, iou = WindowEffect(window=window, mask=1)(changed).readings
        assert [curve.y[place] for curve in overlap.curves] == iou.values[:, 0].tolist()
    assert change.curves[0].y[1] > 0  # the trained size, with blocks in other windows
    assert sweep.words.endswith(
        "Apart from them, blocks 1 and 3 have other windows than the trained ones."
    )


def test_the_words_say_where_the_mask_changes_most_and_least(trace):
    _, change = WindowSweep(mask=2)(trace).readings
    changes = dict(zip((2, 3, 4, "global"), change.curves[0].y, strict=True))
    del changes[3]  # the trained size
    most, least = max(changes, key=changes.get), min(changes, key=changes.get)
    window = {2: "with windows of 2 tokens", 4: "with windows of 4 tokens"}
    window["global"] = "with global attention"

    words = WindowSweep(mask=2)(trace).words

    assert words.startswith(
        f"In other windows in blocks 0 and 2 mask 2 changes most {window[most]} ("
    )
    assert f" and least {window[least]} (" in words
    assert words.count(" logits in the mean, overlap ") == 2


OVERLAPS = np.array([[0.5, 0.9], [1.0, 1.0], [0.75, 0.8]])


def test_words_by_hand():
    words = _words((0, 2), ("2", "3", "global"), 0, OVERLAPS, [1.25, 0.0, 0.5])
    assert words == (
        "In other windows in blocks 0 and 2 mask 0 changes most with windows of 2 tokens (1.25 "
        "logits in the mean, overlap 0.50) and least with global attention (0.5 logits in the "
        "mean, overlap 0.75)."
    )
    only = _words((0,), ("3", "global"), 1, OVERLAPS[1:], [0.0, 0.5])
    assert only == (
        "In other windows in block 0 mask 1 changes most with global attention (0.5 logits in the "
        "mean, overlap 0.80)."
    )
    assert _words((), ("3",), 1, OVERLAPS[1:2], [0.0]).endswith(" mask 1 doesn't change at all.")


def test_the_truth_in_words_by_hand(trace):
    target = Target("a (whole)", np.zeros((2, 2), bool))
    before, narrow, wide = (
        replace(trace.prediction, iou=np.full(4, iou, np.float32)) for iou in (0.5, 0.75, 0.25)
    )
    true = {id(before): 0.4, id(narrow): 0.1, id(wide): 0.6}
    object.__setattr__(target, "ious", lambda answer, _: np.array([true[id(answer)]]))
    words = _true_in_words(target, 0, ("2", "global"), [narrow, wide], before, 0.0)
    assert words == (
        " Its true IoU with a (whole) is 0.40 in the trained windows, greatest with global "
        "attention (0.60) and least with windows of 2 tokens (0.10). Its predicted IoU is greatest "
        "with windows of 2 tokens (0.75)."
    )
