"""How does a mask token become the vector that makes its mask?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import EVERY, MASK_TOKENS, MASK_VECTORS, in_token_head
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, cosine_of, explain, there
from sam_explore.readings import Cell, Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import control_of

from ..common.cosines import cosines, least_and_greatest
from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, knob, mask_knob, mask_shown

_HIDDEN = ("hook_hidden1", "hook_hidden2")
_Cosines = Float[np.ndarray, "mask mask"]


@dataclass(frozen=True)
class MaskVector(Probe):
    """The MLP that turns a decoded mask token into the vector of its mask.

    As a small network that makes the weights of a 1 x 1 convolution, it is a hypernetwork. Each
    mask token has an MLP of its own, of three linear layers with ReLU between them. All masks are
    made from the same image features, so that their vectors are all that tells them apart. Vectors
    that point the same way make the same mask, but for its scale. How alike they would be without
    any learning, the control tells: the same run with shuffled weights, which runs the whole model
    again.

    Reads: mask_decoder.mask_generator.hook_mask_tokens,
        mask_decoder.mask_generator.token_heads.N.hook_hidden1,
        mask_decoder.mask_generator.token_heads.N.hook_hidden2 and
        mask_decoder.mask_generator.hook_mask_vectors.
    Returns: a Panel of a Profile, the vector over its channels next to those of the other masks;
        a Matrix (mask, layer) of the share of hidden neurons that are on; and two Matrices
        (mask, mask) of cosines, of the tokens before the MLPs and of the vectors after them; with
        the control the same two Matrices for shuffled weights.
    Unit: none; shares from 0 to 1; cosines from −1 to 1, NaN with a zero vector.
    Source: the paper's appendix A (arXiv 2304.02643); hypernetworks are arXiv 1609.09106.
    """

    title = "How does a mask token become its vector?"

    mask: int = mask_knob()
    control: bool = knob(False, "with shuffled weights, too", choices=(False, True))

    def read(self, trace: Trace) -> Panel:
        mask, masks = mask_shown(self.mask, trace.prediction), trace.sam.config.mask_tokens
        tokens, vectors, on = _read(trace)
        before, after = cosines(tokens), cosines(vectors)
        alike = {"Mask tokens": before, "Mask vectors": after}
        names = tuple(f"mask {each}" for each in range(masks))
        words = _words(mask, vectors, on, before, after)
        if self.control:
            shuffled = [cosines(each) for each in _read(control_of(trace))[:2]]
            words = f"{words} {_control_in_words((before, after), shuffled)}"
            alike |= {
                f"{name}, shuffled weights": values
                for name, values in zip(tuple(alike), shuffled, strict=True)
            }
        x = np.arange(float(vectors.shape[1]))
        order = [mask, *(each for each in range(masks) if each != mask)]
        curves = tuple(
            Curve(vectors[each], names[each], style="steps" if each == mask else "points")
            for each in order
        )
        chart = Profile(x, curves, f"The vector of mask {mask}", words, "channel", "value")
        share = Scale("share", low=0.0, high=1.0)
        layers = ("first hidden", "second hidden")
        table = Matrix(on, names, layers, "Neurons that are on", words, "", "layer", share)
        tables = tuple(
            Matrix(values, names, names, title, words, "", "", Scale("cosine", 0.0, -1.0, 1.0))
            for title, values in alike.items()
        )
        return Panel((chart, table, *tables), f"From token to vector: mask {mask}", words, across=2)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        mask = mask_shown(self.mask, trace.prediction)
        if cell.part == 0:
            order = [mask, *(each for each in range(trace.sam.config.mask_tokens) if each != mask)]
            return explain(trace, MASK_VECTORS, (0, order[cell.map], cell.column))
        if cell.part not in (0, 2, 3):  # shares of neurons, and another model's cosines
            return None
        name = (MASK_TOKENS, MASK_VECTORS)[cell.part - 2]
        one, other = (there(name, (0, each, EACH)) for each in (cell.row, cell.column))
        return cosine_of(trace, one, other, f"cosine of masks {cell.row} and {cell.column}")


def _read(
    trace: Trace,
) -> tuple[
    Float[np.ndarray, "mask channel"],
    Float[np.ndarray, "mask feature"],
    Float[np.ndarray, "mask layer"],
]:
    """Mask tokens before their MLPs, vectors after them, and the share of neurons that are on."""
    hidden = trace.read([in_token_head(EVERY, each) for each in _HIDDEN])
    masks = range(trace.sam.config.mask_tokens)
    on = [
        [(array(hidden[in_token_head(mask, each)]) > 0).mean() for each in _HIDDEN]
        for mask in masks
    ]
    found = trace.read((MASK_TOKENS, MASK_VECTORS))
    return array(found[MASK_TOKENS][0]), array(found[MASK_VECTORS][0]), np.array(on)


def _words(
    mask: int,
    vectors: Float[np.ndarray, "mask feature"],
    on: Float[np.ndarray, "mask layer"],
    before: Float[np.ndarray, "mask mask"],
    after: Float[np.ndarray, "mask mask"],
) -> str:
    words = (
        f"The vector of mask {mask} has {vectors.shape[1]} channels and a norm of "
        f"{text(float(np.linalg.norm(vectors[mask])))}; on its way "
        f"{percent(float(on[mask, 0]))} of the first and {percent(float(on[mask, 1]))} of the "
        "second hidden layer's neurons are on."
    )
    others = np.delete(np.arange(len(vectors)), mask)
    cosine = after[mask, others]
    if not np.isfinite(cosine).any():
        return words
    nearest = int(others[np.nanargmax(cosine)])
    return (
        f"{words} Most alike is the vector of mask {nearest}, with a cosine of "
        f"{text(float(after[mask, nearest]))}; of their tokens it is "
        f"{text(float(before[mask, nearest]))}."
    )


def _control_in_words(ours: Sequence[_Cosines], shuffled: Sequence[_Cosines]) -> str:
    tokens, vectors = (
        "{} to {} ({} to {})".format(
            *(text(each, decimals=2) for found in pair for each in least_and_greatest(found))
        )
        for pair in zip(ours, shuffled, strict=True)
    )
    return (
        f"The cosines of two masks' tokens go from {tokens}, and those of their vectors from "
        f"{vectors}. In brackets are those of a network that has learned nothing: its weights are "
        "shuffled."
    )
