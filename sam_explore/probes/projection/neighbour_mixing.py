"""What does the 3 x 3 convolution add?"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import IMAGE_TOKENS, in_projection
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, answers

from ..common.before_after import change_in_words, masks_before_and_after
from ..common.cosines import cosines_of_pairs
from ..common.numbers import array
from ..common.origins import of_logit
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth

SUMMED, CENTRE, AROUND = "all nine on the token", "the middle one alone", "the eight around alone"
_PLACES = ("above", "here", "below"), ("left", "here", "right")


@dataclass(frozen=True)
class NeighbourMixing(ComparedWithTruth, Probe):
    """The nine weights of the 3 x 3 convolution taken apart, and the answer without its mixing.

    Each of the nine is a matrix that takes one of the nine tokens around a place. What they make is
    added up, so the variance of the sum over the picture is split among them: the share of one is
    its covariance with the sum. Shares add up to 1, and one that works against the others is
    negative.

    Then the answer with something else in its place. With "all nine on the token", every weight
    takes the token itself, so that where all neighbours are alike nothing changes: what is lost is
    the mixing alone. With "the middle one alone" the other eight matrices are lost as well. The
    layer norm after it is kept.

    Reads: image_encoder.channel_projection.hook_norm1 and .hook_out, the weights of the 3 x 3
        convolution, and the predictions as they are and with another convolution.
    Returns: a Panel of a Matrix of shares (above to below, left to right); a Heatmap (row, column)
        of the cosine of each image token with the one that is made instead, both less the mean
        token; and the raw logits of a mask before and after.
    Unit: shares; cosines from −1 to 1; logits.
    Source: the 3 x 3 convolution is ViTDet's (arXiv 2203.16527); taking it apart is our own.
    """

    title = "What does the 3 x 3 convolution add?"

    left: str = knob(SUMMED, "in its place", choices=(SUMMED, CENTRE, AROUND), matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        features = trace[in_projection("hook_norm1")]
        weight = trace.sam.image_encoder.channel_projection.conv2.weight
        shares = shares_of_nine(features, weight, trace.frame.tokens_shown)
        without = with_mixing(trace, self.left)
        before, (after,) = trace.prediction, answers([without])
        mask = mask_shown(self.mask, before)
        alike = cosines_of_pairs(*(array(run[IMAGE_TOKENS][0]) for run in (trace, without)))
        words = self._words(trace, shares, alike, (before, after), mask)
        table = Matrix(
            shares,
            *_PLACES,
            title="Shares of the variance",
            words=words,
            row_name="the neighbour",
            column_name="",
            scale=Scale("share", centre=0.0),
        )
        map_of_cosines = Heatmap(
            alike,
            "Likeness of the image tokens",
            words,
            Scale("cosine", low=min(0.0, float(alike.min())), high=1.0),
            "tokens",
        )
        maps = masks_before_and_after(mask, before, after, self.threshold)
        title = f"The 3 x 3 convolution with {self.left}"
        return Panel((table, map_of_cosines, *maps), title, words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part < 2:  # shares of a variance, and likenesses
            return None
        mask = mask_shown(self.mask, trace.prediction)
        return of_logit((trace, with_mixing(trace, self.left))[cell.part - 2], mask, cell)

    def _words(
        self,
        trace: Trace,
        shares: Float[np.ndarray, "3 3"],
        alike: Float[np.ndarray, "row column"],
        runs: tuple[Prediction, Prediction],
        mask: int,
    ) -> str:
        rows, columns = trace.frame.tokens_shown
        words = ""
        if np.isfinite(shares).all():
            words = (
                f"Of the variance that the 3 x 3 convolution makes, {text(float(shares[1, 1]))} "
                f"comes from the token itself and {text(float(1 - shares[1, 1]))} from its eight "
                f"neighbours; if all nine mattered alike, each would have {text(1 / 9)}. "
            )
        words += (
            f"With {self.left} the image tokens keep a cosine of "
            f"{text(float(alike[:rows, :columns].mean()), 2)} with the run's, in the mean. "
            f"{change_in_words(mask, *runs, self.threshold)}"
        )
        return words + self.change_of_ious_in_words(trace, runs, mask, self.threshold)


@dataclass(frozen=True, eq=False)
class _Put:
    """An edit: this tensor instead."""

    other: Tensor

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        return self.other.to(tensor).expand_as(tensor).contiguous()


def with_mixing(trace: Trace, left: str) -> Trace:
    """The run with what is `left` of the 3 x 3 convolution in its place."""
    weight = trace.sam.image_encoder.channel_projection.conv2.weight
    put = _Put(convolved(trace[in_projection("hook_norm1")], changed(weight, left)))
    return trace.with_edit(in_projection("hook_conv2"), put)


def changed(
    weight: Float[Tensor, "channel_out channel 3 3"], left: str
) -> Float[Tensor, "channel_out channel 3 3"]:
    """The weights with what is `left` of them."""
    middle = torch.zeros_like(weight)
    if left == SUMMED:
        middle[..., 1, 1] = weight.sum(dim=(2, 3))
        return middle
    middle[..., 1, 1] = weight[..., 1, 1]
    return middle if left == CENTRE else weight - middle


@torch.no_grad()
def convolved(
    features: Float[Tensor, "1 channel row column"], weight: Float[Tensor, "out channel 3 3"]
) -> Float[Tensor, "1 out row column"]:
    """The 3 x 3 convolution with zeros around, as the channel projection has it."""
    return F.conv2d(features, weight.to(features), padding=1)


def shares_of_nine(
    features: Float[Tensor, "1 channel row column"],
    weight: Float[Tensor, "out channel 3 3"],
    shown: tuple[int, int],
) -> Float[np.ndarray, "3 3"]:
    """The share of each of the nine weights in the variance of their sum, over the tokens shown.

    NaN where the sum does not vary.
    """
    rows, columns = shown
    parts = np.zeros((3, 3, weight.shape[0], rows * columns))
    for row in range(3):
        for column in range(3):
            alone = torch.zeros_like(weight)
            alone[..., row, column] = weight[..., row, column]
            made = array(convolved(features, alone)[0, :, :rows, :columns])
            parts[row, column] = made.reshape(len(made), -1)
    parts -= parts.mean(axis=-1, keepdims=True)
    whole = parts.sum(axis=(0, 1))
    total = (whole**2).sum()
    if not total > 0:
        return np.full((3, 3), np.nan)
    return (parts * whole).sum(axis=(2, 3)) / total
