"""What does a head compare, and what does it move?"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.attention import by_grid, single_head_knob, window_edges
from ..common.numbers import array
from ..common.probe import Probe, block_knob, knob

_MOST = 0.9  # of the squared singular values


class Directions(NamedTuple):
    """The singular value decomposition of a product of two narrow matrices, largest first.

    Args:
        left, right: directions among the channels of a token, as columns.
        sizes: their singular values.
    """

    left: Float[np.ndarray, "channel direction"]
    sizes: Float[np.ndarray, "direction"]
    right: Float[np.ndarray, "channel direction"]


class HeadWeights(NamedTuple):
    """The matrices of one head.

    Args:
        query, key, value: from a token, as attention reads it, to the head's channels.
        out: from the head's channels to what is added to the stream.
    """

    query: Float[np.ndarray, "part channel"]
    key: Float[np.ndarray, "part channel"]
    value: Float[np.ndarray, "part channel"]
    out: Float[np.ndarray, "channel part"]


@dataclass(frozen=True)
class HeadDirections(Probe):
    """The singular directions of a head's two products of weights, and where tokens have them.

    Queries and keys are both weighted sums of a token's channels, so a score is bilinear in two
    tokens: query token times QK times key token, and biases. The singular value decomposition of QK
    splits it into pairs of directions: how much the query token has of the first one times how much
    the key token has of the second one times a singular value. Likewise the product OV of values
    and output: what it reads in a direction of the token attended to, it writes in another one.

    The tokens are as attention reads them, after the layer norm. Biases and distances are left out
    of QK; what is written holds the values' biases. The sign of a pair of directions is arbitrary:
    it is chosen so that the largest entry of the first map is positive. As a control, the singular
    values of the same weights in shuffled order.

    Reads: the weights of image_encoder.vit.blocks.N.attention, and
        image_encoder.vit.blocks.N.hook_norm1 and
        image_encoder.vit.blocks.N.attention.hook_out_per_head.
    Returns: a Panel of two Profiles over the directions, the share of the squared singular values
        of QK and of OV, each with its control; and four Heatmaps by token (row, column) for one of
        them: what the token as a query and as a key has of QK's directions, what it has of the one
        that OV reads, and what the head writes there in the one that OV writes. All diverge
        around 0.
    Unit: shares; of maps, that of normed tokens and of the residual stream, which have no name.
    Source: QK and OV, https://transformer-circuits.pub/2021/framework; singular modes of vision
        transformers, arXiv 2405.14880.
    """

    title = "What does a head compare, and what does it move?"
    reads_prompts = False
    runs_encoder = True

    block: int = block_knob(1, matters=True)
    head: int = single_head_knob(matters=True)
    direction: int = knob(0, "direction", low=0, high=lambda run: run.config.head_dim - 1)

    def read(self, trace: Trace) -> Panel:
        weights = head_weights(trace, self.block, self.head)
        scale = trace.sam.config.head_dim**-0.5
        qk = directions(scale * weights.query.T, weights.key)
        ov = directions(weights.out, weights.value)
        maps = self._projections(trace, weights, qk, ov)
        controls = tuple(directions(*each).sizes for each in _shuffled(weights, scale))
        words = _words(self, qk, ov, controls, maps)
        charts = tuple(
            _spectrum(name, found.sizes, control, words)
            for name, found, control in (
                ("What is compared, QK", qk, controls[0]),
                ("What is moved, OV", ov, controls[1]),
            )
        )
        edges = window_edges(trace, self.block)
        drawn = tuple(
            Heatmap(values, title, words, Scale(centre=0.0), "tokens", grid_lines=edges)
            for title, values in maps.items()
        )
        title = f"Head {self.head} of block {self.block}, direction {self.direction}"
        return Panel((*charts, *drawn), title, words, across=2)

    def _projections(
        self, trace: Trace, weights: HeadWeights, qk: Directions, ov: Directions
    ) -> dict[str, Float[np.ndarray, "row column"]]:
        """How much each token has of the chosen directions."""
        at = self.direction
        tokens = array(trace[in_block(self.block, "hook_norm1")][0])
        name = in_block(self.block, "attention.hook_out_per_head")
        gathered = by_grid(trace, self.block, array(trace[name]))[self.head]
        asked, offered = tokens @ qk.left[:, at], tokens @ qk.right[:, at]
        read, written = tokens @ ov.right[:, at], gathered @ (weights.out.T @ ov.left[:, at])
        turned = [_sign_of_largest(each) for each in (asked, read)]
        return {
            "As a query": turned[0] * asked,
            "As a key": turned[0] * offered,
            "Read by OV": turned[1] * read,
            "Written by OV": turned[1] * written,
        }


def head_weights(trace: Trace, block: int, head: int) -> HeadWeights:
    """The matrices of one head of a block."""
    attention = trace.sam.image_encoder.vit.blocks[block].get_submodule("attention")
    config = trace.sam.config
    parts = array(attention.get_parameter("qkv.weight").float()).reshape(
        3, config.encoder_heads, config.head_dim, config.encoder_dim
    )
    out = array(attention.get_parameter("projection.weight").float())
    own = out.reshape(config.encoder_dim, config.encoder_heads, config.head_dim)[:, head]
    query, key, value = parts[:, head]
    return HeadWeights(query, key, value, own)


def directions(
    left: Float[np.ndarray, "channel part"], right: Float[np.ndarray, "part channel"]
) -> Directions:
    """The decomposition of `left @ right`, by way of its narrow middle."""
    tall, small = np.linalg.qr(left)
    other_tall, other_small = np.linalg.qr(right.T)
    inner, sizes, outer = np.linalg.svd(small @ other_small.T)
    return Directions(tall @ inner, sizes, other_tall @ outer.T)


def _shuffled(
    weights: HeadWeights, scale: float
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The factors of QK and of OV with their entries in another order."""
    chance = np.random.default_rng(0)
    query, key, value, out = (
        chance.permutation(each.ravel()).reshape(each.shape) for each in weights
    )
    return (scale * query.T, key), (out, value)


