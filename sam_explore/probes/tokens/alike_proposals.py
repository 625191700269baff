"""What else in the picture is like the mask, and is it found by a click there?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, answers

from ..common.clicks import middle_of
from ..common.decoder_attention import inside_by_token
from ..common.depth import depth_in_words
from ..common.likeness import check_comparable, likeness, prototypes_of, stream_tokens
from ..common.logits import logit_scale
from ..common.numbers import counted
from ..common.probe import Probe, block_knob, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target, in_words

_PART = 0.25  # of a token, from which on a mask covers it

Alike = Float[np.ndarray, "row_shown column_shown"]
Covered = Bool[np.ndarray, "row column"]


@dataclass(frozen=True, eq=False)
class Proposal:
    """A token that is like the mask, and what a click on it gives.

    Args:
        token: row and column.
        cosine: with the mask's mean token, both less their picture's mean.
        prompts: a click in the token's middle.
        prediction: the answer to it.
    """

    token: tuple[int, int]
    cosine: float
    prompts: Prompts
    prediction: Prediction


@dataclass(frozen=True)
class AlikeProposals(ComparedWithTruth, Probe):
    """Clicks on the tokens that are most like those of the mask, and the masks that they give.

    The likeness is that of `TokenSimilarity` with one prototype. The token that is most like the
    mask's mean token, and of which less than a quarter lies inside the mask, is clicked on; then
    the most alike one that neither the mask nor the answer covers so; and so on, while the cosine
    is above 0. Each click is a prompt of its own, which `AlikeProposals(...).prompts(trace)` gives.

    Given another run, the mask is that of that run, and what is like it is looked for in this one's
    picture, where nothing is covered at first.

    Given a truth, each answer's true IoU with what lies under its click stands next to the
    predicted one. A mask of the right thing is no proof that likeness knows what it is: the click
    alone, wherever it lies, asks for what lies there.

    Reads: image_encoder.vit.blocks.N.hook_residual_post, the prediction, and those for the clicks.
    Returns: a Panel of a Heatmap (row, column) of cosines, diverging around 0 and NaN for padding,
        in which the proposals are marked; a Gallery of raw logits (row, column) of each answer's
        chosen mask; and a Matrix (proposal, number) of cosine and IoU. Without a proposal it is the
        Heatmap alone.
    Unit: cosines from −1 to 1; logits; IoU, of which the predicted one has no bounds.
    Source: our own; "Personalize Segment Anything Model with One Shot" (arXiv 2305.03048) prompts
        SAM with the place that is most like a mask of another picture.
    """

    title = "What else in the picture is like the mask?"

    block: int = block_knob(1, matters=True)
    count: int = knob(3, "proposals at most", low=1, high=8, matters=True)
    mask: int = mask_knob()
    threshold: float = threshold_knob()
    other: Trace | None = None

    def read(self, trace: Trace) -> Panel:
        alike = self._alike(trace)
        found = list(self._proposals(trace, alike))
        words = self._words(trace, found)
        values = np.full(trace.frame.grid, np.nan)
        values[: alike.shape[0], : alike.shape[1]] = alike
        where = depth_in_words(str(self.block))
        shown = Heatmap(
            values,
            f"Alike to the mask, {where}",
            words,
            Scale("cosine", centre=0.0, low=-1.0, high=1.0),
            "tokens",
            marks=tuple(each.token for each in found),
        )
        title = f"{counted(len(found), 'proposal')} {where}"
        if not found:
            return Panel((shown,), title, words)
        gallery = Gallery(
            tuple(
                Heatmap(
                    each.prediction.visible[each.prediction.chosen],
                    f"Proposal {number}, mask {each.prediction.chosen}",
                    words,
                    logit_scale(self.threshold),
                    "logits",
                )
                for number, each in enumerate(found, start=1)
            ),
            "What a click on each gives",
            words,
        )
        return Panel((shown, gallery, self._table(trace, found, words)), title, words, across=1)

    def prompts(self, trace: Trace) -> tuple[Prompts, ...]:
        """The clicks, the most alike one first; each is a prompt of its own."""
        self.check(trace)
        found = self._proposals(trace, self._alike(trace))
        return tuple(each.prompts for each in found)

    def _alike(self, trace: Trace) -> Alike:
        """The cosine of each token of the picture; 0 where the mask is empty."""
        source = trace if self.other is None else self.other
        check_comparable(trace, source)
        depth = str(self.block)
        tokens = stream_tokens(trace, depth)
        rows, columns = source.frame.tokens_shown
        weights = self._inside(source)[:rows, :columns]
        if not weights.any():
            return np.zeros(tokens.shape[:2])
        return likeness(tokens, prototypes_of(stream_tokens(source, depth), weights))

    def _inside(self, trace: Trace) -> Float[np.ndarray, "row column"]:
        mask = mask_shown(self.mask, trace.prediction)
        return inside_by_token(trace.prediction, mask, self.threshold)

    def _proposals(self, trace: Trace, alike: Alike) -> Iterator[Proposal]:
        rows, columns = alike.shape
        covered = np.zeros((rows, columns), bool)
        if self.other is None:
            covered |= self._inside(trace)[:rows, :columns] >= _PART
        for _ in range(self.count):
            left = np.where(covered, -np.inf, alike)
            row, column = map(int, np.unravel_index(left.argmax(), left.shape))
            if not left[row, column] > 0:
                return
            prompts = Prompts(points=[middle_of((row, column), trace.frame)])
            (prediction,) = answers([trace.with_prompts(prompts)])
            inside = inside_by_token(prediction, prediction.chosen, self.threshold)
            covered |= inside[:rows, :columns] >= _PART
            covered[row, column] = True
            yield Proposal((row, column), float(alike[row, column]), prompts, prediction)

    def _targets(self, trace: Trace, found: list[Proposal]) -> list[Target | None]:
        """What truly lies under each click."""
        return [self.target(trace.with_prompts(each.prompts)) for each in found]

    def _table(self, trace: Trace, found: list[Proposal], words: str) -> Matrix:
        names = ["cosine", "predicted IoU"]
        columns = [
            [each.cosine for each in found],
            [float(each.prediction.iou[each.prediction.chosen]) for each in found],
        ]
        targets = self._targets(trace, found)
        if any(target is not None and target.mask is not None for target in targets):
            names.append("true IoU")
            columns.append(
                [
                    np.nan if target is None else _true(target, each, self.threshold)
                    for target, each in zip(targets, found, strict=True)
                ]
            )
        return Matrix(
            np.array(columns).T.round(3),
            tuple(f"proposal {number}" for number in range(1, len(found) + 1)),
            tuple(names),
            "Proposals",
            words,
            "",
            "",
            Scale("", low=0.0, high=1.0),
        )

    def _words(self, trace: Trace, found: list[Proposal]) -> str:
        of = "mask" if self.other is None else "other run's mask"
        if not found:
            return (
                f"After block {self.block}, no token outside of the {of} has a cosine above 0 with "
                "its mean token, so there is no proposal."
            )
        sentences = [
            f"After block {self.block}, {counted(len(found), 'proposal')} for what is like the "
            f"{of}."
        ]
        targets = self._targets(trace, found)
        for number, (each, target) in enumerate(zip(found, targets, strict=True), start=1):
            (row, column), chosen = each.token, each.prediction.chosen
            sentence = (
                f"Proposal {number} is the token at row {row}, column {column}, with a cosine of "
                f"{text(each.cosine)}; a click there gives a mask whose predicted IoU is "
                f"{in_words(each.prediction.iou[chosen])}"
            )
            if target is not None and target.mask is not None:
                true = in_words(_true(target, each, self.threshold))
                sentence += f", and its true IoU with {target.name} is {true}"
            sentences.append(f"{sentence}.")
        if any(target is not None and target.mask is not None for target in targets):
            return " ".join(sentences)
        return " ".join([*sentences, *_why_none(targets)])


def _why_none(targets: list[Target | None]) -> list[str]:
    """Why no click has a true region, each reason once."""
    return list(dict.fromkeys(each.why_none for each in targets if each is not None))


def _true(target: Target, each: Proposal, threshold: float) -> float:
    return float(target.ious(each.prediction, threshold)[each.prediction.chosen])
