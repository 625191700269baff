"""How alike are the tokens of two depths?"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.depth import depth_in_words, share_by_depth, tokens_by_depth
from ..common.probe import Probe

_MOST_A_SIDE = 32  # tokens along a side of the picture that are compared
_FEWEST = 4  # tokens, of which the estimate can be made


@dataclass(frozen=True)
class BlockSimilarity(Probe):
    """Centred kernel alignment (CKA) of the tokens of every two depths.

    It asks whether the tokens that are alike at one depth are alike at another, whatever direction
    each channel has there: 1 if the pattern of their products is the same, about 0 if the two have
    nothing in common. As published it grows with the number of channels and shrinks with that of
    tokens, even where nothing is shared. The estimate here is the unbiased one, which can be a
    little below 0.

    As a control, one side's tokens are shuffled. The picture's tokens alone are compared, no
    padding; of a grid with more than 32 along a side every second one, or every third.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding with its position
        encodings, and image_encoder.vit.blocks.*.hook_residual_post.
    Returns: a Panel of a Matrix (depth, depth), and a Profile over depth: how alike each is to the
        one before, to the embedding, and to the embedding with its tokens shuffled.
    Unit: none; CKA, at most 1.
    Source: linear CKA, "Similarity of Neural Network Representations Revisited" (arXiv 1905.00414);
        the unbiased estimate, "Do Wide and Deep Networks Learn the Same Things?" (arXiv
        2010.15327), equations 2 and 3.
    """

    title = "How alike are the tokens of two depths?"
    reads_prompts = False

    def read(self, trace: Trace) -> Panel:
        tokens = {label: _some(each) for label, each in tokens_by_depth(trace).items()}
        labels = tuple(tokens)
        grams = [gram(each) for each in tokens.values()]
        alike = np.array([[cka(one, other) for other in grams] for one in grams])
        order = np.random.default_rng(0).permutation(len(grams[0]))
        shuffled = grams[0][np.ix_(order, order)]
        chance = np.array([cka(shuffled, each) for each in grams])
        words = _words(labels, alike, chance, len(order))
        table = Matrix(
            alike,
            labels,
            labels,
            title="CKA of every two depths",
            words=words,
            row_name="after block",
            column_name="after block",
            scale=Scale("CKA", high=1.0),
        )
        before = np.concatenate([[np.nan], np.diagonal(alike, 1)])
        curves = (
            Curve(before, "to the depth before"),
            Curve(alike[0], "to the embedding"),
            Curve(chance, "to the embedding, shuffled"),
        )
        chart = share_by_depth(labels, curves, "How alike each depth is", "CKA", words)
        return Panel((table, chart), "How alike the depths are", words, across=2)


def _some(tokens: Float[np.ndarray, "row column channel"]) -> Float[np.ndarray, "token channel"]:
    step = max(ceil(length / _MOST_A_SIDE) for length in tokens.shape[:2])
    return tokens[::step, ::step].reshape(-1, tokens.shape[-1])


def gram(tokens: Float[np.ndarray, "token channel"]) -> Float[np.ndarray, "token token"]:
    """The products of every two tokens around their mean, without those of a token with itself."""
    centred = tokens - tokens.mean(axis=0)
    products = centred @ centred.T
    np.fill_diagonal(products, 0.0)
    return products


def cka(one: Float[np.ndarray, "token token"], other: Float[np.ndarray, "token token"]) -> float:
    """The unbiased alignment of two `gram`s; NaN of too few tokens, or of tokens all alike."""
    if len(one) < _FEWEST:
        return np.nan
    sizes = _independence(one, one) * _independence(other, other)
    return _independence(one, other) / np.sqrt(sizes) if sizes > 0 else np.nan


def _independence(
    one: Float[np.ndarray, "token token"], other: Float[np.ndarray, "token token"]
) -> float:
    """The unbiased estimate of the Hilbert-Schmidt independence criterion."""
    count = len(one)
    both = (one * other).sum()
    apart = one.sum() * other.sum() / ((count - 1) * (count - 2))
    mixed = 2 * (one.sum(axis=0) @ other.sum(axis=0)) / (count - 2)
    return float(both + apart - mixed) / (count * (count - 3))


def _words(
    labels: tuple[str, ...],
    alike: Float[np.ndarray, "depth depth"],
    chance: Float[np.ndarray, "depth"],
    tokens: int,
) -> str:
    if np.isnan(alike).all():
        return (
            f"Nothing can be said of {tokens} tokens: at least {_FEWEST} that differ are compared."
        )
    steps = np.diagonal(alike, 1)
    least = int(np.nanargmin(steps))
    here, there = (depth_in_words(labels[at]) for at in (least, least + 1))
    return (
        f"The tokens {depth_in_words(labels[-1])} are alike to those {depth_in_words(labels[0])} "
        f"by {text(alike[0, -1], decimals=2)}, over {tokens} tokens; with the tokens of one side "
        f"shuffled, by {text(chance[-1], decimals=2)}. The greatest change is between those "
        f"{here} and those {there}: {text(steps[least], decimals=2)}."
    )
