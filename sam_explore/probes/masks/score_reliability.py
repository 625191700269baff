"""How far can a score be trusted?"""

from dataclasses import astuple, dataclass, replace
from itertools import islice

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import SweepTable, Trace, announce

from ..common.asked_objects import asked_levels
from ..common.input_sizes import encoded_as_in, input_tokens_knob, size_in_words, smaller_input
from ..common.intervals import band, interval_in_words
from ..common.logits import percent
from ..common.probe import Probe, knob
from ..common.score_cases import agreement_within, choose, scored

_GROUPS, _FEWEST = 10, 6  # at most, and masks in each
WAYS = ("predicted", "stability", "both", "chance", "the best")


@dataclass(frozen=True)
class ScoreReliability(Probe):
    """Predicted IoU and stability against the truth, over many clicks on drawn scenes.

    In each scene several clicks on one object, and four masks for each. A mask's true IoU is that
    with the level under the click (whole, part or sub-part) that fits it best, since any of them
    may be meant. The first chart has the mean over all of them, too: what a model can at best know
    to which a click does not say what is meant. Of the run only the model and the preprocessing are
    used.

    The first chart is a reliability diagram: masks in groups of equal size by their predicted IoU,
    and what their true one is. The second shows what one number hides: masks of much the same true
    IoU, whose borders lie nearer to the truth or farther from it. The third chooses one of
    the alternatives by each score, by the product of both, and by chance.

    Bands are 95 % intervals of the mean, by the bootstrap over the masks of a group, or over scenes
    in the third chart and in the words; in the second chart they hold the middle 80 % of the masks.
    With few scenes they are wide.

    Reads: the predictions for clicks on drawn scenes.
    Returns: a Panel of three Profiles: true over predicted IoU; the median distance of
        borders over true IoU; and the true IoU of the chosen mask by way.
    Unit: IoU in the frame of the logits, 0 to 1; distances in cells of the logits.
    Source: reliability diagrams after "On Calibration of Modern Neural Networks" (arXiv
        1706.04599); the measure of borders is our own.
    """

    title = "How far can the scores be trusted?"
    reads_prompts = False
    about_picture = False
    runs_encoder = True
    is_sweep = True

    scenes: int = knob(6, "scenes", low=1, high=16, matters=True)
    clicks: int = knob(3, "clicks a scene", low=1, high=4, matters=True)
    tokens: int = input_tokens_knob()

    def coarser(self, trace: Trace) -> tuple["ScoreReliability", ...]:
        """One scene with a smaller input."""
        first = replace(self, scenes=1, tokens=smaller_input(trace))
        return (first,) if self.scenes > 1 else ()

    def read(self, trace: Trace) -> Panel:
        found = []
        for number, asked in enumerate(islice(asked_levels(), self.scenes), start=1):
            announce(f"Scene {number} of {self.scenes}")
            encoded = encoded_as_in(trace, asked.image, self.tokens)
            found.append(scored(trace.sam, encoded, asked, self.clicks))
        scores = np.array(found)
        by_way = np.array([[astuple(choose(click)) for click in scene] for scene in scores])
        words = _words(scores, by_way) + size_in_words(self.tokens)
        charts = (*_against_truth(scores, words), _choices(by_way.mean(axis=1), words))
        title = f"{scores[..., 0].size} masks of {self.scenes} scenes"
        return Panel(charts, title=title, words=words, across=3)


