"""What that the mask decoder was given does a logit come from?"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import DECODER_TOKENS_IN, IMAGE_IN
from sam_explore.number_text import text
from sam_explore.readings import Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import LogitOrigins, Trace, origin_shares
from sam_explore.tracing.attribution import rank_correlation
from sam_explore.tracing.interventions import Intervention

from ..common.decoder_attention import inside_by_token, padding_by_token
from ..common.logit_factors import VECTOR, ChosenFactor, falls_without, wrapped
from ..common.logit_products import cell_weights, logit_in_words
from ..common.logit_sources import regions_of, token_groups
from ..common.numbers import array
from ..common.probe import Probe, mask_shown, threshold_knob
from ..common.target_knobs import agreement, capitalised


@dataclass(frozen=True)
class LogitByOrigin(ChosenFactor, Probe):
    """A logit as a sum over what the mask decoder is given: its tokens, and regions of the picture.

    Other than in `LogitBySource`, what a token reads in a later layer is traced back to where it
    came from, through all layers. Held are one of the two factors, and in the other all attention
    weights, scales of layer norms and gates of activations; what is left is linear in the tokens
    and the image tokens as they come in, and their shares and those of the biases sum up to the
    logit. Image tokens count with the mask hint or the no-mask vector. Regions are those inside and
    outside the mask, by whether half of an image token lies inside, and padding.

    Next to each share stands by how much the logit really falls when that token, or the image
    tokens of that region, are zero: then attention weights, scales and gates are others.

    Reads: hook_pattern of all attentions of mask_decoder.transformer, mask_decoder.hook_tokens_in,
        mask_decoder.hook_image_in, the decoder's weights, and the logit without each origin.
    Returns: a Panel of a Matrix (origin, share and effect), NaN where nothing was removed; and a
        Heatmap (row, column) of the shares of all image tokens, diverging around 0.
    Unit: logits; of effects, by how much the logit falls.
    Source: direct logit attribution, https://transformer-circuits.pub/2021/framework, for language
        models.
    """

    title = "What that goes into the decoder makes the logit?"
    is_sweep = True

    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        mask, of_vector = mask_shown(self.mask, trace.prediction), self.factor == VECTOR
        weights = torch.tensor(cell_weights(self.cell), device="cpu")
        found = origin_shares(trace, mask, self.token, weights, of_vector)
        shares, removed = self._origins(trace, mask, found)
        falls = None
        if self.removal:
            changed = [trace.with_interventions(each) for each in removed]
            falls = falls_without(changed, found.logit, mask, self.token, self.cell)
        name = logit_in_words(mask, self.token, self.cell)
        words = f"{capitalised(name)} is {text(found.logit)}. {self._words(shares, found, falls)}"
        here = Heatmap(
            array(found.image),
            title="Shares of the image tokens",
            words=words,
            scale=Scale("logit", centre=0.0),
            frame="tokens",
            marks=(self.token,),
        )
        title = f"By the {self.factor}: {name}"
        return Panel((_table(shares, found, falls, words), here), title, words, across=2)

    def _origins(
        self, trace: Trace, mask: int, found: LogitOrigins
    ) -> tuple[dict[str, float], list["ZeroDecoderInput"]]:
        """Each origin's share, and what removes it."""
        tokens, image = array(found.tokens), array(found.image).ravel()
        groups = token_groups(trace.decoder_tokens.names, [tokens])
        inside = inside_by_token(trace.prediction, mask, self.threshold) >= 0.5
        regions = {
            f"picture: {name}": numbers
            for name, numbers in regions_of(inside, padding_by_token(trace)).items()
        }
        shares = {name: float(tokens[numbers].sum()) for name, numbers in groups.items()}
        shares |= {name: float(image[numbers].sum()) for name, numbers in regions.items()}
        removed = [ZeroDecoderInput(tokens=tuple(each.tolist())) for each in groups.values()]
        removed += [ZeroDecoderInput(places=tuple(each.tolist())) for each in regions.values()]
        return shares, removed

    def _words(
        self,
        shares: dict[str, float],
        found: LogitOrigins,
        falls: Float[np.ndarray, "origin"] | None,
    ) -> str:
        values, names = np.array(list(shares.values())), tuple(shares)
        most = int(np.abs(values).argmax())
        words = (
            f"Traced back through all layers, by the {self.factor}, it is the sum of "
            f"{text(float(found.tokens.sum()))} by the decoder's tokens, "
            f"{text(float(found.image.sum()))} by image tokens and "
            f"{text(sum(found.biases.values()))} by biases. The largest share is "
            f"{text(float(values[most]))}: “{names[most]}”."
        )
        if falls is None:
            return words
        correlation = rank_correlation(values, falls)
        return (
            f"{words} Without it the logit falls by {text(float(falls[most]))}. The rank "
            f"correlation of shares and effects is {agreement(correlation)}."
        )


@dataclass(frozen=True)
class ZeroDecoderInput(Intervention):
    """Some of what goes into the mask decoder is zero.

    Args:
        tokens: numbers of decoder tokens.
        places: numbers of image tokens, row by row.
    """

    tokens: tuple[int, ...] = ()
    places: tuple[int, ...] = ()

    def edits(self, run: object) -> tuple[tuple[str, "_Zero"], ...]:
        return ((DECODER_TOKENS_IN, _Zero(self.tokens)), (IMAGE_IN, _Zero(self.places)))


@dataclass(frozen=True)
class _Zero:
    """The edit: these tokens, or these places of the picture, are zero."""

    numbers: tuple[int, ...]

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        rows = tensor.flatten(2).mT if tensor.ndim == 4 else tensor  # batch, token, channel
        rows[:, list(self.numbers)] = 0
        return tensor if tensor.ndim == 3 else rows.mT.reshape(tensor.shape)


def _table(
    shares: dict[str, float],
    found: LogitOrigins,
    falls: Float[np.ndarray, "origin"] | None,
    words: str,
) -> Matrix:
    named = shares | {f"biases of {kind}": share for kind, share in found.biases.items()}
    values = np.array([list(named.values())]).T
    columns: tuple[str, ...] = ("share",)
    if falls is not None:
        effects = np.full(values.shape, np.nan)
        effects[: len(falls), 0] = falls
        values, columns = np.hstack([values, effects]), ("share", "falls")
    scale = Scale("logit", centre=0.0)
    return Matrix(values, wrapped(tuple(named)), columns, "The sum", words, "", "", scale)