def _sign_of_largest(values: Float[np.ndarray, "row column"]) -> float:
    return -1.0 if values.flat[np.abs(values).argmax()] < 0 else 1.0


def shares(sizes: Float[np.ndarray, "direction"]) -> Float[np.ndarray, "direction"]:
    """Of the squared singular values, the share of each; equal ones if all are 0."""
    squares = sizes**2
    total = squares.sum()
    return squares / total if total else np.full(len(sizes), 1 / len(sizes))


def _spectrum(
    name: str,
    sizes: Float[np.ndarray, "direction"],
    control: Float[np.ndarray, "direction"],
    words: str,
) -> Profile:
    return Profile(
        np.arange(float(len(sizes))),
        (Curve(shares(sizes), "its weights"), Curve(shares(control), "shuffled weights")),
        title=name,
        words=words,
        x_name="direction",
        y_name="share of the squares",
        y_reach=(0.0, 0.0),
    )


def _words(
    probe: HeadDirections,
    qk: Directions,
    ov: Directions,
    controls: tuple[Float[np.ndarray, "direction"], ...],
    maps: dict[str, Float[np.ndarray, "row column"]],
) -> str:
    parts = []
    for name, found, control in zip(("QK", "OV"), (qk, ov), controls, strict=True):
        own, other = shares(found.sizes), shares(control)
        needed, by_chance = (
            1 + int(np.searchsorted(each.cumsum(), _MOST)) for each in (own, other)
        )
        parts.append(
            f"The first direction of {name} holds {text(100 * own[0], 2)} % of the squared "
            f"singular values, with shuffled weights {text(100 * other[0], 2)} %; {needed} of "
            f"{len(own)} hold 90 %, and {by_chance} with shuffled weights."
        )
    asked, offered = (maps[name].ravel() for name in ("As a query", "As a key"))
    flat = min(asked.std(), offered.std()) < 1e-9 * max(np.abs(maps["As a query"]).max(), 1e-9)
    alike = "not defined" if flat else text(float(np.corrcoef(asked, offered)[0, 1]), 2)
    return (
        f"{' '.join(parts)} Over the tokens, the correlation of what they have of direction "
        f"{probe.direction} as queries and as keys is {alike}: positive means that like attends to "
        "like."
    )
