"""Short names for two runs, made of what differs between them."""

from collections.abc import Iterator
from re import sub

from sam_explore.fingerprints import fingerprint
from sam_explore.geometry import Prompts

from .run_description import Change, RunDescription
from .trace import Trace

_LONGEST = 48  # characters for the changes of a run


def names_of_two(a: Trace, b: Trace) -> tuple[str, str]:
    """A name for each of two runs: what it has and the other doesn't.

        names_of_two(trace, trace.with_windows([4] * 8))  # "trained windows", "windows of 4"

    If nothing differs, both are "the same run". Logits of a hint are named only if nothing else
    differs.
    """
    one, other = a.description, b.description
    found = [pair for pair in _differences(one, other) if pair[0] != pair[1]]
    if not found and fingerprint(one.prompts) != fingerprint(other.prompts):
        return "these logits as a hint", "other logits as a hint"
    if not found:
        return "the same run", "the same run"
    return ", ".join(words for words, _ in found), ", ".join(words for _, words in found)


def _differences(a: RunDescription, b: RunDescription) -> Iterator[tuple[str, str]]:
    """What may differ between two runs, in words for each."""
    yield _names(a.model, b.model, "model")
    if (a.model, a.weights) != (b.model, b.weights) and a.model == b.model:
        yield "these weights", "other weights"
    if a.picture != b.picture:
        yield "this picture", "another picture"
    if a.preprocessing != b.preprocessing:
        yield str(a.preprocessing), str(b.preprocessing)
    if not _are_equal_but_for_hints(a.prompts, b.prompts):
        yield _distinct(_prompts(a.prompts), _prompts(b.prompts), "prompts")
    if a.windows != b.windows:
        yield _windows(a), _windows(b)
    elif a.relative_positions != b.relative_positions:
        yield _names(repr(a.relative_positions), repr(b.relative_positions), "tables by")
    yield _changes(a.changes, b.changes)


def _are_equal_but_for_hints(a: Prompts, b: Prompts) -> bool:
    """Whether prompts differ at most in the logits of a hint.

    Those of a correction follow from other differences.
    """
    if a.mask_hint is not None and b.mask_hint is not None:
        a, b = a.with_mask_hint(None), b.with_mask_hint(None)
    return fingerprint(a) == fingerprint(b)


def _names(a: str, b: str, what: str) -> tuple[str, str]:
    return f"{what} {a}", f"{what} {b}"


def _distinct(a: str, b: str, what: str) -> tuple[str, str]:
    """The words for each run; general ones if they are the same for both."""
    return (a, b) if a != b else (f"these {what}", f"other {what}")


def _windows(run: RunDescription) -> str:
    if run.windows == run.config.windows:
        return "trained windows"
    sizes = set(run.windows)
    if sizes == {0}:
        return "global attention in all blocks"
    return f"windows of {sizes.pop()}" if len(sizes) == 1 else f"windows {run.windows}"


def _prompts(prompts: Prompts) -> str:
    """Such as "2 points and a box"."""
    if prompts.is_empty:
        return "no prompt"
    points = prompts.points.tolist()
    said = []
    if points:
        place = "({:g}, {:g})".format(*points[0])
        said.append(f"point at {place}" if len(points) == 1 else f"{len(points)} points")
    said += ["a box"] if prompts.box is not None else []
    said += ["logits as a hint"] if prompts.mask_hint is not None else []
    return " and ".join(said) or "no point"


def _changes(a: tuple[Change, ...], b: tuple[Change, ...]) -> tuple[str, str]:
    """The changes that the other run doesn't have, or that only their order differs."""
    known = [{each.fingerprint for each in changes} for changes in (a, b)]
    only_a = [_short(each.words) for each in a if each.fingerprint not in known[1]]
    only_b = [_short(each.words) for each in b if each.fingerprint not in known[0]]
    if only_a or only_b:
        return _list(only_a), _list(only_b)
    is_same = [each.fingerprint for each in a] == [each.fingerprint for each in b]
    return ("", "") if is_same else ("this order of changes", "another order of changes")


def _short(change: str) -> str:
    """The words without arguments that are None, such as "block=None"."""
    return sub(r"(, )?\b\w+=None\b", "", change).replace("(, ", "(").removesuffix("()")


def _list(changes: list[str]) -> str:
    if not changes:
        return "unchanged"
    written = "; ".join(changes)
    if len(written) <= _LONGEST:
        return written
    return f"{len(changes)} changes" if len(changes) > 1 else f"{written[: _LONGEST - 1]}…"
