"""A fingerprint depends on the content of a value, and on nothing else."""

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
import pytest
import torch

from sam_explore.fingerprints import NoContentError, fingerprint, function_fingerprint
from sam_explore.tracing import zero

THRESHOLD = 0.5


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0


@dataclass(frozen=True)
class Pair:
    x: float
    y: float = 0.0


def above(values):
    return values > THRESHOLD


def count_above(values):
    return above(values).sum()


class Row(NamedTuple):
    column: int


class Doubling:
    FACTOR = 2

    def apply(self, value, more=1):
        return self.FACTOR * value + more


BASES = {
    "as it is": Doubling,
    "an attribute": type("Doubling", (Doubling,), {"FACTOR": 3}),
    "a method": type("Doubling", (Doubling,), {"apply": lambda self, value: value}),
    "a default": type("Doubling", (Doubling,), {"apply": lambda self, value=1: value}),
    "a static method": type("Doubling", (), {"apply": staticmethod(lambda value: value)}),
    "another one": type("Doubling", (), {"apply": staticmethod(lambda value: value + 1)}),
    "a class method": type("Doubling", (), {"apply": classmethod(lambda cls: 1)}),
    "another class method": type("Doubling", (), {"apply": classmethod(lambda cls: 2)}),
    "a property": type("Doubling", (), {"apply": property(lambda self: 1)}),
    "another property": type("Doubling", (), {"apply": property(lambda self: 2)}),
    "a global": type("Doubling", (), {"apply": lambda self: THRESHOLD}),
    "a function": type("Doubling", (), {"apply": lambda self, values: above(values)}),
}


def mine(base: type) -> object:
    """One of a class of the same name and the same text, each time with another base."""

    @dataclass(frozen=True)
    class Mine(base):
        strength: float = 1.0

        def __call__(self, value):
            return super().apply(value)

    return Mine()


DIFFERENT = [
    None,
    True,
    1,
    1.0,
    "1",
    b"1",
    (1, 2),
    [1, 2],
    (12,),
    ("1", "2"),
    {1: 2},
    {1, 2},
    np.array([1, 2]),
    np.array([1.0, 2.0]),
    np.array([[1, 2]]),
    torch.tensor([1, 2]),
    torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
    Point(1.0),
    Point(1.0, 2.0),
    Pair(1.0),
    zero,
    Point,
]


def test_different_things_have_different_fingerprints():
    assert len({fingerprint(each) for each in DIFFERENT}) == len(DIFFERENT)


def test_the_same_content_has_the_same_in_whatever_order_a_set_comes():
    assert fingerprint({"a": 1, "b": {2, 3}}) == fingerprint({"b": {3, 2}, "a": 1})
    array = np.arange(12).reshape(3, 4)
    assert fingerprint(array.T) == fingerprint(array.T.copy())
    assert fingerprint(torch.arange(6).view(2, 3).T) == fingerprint(
        torch.tensor([[0, 3], [1, 4], [2, 5]])
    )


def test_what_has_no_content_is_itself_within_the_process_and_nothing_outside():
    one, other = (lambda: 1), (lambda: 1)
    for each in (one, partial(max, 1), object()):
        with pytest.raises(NoContentError, match="no content"):
            fingerprint((1, each))
    assert fingerprint(one, within_process=True) == fingerprint(one, within_process=True)
    assert fingerprint(one, within_process=True) != fingerprint(other, within_process=True)


def test_a_function_is_known_by_its_code_and_the_data_that_it_refers_to(monkeypatch):
    before = function_fingerprint(count_above)
    assert function_fingerprint(count_above) == before
    monkeypatch.setitem(globals(), "THRESHOLD", 0.6)
    assert function_fingerprint(count_above) != before  # by way of the function that it calls
    monkeypatch.undo()
    assert function_fingerprint(count_above) == before
    monkeypatch.setattr(above, "__code__", (lambda values: values >= THRESHOLD).__code__)
    assert function_fingerprint(count_above) != before


def test_a_function_is_known_by_what_it_encloses_as_far_as_that_is_data():
    def scaled(factor):
        return lambda value: factor * value

    assert function_fingerprint(scaled(2)) == function_fingerprint(scaled(2))
    assert function_fingerprint(scaled(2)) != function_fingerprint(scaled(3))
    with pytest.raises(NoContentError):
        function_fingerprint(scaled(object()))
    with pytest.raises(NoContentError, match="no function written in Python"):
        function_fingerprint(partial(max, 1))


def test_a_class_is_known_by_all_that_it_inherits():
    found = {name: fingerprint(mine(base)) for name, base in BASES.items()}
    assert len(set(found.values())) == len(BASES)
    assert found == {name: fingerprint(mine(base)) for name, base in BASES.items()}


@pytest.mark.parametrize(("name", "value"), [("THRESHOLD", 0.6), ("above", count_above)])
def test_a_class_is_known_by_what_its_methods_use_by_name(monkeypatch, name, value):
    what = {"THRESHOLD": "a global", "above": "a function"}[name]
    before = fingerprint(mine(BASES[what]))
    monkeypatch.setitem(globals(), name, value)
    assert fingerprint(mine(BASES[what])) != before


def test_a_class_that_holds_more_than_data_is_itself_within_the_process_and_nothing_outside():
    one, other = (mine(type("Holding", (), {"model": partial(max, 1)})) for _ in range(2))
    with pytest.raises(NoContentError, match="no content"):
        fingerprint(one)
    assert fingerprint(one, within_process=True) == fingerprint(one, within_process=True)
    assert fingerprint(one, within_process=True) != fingerprint(other, within_process=True)


def test_a_class_that_names_itself_and_one_of_a_library_are_known():
    class Mode(Enum):
        ONE = 1

    class Chain(torch.nn.Module):
        members: ClassVar = []

        def again(self):
            return Chain(), Mode.ONE, Row(3), np.mean([1]), max(1, 2)

    Chain.members.append(Chain)
    assert fingerprint(Chain) == fingerprint(Chain)
    assert fingerprint(np.float32) != fingerprint(np.float64)
