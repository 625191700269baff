"""Runs at other sizes of the input, square or not: what has a fast form against the plain one."""

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.prediction import encode, predict
from sam_explore.tracing import (
    Trace,
    attention_column,
    attention_position_terms,
    attention_row,
    attention_statistics,
    interventions,
    list_hooks,
    record,
)
from sam_explore.tracing.attribution import MeanLogit, attribute, estimate_gradient_bytes, gradient
from sam_explore.tracing.interventions.positions import by_window

from ..small import SMALL, small_sam, small_trace

WINDOWED, GLOBAL = 0, 1


@pytest.fixture(scope="module", params=[(24, 40), (56, 16)], ids=["3 x 5", "7 x 2"])
def trace(request) -> Trace:
    return small_trace(small_sam()).with_preprocessing("stretch", request.param)


def name(block: int, part: str) -> str:
    return f"image_encoder.vit.blocks.{block}.{part}"


def test_a_trace_answers_as_encode_and_predict(trace):
    encoded = encode(trace.sam, trace.image, preprocessing="stretch", side=trace.side)

    prediction = predict(trace.sam, encoded, trace.prompts)

    assert encoded.frame == trace.frame
    np.testing.assert_allclose(trace.encoded.tokens, encoded.tokens, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(trace.prediction.logits, prediction.logits, rtol=1e-4, atol=1e-3)


def test_the_size_is_all_that_with_preprocessing_changes():
    trace = small_trace().with_edit(name(0, "mlp.hook_out"), sx.zero)

    other = trace.with_preprocessing("stretch", 32, keep_aspect=True)

    assert (other.preprocessing, other.side, other.keep_aspect) == ("stretch", 32, True)
    assert other.frame.grid == (2, 4)
    assert other.edits == trace.edits
    assert other.image is trace.image
    assert other.prompts is trace.prompts
    assert other.with_preprocessing().prediction.logits.tolist() == trace.prediction.logits.tolist()


def test_a_hint_of_the_other_size_is_refused():
    trace = small_trace()
    hinted = trace.with_prompts(Prompts(mask_hint=trace.prediction.logits[1]))

    with pytest.raises(ValueError, match=r"must be 8 x 16 logits .* but is \(20, 20\)"):
        hinted.with_preprocessing("stretch", (16, 32))


@pytest.mark.parametrize("block", [WINDOWED, GLOBAL])
def test_rows_and_columns_of_attention_are_those_of_the_pattern(trace, block):
    pattern = trace[name(block, "attention.hook_pattern")]
    rows, columns = trace.frame.grid
    token = (rows - 1, columns - 1)

    row, column = attention_row(trace, block, token), attention_column(trace, block, token)

    down, across = trace.attended(block)
    index = (token[0] // down) * -(-columns // across) + token[1] // across
    place = (token[0] % down) * across + token[1] % across
    top, left = token[0] - token[0] % down, token[1] - token[1] % across
    seen = row.weights[:, top : top + down, left : left + across]
    expected = pattern[index, :, place].unflatten(-1, (down, across))
    torch.testing.assert_close(seen, expected[:, : seen.shape[1], : seen.shape[2]])
    torch.testing.assert_close(row.weights.nansum((1, 2)) + row.padding, torch.ones(2))
    seen = column[:, top : top + down, left : left + across]
    expected = pattern[index, :, :, place].unflatten(-1, (down, across))
    torch.testing.assert_close(seen, expected[:, : seen.shape[1], : seen.shape[2]])


@pytest.mark.parametrize("block", [WINDOWED, GLOBAL])
def test_an_edit_that_changes_nothing_gives_the_same_from_a_run_of_the_block(trace, block):
    edited = trace.with_edit(name(block, "attention.hook_q"), lambda tensor, hook: tensor)

    token = (1, 1)
    for fast, plain in zip(
        (
            *vars(attention_row(trace, block, token)).values(),
            attention_column(trace, block, token),
            *attention_position_terms(trace, block),
            *vars(attention_statistics(trace, block)).values(),
        ),
        (
            *vars(attention_row(edited, block, token)).values(),
            attention_column(edited, block, token),
            *attention_position_terms(edited, block),
            *vars(attention_statistics(edited, block)).values(),
        ),
        strict=True,
    ):
        torch.testing.assert_close(fast, plain, equal_nan=True, rtol=1e-4, atol=1e-5)


def test_tokens_are_found_in_windows_and_in_the_whole_grid():
    # Tokens 1 and 7 of 2 x 4 are (0, 1) and (1, 3). In windows of 3: two, 3 and 1 columns wide.
    windowed = by_window(frozenset({1, 7}), (2, 4), windows=2, tokens=9)
    whole = by_window(frozenset({1, 7}), (2, 4), windows=1, tokens=8)

    assert [each.nonzero().flatten().tolist() for each in windowed] == [[1], [3]]
    assert whole.nonzero().tolist() == [[0, 1], [0, 7]]
    # 4 tokens are the whole of 1 x 4, but also a window of 2 among two.
    assert by_window(None, (1, 4), windows=2, tokens=4).tolist() == [[True, True, False, False]] * 2


@pytest.mark.parametrize("block", [WINDOWED, GLOBAL])
def test_a_knocked_out_key_has_no_weight_and_the_others_all(trace, block):
    rows, columns = trace.frame.grid
    keys = [(rows - 1, columns - 1)]

    knocked = trace.with_interventions(interventions.KnockOutAttention(None, keys, block))

    weights = attention_column(knocked, block, keys[0])
    assert weights.nansum() == 0
    pattern = knocked[name(block, "attention.hook_pattern")]
    torch.testing.assert_close(pattern.sum(-1), torch.ones(pattern.shape[:-1]))


def test_a_head_that_gives_its_mean_gives_every_token_the_same(trace):
    ablated = trace.with_interventions(interventions.AblateHead(GLOBAL, 0, "mean"))

    part = name(GLOBAL, "attention.hook_out_per_head")
    head, before = ablated[part][0, 0], trace[part][0, 0]
    torch.testing.assert_close(head, before.mean(0).expand_as(head))


def test_an_intervention_on_a_token_that_is_not_there_is_refused():
    trace = small_trace().with_interventions(interventions.KnockOutAttention(None, [(4, 4)]))

    with pytest.raises(ValueError, match=r"rows from 0 to 2 and columns from 0 to 4, .* \(4, 4\)"):
        trace.with_preprocessing("stretch", (24, 40))


def test_hook_points_are_listed_with_the_shapes_of_the_size(trace):
    listed = {info.name: info.shape for info in list_hooks(trace.sam, input_size=trace.frame.side)}

    with torch.no_grad(), record(trace.sam, "**", lambda tensor, _: tuple(tensor.shape)) as shapes:
        predict(
            trace.sam,
            encode(trace.sam, trace.image, preprocessing="stretch", side=trace.side),
            trace.prompts,
        )
    assert shapes == {name: listed[name] for name in shapes}
    rows, columns = trace.frame.grid
    assert trace.estimate_bytes() == 4 * 4 * rows * columns * SMALL.encoder_dim


def test_gradients_have_the_shape_of_what_they_are_of(trace):
    of = MeanLogit(1, np.ones(trace.frame.image_size, bool))

    assert gradient(trace, of, "input").shape == (3, *trace.frame.side)
    assert gradient(trace, of, "pixels").shape == (20, 40, 3)
    by_click = gradient(trace, of, "points")[0]
    assert attribute(trace, of, patch=2).shape == tuple(-(-n // 2) for n in trace.frame.grid)
    for axis, step in enumerate(0.01 * np.eye(2)):
        ahead, behind = (
            trace.with_prompts(Prompts(trace.prompts.points + sign * step)).prediction
            for sign in (1, -1)
        )
        slope = (ahead.upscaled[1].mean() - behind.upscaled[1].mean()) / 0.02
        assert by_click[axis] == pytest.approx(slope, rel=0.05, abs=0.02)


def test_a_gradient_of_the_pixels_is_the_transpose_of_stretching():
    """All that one pixel of the picture adds to the input, where the input's gradient is 1."""
    trace = small_trace().with_preprocessing("stretch", (24, 56))
    of = MeanLogit(0, np.ones(trace.frame.image_size, bool))
    by_input, by_pixel = gradient(trace, of, "input"), gradient(trace, of, "pixels")

    # Stretching keeps a constant: a level more everywhere is 1 / std more everywhere.
    std = np.array(SMALL.pixel_std)
    np.testing.assert_allclose(
        by_pixel.sum((0, 1)), by_input.sum((1, 2)) / std, rtol=1e-3, atol=1e-5
    )


def test_a_smaller_input_takes_less_memory_for_a_gradient():
    whole, small = (estimate_gradient_bytes(SMALL, side=side) for side in (None, (16, 24)))

    assert small < whole / 2
