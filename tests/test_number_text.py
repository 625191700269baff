"""Numbers as text, in readings, charts and views."""

import numpy as np
import pytest

from sam_explore.number_text import text


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (-1.25, "−1.25"),
        (0.012345, "0.0123"),
        (99.96, "100"),
        (1025, "1025"),
        (-1234.4, "−1234"),
        (9_999_999, "9999999"),
        (12_345_678, "1.23e+07"),
        (1e-7, "1e−07"),
        (np.float32(0.1), "0.1"),
        (float("inf"), "infinitely much"),
        (float("nan"), "nothing"),
    ],
)
def test_a_number_has_three_digits_and_all_that_are_before_the_point(value: float, written: str):
    assert text(value) == written


def test_digits_that_count():
    assert [text(value, 4) for value in (0.123456, 12.3456, 123.456, 12345)] == [
        "0.1235",
        "12.35",
        "123.5",
        "12345",
    ]


def test_decimals_are_all_written_and_a_zero_has_no_minus():
    assert [text(value, decimals=1) for value in (-18.24, 9.96, -0.04)] == [
        "−18.2",
        "10.0",
        "0.0",
    ]
    assert text(-0.5, decimals=2) == "−0.50"
