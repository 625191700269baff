"""Every probe answers what it answered when its readings were recorded, in numbers and in words."""

import re

import numpy as np
import pytest

from sam_explore.probes import PROBES

from .recorded.recording import readings, recorded

ROUNDING = 1.1e-5  # a step of the fifth decimal, to which effects are rounded
NUMBER = re.compile(r"−?\d+(?:\.\d+)?(?:e-?\d+)?")


@pytest.fixture(scope="module")
def now() -> tuple[dict, dict]:
    return readings()


@pytest.fixture(scope="module")
def then() -> tuple[dict, dict]:
    return recorded()


def numbers_in(words: str) -> list[float]:
    return [float(each.replace("−", "-")) for each in NUMBER.findall(words)]


def test_the_same_readings_are_there(now, then):
    for found, expected in zip(now, then, strict=True):
        assert found.keys() == expected.keys()


@pytest.mark.parametrize("picture", ["wide", "high"])
@pytest.mark.parametrize("probe", [probe.__name__ for probe in PROBES])
def test_the_numbers_are_those_that_were_recorded(now, then, picture, probe):
    names = [name for name in then[0] if name.startswith(f"{picture}/{probe}/")]
    assert names
    for name in names:
        found, expected = now[0][name], then[0][name]
        size = np.nanmax(np.abs(expected), initial=0.0)
        # Other processors sum in other orders, in single precision; and the difference of two
        # logits, however small, has the rounding of the logits.
        near = 1e-4 * size + ROUNDING
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=near, err_msg=name)


@pytest.mark.parametrize("picture", ["wide", "high"])
@pytest.mark.parametrize("probe", [probe.__name__ for probe in PROBES])
def test_the_words_are_those_that_were_recorded(now, then, picture, probe):
    found, expected = (each[1][f"{picture}/{probe}"] for each in (now, then))
    assert [NUMBER.sub("#", one) for one in found] == [NUMBER.sub("#", one) for one in expected]
    for one, other in zip(found, expected, strict=True):
        # The last of three digits may be rounded the other way.
        np.testing.assert_allclose(numbers_in(one), numbers_in(other), rtol=0.02, err_msg=one)
