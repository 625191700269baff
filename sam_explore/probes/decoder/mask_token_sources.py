"""Which of the decoder's tokens does a mask need?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sam_explore.model.addresses import EVERY
from sam_explore.number_text import text
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.attribution import rank_correlation, value_in
from sam_explore.tracing.interventions import KnockOutDecoderAttention

from ..common.decoder_attention import AMONG, TO_TOKEN, in_layer_of, patterns
from ..common.logits import overlap_in_logits
from ..common.probe import Probe, mask_shown
from ..common.target_knobs import ChosenNumber, agreement

_MOST = 24  # tokens, each of which takes a run of the decoder


@dataclass(frozen=True)
class MaskTokenSources(ChosenNumber, Probe):
    """What the shown mask's token looks at among the tokens, and what each of those is needed for.

    Attention says which tokens it reads. The need is found by taking a token away: nothing looks at
    it any more, no token and no place of the picture, and the decoder runs again. The two are
    different questions, and the words tell whether their answers agree. Of more than 24 tokens,
    only the 24 that are looked at most are taken away.

    Reads: mask_decoder.transformer.layers.N.self_attention.hook_pattern, and the prediction as it
        is and without each token.
    Returns: a Panel of three Matrices with a column for each token: the weight by layer, a mean
        over the heads; the change of the number, diverging around 0; the IoU of the mask with the
        mask of all tokens.
    Unit: weights from 0 to 1; that of the number, logits or predicted IoU; IoU from 0 to 1,
        in the frame of the logits.
    Source: our own.
    """

    title = "Which decoder tokens does the mask need?"

    def read(self, trace: Trace) -> Panel:
        of, name = self.scalar(trace)
        mask, tokens = mask_shown(self.mask, trace.prediction), trace.decoder_tokens
        layers = range(trace.sam.config.decoder_depth)
        found = patterns(trace, (in_layer_of(layer, AMONG) for layer in layers))
        looks = np.stack([each[:, tokens.mask(mask)].mean(axis=0) for each in found])
        asked = sorted(np.argsort(-looks.mean(axis=0), kind="stable")[:_MOST].tolist())
        names, looks = tuple(tokens.names[token] for token in asked), looks[:, asked]
        changes, overlaps = np.zeros((2, len(asked)))
        before = trace.prediction
        after = answers(trace.with_interventions(*unseen(token)) for token in asked)
        for place, without in enumerate(after):
            changes[place] = value_in(without, of) - value_in(before, of)
            overlaps[place] = overlap_in_logits(before, without, mask, self.threshold)
        words = _words(name, mask, names, looks, changes, overlaps) + self.judged(trace)
        rows = tuple(f"layer {layer}" for layer in layers)
        tables = (
            (f"Attention of mask {mask}'s token", looks, rows, Scale("weight", low=0.0)),
            ("Change without it", changes[None], ("change",), Scale(of.unit, centre=0.0)),
            ("IoU of the masks", overlaps[None], ("IoU",), Scale("IoU", high=1.0)),
        )
        return Panel(
            tuple(
                Matrix(values, rows, names, title, words, "", "token", scale)
                for title, values, rows, scale in tables
            ),
            title=f"What mask {mask}'s token reads, and needs",
            words=words,
            across=1,
        )


def unseen(token: int) -> tuple[KnockOutDecoderAttention, KnockOutDecoderAttention]:
    """The decoder as if a token weren't there: nothing looks at it."""
    among, to_token = (
        KnockOutDecoderAttention(f"layers.{EVERY}.{kind}", None, [token])
        for kind in (AMONG, TO_TOKEN)
    )
    return among, to_token


def _words(
    name: str,
    mask: int,
    names: tuple[str, ...],
    looks: Float[np.ndarray, "layer token"],
    changes: Float[np.ndarray, "token"],
    overlaps: Float[np.ndarray, "token"],
) -> str:
    mean, sizes = looks.mean(axis=0), np.abs(changes)
    seen, needed, least = int(mean.argmax()), int(sizes.argmax()), int(overlaps.argmin())
    seen_at, needed_at = _ranks(mean), _ranks(sizes)
    apart = int((needed_at - seen_at).argmax())
    spared = ""
    if needed_at[apart] > seen_at[apart]:
        spared = (
            f" The two orders differ most for “{names[apart]}”: number {seen_at[apart]} of "
            f"{len(names)} by attention, number {needed_at[apart]} by the size of the change, "
            f"{text(float(changes[apart]))}."
        )
    return (
        f"In the mean over layers and heads, mask {mask}'s token gives most to “{names[seen]}”: "
        f"{text(float(mean[seen]))}. Without “{names[needed]}” {name} changes most, by "
        f"{text(float(changes[needed]))}. The mask keeps an IoU of at least "
        f"{text(float(overlaps[least]))}, without “{names[least]}”. The rank correlation of "
        f"attention with the size of the change is "
        f"{agreement(rank_correlation(mean, sizes))}.{spared}"
    )


def _ranks(values: Float[np.ndarray, "token"]) -> Int[np.ndarray, "token"]:
    """1 for the greatest, and so on."""
    return 1 + np.argsort(np.argsort(-values, kind="stable"))
