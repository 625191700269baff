"""How far does the answer move with the prompt, the token and the picture?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace, announce, answers

from ..common.logits import percent
from ..common.numbers import counted
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_SHARE = Scale("share", low=0.0, high=1.0)


@dataclass(frozen=True)
class AnswerSpread(ComparedWithTruth, Probe):
    """Uncertainty taken apart: the answer again with other clicks, other tokens, other pictures.

    The prompt is jittered: every point and the whole box move by up to so many tokens, each in a
    direction drawn by chance. The token is another one of the alternatives, for the same prompt.
    The picture gets normal noise, the same in no two of them, and is encoded again. Each is done
    alone. A part of the picture where the three disagree with themselves is uncertain for another
    reason each. Given a truth, the true IoU of these answers is said: how far they move is no
    measure of how wrong they are.

    Reads: the predictions for these prompts and pictures.
    Returns: a Panel of a Gallery of Heatmaps (row, column), over the picture: for each source
        the share of its answers that have a cell inside; and a Matrix (source, number) of the mean
        and the lowest IoU with the run's own mask, of how much of the picture is inside for
        some and outside for others, and the standard deviation of the predicted IoU.
    Unit: shares and IoU from 0 to 1, in the frame of the logits, two empty masks 1.
    Source: our own; sampling of prompts for SAM's uncertainty is in arXiv 2505.05049.
    """

    title = "Does the answer hang on prompt, token or picture?"
    runs_encoder = True
    is_sweep = True

    samples: int = knob(4, "answers of a kind", low=1, high=16, matters=True)
    jitter: float = knob(0.5, "jitter in tokens", low=0.0, high=8.0, matters=True)
    noise: float = knob(10.0, "noise in grey levels", low=0.0, high=128.0)
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def coarser(self, trace: Trace) -> tuple["AnswerSpread", ...]:
        """What moves with prompt and token, since each noisy picture has to be encoded."""
        return (replace(self, noise=0.0),) if self.noise else ()

    def read(self, trace: Trace) -> Panel:
        mask = mask_shown(self.mask, trace.prediction)
        own = trace.prediction.visible[mask] > self.threshold
        first = min(1, len(trace.prediction.iou) - 1)
        alternatives = trace.prediction.visible[first:]
        others = {"prompt": answers(map(trace.with_prompts, self.jittered(trace)))}
        masks = {
            "prompt": self._cut(others["prompt"], mask),
            "token": alternatives > self.threshold,
        }
        if self.noise:
            others["picture"] = self._noisy(trace)
            masks["picture"] = self._cut(others["picture"], mask)
        scores = {
            name: np.array([answer.iou[mask] for answer in each]) for name, each in others.items()
        }
        scores["token"] = trace.prediction.iou[first:]
        numbers = np.array(
            [(*_numbers(own, each), float(scores[name].std())) for name, each in masks.items()]
        )
        words = _words(mask, tuple(masks), numbers)
        words += self._truth_in_words(trace, mask, others)
        maps = Gallery(
            tuple(self._map(name, each) for name, each in masks.items()),
            title="Share of the answers that are inside",
            words=words,
            shared=_SHARE,
        )
        table = Matrix(
            numbers,
            tuple(masks),
            ("mean\noverlap", "lowest\noverlap", "undecided", "predicted\nmoves by"),
            title="With the run's own mask",
            words=words,
            row_name="what is another",
            column_name="",
            scale=_SHARE,
        )
        return Panel((maps, table), f"How far mask {mask} moves", words, across=1)

    def _truth_in_words(
        self, trace: Trace, mask: int, found: Mapping[str, Sequence[Prediction]]
    ) -> str:
        """The true IoU of all answers, after other sentences; "" without a truth."""
        target = self.target(trace)
        if target is None or target.mask is None:
            return self.why_no_truth(trace)
        own = target.ious(trace.prediction, self.threshold)
        first = min(1, len(own) - 1)
        true = {
            name: np.array([target.ious(each, self.threshold)[mask] for each in answers])
            for name, answers in found.items()
        }
        true["token"] = own[first:]
        each = "; ".join(
            f"with another {name} {in_words(ious.min())} to {in_words(ious.max())}"
            for name, ious in true.items()
        )
        return f" The true IoU with {target.name} is {in_words(own[mask])}; {each}."

    def jittered(self, trace: Trace) -> list[Prompts]:
        """The run's prompts with every place moved; what leaves the picture stops at its edge."""
        chance = np.random.default_rng(0)
        down, across = trace.frame.token_size_px
        reach = self.jitter * np.array([across, down])
        ends = trace.frame.image_size[::-1]
        prompts, found = trace.prompts, []
        for _ in range(self.samples):
            moves = _in_disc(chance, len(prompts.points) + 1) * reach
            points = np.clip(prompts.points + moves[:-1], 0, ends)
            box = None if prompts.box is None else prompts.box + np.tile(moves[-1], 2)
            box = None if box is None else np.clip(box, 0, np.tile(ends, 2))
            found.append(
                Prompts(points, prompts.labels, box, prompts.mask_hint, prompts.unprompted)
            )
        return found

    def _noisy(self, trace: Trace) -> list[Prediction]:
        """The answers to the run's prompts with noise on the picture."""
        chance, found = np.random.default_rng(0), []
        for number in range(self.samples):
            announce(f"Picture {number + 1} of {self.samples}")
            noise = self.noise * chance.standard_normal(trace.image.shape)
            image = np.clip(np.rint(trace.image + noise), 0, 255).astype(np.uint8)
            found.append(replace(trace, image=image).prediction)
        return found

    def _cut(
        self, answers: Sequence[Prediction], mask: int
    ) -> Bool[np.ndarray, "answer row column"]:
        return np.array([answer.visible[mask] > self.threshold for answer in answers])

    def _map(self, name: str, masks: Bool[np.ndarray, "answer row column"]) -> Heatmap:
        inside = masks.mean(axis=0)
        return Heatmap(
            inside,
            title=f"Another {name}",
            words=(
                f"With another {name}, {percent(float((inside == 1).mean()))} of the picture lie "
                f"inside in all of {counted(len(masks), 'answer')}, and "
                f"{percent(float(((inside > 0) & (inside < 1)).mean()))} in some."
            ),
            scale=_SHARE,
            frame="logits",
        )


def _in_disc(chance: np.random.Generator, count: int) -> Float[np.ndarray, "count 2"]:
    """Places in a circle of radius 1, all as likely."""
    angles, far = chance.uniform(0, 2 * np.pi, count), np.sqrt(chance.uniform(0, 1, count))
    return far[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _numbers(
    own: Bool[np.ndarray, "row column"], masks: Bool[np.ndarray, "answer row column"]
) -> tuple[float, float, float]:
    """The mean and the lowest IoU with the own mask, and the share that is only in some."""
    overlaps = [mask_iou(own, mask) for mask in masks]
    some = masks.any(axis=0) & ~masks.all(axis=0)
    return float(np.mean(overlaps)), float(min(overlaps)), float(some.mean())


def _words(mask: int, names: tuple[str, ...], numbers: Float[np.ndarray, "source 4"]) -> str:
    each = "; ".join(
        f"with another {name} {in_words(row[0])}, and {in_words(row[1])} at the least"
        for name, row in zip(names, numbers, strict=True)
    )
    least = names[int(numbers[:, 0].argmin())]
    moves = ", ".join(
        f"{text(row[3])} with the {name}" for name, row in zip(names, numbers, strict=True)
    )
    return (
        f"Mask {mask}'s overlap with the run's is in the mean {each}. It hangs most on the "
        f"{least}. The predicted IoU has a standard deviation of {moves}."
    )
