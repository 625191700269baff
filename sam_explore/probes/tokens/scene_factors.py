"""How strongly do the tokens answer to each factor of a scene?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.automatic.kept import Kept
from sam_explore.geometry import Prompts
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.number_text import text
from sam_explore.read_only import ReadOnlyArrays
from sam_explore.readings import Matrix, Panel, Profile, Scale
from sam_explore.tracing import SweepTable, Trace, announce

from ..common.fact_tokens import run_key, stages_of
from ..common.factor_scenes import FACTORS, FactorScene, factor_scenes
from ..common.intervals import band, interval_in_words
from ..common.numbers import array, counted
from ..common.probe import Probe, knob
from ..common.target_knobs import capitalised

Tokens = Float[np.ndarray, "token channel"]
_TIMES = Scale("times the noise's", centre=1.0)
_ALIKE = 0.1  # of what a factor counts for: a smaller change is none


@dataclass(frozen=True, eq=False)
class Answers(ReadOnlyArrays):
    """How far tokens are changed by each factor and by its noise, as shares of their length.

    Args:
        own: of the tokens whose own pixels were changed.
        others: of those whose pixels were not; NaN where there are none.
        energy: of each noise in the pixels, as a share of its factor's.

    The last axis but one is the change: 0 the factor, 1 the noise.
    """

    own: Float[np.ndarray, "scene factor 2 stage"]
    others: Float[np.ndarray, "scene factor 2 stage"]
    energy: Float[np.ndarray, "scene factor"]

    def times(self, where: str) -> Float[np.ndarray, "scene factor stage"]:
        """The factor's change divided by that of its noise; NaN where the noise changes nothing."""
        factor, noise = np.moveaxis(getattr(self, where), 2, 0)
        return np.divide(factor, noise, out=np.full(factor.shape, np.nan), where=noise > 0)


_kept: Kept[Answers] = Kept(most=16)


@dataclass(frozen=True)
class SceneFactors(Probe):
    """How far the tokens of each depth are changed by one factor of a scene, next to noise.

    A scene is drawn again with one thing changed, and all else the same: its largest object an
    eighth of the side further in, a part of it a sixteenth further up, another texture on it, a
    board in front of it, all hues of the background turned by a third of the circle. The control
    for each is noise in the same pixels with as much energy: the differences of the pixels change
    places, and get a sign by chance. So a factor counts for as much as the network makes of it, and
    not for how many pixels it takes.

    The change of a set of tokens is the length of their difference divided by their length before,
    both over all of them. Tokens are parted by whether their own pixels were changed, as the
    embedding tells. In the others only attention, and later the last convolutions, can bring a
    change. Noise is rougher than any drawing, so that a table of ones would be a coincidence:
    compare how it goes with depth, and one factor with another.

    Neither training nor exams drew these scenes. Of the run, the model, its windows, preprocessing
    and edits are used, and not its picture. Bands are 95 % intervals of the mean over the scenes,
    by the bootstrap.

    Reads: image_encoder.vit.blocks.0.hook_residual_pre, which is the embedding,
        image_encoder.vit.blocks.*.hook_residual_post and
        image_encoder.channel_projection.hook_out, of drawn scenes.
    Returns: a Panel of two Matrices (depth, factor), the change by a factor divided by that of its
        noise, the mean over the scenes, in tokens whose pixels were changed and in the others; and
        a Profile over depth of the changes by one factor and its noise in both.
    Unit: times the change by noise; shares of the tokens' length.
    Source: our own.
    """

    title = "How strongly do the tokens answer to each factor of a scene?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    factor: str = knob(FACTORS[0], "chart of the factor", choices=FACTORS, matters=True)
    scenes: int = knob(8, "scenes", low=2, high=32, matters=True)

    def coarser(self, trace: Trace) -> tuple["SceneFactors", ...]:
        return (replace(self, scenes=2),) if self.scenes > 2 else ()

    def read(self, trace: Trace) -> Panel:
        names = tuple(stages_of(trace.sam.config))
        found = answers(trace, self.scenes)
        words = _words(found, names, FACTORS.index(self.factor))
        chart = self._chart(found, names, words)
        return Panel(
            (*_tables(found, names, words), *([chart] if chart.curves else [])),
            title=f"Factors in the tokens of {counted(self.scenes, 'scene')}",
            words=words,
            across=1,
        )

    def _chart(self, found: Answers, names: tuple[str, ...], words: str) -> Profile:
        factor = FACTORS.index(self.factor)
        curves = [
            band(changes, f"{what}, {name}")
            for where, name in (("own", "pixels changed"), ("others", "pixels not changed"))
            for change, what in enumerate((self.factor, "noise"))
            for changes in [getattr(found, where)[:, factor, change]]
            if np.isfinite(changes).any()
        ]
        return Profile(
            np.arange(float(len(names))),
            tuple(curves),
            title=f"Change of the tokens: {self.factor}",
            words=words,
            x_name="depth",
            y_name="share of the tokens' length",
            x_labels=names,
            y_reach=(0.0, 0.0),
        )


def answers(trace: Trace, count: int) -> Answers:
    """What the first scenes say; kept for the last few models."""
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    return _kept.get((run_key(trace), count), partial(_compute, trace, count))


def change_by_set(
    before: Tokens, after: Tokens, sets: tuple[Bool[np.ndarray, "token"], ...]
) -> tuple[float, ...]:
    """In each set of tokens, the length of the difference as a share of the length before.

    NaN for an empty set, or one of length 0.
    """
    found = []
    for chosen in sets:
        length = float(np.linalg.norm(before[chosen]))
        change = float(np.linalg.norm(after[chosen] - before[chosen]))
        found.append(change / length if length else np.nan)
    return tuple(found)


