"""The answer without each head: what the interventions say, in a table."""

import numpy as np
import pytest

from sam_explore.probes import HeadEffects
from sam_explore.probes.common.logits import mask_overlaps
from sam_explore.tracing import between_steps
from sam_explore.tracing.interventions import AblateHead

from ...small import small_sam, small_trace
from ...tracing.attention_by_hand import trace_by_hand


@pytest.mark.parametrize("to", ["zero", "mean"])
def test_each_cell_is_the_run_without_that_head(to):
    trace = small_trace()
    before = trace.prediction
    inside = before.visible[2] > 0

    change, overlap, _ = HeadEffects(mask=2, to=to)(trace).readings

    for block, head in np.ndindex(4, 2):
        after = trace.with_interventions(AblateHead(block, head, to)).prediction
        expected = after.visible[2][inside].mean() - before.visible[2][inside].mean()
        assert change.values[block, head] == pytest.approx(expected, abs=1e-5)
        assert overlap.values[block, head] == mask_overlaps(before, after, 0.0)[2]
    assert change.rows == ("0", "1, global", "2", "3, global")


def test_a_head_that_gives_nothing_has_no_effect_and_the_others_are_told_apart():
    sam = small_sam()
    # The projection takes the second head's channels by its last twelve columns.
    for block in (0, 2, 3):
        sam.image_encoder.vit.blocks[block].attention.projection.weight.zero_()
    sam.image_encoder.vit.blocks[1].attention.projection.weight[:, :12] = 0

    reading = HeadEffects(mask=1)(small_trace(sam))

    change, overlap, _ = (part.values for part in reading.readings)
    assert np.argwhere(change).tolist() == [[1, 1]]
    assert (overlap[change == 0] == 1).all()
    assert reading.words.startswith(
        "Of 8 heads, head 1 of block 1 has the greatest effect: without it mask 1's mean logit"
    )
    assert "where the median head changes it by 0." in reading.words


def test_attention_is_counted_in_even_shares():
    *_, looks = HeadEffects(token=(1, 1))(trace_by_hand()).readings

    # To the last token of the global block: a gives 15 / 35, see test_attention_row. b and c count
    # themselves twice and the others once: 1 / 5. −a counts itself twice, a half, b and c once:
    # 2 / 4.5. Evenly spread attention would sum up to 1.
    assert looks.values[1, 0] == pytest.approx(15 / 35 + 0.2 + 0.2 + 2 / 4.5, abs=1e-4)
    assert looks.scale.unit == "even shares"


@pytest.mark.parametrize("block", [1, 3])
def test_one_block_is_its_row_of_all(block):
    trace = small_trace()
    every = HeadEffects(mask=2)(trace).readings

    reading = HeadEffects(mask=2, block=block)(trace)

    for one, whole in zip(reading.readings, every, strict=True):
        np.testing.assert_array_equal(one.values, whole.values[[block]])
        assert one.rows == (f"{block}, global",)
    assert reading.words.startswith("Of 2 heads, head ")
    assert f"of block {block} has the greatest effect" in reading.words


def test_no_head_of_another_block_is_taken_away():
    trace = small_trace()
    trace.prediction  # noqa: B018  so that what is announced then are other runs
    steps: list[str] = []

    with between_steps(steps.append):
        HeadEffects(block=2)(trace)

    assert steps.count("Image encoder: block 3 of 4") == 2  # its heads
    assert "Image encoder: block 2 of 4" not in steps
