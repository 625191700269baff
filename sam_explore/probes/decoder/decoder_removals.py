"""Which parts of the decoder does the answer need?"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import FINAL_ATTENTION, in_layer
from sam_explore.number_text import text
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import Trace, announce, answers, zero
from sam_explore.tracing.attribution import Scalar, rank_correlation, value_in, value_of
from sam_explore.tracing.interventions import AblateDecoderHead

from ..common.decoder_attention import (
    AMONG,
    TO_IMAGE,
    TO_TOKEN,
    in_layer_of,
    inside_by_token,
    pattern,
)
from ..common.logit_factors import attention_in_words, wrapped
from ..common.logits import overlap_in_logits
from ..common.numbers import counted
from ..common.probe import Probe, mask_shown
from ..common.target_knobs import ChosenNumber, agreement

_ALL = "all"


@dataclass(frozen=True)
class DecoderRemovals(ChosenNumber, Probe):
    """The answer without each attention, head and MLP of the decoder, next to what heads look at.

    A head gives nothing to any query, or all heads of an attention, or all neurons of an MLP are
    off; biases of output projections stay. Each takes a run of the decoder. The first layer's
    attention among tokens has no residual around it: without all of its heads every token is the
    same.

    Next to it stands what each head looks at. These are two measures, each with a table of its own.
    Of a head with which tokens look at the image: how much of the weight of the mask's token falls
    inside the mask. Of a head that looks at tokens: how much of its weight falls on the prompt's
    tokens, in the mean over the places of the image inside the mask, or over all tokens if they
    look at one another. Looking is not needing: the words tell of each measure whether the two
    agree here.

    Reads: the prediction, with all parts, without each head's part of hook_out_per_head of all
        attentions of mask_decoder.transformer, and with
        mask_decoder.transformer.layers.N.mlp.hook_hidden at 0; and hook_pattern of all attentions.
    Returns: a Panel of four Matrices (attention or MLP, head): the change of the number, diverging
        around 0; the IoU of the mask with the mask of all; the weight on the mask, of the
        attentions to the image; and the weight on the prompt, of all other attentions. The last
        column is for all heads together, or for an MLP; NaN where there is nothing.
    Unit: that of the number, logits or predicted IoU; IoU and weights from 0 to 1.
    Source: "Are Sixteen Heads Really Better than One?" (arXiv 1905.10650), for texts; a detector's
        decoder under ablation is arXiv 2507.21723.
    """

    title = "Which parts of the decoder does the answer need?"
    is_sweep = True
    cuts_masks = True

    def read(self, trace: Trace) -> Panel:
        of, name = self.scalar(trace)
        mask = mask_shown(self.mask, trace.prediction)
        config = trace.sam.config
        attentions = _attentions(config)
        mlps = range(config.decoder_depth)
        rows = (
            *(attention_in_words(each, config) for each in attentions),
            *(f"MLP, layer {layer}" for layer in mlps),
        )
        changes, overlaps = self._effects(trace, of, mask, attentions)
        inside = inside_by_token(trace.prediction, mask, self.threshold).ravel()
        looks = np.array([_looks(trace, each, mask, inside) for each in attentions])
        at_image = np.array([_looks_at_image(each) for each in attentions])
        words = _words(name, rows, changes, looks, at_image) + self.judged(trace)
        columns = (*map(str, range(config.decoder_heads)), _ALL)
        effects, weight = np.arange(len(rows)), Scale("weight", low=0.0)
        tables = (
            ("Change of the number", effects, changes, Scale(of.unit, centre=0.0)),
            ("IoU with the mask of all", effects, overlaps, Scale("IoU", high=1.0)),
            *(
                (f"Weight on the {where}", np.flatnonzero(chosen), looks[chosen], weight)
                for where, chosen in (("mask", at_image), ("prompt", ~at_image))
            ),
        )
        return Panel(
            tuple(
                Matrix(
                    values,
                    wrapped(tuple(rows[each] for each in chosen)),
                    columns,
                    title,
                    words,
                    row_name="",
                    column_name="head",
                    scale=scale,
                )
                for title, chosen, values, scale in tables
            ),
            title=f"Without a part of the decoder: {name}",
            words=words,
            across=1,
        )

    def _effects(
        self, trace: Trace, of: Scalar, mask: int, attentions: tuple[str, ...]
    ) -> tuple[Float[np.ndarray, "part head"], Float[np.ndarray, "part head"]]:
        """The change of the number, and the mask's IoU with that of all; NaN for no such part."""
        config, plain = trace.sam.config, value_of(trace, of)
        shape = len(attentions) + config.decoder_depth, config.decoder_heads + 1
        changes, overlaps = np.full(shape, np.nan), np.full(shape, np.nan)
        removals = _removals(config, attentions)
        by_row = groupby(removals, key=lambda place: place[0])
        for row, places in by_row:
            announce(f"Without part {row + 1} of {shape[0]}")
            here = list(places)
            runs = answers(removals[place](trace) for place in here)
            for place, without in zip(here, runs, strict=True):
                changes[place] = value_in(without, of) - plain
                both = trace.prediction, without
                overlaps[place] = overlap_in_logits(*both, mask, self.threshold)
        return changes, overlaps


