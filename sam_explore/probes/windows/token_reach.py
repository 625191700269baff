"""How far does what one token holds get from block to block?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sam_explore.model import HookPoint
from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.readings import Curve, Heatmap, Panel, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words, window_edges
from ..common.depth import share_by_depth, stream_names
from ..common.logits import percent
from ..common.numbers import array
from ..common.probe import Probe, block_knob, token_knob

ROUNDING = 1e-5  # of a token's norm: smaller changes are those of floating point
_CLEAR = 0.01


@dataclass(frozen=True)
class _Replaced:
    """An edit that puts the mean of all tokens in place of one."""

    row: int
    column: int

    def __call__(self, tokens: Tensor, hook: HookPoint) -> Tensor:
        tokens = tokens.clone()
        tokens[:, self.row, self.column] = tokens.mean(dim=(1, 2))
        return tokens


@dataclass(frozen=True)
class TokenReach(Probe):
    """How much all tokens change, block by block, if one of them loses what it holds.

    The mean of all tokens takes the place of the one before the first block. In blocks with windows
    the change stays in the token's window; a block that attends globally can carry it everywhere.
    A change says that the other reaches a token, directly or by way of third ones; it does not
    say that it matters. Colours end at the greatest change of another token, since the replaced one
    would dwarf them all.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre and
        image_encoder.vit.blocks.*.hook_residual_post, as they are and with the token replaced.
    Returns: a Panel of a Heatmap (row, column) after one block, and a Profile over depth: the share
        of tokens that change at all, and of those that change by 1 % or more.
    Unit: the norm of a token's change over the norm of the token; shares from 0 to 1.
    Source: our own; how far a change reaches is the theoretical receptive field, how much of it
        there is the effective one (arXiv 1701.04128).
    """

    title = "How far does what this token holds get?"
    reads_prompts = False
    runs_encoder = True

    token: tuple[int, int] = token_knob()
    block: int = block_knob(0, matters=True)

    def read(self, trace: Trace) -> Panel:
        changes = changes_by_depth(trace, self.token)
        after = changes[str(self.block)]
        words = self._words(changes, after)
        curves = (
            Curve(_shares(changes, ROUNDING), "changed at all"),
            Curve(_shares(changes, _CLEAR), "changed by 1 % or more"),
        )
        return Panel(
            (
                Heatmap(
                    after,
                    title=f"Change after block {self.block}",
                    words=words,
                    scale=_scale_of_others(after, self.token),
                    frame="tokens",
                    marks=(self.token,),
                    grid_lines=window_edges(trace, self.block),
                ),
                share_by_depth(changes, curves, "Tokens reached", "share of the tokens", words),
            ),
            title=f"Without what token {self.token} held",
            words=words,
            across=2,
        )

    def _words(
        self,
        changes: dict[str, Float[np.ndarray, "row column"]],
        after: Float[np.ndarray, "row column"],
    ) -> str:
        whole = next((name for name, each in changes.items() if (each > ROUNDING).all()), None)
        everywhere = f"after block {whole}" if whole else "after no block"
        most = _most_of_others(after, self.token)
        return (
            f"If the token at {token_in_words(self.token)} is the mean of all tokens instead, "
            f"{percent(float((after > ROUNDING).mean()))} of the tokens have changed after block "
            f"{self.block}, the other one that changes most by {text(100 * most, 2)} % of its "
            f"norm. All tokens have changed {everywhere}."
        )


def changes_by_depth(
    trace: Trace, token: tuple[int, int]
) -> dict[str, Float[np.ndarray, "row column"]]:
    """The change of each token, over its norm, by depth, if one token is the mean of all.

    Args:
        trace: the run.
        token: row and column of the token that is replaced before the first block.
    """
    changed = trace.with_edit(in_block(0, "hook_residual_pre"), _Replaced(*token))
    names = stream_names(trace.sam.config)
    before, after = (run.read(names.values()) for run in (trace, changed))
    return {
        label: _relative(array(before[name][0]), array(after[name][0]))
        for label, name in names.items()
    }


def _most_of_others(after: Float[np.ndarray, "row column"], token: tuple[int, int]) -> float:
    """The greatest change of a token that is not the replaced one; 0 if there is no other."""
    others = after.copy()
    others[token] = 0.0
    return float(others.max())


def _scale_of_others(after: Float[np.ndarray, "row column"], token: tuple[int, int]) -> Scale:
    """Colours up to the greatest change of another token, if there is any but for rounding."""
    most = _most_of_others(after, token)
    return Scale("share of norm", low=0.0, high=most if most > ROUNDING else None)


def _relative(
    before: Float[np.ndarray, "row column channel"], after: Float[np.ndarray, "row column channel"]
) -> Float[np.ndarray, "row column"]:
    norms = np.linalg.norm(before, axis=-1)
    return np.linalg.norm(after - before, axis=-1) / np.where(norms > 0, norms, 1.0)


def _shares(
    changes: dict[str, Float[np.ndarray, "row column"]], least: float
) -> Float[np.ndarray, "depth"]:
    return np.array([float((each > least).mean()) for each in changes.values()])
