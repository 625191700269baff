"""How far does a data engine get with this model?"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np
from jaxtyping import Float

from sam_explore.automatic import default_filters
from sam_explore.automatic.kept import Kept
from sam_explore.geometry import Prompts
from sam_explore.number_text import text
from sam_explore.prediction import Prediction, predict
from sam_explore.readings import Panel, Profile
from sam_explore.tracing import Trace, announce

from ..common.annotating import (
    HALF,
    AnnotatedScene,
    SceneToAnnotate,
    StageFigures,
    annotate,
    scenes_to_annotate,
    stage_figures,
)
from ..common.input_sizes import AS_IN_RUN, encoded_as_in
from ..common.intervals import band, interval_in_words
from ..common.numbers import counted
from ..common.probe import Probe, knob

_MOST_CLICKS = 8
_POINTS = 8  # along each side of the grid

_kept: Kept[AnnotatedScene] = Kept(most=32)


@dataclass(frozen=True)
class DataEngine(Probe):
    """The three stages in which SAM's masks were made, each on drawn scenes with known regions.

    Assisted by hand, a simulated annotator clicks on each region until a mask has the goal's IoU
    with it, or the clicks are spent. The first click lies anywhere in the region, each further one
    anywhere in what is wrong, with the logits fed back. Half automatic, the masks of a grid of
    clicks that the model is confident of are filled in first; the annotator throws the wrong ones
    away, which costs no click here, and does the rest by hand. Fully automatic, the masks of the
    grid that pass the model's own thresholds are all there is.

    A mask is right that reaches the IoU with some region of at least 1 % of the picture. What has
    no name in a scene, such as its sky, is no region. People stop when a mask looks right, and
    don't know its IoU: real clicks may be fewer or more. In the paper, confident masks were found
    by another model, a detector that was trained on those of the first stage, and SAM itself was
    trained again 11 times on what was gathered. Here one model stays as it is. Of the run only the
    model and the preprocessing are used.

    Bands are 95 % intervals of the mean over scenes, by the bootstrap.

    Reads: the predictions for clicks on clear scenes and for a grid of 8 x 8, which are kept for
        the last few models, so that the goal and the thresholds cost nothing.
    Returns: a Panel of four Profiles: the share of regions that are done over clicks, by hand and
        after filling in; the mean IoU over clicks; the share of regions that are found without a
        click; and how many masks are made and how many are right.
    Unit: shares and IoU from 0 to 1; masks a scene.
    Source: section 4 of "Segment Anything" (arXiv 2304.02643) for the stages; the annotator is our
        own.
    """

    title = "How far does a data engine get with this model?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    goal: float = knob(0.9, "true IoU at which a region is done", low=0.5, high=1.0, matters=True)
    confident: float = knob(
        0.6, "filled in from predicted IoU above", low=0.0, high=1.0, matters=True
    )
    clicks: int = knob(6, "clicks a region at most", low=1, high=_MOST_CLICKS)
    scenes: int = knob(6, "scenes", low=1, high=12)

    def coarser(self, trace: Trace) -> tuple["DataEngine", ...]:
        return (replace(self, scenes=1),) if self.scenes > 1 else ()

    def read(self, trace: Trace) -> Panel:
        found = _annotated(trace, self.scenes)
        own = default_filters(trace.sam.config)
        confident = replace(own, pred_iou_thresh=self.confident)
        each = [
            stage_figures(
                replace(scene, by_click=scene.by_click[:, : self.clicks]), self.goal, confident, own
            )
            for scene in found
        ]
        figures = StageFigures(*(np.array(one) for one in zip(*each, strict=True)))
        regions = sum(len(scene.by_click) for scene in found)
        words = (
            f"{counted(self.scenes, 'clear scene')} with {regions} regions. {self._words(figures)}"
        )
        title = f"Three stages on {counted(self.scenes, 'scene')}, goal: true IoU {text(self.goal)}"
        charts = (*_over_clicks(figures, words), *_without_clicks(figures, self.goal, words))
        return Panel(charts, title, words, across=2)

    def _words(self, figures: StageFigures) -> str:
        clicks, full = figures.iou.shape[1], text(self.goal)
        first, last = (interval_in_words(figures.done[:, index]) for index in (1, clicks))
        by_hand, after = figures.clicks.T
        filled, filled_right, made, half_right, full_right = figures.masks.T
        _, half_found, full_found = figures.regions.T
        words = (
            f"Stage 1: {first} of a scene's regions are done at true IoU {full} after one click, "
            f"and {last} after {counted(clicks, 'click')}, when the mean true IoU is "
            f"{interval_in_words(figures.iou[:, -1])}. Stage 2: {interval_in_words(filled)} masks "
            f"a scene of a predicted IoU above {text(self.confident)} are filled in"
        )
        if filled.any():
            words += f", of which {_share(filled_right, filled)} are right"
        words += (
            f"; {interval_in_words(by_hand - after)} clicks a region are saved of "
            f"{interval_in_words(by_hand)}. Stage 3: {interval_in_words(made)} masks a scene are "
            f"made automatically. {interval_in_words(half_found)} of the regions are found at true "
            f"IoU {text(HALF)}, and {interval_in_words(full_found)} at {full}."
        )
        if made.any():
            words += (
                f" Of the masks {_share(half_right, made)} are right at true IoU {text(HALF)}, and "
                f"{_share(full_right, made)} at {full}."
            )
        return words


def _annotated(trace: Trace, scenes: int) -> list[AnnotatedScene]:
    """The first scenes, each region clicked as often as anybody may ask."""
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    run = trace.description

    def asked(scene: SceneToAnnotate, name: str) -> AnnotatedScene:
        announce(name)
        encoded = encoded_as_in(trace, scene.image, AS_IN_RUN)

        def ask(prompts: list[Prompts]) -> list[Prediction]:
            return predict(trace.sam, encoded, prompts)

        return annotate(ask, encoded.frame, scene, _MOST_CLICKS, _POINTS, name)

    return [
        _kept.get(
            (run.config, run.weights, run.preprocessing, scene.seed),
            partial(asked, scene, f"Scene {number} of {scenes}"),
        )
        for number, scene in enumerate(islice(scenes_to_annotate(), scenes), start=1)
    ]


def _over_clicks(figures: StageFigures, words: str) -> tuple[Profile, Profile]:
    clicks = figures.iou.shape[1]
    done = Profile(
        np.arange(clicks + 1.0),
        (band(figures.done, "by hand"), band(figures.done_filled, "after filling in")),
        title="Stages 1 and 2: regions that are done",
        words=words,
        x_name="clicks on each region",
        y_name="share of the regions",
        y_reach=(0.0, 1.0),
    )
    iou = Profile(
        np.arange(1.0, clicks + 1),
        (band(figures.iou, "mean over regions"),),
        title="Stage 1: the mask in hand",
        words=words,
        x_name="clicks on each region",
        y_name="true IoU",
        y_reach=(0.0, 1.0),
    )
    return done, iou


def _without_clicks(figures: StageFigures, goal: float, words: str) -> tuple[Profile, Profile]:
    half, full = f"\nat {text(HALF)}", f"\nat {text(goal)}"
    regions = Profile(
        np.arange(3.0),
        (band(figures.regions, "mean over scenes", "points"),),
        title="Stages 2 and 3: regions without a click",
        words=words,
        x_name="",
        y_name="share of the regions",
        x_labels=("filled\nin right", f"found{half}", f"found{full}"),
        y_reach=(0.0, 1.0),
    )
    masks = Profile(
        np.arange(5.0),
        (band(figures.masks, "mean over scenes", "points"),),
        title="Stages 2 and 3: masks without a click",
        words=words,
        x_name="",
        y_name="masks a scene",
        x_labels=("filled\nin", "right", "made", f"right{half}", f"right{full}"),
        y_reach=(0.0, 1.0),
    )
    return regions, masks


def _share(right: Float[np.ndarray, "scene"], made: Float[np.ndarray, "scene"]) -> str:
    """The share of the masks in words, over the scenes that have some."""
    some = made > 0
    return interval_in_words(right[some] / made[some])
