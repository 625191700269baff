"""Which heads does the answer need?"""

from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.number_text import text
from sam_explore.readings import Panel, Scale
from sam_explore.tracing import Trace, attention_column
from sam_explore.tracing.attribution import Scalar, rank_correlation, value_of
from sam_explore.tracing.interventions import AblateHead

from ..common.attention import head_table, token_in_words
from ..common.logits import mask_overlaps
from ..common.numbers import array, counted
from ..common.probe import Probe, knob, mask_shown, token_knob
from ..common.target_knobs import ChosenNumber, agreement

ALL_BLOCKS = -1


@dataclass(frozen=True)
class HeadEffects(ChosenNumber, Probe):
    """The answer without each head of the image encoder, one at a time.

    A head's output is set to zero, or to its mean over the tokens. Each takes a run from its block
    on: 144 runs in ViT-B, 12 for one block. The effect is compared with what a map of attention
    suggests: how much each head's queries attend to the picked token, as a multiple of an even
    share. These are different questions, and the words say whether their answers agree here.

    Reads: the prediction, with all heads and without each head's part of
        image_encoder.vit.blocks.*.attention.hook_out_per_head, and the picked token's columns of
        image_encoder.vit.blocks.*.attention.hook_pattern.
    Returns: a Panel of three Matrices (block, head): the change of the number, diverging around 0;
        the IoU of the mask with the mask of all heads; and attention to the picked token.
    Unit: that of the number, logits or predicted IoU; IoU from 0 to 1; even shares of attention.
    Source: ablation after "Are Sixteen Heads Really Better than One?" (arXiv 1905.10650); the
        comparison with attention is our own.
    """

    title = "Which attention heads does the answer need?"

    token: tuple[int, int] = token_knob()
    block: int = knob(
        ALL_BLOCKS,
        "block",
        low=ALL_BLOCKS,
        high=lambda run: run.config.encoder_depth - 1,
        matters=True,
        names=((ALL_BLOCKS, "all"),),
    )
    to: str = knob("zero", "a head gives", choices=("zero", "mean"))

    is_sweep = True
    cuts_masks = True

    def read(self, trace: Trace) -> Panel:
        of, name = self.scalar(trace)
        blocks = self.blocks(trace.sam.config)
        changes, overlaps = self._effects(trace, of, blocks)
        looks = np.stack([_looks_at(trace, block, self.token) for block in blocks])
        words = f"{_words(name, changes, overlaps, blocks)} {_agreement(self, changes, looks)}"
        words += self.judged(trace)
        tables = (
            ("Change of the number", changes, Scale(of.unit, centre=0.0)),
            ("IoU with the mask of all heads", overlaps, Scale("IoU", high=1.0)),
            ("Attention to the picked token", looks, Scale("even shares", low=0.0)),
        )
        return Panel(
            tuple(
                head_table(trace.windows, values, scale, title, words, blocks.start)
                for title, values, scale in tables
            ),
            title=f"Without one head: {name}",
            words=words,
            across=2,
        )

    def blocks(self, config: SamConfig) -> range:
        """The blocks whose heads are ablated."""
        if self.block == ALL_BLOCKS:
            return range(config.encoder_depth)
        return range(self.block, self.block + 1)

    def _effects(
        self, trace: Trace, of: Scalar, blocks: range
    ) -> tuple[Float[np.ndarray, "block head"], Float[np.ndarray, "block head"]]:
        """The change of the number, and the mask's overlap with that of all heads."""
        mask, plain = mask_shown(self.mask, trace.prediction), value_of(trace, of)
        changes, overlaps = np.zeros((2, len(blocks), trace.sam.config.encoder_heads))
        for row, head in np.ndindex(changes.shape):
            without = trace.with_interventions(AblateHead(blocks[row], head, self.to))
            changes[row, head] = value_of(without, of) - plain
            kept = mask_overlaps(trace.prediction, without.prediction, self.threshold)
            overlaps[row, head] = kept[mask]
        return changes, overlaps


def _looks_at(trace: Trace, block: int, token: tuple[int, int]) -> Float[np.ndarray, "head"]:
    """The mean weight on a token, over the queries that can see it, relative to an even share."""
    column = array(attention_column(trace, block, token))
    keys = prod(trace.attended(block))
    return np.nanmean(column, axis=(1, 2)) * keys


def _words(
    name: str,
    changes: Float[np.ndarray, "block head"],
    overlaps: Float[np.ndarray, "block head"],
    blocks: range,
) -> str:
    at = np.unravel_index(np.abs(changes).argmax(), changes.shape)
    most = float(changes[at])
    least = np.unravel_index(overlaps.argmin(), overlaps.shape)
    return (
        f"Of {counted(changes.size, 'head')}, head {at[1]} of block {blocks[at[0]]} has the "
        f"greatest effect: without it {name} changes by {text(most)}, where the median head "
        f"changes it by {text(float(np.median(np.abs(changes))))}. The mask keeps an IoU of at "
        f"least {text(overlaps[least])}, without head {least[1]} of block {blocks[least[0]]}."
    )


def _agreement(
    probe: HeadEffects,
    changes: Float[np.ndarray, "block head"],
    looks: Float[np.ndarray, "block head"],
) -> str:
    return (
        "The rank correlation of the effects' size with the attention to "
        f"{token_in_words(probe.token)} is {agreement(rank_correlation(np.abs(changes), looks))}."
    )