def _attentions(config: SamConfig) -> tuple[str, ...]:
    """All attentions of the decoder, in their order."""
    kinds = AMONG, TO_IMAGE, TO_TOKEN
    layers = range(config.decoder_depth)
    return (*(in_layer_of(layer, kind) for layer in layers for kind in kinds), FINAL_ATTENTION)


def _removals(
    config: SamConfig, attentions: tuple[str, ...]
) -> dict[tuple[int, int], Callable[[Trace], Trace]]:
    """How the run is made without each part, by its row and column in the tables."""
    found: dict[tuple[int, int], Callable[[Trace], Trace]] = {}
    for row, attention in enumerate(attentions):
        for head in range(config.decoder_heads + 1):
            which = head if head < config.decoder_heads else None
            found[row, head] = _without_head(attention, which)
    for layer in range(config.decoder_depth):
        found[len(attentions) + layer, config.decoder_heads] = _without_mlp(layer)
    return found


def _without_head(attention: str, head: int | None) -> Callable[[Trace], Trace]:
    return lambda trace: trace.with_interventions(AblateDecoderHead(attention, head))


def _without_mlp(layer: int) -> Callable[[Trace], Trace]:
    return lambda trace: trace.with_edit(in_layer(layer, "mlp.hook_hidden"), zero)


def _looks_at_image(attention: str) -> bool:
    return not attention.endswith((AMONG, TO_TOKEN))


def _looks(
    trace: Trace, attention: str, mask: int, inside: Float[np.ndarray, "place"]
) -> Float[np.ndarray, "column"]:
    """The weight of each head on the mask, or on the prompt's tokens; the mean in the end."""
    weights = pattern(trace, attention)
    prompt = trace.decoder_tokens.of_prompts
    if attention.endswith(TO_TOKEN):
        where: Bool[np.ndarray, "place"] = (inside > 0) | (not inside.any())
        by_head = weights[:, where][..., prompt].sum(axis=-1).mean(axis=1)
    elif attention.endswith(AMONG):
        by_head = weights[..., prompt].sum(axis=-1).mean(axis=1)
    else:
        by_head = (weights[:, trace.decoder_tokens.mask(mask)] * inside).sum(axis=-1)
    return np.array([*by_head, by_head.mean()])


def _words(
    name: str,
    rows: tuple[str, ...],
    changes: Float[np.ndarray, "part head"],
    looks: Float[np.ndarray, "attention head"],
    at_image: Bool[np.ndarray, "attention"],
) -> str:
    heads, whole = changes[: len(looks), :-1], changes[:, -1]
    row, head = np.unravel_index(np.abs(heads).argmax(), heads.shape)
    most = int(np.abs(whole).argmax())
    return (
        f"Of {counted(heads.size, 'head')}, head {head} of {rows[row]} has the greatest effect: "
        f"without it {name} changes by {text(float(heads[row, head]))}, where the median head "
        f"changes it by {text(float(np.median(np.abs(heads))))}. Of whole parts it is "
        f"{rows[most]}, with {text(float(whole[most]))}. The rank correlation of the effects' size "
        f"with the weight on the mask is {_agree(heads, looks, at_image)}, and that with the "
        f"weight on the prompt, of the other heads, {_agree(heads, looks, ~at_image)}."
    )


def _agree(
    heads: Float[np.ndarray, "attention head"],
    looks: Float[np.ndarray, "attention column"],
    chosen: Bool[np.ndarray, "attention"],
) -> str:
    """How the effects of some attentions' heads agree with what these look at, and how many."""
    effects = np.abs(heads[chosen]).ravel()
    found = agreement(rank_correlation(effects, looks[chosen, :-1].ravel()))
    return f"{found} over {counted(len(effects), 'head')}"
