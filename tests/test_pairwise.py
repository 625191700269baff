"""The cases that stand for all combinations."""

import os
import subprocess
import sys
from itertools import combinations, product
from pathlib import Path

from .pairwise import pairwise


def test_every_pair_of_values_is_in_some_case():
    factors = {"a": "abcd", "b": [1, 2, 3], "c": [True, False], "d": "xy", "e": "xyz"}
    cases = pairwise(factors)
    for first, second in combinations(factors, 2):
        pairs = {(case[first], case[second]) for case in cases}
        assert pairs == set(product(factors[first], factors[second]))
    assert 4 * 3 <= len(cases) <= 16  # of 144


def test_two_factors_make_all_combinations_and_one_or_none_makes_no_pair():
    assert len(pairwise({"a": "ab", "b": "abc"})) == 6
    assert pairwise({"a": "ab"}) == pairwise({}) == []


def test_the_cases_are_the_same_whatever_the_hashes_of_a_process():
    asks = (
        "from pairwise import pairwise;"
        "print(pairwise({'a': 'abcd', 'b': 'abc', 'c': 'ab', 'd': 'ab', 'e': 'abc'}))"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", asks],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in "12345"
    }
    assert len(printed) == 1
