"""In which few directions do the tokens differ most?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Scale
from sam_explore.tracing import Trace
from sam_explore.truth import Truth

from ..common.decoder_attention import mask_by_cell, share_by_token
from ..common.depth import depth_in_words, share_by_depth, tokens_by_depth
from ..common.logits import percent
from ..common.pairs import order_of_pairs
from ..common.probe import Probe, knob
from ..common.truth import OF_ANOTHER_PICTURE, ComparedWithTruth, in_words

_SHOWN = 3  # components, as red, green and blue
_REACH = 2.0  # standard deviations of a component from black to the middle of its colour
OWN, LAST = "of each depth", "of the last block"


@dataclass(frozen=True)
class TokenComponents(ComparedWithTruth, Probe):
    """The principal components of the tokens after the embedding and after each block, as colours.

    Tokens of one colour point the same way from the mean token. The picture's tokens alone count,
    none of the padding. A component has no sign of its own: each is turned so that it goes with the
    one of the depth before. With the axes of the last block, every depth is looked at along the
    same directions.

    As a control, each channel's values are shuffled over the tokens: what three components hold
    then is chance. Given a truth, it is drawn how well the first component shown tells tokens in
    objects from the others: the share of pairs, one of each, that it has in the same order.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding with its position
        encodings, and image_encoder.vit.blocks.*.hook_residual_post.
    Returns: a Panel of a Gallery of Heatmaps (row, column) in colours, the values of which are the
        first component shown; and a Profile over depth of the share of the variance that three
        components hold, with its control; given a truth also of how objects are told apart.
    Unit: standard deviations of the component; shares from 0 to 1.
    Source: components of ViT tokens as colours are shown in "DINOv2" (arXiv 2304.07193); the order
        of pairs is the area under the ROC curve.
    """

    title = "What do the tokens differ in?"
    reads_prompts = False

    first: int = knob(
        0, "first component", low=0, high=lambda run: run.config.encoder_dim - _SHOWN, matters=True
    )
    axes: str = knob(OWN, "axes", choices=(OWN, LAST), matters=True)

    def read(self, trace: Trace) -> Panel:
        tokens = tokens_by_depth(trace)
        scores, held, chance = self._scores(list(tokens.values()))
        words = _words(list(tokens), self.first, held, chance)
        inside, why_none = self._inside(trace)
        labels = tuple(tokens)
        curves = [Curve(held, "three components"), Curve(chance, "channels shuffled")]
        if inside is not None:
            shares = np.array([order_of_pairs(each[..., 0], inside) for each in scores])
            order = np.maximum(shares, 1 - shares)  # a component has no sign
            curves.append(Curve(order, "objects told apart"))
            words += (
                f" By component {self.first} alone, tokens in objects are told from the others "
                f"with a share of {in_words(order[0])} of the pairs {depth_in_words(labels[0])} "
                f"and {in_words(order[-1])} {depth_in_words(labels[-1])}; 0.50 is chance."
            )
        words += why_none
        maps = tuple(
            _coloured(trace, each, depth_in_words(label).capitalize(), words)
            for label, each in zip(labels, scores, strict=True)
        )
        names = f"{self.first} to {self.first + _SHOWN - 1}"
        gallery = Gallery(maps, f"Components {names} as red, green and blue", words)
        chart = share_by_depth(labels, curves, "How much these components hold", "share", words)
        return Panel((gallery, chart), "What the tokens differ in", words, across=1)

    def _scores(
        self, tokens: list[Float[np.ndarray, "row column channel"]]
    ) -> tuple[
        list[Float[np.ndarray, "row column 3"]],
        Float[np.ndarray, "depth"],
        Float[np.ndarray, "depth"],
    ]:
        """The tokens along the components shown, how much these hold, and how much by chance."""
        chosen = slice(self.first, self.first + _SHOWN)
        rng = np.random.default_rng(0)
        shape = tokens[0].shape[:2]
        all_flat = [each.reshape(-1, each.shape[-1]) for each in tokens]
        last = None if self.axes == OWN else components(all_flat[-1])[chosen]
        scores: list[Float[np.ndarray, "row column 3"]] = []
        held, chance = [], []
        for flat in all_flat:
            shuffled = rng.permuted(flat, axis=0)
            along = _along(flat, components(flat)[chosen] if last is None else last)
            by_chance = _along(shuffled, components(shuffled)[chosen] if last is None else last)
            if scores:
                along = along * _signs(along, scores[-1].reshape(along.shape))
            scores.append(along.reshape(*shape, -1))
            held.append(_share(along, flat))
            chance.append(_share(by_chance, flat))
        return scores, np.array(held), np.array(chance)

    def _inside(self, trace: Trace) -> tuple[Bool[np.ndarray, "row column"] | None, str]:
        """The tokens of which at least half lie in an object; or None, and a sentence on why."""
        truth: Truth | None = self.truth
        if truth is None:
            return None, ""
        here = truth.of(trace.image)
        if here is None:
            return None, f" {OF_ANOTHER_PICTURE}"
        rows, columns = trace.frame.tokens_shown
        objects = mask_by_cell(here.scene.labels[0] > 0, trace.frame)
        return share_by_token(objects, trace.frame.grid)[:rows, :columns] >= 0.5, ""


def components(
    tokens: Float[np.ndarray, "token channel"],
) -> Float[np.ndarray, "component channel"]:
    """The directions of the tokens' principal components, by falling variance, of length 1."""
    centred = tokens - tokens.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    return directions.T[::-1]


