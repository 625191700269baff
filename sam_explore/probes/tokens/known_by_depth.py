"""What can be read off the tokens of each depth?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Float

from sam_explore.automatic.kept import Kept
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.number_text import text
from sam_explore.read_only import ReadOnlyArrays
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import control_of

from ..common.attention import token_in_words
from ..common.fact_tokens import (
    SceneTokens,
    fact_knob,
    halves,
    joined,
    learned,
    run_key,
    scene_tokens,
    scenes_knob,
    stages_of,
)
from ..common.intervals import band, interval_in_words
from ..common.numbers import array, counted
from ..common.probe import Probe, knob, token_knob
from ..common.read_outs import Asked, ReadOut
from ..common.target_knobs import capitalised
from ..common.token_truth import FACTS


@dataclass(frozen=True, eq=False)
class Known(ReadOnlyArrays):
    """How often a question is answered rightly in each scene that was not learned from.

    Args:
        read_outs: those that were learned, by stage.
        measured, shuffled, random: by these; by some that were learned with the answers shuffled;
            and by some of the same network with shuffled weights.
        place: by one that is given the row and column of each token alone.
        most: by always giving the answer that was the most frequent among those learned from.
    """

    read_outs: tuple[ReadOut, ...]
    measured: Float[np.ndarray, "scene stage"]
    shuffled: Float[np.ndarray, "scene stage"]
    random: Float[np.ndarray, "scene stage"]
    place: Float[np.ndarray, "scene"]
    most: Float[np.ndarray, "scene"]


_ORDERS = 3  # of shuffled answers, of which the mean is taken
_kept: Kept[Known] = Kept(most=32)


@dataclass(frozen=True)
class KnownByDepth(Probe):
    """How well a linear read-out answers a question about tokens, or pairs of them, by depth.

    It is learned from half of some drawn scenes and tested on the other half; neither training nor
    exams drew any of them. A token counts for what has most of its pixels. Two tokens are compared
    by the products of their numbers along the directions in which tokens of different objects
    differ most, for how much those of one object do: a quadratic form, as attention's scores are.
    Their order in depth is read from their difference. Of the pairs that are asked about, as many
    are of the one answer as of the other, at the same distances: near tokens are mostly of one
    object, so that nearness alone would do.

    That something can be read does not say that the model uses it: see `RemovedDirections`. Four
    controls stand next to it: read-outs that learned shuffled answers, the mean of three; the same
    network with shuffled weights; row and column alone; and the most frequent answer. Of the run,
    the model, its windows, preprocessing and edits are used for the curves, and its picture for the
    map.

    Bands are 95 % intervals of the mean over the scenes tested, by the bootstrap.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding,
        image_encoder.vit.blocks.*.hook_residual_post and
        image_encoder.channel_projection.hook_out, of drawn scenes and of the run.
    Returns: a Panel of a Profile over depth, the share of right answers and its controls; and a
        Heatmap (row, column), what is read off the run's tokens at one depth: for a pair, with the
        picked token.
    Unit: shares from 0 to 1; the read-out's own, in which it learned 1 for yes and −1 for no.
    Source: "Does Object Binding Naturally Emerge in Large Pretrained Vision Transformers?"
        (arXiv 2510.24709) for the quadratic form and its question; shuffled answers as a control
        are those of arXiv 1909.03368; the pairs at the same distances are our own.
    """

    title = "What can be read off the tokens of each depth?"
    reads_prompts = False
    runs_encoder = True
    is_sweep = True

    fact: str = fact_knob()
    stage: int = knob(
        0,
        "map of the depth",
        low=0,
        high=lambda run: run.config.encoder_depth + 1,
        names=lambda run: tuple(enumerate(stages_of(run.config))),
        matters=True,
    )
    token: tuple[int, int] = token_knob()
    scenes: int = scenes_knob(16)

    def coarser(self, trace: Trace) -> tuple["KnownByDepth", ...]:
        return (replace(self, scenes=8),) if self.scenes > 8 else ()

    def read(self, trace: Trace) -> Panel:
        names = tuple(stages_of(trace.sam.config))
        found = _known(trace, self.fact, self.scenes)
        words = _words(self.fact, names, found)
        chart = Profile(
            np.arange(float(len(names))),
            tuple(_curves(found)),
            title=f"{self.fact[0].upper()}{self.fact[1:]}: read off the tokens of each depth",
            words=words,
            x_name="depth",
            y_name="share of right answers",
            x_labels=names,
            y_reach=(0.0, 1.0),
        )
        shown = self._map(trace, found.read_outs[self.stage], names[self.stage])
        return Panel((chart, shown), chart.title, f"{words} {shown.words}", across=1)

    def _map(self, trace: Trace, read_out: ReadOut, stage: str) -> Heatmap:
        hook = stages_of(trace.sam.config)[stage]
        rows, columns = trace.frame.tokens_shown
        tokens = array(trace[hook][0])
        tokens = np.moveaxis(tokens, 0, -1) if hook == IMAGE_TOKENS else tokens
        flat = tokens[:rows, :columns].reshape(rows * columns, -1)
        row, column = min(self.token[0], rows - 1), min(self.token[1], columns - 1)
        picked = np.broadcast_to(flat[row * columns + column], flat.shape)
        fact, at = FACTS[self.fact], token_in_words((row, column))
        scores = read_out.scores(flat if fact.form == "token" else picked, flat)
        answer = 1
        if len(fact.answers) > 2:
            answer = int(scores[row * columns + column].argmax())
        values = scores[:, answer].reshape(rows, columns)
        asked = {"pair": f"{self.fact} as {at}", "order": f"{at} is in front of it"}
        name = asked.get(fact.form, self.fact)
        if len(fact.answers) > 2:
            name = f"{self.fact}: {fact.answers[answer]}"
        return Heatmap(
            values,
            title=f"Read off the tokens of this picture, {stage}:\n{name}",
            words=(
                f"In this picture, {stage}, the read-out for “{name}” goes from "
                f"{text(values.min())} to {text(values.max())}; {text(100 * (values > 0).mean())} "
                "% of the tokens lie above 0."
            ),
            scale=Scale("read-out", centre=0.0),
            frame="tokens",
            marks=((row, column),),
        )


def _known(trace: Trace, fact: str, count: int) -> Known:
    """What is known of a question; kept for the last few models and questions."""
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    return _kept.get((run_key(trace), fact, count), partial(_compute, trace, fact, count))


def _compute(trace: Trace, fact: str, count: int) -> Known:
    hooks = tuple(stages_of(trace.sam.config).values())
    learning, testing = halves(scene_tokens(trace, fact, count, hooks))
    control = control_of(trace)
    other = halves(scene_tokens(control, fact, count, hooks, ", shuffled weights"))
    stages = range(len(hooks))
    read_outs = [learned(fact, _stage(learning, stage)) for stage in stages]
    shuffled = [
        [learned(fact, _stage(learning, stage), order) for stage in stages]
        for order in range(1, _ORDERS + 1)
    ]
    random = [learned(fact, _stage(other[0], stage)) for stage in stages]
    place = learned(fact, joined([each.by_place for each in learning]))
    answers = np.concatenate([each.by_place.answers for each in learning])
    most = np.bincount(answers).argmax()
    return Known(
        tuple(read_outs),
        _right(read_outs, testing),
        np.mean([_right(each, testing) for each in shuffled], axis=0),
        _right(random, other[1]),
        np.array([place.right(each.by_place) for each in testing]),
        np.array([float((each.by_place.answers == most).mean()) for each in testing]),
    )


def _stage(scenes: list[SceneTokens], stage: int) -> Asked:
    return joined([each.asked[stage] for each in scenes])


def _right(read_outs: list[ReadOut], scenes: list[SceneTokens]) -> Float[np.ndarray, "scene stage"]:
    return np.array(
        [[read.right(one) for read, one in zip(read_outs, scene.asked, strict=True)]
         for scene in scenes]
    )  # fmt: skip


def _curves(found: Known) -> Iterator[Curve]:
    """Each with its band, but the constants."""
    yield band(found.measured, "read off")
    yield band(found.random, "with shuffled weights")
    yield band(found.shuffled, "learned with shuffled answers")
    depth = found.measured.shape[1]
    constant = (
        (found.place, "row and column alone"),
        (found.most, "a guess: the most frequent answer"),
    )
    for values, name in constant:
        yield band(np.repeat(values[:, None], depth, axis=1), name)


def _words(fact: str, names: tuple[str, ...], found: Known) -> str:
    best = int(found.measured.mean(axis=0).argmax())
    at = dict.fromkeys((0, best, len(names) - 1))
    shares = "; ".join(
        f"{names[stage]}: {interval_in_words(found.measured[:, stage])}" for stage in at
    )
    random, shuffled = (values.mean(axis=0).max() for values in (found.random, found.shuffled))
    return (
        f"Asked {FACTS[fact].asks}, a read-out is right in this share of the cases, in "
        f"{counted(len(found.measured), 'scene')} that it did not learn from. "
        f"{capitalised(shares)}. For comparison: with shuffled weights {text(random, 2)}, "
        f"learned with shuffled answers {text(shuffled, 2)}, each where it is best; from row and "
        f"column alone {text(float(found.place.mean()), 2)}; a guess "
        f"{text(float(found.most.mean()), 2)}."
    )
