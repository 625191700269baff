"""Durations in words."""

import pytest

from sam_explore.widgets.exploring.caption import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "less than 1 ms"),
        (0.00049, "less than 1 ms"),
        (0.0006, "1 ms"),
        (0.0354, "35 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (2.136, "2.14 s"),
        (99.94, "99.9 s"),
        (99.96, "100 s"),
        (1234.5, "1234 s"),
    ],
)
def test_a_duration_has_three_digits_that_count_and_is_never_nothing(seconds, words):
    assert duration(seconds) == words
