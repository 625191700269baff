"""Facts about encodings of places, with tables that are known beforehand."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.course import facts
from sam_explore.course.facts import positions

from ...small import putting, small_trace

ENCODING = "image_encoder.position_encoder.hook_encoding"


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None)


def test_one_vector_for_all_places_is_all_in_common_and_the_rest_is_not():
    table = np.zeros((5, 5, 24))
    table[..., 0] = 3.0
    assert facts.common_to_all_places(now(putting(small_trace(), ENCODING, table))).value == 100
    table[:, :, 1] = np.linspace(-1, 1, 5)[:, None]  # a mean square of 0.5 next to one of 9
    fact = facts.common_to_all_places(now(putting(small_trace(), ENCODING, table)))
    assert fact.value == pytest.approx(100 * 9 / 9.5)


def test_the_opposite_end_of_a_slope_is_the_least_alike():
    table = np.zeros((5, 5, 24))
    table[..., 0], table[:, :, 1] = 3.0, np.linspace(-1, 1, 5)[:, None]
    found = facts.likeness_of_places(now(putting(small_trace(), ENCODING, table)))
    np.testing.assert_allclose(found.values[[0, 1, 3, 4], 0], [1, 1, -1, -1], atol=1e-6)


def test_what_is_left_of_a_mask_is_an_overlap_and_the_least_missed_leaves_most():
    run = now(small_trace())
    left = facts.left_without_added(run)
    assert 0 <= left.value <= 100
    least = facts.least_missed(run)
    shares = [float(each) for each in re.findall(r"([\d.]+) without", least.words)]
    names = ("added", "relative", "Fourier")
    second, best = sorted(shares)[-2:]
    assert least.value == (names[int(np.argmax(shares))] if best - second > 0.02 else "alike")
    table = np.zeros((5, 5, 24))
    gone = facts.left_without_added(now(putting(small_trace(), ENCODING, table)))
    assert gone.value == 100  # nothing is taken away


@pytest.mark.parametrize(
    ("relative", "least"), [(0.91, "alike"), (0.87, "added"), (0.95, "relative")]
)
def test_encodings_that_are_missed_alike_are_no_right_and_wrong(monkeypatch, relative, least):
    left = {"added": 0.905, "relative": relative, "Fourier": 0.7}
    monkeypatch.setattr(positions, "_left_without_each", lambda now: left)
    assert facts.least_missed(None).value == least


def test_without_windows_and_relative_positions_order_is_nothing_but_rounding():
    fact = facts.left_when_shuffled(now(small_trace()))
    assert 0 <= fact.value <= 100
    assert "nothing but rounding" in fact.words
