"""The store: bounded in bytes, and the least recently used goes first."""

import torch

from sam_explore.tracing.cache import PROMPT_SETS, Store


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


def test_of_many_prompt_sets_the_latest_are_kept_and_the_picture_always():
    store = Store(10**9)
    store.put("picture", kilobytes(1))
    for number in range(PROMPT_SETS + 2):
        for part in ("tokens", "logits"):
            store.put(f"{part} {number}", kilobytes(1), prompts=f"{number}")
    assert store.get("logits 1") is store.get("tokens 1") is None
    assert store.get("logits 2") is not None
    assert store.get("picture") is not None
    assert store.bytes == 1024 * (1 + 2 * PROMPT_SETS)


def test_prompts_that_are_asked_again_are_among_the_latest():
    store = Store(10**9)
    for number in (*range(PROMPT_SETS), 0, PROMPT_SETS):
        store.put(f"logits {number}", kilobytes(1), prompts=f"{number}")
    assert store.get("logits 0") is not None
    assert store.get("logits 1") is None
