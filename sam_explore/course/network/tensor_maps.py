"""A tensor as a map or a table of numbers, by the axes that its hook point declares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from sam_explore.model.addresses import LOGITS, PREDICTED_IOU
from sam_explore.model.windows import join_windows
from sam_explore.readings import Heatmap, Scale

UNITS = {LOGITS: "logit", PREDICTED_IOU: "predicted IoU"}
_ONE = {"1", "batch", "batch_or_1"}  # axes of one run, which have the length 1
_ROWS, _COLUMNS = {"row", "row_or_1"}, {"column", "column_or_1"}
_PLACES = ("place", "key", "query", "token")  # axes that may count the places of the grid
_EVEN = 1e-3  # lengths of vectors that differ by less, as a share of the longest, say nothing


@dataclass(frozen=True)
class Choice:
    """Which part of a tensor is shown where it has several.

    Args:
        grid: rows and columns of the image tokens.
        mask: the mask.
        decoder_token: the decoder's token whose attention is shown: that mask's.
        side: rows and columns of a window of the block that the tensor belongs to, if it is in one.
    """

    grid: tuple[int, int]
    mask: int
    decoder_token: int
    side: tuple[int, int] = (0, 0)


@dataclass(frozen=True, eq=False)
class TensorMap:
    """A tensor, made small enough to be looked at.

    Args:
        values: over the token grid or the logits, or a table whose rows are tokens.
        shape: of the tensor.
        how: how the values come from the tensor, in words.
        is_map: whether it lies over the picture.
        colours: of each cell, for a picture.
    """

    values: Float[np.ndarray, "row column"]
    shape: tuple[int, ...]
    how: str
    is_map: bool
    colours: UInt8[np.ndarray, "row column 3"] | None = None

    def heatmap(self, title: str, meaning: str, unit: str) -> Heatmap:
        """As a reading; around 0 where there are values of both signs."""
        finite = self.values[np.isfinite(self.values)]
        centre = 0.0 if finite.size and finite.min() < 0 else None
        words, scale = f"{meaning}: {self.how}.", Scale(unit, centre)
        return Heatmap(self.values, title, words, scale, colours=self.colours)


def map_of(tensor: Tensor, axes: Sequence[str], choice: Choice) -> TensorMap:
    """What there is to see of a tensor.

    Over the picture: the root of the mean square over all other axes, such as channels and heads;
    one mask where there are masks; the attention of one mask token, in the mean of the heads. Any
    other tensor is a table of numbers as they are, with a row for each token.

    Args:
        tensor: of one run.
        axes: their names, in order.
        choice: what is shown where there are several.
    """
    shape, how = tuple(tensor.shape), []
    named = list(axes)
    values = tensor.detach().float()
    for axis in _ONE & set(named):
        values = values.select(named.index(axis), 0)
        named.remove(axis)
    values, named = _joined(values, named, choice)
    if "mask" in named and _ROWS & set(named):
        values, how = values.select(named.index("mask"), choice.mask), [f"mask {choice.mask}"]
        named.remove("mask")
    if {"query", "key"} <= set(named):
        values, named, how = _attention(values, named, choice)
    values, named = _on_grid(values, named, choice.grid)
    if "row" in named and "column" in named:
        return _over_picture(values, named, shape, how)
    table = values.reshape(1, -1) if values.ndim < 2 else _table(values, named)
    return TensorMap(table.numpy(), shape, _table_words(named, how), is_map=False)


def _joined(values: Tensor, named: list[str], choice: Choice) -> tuple[Tensor, list[str]]:
    """Windows joined to the grid, where an axis counts the places in each of them."""
    if "window" not in named:
        return values, named
    place = next(axis for axis in ("token", "query") if axis in named)
    others = [axis for axis in named if axis not in ("window", place)]
    order = [named.index(axis) for axis in ("window", place, *others)]
    values = values.permute(order).flatten(2)
    windows = values.unflatten(1, choice.side)
    return join_windows(windows, *choice.grid)[0], ["row", "column", " and ".join(others)]


def _attention(
    values: Tensor, named: list[str], choice: Choice
) -> tuple[Tensor, list[str], list[str]]:
    """Scores or weights: those of one mask token over the image's places, or a table of tokens."""
    values = values.mean(named.index("head"))
    places = choice.grid[0] * choice.grid[1]
    how = ["the mean of the heads"]
    token = choice.decoder_token
    if values.shape[1] == places:
        return values[token], ["key"], [f"of decoder token {token}", *how]
    if values.shape[0] == places:
        return values[:, token], ["query"], [f"to decoder token {token}", *how]
    return values, ["query", "key"], how


def _on_grid(values: Tensor, named: list[str], grid: tuple[int, int]) -> tuple[Tensor, list[str]]:
    """An axis that counts the places of the grid becomes rows and columns."""
    named = ["row" if axis in _ROWS else "column" if axis in _COLUMNS else axis for axis in named]
    if "row" in named:
        at = named.index("row")
        if values.shape[at] == 1 and values.shape[at + 1] == 1:  # one vector for all places
            return values[..., 0, 0], [axis for axis in named if axis not in ("row", "column")]
        return values, named
    for axis in _PLACES:
        if axis in named and values.shape[named.index(axis)] == grid[0] * grid[1]:
            at = named.index(axis)
            return values.unflatten(at, grid), [*named[:at], "row", "column", *named[at + 1 :]]
    return values, named


def _over_picture(
    values: Tensor, named: list[str], shape: tuple[int, ...], how: list[str]
) -> TensorMap:
    others = [index for index, axis in enumerate(named) if axis not in ("row", "column")]
    if not others:
        return TensorMap(values.numpy(), shape, ", ".join(how) or "as it is", is_map=True)
    vectors = values.permute(*others, named.index("row"), named.index("column"))
    vectors = vectors.reshape(-1, *vectors.shape[-2:])
    lengths = vectors.square().mean(0).sqrt()
    if float(lengths.max() - lengths.min()) > _EVEN * float(lengths.max()):
        how = [*how, "the root of the mean square over " + " and ".join(named[i] for i in others)]
        return TensorMap(lengths.numpy(), shape, ", ".join(how), is_map=True)
    channel = int(vectors.flatten(1).var(1).argmax())
    how = [*how, f"the vectors are of one length, so channel {channel}, which varies most"]
    return TensorMap(vectors[channel].numpy(), shape, ", ".join(how), is_map=True)


def _table(values: Tensor, named: list[str]) -> Tensor:
    """A row for each token, and in it everything else; heads one after the other."""
    first = next((i for i, axis in enumerate(named) if axis not in ("head", "channel")), 0)
    return torch.movedim(values, first, 0).flatten(1)


def _table_words(named: Sequence[str], how: list[str]) -> str:
    rest = [axis for axis in named if axis != "head"]
    rows = rest[0] if len(rest) > 1 else ""
    what = f"a row for each {rows}, in it each {rest[-1]}" if rows else f"each {rest[-1]}"
    return ", ".join([*how, what])
