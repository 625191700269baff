"""The words that are shown for an exception."""

import pytest

from sam_explore.app_limits import PAGE_MEMORY
from sam_explore.widgets.session.errors import in_words


def noted(error: Exception, note: str) -> Exception:
    error.add_note(note)
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("x must be 1, not 2."), "x must be 1, not 2."),
        (TypeError("Expected a picture."), "Expected a picture."),
        (OSError("Our own words."), "Our own words."),
        (FileNotFoundError(2, "No such file", "a.png"), "[Errno 2] No such file: 'a.png'"),
        (RuntimeError("out of memory"), "RuntimeError: out of memory"),
        (KeyError("block"), "KeyError: 'block'"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_our_own_words_stand_alone_and_others_follow_the_name_of_their_kind(error, words):
    kind = "" if type(error) in (ValueError, TypeError, OSError) else f"{type(error).__name__}: "
    assert in_words(error) == (words if words.startswith(kind) else kind + words)


@pytest.mark.parametrize("error", [ValueError(), AssertionError(), OSError(), ValueError("")])
def test_an_exception_without_words_is_called_by_its_kind_alone(error):
    assert in_words(error) == type(error).__name__


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4 bytes"),
        RuntimeError("std::bad_alloc"),
    ],
)
def test_a_lack_of_memory_is_told_with_the_limit(error, monkeypatch):
    monkeypatch.delenv(PAGE_MEMORY, raising=False)
    assert in_words(error).startswith("There is not enough memory for this. What was shown")
    monkeypatch.setenv(PAGE_MEMORY, "500")
    assert "for this: one page may use 500 MB here. What" in in_words(error)


def test_notes_are_told_too():
    assert in_words(noted(ValueError("No."), "Try 3.")) == "No. Try 3."
    assert in_words(noted(RuntimeError(), "Try 3.")) == "RuntimeError Try 3."
