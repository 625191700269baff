"""Wave vectors, their lengths, and what they make of a place."""

import numpy as np
import pytest

from sam_explore.probes import CoordinateWaves
from sam_explore.probes.prompts.coordinate_waves import expected_counts

from .waves import trace_with_waves


def test_two_waves_by_hand():
    # In the encoder's units, from −1 to 1, a frequency makes twice as many cycles across the input:
    # wave 0 makes 3 across and 4 down, 5 along its direction; wave 1 makes 1 across, the others 0.
    trace = trace_with_waves((1.5, 2.0), (0.5, 0.0))

    vectors, lengths, code = CoordinateWaves(wave=0, token=(2, 1))(trace).readings

    assert vectors.x.tolist() == [0.0] * 14 + [1.0, 3.0]
    assert vectors.curves[0].y.tolist() == [0.0] * 15 + [4.0]
    assert vectors.x_marks == ((3.0, "wave 0"),)
    assert lengths.curves[0].y.sum() == 16
    assert lengths.curves[0].y[-1] == 1
    # The middle of row 2, column 1 of 5 is (0.3, 0.5), which is (−0.4, 0) in the encoder's units.
    # Fastest last: wave 0 turns by 2π · 1.5 · −0.4 = −1.2π. Before it wave 1, by −0.4π.
    sine, cosine = (curve.y for curve in code.curves)
    np.testing.assert_allclose(sine[-2:], np.sin([-0.4 * np.pi, -1.2 * np.pi]), atol=1e-6)
    np.testing.assert_allclose(cosine[-2:], np.cos([-0.4 * np.pi, -1.2 * np.pi]), atol=1e-6)
    assert (sine[:-2] == 0).all()
    assert (cosine[:-2] == 1).all()


def test_its_words_name_the_chosen_wave():
    words = CoordinateWaves(wave=0)(trace_with_waves((1.5, 2.0))).words
    assert "Wave 0 makes 3 cycles across the input and 4 down, 5 along its own direction." in words
    # The root mean square of 32 numbers of which two are not 0: √(6.25 / 32).
    assert "have a spread of 0.442 in" in words


def test_expected_lengths_are_those_of_drawn_ones():
    # The length of two normal numbers exceeds r with probability exp(−r²/2): half of them 1.177.
    half = np.sqrt(2 * np.log(2))
    found = expected_counts(np.array([0.0, 2 * half, 1000.0]), 100, 2.0)
    assert found == pytest.approx([50.0, 50.0])
    drawn = np.hypot(*np.random.default_rng(0).normal(0, 2.0, (2, 100_000)))
    edges = np.linspace(0, 8, 9)
    counts, _ = np.histogram(drawn, edges)
    np.testing.assert_allclose(counts, expected_counts(edges, 100_000, 2.0), atol=600)