def in_groups(
    where: Float[np.ndarray, "mask"], what: Float[np.ndarray, "mask"]
) -> tuple[Float[np.ndarray, "group"], list[Float[np.ndarray, "member"]]]:
    """Masks in groups of equal size by one number: its mean in each, and the other number of each.

    Masks without the other number are left out. There are up to ten groups of six or more.
    """
    known = np.isfinite(what)
    where, what = where[known], what[known]
    count = int(np.clip(len(where) // _FEWEST, 1, _GROUPS))
    members = np.array_split(np.argsort(where, kind="stable"), count)
    x = [where[each].mean() if len(each) else np.nan for each in members]
    return np.array(x), [what[each] for each in members]


def _against_truth(
    scores: Float[np.ndarray, "scene click mask score"], words: str
) -> tuple[Profile, Profile]:
    """The reliability diagram, and the borders behind one number."""
    predicted, _, true, border, _, meant, _ = np.moveaxis(
        scores.reshape(-1, scores.shape[-1]), -1, 0
    )
    curves = []
    for which, name in ((true, "with the level that fits best"), (meant, "with any level, mean")):
        x, members = in_groups(predicted, which)
        means, low, high = np.array([_mean_and_ends(each) for each in members]).T
        curves.append(Curve(means, name, low, high))
    reliability = Profile(
        x,
        (*curves, Curve(x, "if the guess were right")),
        title="True over predicted IoU",
        words=words,
        x_name="predicted IoU",
        y_name="true IoU",
        y_reach=(0.0, 1.0),
    )
    x, members = in_groups(true, border)
    low, middle, high = np.array([_spread(each) for each in members]).T
    hidden = Profile(
        x,
        (Curve(middle, "median, and 80 % of the masks", low, high),),
        title="What one number hides",
        words=words,
        x_name="true IoU",
        y_name="distance of the borders in cells",
    )
    return reliability, hidden


def _mean_and_ends(values: Float[np.ndarray, "mask"]) -> tuple[float, float, float]:
    """The mean with the ends of its interval."""
    table = SweepTable(("all",), values[None])
    low, high = map(float, table.interval()[0])
    return float(table.mean[0]), low, high


def _spread(values: Float[np.ndarray, "mask"]) -> tuple[float, float, float]:
    """The 10th, 50th and 90th percentile; NaN without a value."""
    values = values[np.isfinite(values)]
    if not len(values):
        return np.nan, np.nan, np.nan
    low, middle, high = np.percentile(values, (10, 50, 90))
    return float(low), float(middle), float(high)


def _choices(by_way: Float[np.ndarray, "scene way"], words: str) -> Profile:
    return Profile(
        np.arange(float(len(WAYS))),
        (band(by_way, "the chosen mask", "points"),),
        title="The alternative that is chosen",
        words=words,
        x_name="by",
        y_name="true IoU",
        x_labels=WAYS,
        y_reach=(0.0, 1.0),
    )


def _words(
    scores: Float[np.ndarray, "scene click mask score"],
    by_way: Float[np.ndarray, "scene click way"],
) -> str:
    predicted, _, true, border, empty, meant, _ = np.moveaxis(scores, -1, 0)
    within = np.array([np.mean([agreement_within(each) for each in scene]) for scene in scores])
    off, from_meant = ((predicted - each).mean(axis=(1, 2)) for each in (true, meant))
    gain = (by_way[..., 0] - by_way[..., 3]).mean(axis=1)
    against = (by_way[..., 1] - by_way[..., 0]).mean(axis=1)
    both = (by_way[..., 2] - by_way[..., 0]).mean(axis=1)
    low, middle, high = _spread(border.ravel())
    return (
        f"Over {len(scores)} scenes the predicted IoU less the true one is "
        f"{interval_in_words(off)}, where that is with the level that fits best; in the mean over "
        f"all levels that may be meant it is {interval_in_words(from_meant)}. Within a "
        "prompt the rank correlation of predicted IoU and best fit is "
        f"{interval_in_words(within)}. Choosing by predicted IoU instead of by chance changes the "
        f"true IoU by {interval_in_words(gain)}; by stability instead of predicted IoU, by "
        f"{interval_in_words(against)}; by both, by {interval_in_words(both)}. Borders lie "
        f"{text(middle)} cells from the true ones in the median, {text(low)} to {text(high)} for "
        f"80 % of the masks. Empty masks are {percent(float(empty.mean()))} of all."
    )
