"""What is added and what it is added to, both of known size."""

import numpy as np
import pytest

from sam_explore.probes import ResidualShares

from ...small import putting, small_trace, tokens_of_norm

BLOCKS = "image_encoder.vit.blocks"


def prepared(streams: np.ndarray):
    """Streams of these norms before attention, 8 before the MLP; attention adds 2, the MLP 6."""

    def all_of(norm: float) -> np.ndarray:
        return tokens_of_norm(np.full((5, 5), norm))

    trace = putting(small_trace(), f"{BLOCKS}.*.hook_residual_pre", tokens_of_norm(streams))
    trace = putting(trace, f"{BLOCKS}.*.attention.hook_out", all_of(2.0))
    trace = putting(trace, f"{BLOCKS}.*.hook_residual_mid", all_of(8.0))
    return putting(trace, f"{BLOCKS}.*.mlp.hook_out", all_of(6.0))


def test_a_share_is_the_norm_added_divided_by_the_norm_of_its_stream():
    reading = ResidualShares()(prepared(np.full((5, 5), 4.0)))

    attention, mlp = reading.curves
    np.testing.assert_allclose(attention.y, [0.5] * 4)
    np.testing.assert_allclose(mlp.y, [0.75] * 4)
    assert reading.x.tolist() == [0, 1, 2, 3]
    assert reading.words == (
        "Measured by the norm of the stream that it is added to, what attention adds is 0.5 "
        "times as large in every block, and what the MLP adds 0.75 times as large in every block, "
        "in the median over the tokens."
    )


def test_the_words_name_the_blocks_with_the_least_and_the_greatest_share():
    trace = prepared(np.full((5, 5), 4.0))
    twice = tokens_of_norm(np.full((5, 5), 4.0))

    words = ResidualShares()(putting(trace, f"{BLOCKS}.3.attention.hook_out", twice)).words

    assert "adds is from 0.5 times as large in block 0 to 1 times in block 3" in words


def test_the_median_and_the_band_are_over_the_ratios_of_single_tokens():
    streams = 2 / np.arange(1.0, 26).reshape(5, 5)  # so that the ratios are 1 to 25

    attention, _ = ResidualShares()(prepared(streams)).curves

    np.testing.assert_allclose(attention.y, 13, rtol=1e-6)
    np.testing.assert_allclose(attention.low, 2.2, rtol=1e-6)
    np.testing.assert_allclose(attention.high, 23.8, rtol=1e-6)


def test_a_token_whose_stream_is_zero_is_left_out():
    streams = np.full((5, 5), 4.0)
    streams[0] = 0

    attention, _ = ResidualShares()(prepared(streams)).curves

    np.testing.assert_allclose(attention.low, 0.5)
    np.testing.assert_allclose(attention.high, 0.5)


def test_a_stream_of_zeros_has_no_share_and_the_words_say_so():
    reading = ResidualShares()(prepared(np.zeros((5, 5))))

    assert np.isnan(reading.curves[0].y).all()
    assert "what attention adds is without a measure, since the stream is zero" in reading.words


def test_the_streams_of_a_real_run_add_up():
    trace = small_trace()
    block = f"{BLOCKS}.2"
    names = ["hook_residual_pre", "attention.hook_out", "hook_residual_mid", "mlp.hook_out"]
    before, added, between, more = (trace[f"{block}.{name}"] for name in names)

    attention, mlp = ResidualShares()(trace).curves

    ratios = added.norm(dim=-1) / before.norm(dim=-1)
    assert attention.y[2] == pytest.approx(float(ratios.median()), rel=1e-6)
    assert mlp.y[2] == pytest.approx(float((more.norm(dim=-1) / between.norm(dim=-1)).median()))
    np.testing.assert_allclose((before + added).numpy(), between.numpy(), rtol=1e-5, atol=1e-5)
