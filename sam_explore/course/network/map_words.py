"""The map in words: what a box is, where its tensor comes from, and where it goes."""

from collections.abc import Collection, Iterable

import numpy as np

from sam_explore.number_text import text

from .parts import INPUTS, Network, Part
from .tensor_maps import TensorMap

_MOST_NAMED = 5
_ONE = {"1", "batch", "batch_or_1"}
_MOST_LETTERS = 20  # of a shape in a box


def short_shape(network: Network, part: Part, found: TensorMap | None) -> str:
    """The lengths of the axes, such as "16 × 16 × 192"; of the prompts what they are."""
    if found is None:
        return "not in this run"
    if not found.shape:
        return found.how if len(found.how) <= _MOST_LETTERS else "points and box"
    return " × ".join(str(length) for _, length in _axes(network, part.hook, found)) or "1"


def about_part(
    network: Network, part: Part, shown: Collection[str], found: TensorMap | None
) -> str:
    """A part in sentences: its tensor with its axes, what that is computed from, and for what.

    Args:
        network: the network.
        part: the part.
        shown: names of the parts that are shown; sources and targets are named by them.
        found: its tensor in the run that is shown, None if the run does not have it.
    """
    title = part.title[0].upper() + part.title[1:]
    words = [f"{title}: {network.about(part.hook)}."]
    if found is None:
        words.append("This run does not have it.")
    elif found.shape:
        axes = ", ".join(f"{axis} {length}" for axis, length in _axes(network, part.hook, found))
        words.append(f"{axes}." if axes else "")
        words.append(f"In the picture: {found.how}{_range(found)}.")
    else:
        words.append(f"{found.how[0].upper()}{found.how[1:]}.")
    sources = _named(network, network.sources(part), shown)
    if sources:
        words.append(f"Computed from: {sources}.")
    elif part.hook not in INPUTS:
        words.append("Computed from weights alone.")
    targets = _named(network, network.targets(part), shown)
    words.append(f"Read by: {targets}." if targets else "Nothing else is computed from it.")
    return " ".join(each for each in words if each)


def called(network: Network, part: Part) -> str:
    """A part's title, with that of the component around it if the title says little alone."""
    around = network.around(part)
    if len(around) < 2 or part.parts:  # one of the components, or one with a title of its own
        return part.title
    return f"{part.title} of {around[-1].title}"


def linked(network: Network, hooks: Iterable[str], shown: Collection[str]) -> tuple[Part, ...]:
    """The shown parts that tensors lie in, each once."""
    parts = (network.holder_of(hook, shown) for hook in hooks)
    return tuple({part.name: part for part in parts if part is not None}.values())


def _named(network: Network, hooks: Iterable[str], shown: Collection[str]) -> str:
    names = [called(network, part) for part in linked(network, hooks, shown)]
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _axes(network: Network, hook: str, found: TensorMap) -> list[tuple[str, int]]:
    """Names and lengths of the axes, without that of the one run."""
    point = network.point(hook)
    names = point.axes if point is not None else _AXES_OF_INPUTS[-len(found.shape) :]
    axes = zip(names, found.shape, strict=True)
    return [(axis, length) for axis, length in axes if axis not in _ONE]


_AXES_OF_INPUTS = ("colour", "row", "column")


def _range(found: TensorMap) -> str:
    if found.colours is not None or not found.values.size:
        return ""
    low, high = np.nanmin(found.values), np.nanmax(found.values)
    return f", from {text(low)} to {text(high)}"