def _along(
    tokens: Float[np.ndarray, "token channel"], axes: Float[np.ndarray, "3 channel"]
) -> Float[np.ndarray, "token 3"]:
    return (tokens - tokens.mean(axis=0)) @ axes.T


def _share(
    along: Float[np.ndarray, "token 3"], tokens: Float[np.ndarray, "token channel"]
) -> float:
    """How much of the tokens' variance lies along three axes."""
    total = tokens.var(axis=0).sum()
    return float(along.var(axis=0).sum() / total) if total else 0.0


def _signs(
    scores: Float[np.ndarray, "token 3"], before: Float[np.ndarray, "token 3"]
) -> Float[np.ndarray, "3"]:
    """−1 for a component that goes against the one of the depth before, else 1."""
    return np.where((scores * before).sum(axis=0) < 0, -1.0, 1.0)


def _coloured(
    trace: Trace, scores: Float[np.ndarray, "row column 3"], title: str, words: str
) -> Heatmap:
    """Three components as red, green and blue; the padding is grey and has no value."""
    sizes = scores.std(axis=(0, 1))
    scaled = scores / np.where(sizes > 0, sizes, 1.0)
    rows, columns = scores.shape[:2]
    values = np.full(trace.frame.grid, np.nan)
    values[:rows, :columns] = scaled[..., 0]
    colours = np.full((*trace.frame.grid, 3), 128, np.uint8)
    colours[:rows, :columns] = _shades(scaled)
    return Heatmap(
        values,
        title,
        words,
        Scale("standard deviations", centre=0.0),
        frame="tokens",
        colours=colours,
        points_at_values=True,
    )


def _shades(scaled: Float[np.ndarray, "row column 3"]) -> UInt8[np.ndarray, "row column 3"]:
    return (127.5 * (1 + scaled / _REACH)).round().clip(0, 255).astype(np.uint8)


def _words(
    labels: list[str],
    first: int,
    held: Float[np.ndarray, "depth"],
    chance: Float[np.ndarray, "depth"],
) -> str:
    return (
        f"Components {first} to {first + _SHOWN - 1} hold {percent(held[0])} of the tokens' "
        f"variance {depth_in_words(labels[0])} and {percent(held[-1])} "
        f"{depth_in_words(labels[-1])}; with each channel's values shuffled over the tokens, "
        f"{percent(chance[0])} and {percent(chance[-1])}."
    )