def _compute(trace: Trace, count: int) -> Answers:
    hooks = tuple(stages_of(trace.sam.config).values())
    own, others, energy = [], [], []
    for number, scene in enumerate(islice(factor_scenes(), count), start=1):
        announce(f"Scene {number} of {count}")
        found = _of_scene(trace, scene, hooks)
        own.append(found[..., 0])
        others.append(found[..., 1])
        energy.append(scene.energies)
    return Answers(np.array(own), np.array(others), np.array(energy))


def _of_scene(
    trace: Trace, scene: FactorScene, hooks: tuple[str, ...]
) -> Float[np.ndarray, "factor 2 stage 2"]:
    """Own and other tokens' changes by each factor and its noise."""
    before = _tokens(trace, scene.image, hooks)
    found = np.full((len(FACTORS), 2, len(hooks), 2), np.nan)
    for factor, pictures in enumerate(zip(scene.changed, scene.noise, strict=True)):
        for change, picture in enumerate(pictures):
            after = _tokens(trace, picture, hooks)
            changed = (before[0] != after[0]).any(axis=1)
            pairs = zip(before, after, strict=True)
            found[factor, change] = [change_by_set(*pair, (changed, ~changed)) for pair in pairs]
    return found


def _tokens(
    trace: Trace, picture: UInt8[np.ndarray, "height width 3"], hooks: tuple[str, ...]
) -> list[Tokens]:
    run = replace(trace, image=picture, prompts=Prompts())
    rows, columns = run.frame.tokens_shown
    read = run.read(hooks)
    found = []
    for hook in hooks:
        tokens = array(read[hook][0])
        tokens = np.moveaxis(tokens, 0, -1) if hook == IMAGE_TOKENS else tokens
        found.append(tokens[:rows, :columns].reshape(rows * columns, -1))
    return found


def _tables(found: Answers, names: tuple[str, ...], words: str) -> Iterator[Matrix]:
    """One for each set of tokens; on a coarse grid there may be none of the second."""
    for where, title in (("own", "Tokens whose pixels were changed"), ("others", "Other tokens")):
        values = _mean(found.times(where))
        if where == "others" and not np.isfinite(values).any():
            return
        yield Matrix(
            values.T,
            rows=names,
            columns=tuple(_in_two_lines(factor) for factor in FACTORS),
            title=title,
            words=words,
            row_name="depth",
            column_name="factor",
            scale=_TIMES,
        )


def _in_two_lines(name: str) -> str:
    """A name broken before its second word, since columns are narrow."""
    return name.replace(" ", "\n", 1)


def _mean(values: Float[np.ndarray, "scene *any"]) -> Float[np.ndarray, "*any"]:
    """The mean over the scenes that have a value; NaN where none has."""
    there = np.isfinite(values)
    total, many = np.where(there, values, 0).sum(axis=0), there.sum(axis=0)
    return np.divide(total, many, out=np.full(total.shape, np.nan), where=many > 0)


def _words(found: Answers, names: tuple[str, ...], factor: int) -> str:
    """What stands out in the tables, and what the chart's factor comes to."""
    own, others = (_mean(found.times(where)) for where in ("own", "others"))
    scenes, last = counted(len(found.own), "scene"), names[-1]
    if not np.isfinite(own[:, -1]).any():
        where = last if np.isfinite(own).any() else "tokens"
        return f"In {scenes}, no change of the pixels reaches the {where}."
    most = f"{capitalised(last)} whose pixels were changed answer most to {_most(own[:, -1])}"
    if np.isfinite(others[:, -1]).any():
        most += f", the others to {_most(others[:, -1])}"
    sentences = _over_depth(own, names), f"{most}.", _of_chart(found, factor)
    return f"In the mean of {scenes}: {' '.join(each for each in sentences if each)}"


def _over_depth(own: Float[np.ndarray, "factor stage"], names: tuple[str, ...]) -> str:
    """Which factors lose and keep most from the first stage to the last, as a sentence."""
    first, last = own[:, 0], own[:, -1]
    left = np.divide(last, first, out=np.full(len(own), np.nan), where=first > 0)
    if not np.isfinite(left).any():
        return ""
    least, most = int(np.nanargmin(left)), int(np.nanargmax(left))

    def said(which: int, verbs: tuple[str, str, str], unit: str = "") -> str:
        verb = verbs[int(left[which] > 1 - _ALIKE) + int(left[which] > 1 + _ALIKE)]
        ends = f"{text(first[which], 2)} to {text(last[which], 2)}"
        return f"“{FACTORS[which]}” {verb} ({ends}{unit})"

    kept, unit = "keeps its weight", " times the change by noise"
    words = said(least, ("loses most weight", kept, "gains least weight"), unit)
    if most != least:
        words += f", and {said(most, ('loses least', f'{kept} best', 'gains most'))}"
    return f"From the {names[0]} to the {names[-1]}, {words}."


def _most(times: Float[np.ndarray, "factor"]) -> str:
    """The factor that counts for most, with how many times its noise."""
    most = int(np.nanargmax(times))
    return f"“{FACTORS[most]}” ({text(times[most], 2)})"


def _of_chart(found: Answers, factor: int) -> str:
    """Whether the chart's factor counts for more than its noise at the end, as a sentence."""
    parts = []
    for where, name in (("own", "where pixels were changed"), ("others", "elsewhere")):
        times = found.times(where)[:, factor, -1]
        if np.isfinite(times).any():
            low, high = SweepTable(("all",), times[None]).interval()[0]
            told = "which can't be told from noise"
            if low > 1 or high < 1:
                told = f"{'more' if low > 1 else 'less'} than noise"
            parts.append(f"at {interval_in_words(times)} {name}, {told}")
    return f"The chart's “{FACTORS[factor]}” ends {', and '.join(parts)}." if parts else ""
