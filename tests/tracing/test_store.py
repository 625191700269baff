"""The store: bounded in bytes, and the least recently used goes first."""

import torch

from sam_explore.tracing.store import Store


def kilobytes(count: int) -> torch.Tensor:
    return torch.zeros(count * 256)


def test_the_least_recently_used_goes_when_there_is_no_room():
    store = Store(3000)
    for name in "ab":
        store.put(name, kilobytes(1))
    assert store.get("a") is not None  # used later than b
    store.put("c", kilobytes(1))
    assert [name for name in "abc" if store.get(name) is not None] == ["a", "c"]
    assert store.bytes == 2048


def test_a_value_put_again_is_counted_once():
    store = Store(10_000)
    store.put("a", kilobytes(1))
    store.put("a", kilobytes(2))
    assert store.bytes == 2048


def test_all_tensors_of_a_tuple_are_counted():
    store = Store(10_000)
    store.put("a", (kilobytes(1), kilobytes(2)))
    assert store.bytes == 3072


def test_something_larger_than_the_limit_is_kept_alone():
    store = Store(1000)
    store.put("a", kilobytes(1))
    store.put("b", kilobytes(4))
    assert store.get("a") is None
    assert store.get("b") is not None
