"""Checks the lists, arrays and tensors that users pass to `geometry.Prompts`."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class _Array(Protocol):
    """An array of numpy, torch, or any library with numpy's protocol."""

    def __array__(self) -> np.ndarray: ...


Numbers = _Array | Sequence | float

LARGEST = 1e9  # for any number in a prompt: far beyond any sensible one, and finite in fp32


def checked_array(name: str, values: object, shape: tuple[int | None, ...]) -> np.ndarray:
    """A checked, read-only float copy of `values`; None in `shape` stands for any length."""
    _check_kind(name, values)
    try:
        array = np.array(_plain(values), dtype=np.float64)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{name} must be {_not_numbers(values)}.{_ALONE[name]}") from error
    array = _of_shape(name, array, shape)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, without NaN or infinity.")
    if (np.abs(array) > LARGEST).any():
        raise ValueError(
            f"{name} must lie within {LARGEST:,.0f} on both sides of 0, but go from "
            f"{array.min():g} to {array.max():g}."
        )
    return frozen(array)


_ALONE = {
    "points": " A single point is [(x, y)].",
    "labels": " Each point has one label.",
    "box": " One box is (x0, y0, x1, y1).",
    "mask_hint": " One mask of an earlier prediction is prediction.logits[prediction.chosen].",
}


def _check_kind(name: str, values: object) -> None:
    """Refuse arrays that numpy would convert to other numbers than are meant.

    Those are masked ones, complex numbers, dates and times, and a mask in place of logits.
    """
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if np.ma.is_masked(values) or kind in ("c", "M", "m"):
        what = "a masked array" if np.ma.is_masked(values) else f"of {values.dtype}"  # type: ignore[attr-defined]
        raise ValueError(f"{name} must be numbers, but are {what}.{_ALONE[name]}")
    if name == "mask_hint" and (kind == "b" or str(getattr(values, "dtype", "")) == "torch.bool"):
        raise ValueError(
            "mask_hint must be logits, but is a mask of True and False, which would be logits of "
            "1 and 0. np.where(mask, 8.0, -8.0) makes firm logits of it."
        )


def _plain(values: object) -> object:
    """Tensors as lists: numpy takes none that requires a gradient, is bfloat16, or on a GPU."""
    if hasattr(values, "detach"):
        return values.detach().tolist()
    if isinstance(values, list | tuple):
        return [_plain(each) for each in values]
    return values


def _not_numbers(values: object) -> str:
    """A description of a value that is no array of numbers."""
    if isinstance(values, list | tuple):
        lengths = {len(each) if hasattr(each, "__len__") else 0 for each in values}
        if len(lengths) > 1 and str not in map(type, values):
            return f"numbers in rows of one length, but the rows have {sorted(lengths)} numbers"
    return f"numbers, not {values!r:.80}"


def _of_shape(name: str, array: np.ndarray, shape: tuple[int | None, ...]) -> np.ndarray:
    """The array in this shape, if there is only one way to understand it."""
    if array.size == 0 and None in shape:  # an empty list has no length of rows
        return array.reshape([0 if length is None else length for length in shape])
    was = array.shape
    while array.ndim > len(shape) and len(array) == 1:  # a batch of one
        array = array[0]
    if array.ndim == len(shape) - 1 and name in ("points", "labels"):  # a single one
        array = array[None]
    fits = array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if fits:
        return array
    wanted = " x ".join("any" if length is None else str(length) for length in shape)
    several = array.ndim == len(shape) + 1 and len(array) > 1 and name != "labels"
    advice = _several(name, len(array)) if several else _ALONE[name]
    raise ValueError(f"{name} must be of shape {wanted}, not {was}.{advice}")


def _several(name: str, count: int) -> str:
    """Advice for several of what a prompt set has only once."""
    if name == "mask_hint":
        return (
            f" It looks like {count} masks, and one prompt set has one hint: mask_hint[0], or "
            "prediction.logits[prediction.chosen] for the one that the model chose."
        )
    return (
        f" It looks like {count} prompt sets. sx.predict takes a list of them: "
        f"[sx.Prompts({name}=each) for each in {'boxes' if name == 'box' else name}]."
    )


def frozen(array: np.ndarray) -> np.ndarray:
    """The same array, read-only."""
    array.setflags(write=False)
    return array
