"""How do the learned vectors of the prompts' kinds differ?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.prompt_encoder import PromptEncoder
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, address_of, cosine_of, length_of, there
from sam_explore.readings import Cell, Curve, Matrix, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array
from ..common.probe import Probe

_NO_MASK = "no mask"


@dataclass(frozen=True)
class LearnedKinds(Probe):
    """The five vectors that the prompt encoder learned, and the one for "no mask hint".

    They are all that tells a foreground click from a background one or from a corner. Their order
    is that of the reference's file: `point_embeddings` 0 to 3 are background, foreground, top left
    and bottom right; `not_a_point_embed` and `no_mask_embed` stand by themselves. The last one is
    no prompt token: it is added to every image token where there is no mask hint. All of them are
    weights: no picture and no click changes them.

    Reads: the weights of prompt_encoder, and mask_decoder.mask_hint_encoder.no_mask.
    Returns: a Panel of a Matrix (vector, vector) of cosines, and a Profile over the vectors of
        their L2 norms, next to that of every encoded place, which is the root of the number of
        waves.
    Unit: cosine, from -1 (opposite) to 1 (the same direction); the norm in that of the tokens.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L46
    """

    title = "How do the learned vectors of the kinds differ?"
    reads_prompts = False
    about_picture = False

    def read(self, trace: Trace) -> Panel:
        encoder = trace.sam.prompt_encoder
        learned = [array(encoder.learned_vector(kind)[0]) for kind in PromptEncoder.KINDS]
        no_mask = array(trace.sam.mask_decoder.mask_hint_encoder.no_mask[0])
        vectors = np.stack([*learned, no_mask])
        names = (*PromptEncoder.KINDS, _NO_MASK)
        norms = np.linalg.norm(vectors, axis=1)
        cosines = _cosines(vectors, norms)
        of_place = np.sqrt(trace.sam.config.token_dim / 2)
        words = _words(names, cosines, norms, float(of_place))
        return Panel(
            (
                Matrix(
                    cosines,
                    names,
                    tuple(name.replace(" ", "\n", 1) for name in names),
                    "Cosines of the learned vectors",
                    words,
                    "",
                    "",
                    Scale("cosine", centre=0.0, low=-1.0, high=1.0),
                ),
                Profile(
                    np.arange(len(names), dtype=float),
                    (
                        Curve(norms, "learned vector", style="points"),
                        Curve(np.full(len(names), of_place), "an encoded place"),
                    ),
                    title="Their lengths",
                    words=words,
                    x_name="learned vector",
                    y_name="L2 norm",
                    x_labels=names,
                    y_reach=(0.0, 0.0),
                ),
            ),
            title="The learned vectors of the prompts' kinds",
            words=words,
            across=1,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        encoder = trace.sam.prompt_encoder
        learned = [encoder.learned_vector(kind) for kind in PromptEncoder.KINDS]
        learned.append(trace.sam.mask_decoder.mask_hint_encoder.no_mask)
        vectors = [there(address_of(trace.sam, each), (0, EACH)) for each in learned]
        if cell.part == 0:
            one, other = vectors[cell.row], vectors[cell.column]
            return cosine_of(trace, one, other, "cosine of two learned vectors")
        if cell.map:  # the length that every encoded place has
            return None
        return length_of(trace, vectors[cell.column], "length of a learned vector")


def _cosines(
    vectors: Float[np.ndarray, "kind channel"], norms: Float[np.ndarray, "kind"]
) -> Float[np.ndarray, "kind kind"]:
    """NaN where a vector is zero, which points nowhere."""
    sizes = norms[:, None] * norms
    return np.divide(vectors @ vectors.T, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)


def _words(
    names: tuple[str, ...],
    cosines: Float[np.ndarray, "kind kind"],
    norms: Float[np.ndarray, "kind"],
    of_place: float,
) -> str:
    lengths = ", ".join(f"{name} {text(norm)}" for name, norm in zip(names, norms, strict=True))
    above = np.where(np.triu(np.ones(cosines.shape, dtype=bool), 1), cosines, np.nan)
    words = (
        f"These are weights, the same for every picture and every click. The learned vectors have "
        f"the lengths {lengths}; an encoded place has {text(of_place)}."
    )
    if not np.isfinite(above).any():
        return words
    least, most = (
        f"{names[at[0]]} and {names[at[1]]} with {text(above[at])}"
        for at in (
            np.unravel_index(each, above.shape)
            for each in (np.nanargmin(above), np.nanargmax(above))
        )
    )
    return f"{words} The least alike are {least}, the most {most}."
