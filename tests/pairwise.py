"""Few cases that contain every pair of values of two factors: most faults need only two."""

from collections.abc import Mapping, Sequence
from itertools import combinations

Pair = frozenset[tuple[str, int]]


def pairwise(factors: Mapping[str, Sequence]) -> list[dict]:
    """Cases, each with a value for every factor, that hold every pair of values of two factors.

    Greedy: a case begins with a pair that is missing, and each further factor takes the value that
    adds the most missing pairs. The same cases in every process, whatever its hashes.
    """
    choices = {name: [(name, index) for index in range(len(factors[name]))] for name in factors}
    missing = dict.fromkeys(
        frozenset((one, other))
        for first, second in combinations(choices, 2)
        for one in choices[first]
        for other in choices[second]
    )
    cases = []
    while missing:
        case = dict(sorted(next(iter(missing))))
        left = [name for name in choices if name not in case]
        for name in sorted(left, key=lambda name: -len(choices[name])):
            case |= [max(choices[name], key=lambda each: len(_pairs(each, case) & missing.keys()))]
        for one, other in combinations(case.items(), 2):
            missing.pop(frozenset((one, other)), None)
        cases.append({name: factors[name][case[name]] for name in factors})
    return cases


def _pairs(one: tuple[str, int], case: Mapping[str, int]) -> set[Pair]:
    return {frozenset((one, other)) for other in case.items()}
