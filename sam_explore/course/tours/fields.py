"""What the fields of a tour's step may be, and errors that say what was expected and what came."""

from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from numbers import Real
from typing import Any

from sam_explore.corrections import BEST
from sam_explore.probes import PROBES

NONE = "none"  # takes away what an earlier step has set
MODEL = "model"  # the mask of the model's own choice
TRAINED, GLOBAL = "trained", "global"  # windows
PROBE_OF = {probe.__name__: probe for probe in PROBES}


def checked(name: str, value: Any) -> Any:
    """A field's value in the form that a step holds; None stands for what is left out.

    Raises:
        ValueError: another value; the message says what was expected, and what came.
    """
    return None if value is None else CHECKS[name](value)


def close_to(name: object, known: Iterable[str]) -> str:
    """Such as ' Did you mean "say"?'; "" if nothing is close."""
    close = get_close_matches(str(name), list(known), n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(map(repr, close))}?" if close else ""


def _wrong(expected: str, value: Any, hint: str = "") -> ValueError:
    return ValueError(f"expected {expected}, but is {value!r:.80}.{hint}")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong("a sentence", value)
    return " ".join(value.split())


def _numbers(value: Any, count: int | None, expected: str) -> tuple[float, ...]:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    if (
        not is_list
        or (count is not None and len(value) != count)
        or not all(map(_is_number, value))
    ):
        raise _wrong(expected, value)
    return tuple(float(each) for each in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _points(value: Any) -> tuple[tuple[float, ...], ...]:
    expected = "points as [[x, y], …]"
    if not isinstance(value, Sequence) or isinstance(value, str) or not len(value):
        raise _wrong(expected, value)
    try:
        return tuple(_numbers(point, 2, expected) for point in value)
    except ValueError:
        raise _wrong(expected, value) from None  # with all points: one alone does not tell enough


def _unit_points(value: Any) -> tuple[tuple[float, ...], ...]:
    found = _points(value)
    _check_unit([length for point in found for length in point], value)
    return found


def _unit_box(value: Any) -> tuple[float, ...]:
    found = _box(value)
    _check_unit(found, value)
    return found


def _check_unit(found: Sequence[float], value: Any) -> None:
    if not all(0 <= length <= 1 for length in found):
        raise _wrong("shares of the picture's width and height, from 0 to 1", value)


def _box(value: Any) -> tuple[float, ...]:
    found = _numbers(value, 4, "a box as [x0, y0, x1, y1]")
    if not (found[0] <= found[2] and found[1] <= found[3]):
        raise _wrong("a box with its upper left corner first, [x0, y0, x1, y1]", value)
    return found


def _labels(value: Any) -> tuple[int, ...]:
    found = _numbers(value, None, "a label for each point, 1 on the object and 0 off it")
    if not set(found) <= {0, 1}:
        raise _wrong("labels 1 (on the object) and 0 (off it)", value)
    return tuple(int(each) for each in found)


def _prompts(value: Any) -> str:
    if value != NONE:
        raise _wrong(
            f'"{NONE}", which takes all prompts away; points and boxes have their own keys', value
        )
    return NONE


def _number(value: Any) -> float:
    if not _is_number(value):
        raise _wrong("a number", value)
    return float(value)


def _mask(value: Any) -> int | str:
    is_whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not (is_whole or value in (BEST, MODEL)):
        raise _wrong(
            f'a mask\'s number from 0, "{BEST}" or "{MODEL}" for the model\'s choice', value
        )
    return value


def _token(value: Any) -> tuple[int, int]:
    row, column = _numbers(value, 2, "a token as [row, column]")
    if row != int(row) or column != int(column) or min(row, column) < 0:
        raise _wrong("a token as [row, column], whole numbers from 0", value)
    return int(row), int(column)


def _windows(value: Any) -> str | tuple[int, ...]:
    expected = f'"{TRAINED}", "{GLOBAL}", or one window a block in tokens'
    if isinstance(value, str):
        if value not in (TRAINED, GLOBAL):
            raise _wrong(expected, value, close_to(value, (TRAINED, GLOBAL)))
        return value
    found = _numbers(value, None, expected)
    if not all(each == int(each) and each >= 0 for each in found):
        raise _wrong(expected, value)
    return tuple(int(each) for each in found)


def _names(value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    is_list = isinstance(names, Sequence) and all(isinstance(each, str) for each in names)
    if not is_list:
        raise _wrong("a part of the network, or a list of some, by their names", value)
    return tuple(names)


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise _wrong("a part of the network by its name", value)
    return value


def _exhibit(value: Any) -> str:
    if value != NONE and value not in PROBE_OF:
        expected = f'the name of a probe, such as "RawLogits", or "{NONE}"'
        raise _wrong(expected, value, close_to(value, PROBE_OF))
    return str(value)


def _knobs(value: Any) -> tuple[tuple[str, Any], ...]:
    if isinstance(value, tuple):  # in the form that a step holds
        value = dict(value)
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value):
        raise _wrong("knobs of the exhibit by name, such as {block: 3}", value)
    return tuple((name, _as_knob(each)) for name, each in value.items())


def _as_knob(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


# What a step may have, in the order of its documentation.
CHECKS: dict[str, Callable[[Any], Any]] = {
    "say": _text,
    "prompts": _prompts,
    "points_px": _points,
    "points_unit": _unit_points,
    "labels": _labels,
    "box_px": _box,
    "box_unit": _unit_box,
    "threshold": _number,
    "mask": _mask,
    "token": _token,
    "windows": _windows,
    "unfold": _names,
    "point_at": _name,
    "exhibit": _exhibit,
    "knobs": _knobs,
}
