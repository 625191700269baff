"""Is a token that was made large found, and what does it do?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import in_block
from sam_explore.number_text import text
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace, norm
from sam_explore.tracing.interventions import ResizeToken

from ..common.attention import token_in_words
from ..common.clicks import with_a_prompt
from ..common.logits import overlap_in_logits
from ..common.numbers import array, counted
from ..common.outliers import DEVIATIONS, outliers_of
from ..common.probe import (
    Probe,
    block_knob,
    knob,
    mask_knob,
    mask_shown,
    threshold_knob,
    token_knob,
)
from ..common.truth import ComparedWithTruth, in_words

_RUNS = ("as it is", "planted", "moved")
Norms = Float[np.ndarray, "depth row column"]


@dataclass(frozen=True)
class PlantedOutlier(ComparedWithTruth, Probe):
    """Outliers by depth in a run, with one planted in it, and with that moved elsewhere.

    Some vision transformers keep a few tokens of many times the others' length, in plain places,
    and use them for what belongs to the whole picture. Whether this one has any, says the first
    curve: tokens more than five robust deviations above the median norm, as in `NormOutliers`. If
    there are none, a planted one says whether such a token would be found, how long it lasts, and
    what it does to the mask: the picked token gets a length of so many median tokens.

    It is then located by its norm alone, as the longest outlier after the block, and moved: there
    the token gets the median's length, and the one on the opposite side of the grid gets the
    length that was planted.

    Given a truth, the words hold the mask's true IoU without and with the planted one, next to the
    predicted one.

    Reads: image_encoder.vit.blocks.*.hook_residual_post, of which only the norms are kept, and the
        predictions, in three runs.
    Returns: a Panel of a Profile over the blocks, how many tokens are outliers in each run; and a
        Gallery of Heatmaps (row, column), the norms after the last block, with them marked.
    Unit: tokens; L2 norms in that of the residual stream, which has no name.
    Source: "Vision Transformers Need Registers" (arXiv 2309.16588) for such tokens, and "Vision
        Transformers Don't Need Trained Registers" (arXiv 2506.08010) for moving them; planting one
        is our own.
    """

    title = "Is a planted outlier found, and what does it do?"
    makes_a_click = True
    runs_encoder = True

    token: tuple[int, int] = token_knob()
    block: int = block_knob(matters=True)
    times: float = knob(20.0, "length in median tokens", low=1.0, high=100.0, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        trace, said = with_a_prompt(trace)
        planted = trace.with_interventions(ResizeToken(self.block, self.token, self.times))
        here = norms_by_block(planted)[self.block]
        found = outliers_of(here)[1]
        located = max(found, key=lambda at: here[at], default=None)
        runs = [trace, planted]
        if located is not None:
            runs.append(self._moved(planted, located))
        norms = [norms_by_block(run) for run in runs]
        mask = mask_shown(self.mask, trace.prediction)
        overlaps = [
            overlap_in_logits(trace.prediction, run.prediction, mask, self.threshold)
            for run in runs
        ]
        answers = trace.prediction, planted.prediction
        words = (
            f"{said}{_found_in_words(norms[0])} {self._words(located, norms, overlaps, mask)}"
            f"{self.change_of_ious_in_words(trace, answers, mask, self.threshold)}"
        )
        return Panel(
            (_chart(norms, self.block, words), _maps(norms)),
            f"An outlier at {token_in_words(self.token)} after block {self.block}",
            words,
            across=1,
        )

    def _moved(self, planted: Trace, located: tuple[int, int]) -> Trace:
        back = ResizeToken(self.block, located, 1.0)
        there = ResizeToken(self.block, opposite(located, planted.frame.grid), self.times)
        return planted.with_interventions(back, there)

    def _words(
        self,
        located: tuple[int, int] | None,
        norms: list[Norms],
        overlaps: list[float],
        mask: int,
    ) -> str:
        left = [len(outliers_of(each[-1])[1]) for each in norms]
        words = (
            f"Made {text(self.times)} median tokens long after block {self.block}, the token at "
            f"{token_in_words(self.token)} "
        )
        if located is None:
            return (
                f"{words}is not found: no token lies above the limit there. The overlap with mask "
                f"{mask} is {in_words(overlaps[1])}."
            )
        right = "is found" if located == self.token else f"is not; {token_in_words(located)} is"
        return (
            f"{words}{right}. After the last block {counted(left[1], 'token')} of this run lie "
            f"above the limit, and {left[2]} of that with the outlier moved to the opposite side. "
            f"The overlap with mask {mask} is {in_words(overlaps[1])} with the outlier planted and "
            f"{in_words(overlaps[2])} with it moved."
        )


def norms_by_block(trace: Trace) -> Norms:
    """The norms of the tokens that show the picture, after each block."""
    names = [in_block(block, "hook_residual_post") for block in range(trace.config.encoder_depth)]
    found = trace.read(names, norm)
    return np.stack([array(found[name][0]) for name in names])


def opposite(token: tuple[int, int], grid: tuple[int, int]) -> tuple[int, int]:
    """The token across the middle of the grid; of the one in the middle, the first."""
    other = grid[0] - 1 - token[0], grid[1] - 1 - token[1]
    return (0, 0) if other == token else other


def _found_in_words(norms: Norms) -> str:
    """Such as "As it is, 3 tokens of 25 are outliers after block 2, the most of all blocks."."""
    counts = [len(outliers_of(each)[1]) for each in norms]
    limit = f"more than {text(DEVIATIONS)} robust deviations above the median norm"
    if not any(counts):
        return f"As it is, no token of {norms[0].size} lies {limit} after any block."
    most = int(np.argmax(counts))
    return (
        f"As it is, at most {counted(counts[most], 'token')} of {norms[0].size} lie {limit}, after "
        f"block {most}; after the last block {counts[-1]}."
    )


def _chart(norms: list[Norms], block: int, words: str) -> Profile:
    counts = [[float(len(outliers_of(each)[1])) for each in run] for run in norms]
    return Profile(
        np.arange(float(len(norms[0]))),
        tuple(Curve(np.array(each), name) for name, each in zip(_RUNS, counts, strict=False)),
        title="Outliers by depth",
        words=words,
        x_name="block",
        y_name="tokens",
        x_marks=((float(block), "planted"),),
    )


def _maps(norms: list[Norms]) -> Gallery:
    scale = Scale("L2 norm")
    maps = tuple(
        Heatmap(
            run[-1],
            title=name[0].upper() + name[1:],
            words=(
                f"{name[0].upper()}{name[1:]}, norms after the last block go from "
                f"{text(run[-1].min())} to {text(run[-1].max())}."
            ),
            scale=scale,
            frame="tokens",
            marks=outliers_of(run[-1])[1],
        )
        for name, run in zip(_RUNS, norms, strict=False)
    )
    return Gallery(maps, "Norms after the last block", maps[0].words, scale)
