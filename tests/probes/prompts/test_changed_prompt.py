"""A mask before and after its prompt changed."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import ChangedPrompt, PromptChangesCompared, PromptPadding
from sam_explore.probes.common.prompt_changes import CHANGES, with_padding
from sam_explore.tracing.interventions import DropPaddingToken

from ...small import small_sam, small_trace


@pytest.fixture(scope="module")
def trace():
    return small_trace(small_sam())


def test_its_maps_are_the_two_runs_and_their_difference(trace):
    before, after, change = ChangedPrompt(mask=2)(trace).readings

    other = trace.with_interventions(DropPaddingToken()).prediction
    # The picture fills the upper half of the 20 x 20 logits.
    np.testing.assert_array_equal(before.values, trace.prediction.logits[2, :10])
    np.testing.assert_array_equal(after.values, other.logits[2, :10])
    np.testing.assert_allclose(change.values, after.values - before.values, atol=1e-6)
    assert before.scale == after.scale


def test_a_change_that_the_prompt_can_not_have_changes_nothing_and_says_so(trace):
    reading = ChangedPrompt("top left corner dropped")(trace)
    assert not reading.readings[2].values.any()
    assert reading.words.startswith("Nothing is changed: this prompt has not a box, which")


def test_the_table_has_a_row_for_each_change_that_fits(trace):
    asked = trace.with_prompts(Prompts([(12, 8), (30, 5)], labels=[1, 0]))
    table, chart = PromptChangesCompared(mask=1)(asked).readings

    rows = [" ".join(row.split()) for row in table.rows]
    assert rows == [name for name, each in CHANGES.items() if each.needs != "a box"]
    reverse = rows.index("points in reverse order")
    np.testing.assert_allclose(table.values[reverse, 0], 1, atol=1e-6)
    assert chart.curves[0].y[reverse] < 1e-4
    nothing = asked.with_prompts(Prompts.nothing()).prediction
    row = rows.index("no prompt at all")
    assert table.values[row, 1:] == pytest.approx([asked.prediction.iou[1], nothing.iou[1]])
    moved = np.abs(nothing.logits - asked.prediction.logits)[1, :10].mean()
    assert chart.curves[0].y[row] == pytest.approx(moved, abs=1e-4)


def test_padding_moves_the_logits_by_what_the_chart_says(trace):
    *_, change, chart = PromptPadding(further=2, mask=0)(trace).readings

    distances = [
        np.abs(with_padding(trace, count).prediction.logits - trace.prediction.logits)[0, :10]
        for count in (0, 1, 2)
    ]
    assert chart.x.tolist() == [0, 1, 2]
    assert chart.curves[0].y == pytest.approx([each.mean() for each in distances])
    assert chart.curves[1].y == pytest.approx([each.max() for each in distances])
    assert chart.curves[1].y[2] == pytest.approx(np.abs(change.values).max())
