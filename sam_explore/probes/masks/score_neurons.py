"""What makes the predicted IoU?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import PREDICTED_IOU
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, address_of, cosine_of, explain, read_of, there
from sam_explore.readings import Cell, Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.cosines import cosines
from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_HIDDEN = tuple(f"mask_decoder.iou_predictor.head.hook_hidden{layer}" for layer in (1, 2))


@dataclass(frozen=True)
class ScoreNeurons(ComparedWithTruth, Probe):
    """The IoU predictor opened: a predicted IoU as a sum over the neurons of its last hidden layer.

    Three linear layers with ReLU between them turn one token, the decoded IoU token, into a guess
    for each mask. They see neither the masks nor their vectors. All guesses come from the same
    hidden neurons and differ by the weights of the last layer alone. Nothing bounds the sum: a
    guess can exceed 1.

    Reads: mask_decoder.iou_predictor.head.hook_hidden1,
        mask_decoder.iou_predictor.head.hook_hidden2, the last layer's weights and the prediction.
    Returns: a Panel of a Profile over the neurons that are on, the largest share first whatever its
        sign: the shares, and the bias with the sum so far, which ends at the predicted IoU; a
        Matrix (mask, part) of the bias and the sums of positive and of negative shares, of their
        total, and given a truth of the true IoU; and a Matrix (mask, mask) of cosines of the
        weights.
    Unit: IoU, of which the predicted one has no bounds; cosines from −1 to 1, NaN for no weights.
    Source: the paper's appendix A (arXiv 2304.02643); segment_anything's issues 40 and 495 ask why
        it can exceed 1.
    """

    title = "What makes the predicted IoU?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        mask = mask_shown(self.mask, trace.prediction)
        found = trace.read(_HIDDEN)
        hidden = [array(found[name][0]) for name in _HIDDEN]
        last = trace.sam.mask_decoder.iou_predictor.head.layers[-1]
        weights, bias = (array(each.detach()) for each in last.parameters())
        shares = weights * hidden[1]
        words = self._words(trace, mask, hidden, shares, bias)
        names = tuple(f"mask {each}" for each in range(len(bias)))
        alike = Matrix(
            cosines(weights), names, names, "Weights of the last layer", words, "", "",
            Scale("cosine", 0.0, -1.0, 1.0),
        )  # fmt: skip
        table = self._table(trace, names, shares, bias, words)
        chart = _chart(mask, shares[mask], float(bias[mask]), words)
        return Panel((chart, table, alike), f"Predicted IoU of mask {mask}", words, across=1)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        last: Any = trace.sam.mask_decoder.iou_predictor.head.layers[-1]
        if cell.part == 1 and cell.column == 0:
            bias = there(address_of(trace.sam, last.bias), (cell.row,))
            return read_of(trace, bias, f"bias of mask {cell.row}")
        if cell.part == 1 and cell.column == 3:
            return explain(trace, PREDICTED_IOU, (0, cell.row))
        if cell.part == 2:
            name = address_of(trace.sam, last.weight)
            one, other = (there(name, (each, EACH)) for each in (cell.row, cell.column))
            return cosine_of(trace, one, other, "cosine of the weights of two masks")
        return None

    def _table(
        self,
        trace: Trace,
        names: tuple[str, ...],
        shares: Float[np.ndarray, "mask neuron"],
        bias: Float[np.ndarray, "mask"],
        words: str,
    ) -> Matrix:
        columns = {
            "bias": bias,
            "for": shares.clip(0).sum(axis=1),
            "against": shares.clip(max=0).sum(axis=1),
            "predicted": bias + shares.sum(axis=1),
        }
        target = self.target(trace)
        if target is not None and target.mask is not None:
            columns["true"] = target.ious(trace.prediction, self.threshold)
        values = np.stack(list(columns.values()), axis=1)
        scale = Scale("IoU", centre=0.0)
        return Matrix(values, names, tuple(columns), "Sums of the shares", words, "", "", scale)

    def _words(
        self,
        trace: Trace,
        mask: int,
        hidden: list[Float[np.ndarray, "neuron"]],
        shares: Float[np.ndarray, "mask neuron"],
        bias: Float[np.ndarray, "mask"],
    ) -> str:
        own = shares[mask]
        total = float(bias[mask] + own.sum())
        most = int(np.abs(own).argmax())
        covered = (trace.prediction.visible[mask] > self.threshold).mean()
        first, second = (percent(float((each > 0).mean())) for each in hidden)
        words = (
            f"Mask {mask}'s predicted IoU is {text(total)}: a bias of {text(float(bias[mask]))}, "
            f"{text(float(own.clip(0).sum()))} by neurons for and "
            f"{text(float(own.clip(max=0).sum()))} by neurons against it. The largest share is "
            f"{text(float(own[most]))}, of neuron {most}. Of the first hidden layer's "
            f"neurons {first} are on, of the second {second}. The mask, "
            f"which none of them sees, covers {percent(float(covered))} of the picture."
        )
        rest = float(trace.prediction.iou[mask]) - total
        if abs(rest) > 1e-3 * max(1.0, float(np.abs(own).sum())):
            words += f" The run's changes account for {text(rest)}."
        target = self.target(trace)
        if target is not None and target.mask is not None:
            true = target.ious(trace.prediction, self.threshold)[mask]
            words += f" Its true IoU with {target.name} is {in_words(true)}."
        return words + self.why_no_truth(trace)


def _chart(mask: int, shares: Float[np.ndarray, "neuron"], bias: float, words: str) -> Profile:
    """The shares in the order of their size, and the sum that they make with the bias."""
    order = np.argsort(-np.abs(shares), kind="stable")
    order = order[: max(1, int((shares != 0).sum()))]
    return Profile(
        np.arange(1.0, len(order) + 1),
        (
            Curve(shares[order], "share", style="steps"),
            Curve(bias + np.cumsum(shares[order]), "bias and sum so far"),
        ),
        title=f"Shares of the neurons in mask {mask}'s predicted IoU",
        words=words,
        x_name="neuron",
        y_name="IoU",
        x_labels=tuple(map(str, order)),
    )
