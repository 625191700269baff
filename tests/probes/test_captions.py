"""What captions claim is true in every state: their numbers are those of the arrays.

Each claim is found by its form, whichever probe makes it, and is held against the reading's own
numbers, which the probe does not choose for the test.
"""

import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.number_text import text
from sam_explore.probes import (
    PROBES,
    AttentionColumn,
    AttentionRow,
    Attribution,
    LogitHistogram,
    MaskThreshold,
    PatchedTokens,
    Probe,
    RawLogits,
    WindowEffect,
    WindowLayout,
)
from sam_explore.readings import Gallery, Heatmap, Matrix, Reading, range_of
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import control_of
from sam_explore.tracing.interventions import AblateHead

from ..small import small_trace
from . import claims_of_answers, claims_of_encoder
from .caption import (
    NUMBER,
    SHARE,
    Caption,
    all_readings,
    in_two_decimals,
    number,
    share_is,
)
from .reading_arrays import all_words, arrays
from .small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

SEVERAL = Prompts(points=[(12, 8), (30, 5)], labels=[1, 0], box=(2, 2, 36, 18))
STATES = {
    "no prompt": lambda trace: trace.with_prompts(Prompts()),
    "one": lambda trace: trace,
    "several": lambda trace: trace.with_prompts(SEVERAL),
    "cleared and asked for nothing": lambda trace: trace.with_prompts(Prompts.nothing()),
    "edited": lambda trace: trace.with_interventions(AblateHead(1, 0)),
    "shuffled weights": control_of,
}
ASKED = (*map(with_few_scenes, PROBES), Attribution(weights="shuffled"), RawLogits(span=0.5))
ASKED += (Attribution(threshold=100.0), RawLogits(threshold=2.0), MaskThreshold(threshold=-100.0))
ASKED += (AttentionRow(head=-2), AttentionColumn(head=-2), AttentionRow(term="scores", block=0))
ASKED += (AttentionRow((4, 4), block=0), Attribution(method="all"), LogitHistogram(span=0.5))
TRUTH = np.zeros((20, 40), bool)  # of the picture of `small_trace`: a truth that any prompt means
TRUTH[:, 20:] = True
ASKED += (
    WindowLayout(block=1),
    RawLogits(truth=TRUTH),
    LogitHistogram(truth=TRUTH),
    PatchedTokens(truth=TRUTH),
    MaskThreshold(truth=TRUTH, threshold=1.0),
)
ASKED += (
    WindowEffect(truth=TRUTH, window=0, kind="both"),
    Attribution(number="predicted IoU", weights="shuffled", truth=TRUTH),
)
# What names a thing by its number, or is a knob's own value.
NAMES = (
    r"(?:blocks?|heads?|masks?|rows?|columns?|[Cc]hannels?|clicks?|quarters of) \d+(?:, \d+)*"
    r"(?: (?:and|to) \d+)*",
    r"\d+ × \d+",
    rf"(?:above|below|it lies above|it lay above|more than) {NUMBER}",
    r"the mean of \d+ heads?",
    r"IoU of \d+ masks",
    r"1 is inside the mask and 0 outside",
)


def in_order(caption: Caption, low: str, high: str) -> bool:
    """A range is that of an array, from its least to its greatest value."""
    ranges = {(text(np.nanmin(a)), text(np.nanmax(a))) for a in arrays(caption.reading)}
    return (low, high) in ranges


def logits(caption: Caption, mask: str, low: str, high: str, share: str, above: str) -> bool:
    """Range and share are those of the mask's own map."""
    about = [
        each.values
        for each in caption.maps
        if f"mask {mask} " in each.words and f"from {low} to {high};" in each.words
    ]
    # A histogram has none: there the logits are those of the run.
    values = about[0] if about else caption.trace.prediction.visible[int(mask)]
    inside = 100 * float((values > number(above)).mean())
    return (low, high) == (text(values.min()), text(values.max())) and share_is(share, inside)


def above_threshold(caption: Caption, threshold: str, mean: str) -> bool:
    """The mean of what lies above something lies above it."""
    return number(mean) > number(threshold)


def before_after(caption: Caption, threshold: str, before: str, after: str) -> bool:
    return number(before) > number(threshold)


def greatest_place(caption: Caption, row: str, column: str) -> bool:
    """A map has its greatest value in that patch or cell."""
    for each in caption.maps:
        at = np.unravel_index(np.nanargmax(each.values), each.values.shape)
        if (int(row), int(column)) == tuple(map(int, at)):
            return True
    return False


def taken_click(caption: Caption) -> bool:
    prompts = caption.trace.prompts
    return not len(prompts.points) and prompts.box is None


def is_a_share(caption: Caption, value: str) -> bool:
    return 0 <= number(value) <= 1


def predicted(caption: Caption, before: str, after: str) -> bool:
    """Both are entries of the table of predicted IoU, where true IoU may stand between them."""
    [table] = caption.tables
    names = [each.replace("\n", " ") for each in table.columns]
    columns = [names.index("predicted before"), names.index("predicted now")]
    return any(all(map(in_two_decimals, (before, after), row[columns])) for row in table.values)


def chosen(caption: Caption, mask: str) -> bool:
    return int(mask) == caption.trace.prediction.chosen


def colours_end(caption: Caption, low: str, high: str, below: str, above: str) -> bool:
    """Of some map, or of maps on one scale, so many values lie beyond the ends."""
    for each in all_readings(caption.reading):
        if isinstance(each, Gallery) and each.shared:
            values = np.concatenate([one.values.ravel() for one in each.maps])
            colours = range_of(each.shared, values)
        elif isinstance(each, Heatmap | Matrix):
            values, colours = each.values.ravel(), range_of(each.scale, each.values)
        else:
            continue
        beyond = [100 * share for share in colours.beyond(values)]
        if (low, high) == (text(colours.low), text(colours.high)) and all(
            share == 0 if words == "none" else share_is(words.removesuffix(" %"), share)
            for words, share in zip((below, above), beyond, strict=True)
        ):
            return True
    return False


CLAIMS: tuple[tuple[str, Callable[..., bool]], ...] = (
    *claims_of_encoder.CLAIMS,
    *claims_of_answers.CLAIMS,
    (
        rf"logits of mask (\d)[^;.]*? go from {NUMBER} to {NUMBER}; {SHARE} lie above {NUMBER}",
        logits,
    ),
    (rf"mean logit where it lies above {NUMBER} is {NUMBER}", above_threshold),
    (rf"mean logit where it lay above {NUMBER} goes from {NUMBER} to {NUMBER}", before_after),
    (rf"channel \d+ [\w ]*?goes from {NUMBER} to {NUMBER}", in_order),
    (rf"norms of the position encodings go from {NUMBER} to {NUMBER}", in_order),
    (rf"the shares of [^.;]*? go from {NUMBER} to {NUMBER}", in_order),
    (r"the greatest is at row (\d+), column (\d+)", greatest_place),
    (r"The greatest, [^ ]+, is at row (\d+), column (\d+)", greatest_place),
    (r"There is no click; one in the middle", taken_click),
    (rf"overlap with the mask [\w ]+? is {NUMBER}", is_a_share),
    (rf"keeps an IoU of at least {NUMBER}", is_a_share),
    (rf"stability score is {NUMBER}", is_a_share),
    (r"its predicted IoU goes from ([−-]?[\d.]+\d) to ([−-]?[\d.]+\d)", predicted),
    (r"The model's choice is mask (\d)", chosen),
    (
        rf"olours end at {NUMBER} and {NUMBER}[\w ]*; (none|[\w ]+ %) of the values lie below and "
        r"(none|[\w ]+ %) above",
        colours_end,
    ),
)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


@pytest.fixture(scope="module")
def ask(trace: Trace) -> Callable[[Probe, str], tuple[Trace, Reading]]:
    """The run of a state and a probe's reading of it, each made once."""
    run = cache(lambda state: STATES[state](trace))
    numbered = {id(probe): probe for probe in ASKED}  # a truth can't be hashed
    read = cache(lambda number, state: numbered[number](run(state)))
    return lambda probe, state: (run(state), read(id(probe), state))


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("probe", ASKED, ids=lambda probe: probe.code.removeprefix("sx.probes."))
def test_what_is_claimed_is_so(probe: Probe, state: str, ask: Callable):
    run, reading = ask(probe, state)
    for part in all_readings(reading):
        caption = Caption(probe, run, part)
        for form, holds in CLAIMS:
            whole = Caption(probe, run, reading)
            for found in re.finditer(form, part.words, re.I):
                assert holds(whole, *found.groups()), found[0]
    assert bool(re.search("There is no click", reading.words)) == (
        probe.makes_a_click and taken_click(caption)
    )
    for words in all_words(reading):
        assert not re.search(r"(?<!predicted )(?<!true )\bIoU [−-]?\d", words), "predicted or true?"


def in_fitting_windows(trace: Trace) -> Trace:
    """Windows as large as the grid."""
    return trace.with_windows((trace.frame.grid[0], 0) * 2)


def test_windows_that_fit_the_grid_are_said_to(trace: Trace):
    reading = WindowLayout()(in_fitting_windows(trace))
    assert "They fit the grid of 5 × 5 tokens" in reading.words
    assert reading.values.shape == (5, 5)


def test_every_form_of_a_claim_is_met(trace: Trace, ask: Callable):
    words = " ".join(
        each
        for probe in ASKED
        for state in ("no prompt", "one")
        for each in all_words(ask(probe, state)[1])
    )
    words += WindowLayout()(in_fitting_windows(trace)).words
    unmet = [form for form, _ in CLAIMS if not re.search(form, words, re.I)]
    assert not unmet, "\n".join(unmet)


# Of the words about these each number is worked out by hand in the probe's own test.
BY_HAND = (
    ".patches.",
    ".projection.",
    ".sizes.",
    ".prompts.",
    ".hints.",
    ".decoder.",
    ".automatic.",
)
BY_HAND += (".mask_blend", ".swapped_vectors", ".token_levels")
BY_HAND += (".score_neurons", ".score_reliability", ".stability_curve", ".answer_spread")
BY_HAND += (".click_map", ".left_out_prompts", ".magic_wand")
BY_HAND += (".pair_score", ".head_directions", ".head_atlas", ".place_in_tokens")
BY_HAND += (".token_components", ".block_similarity", ".encoder_lens", ".token_similarity")
BY_HAND += (".token_reach",)
BY_HAND += (".position_encoding_grid", ".shuffled_tokens", ".three_encodings")
BY_HAND += (".known_by_depth", ".removed_directions", ".block_order", ".planted_outlier")
BY_HAND += (".attribution_baselines", ".unit_patches", ".unit_clamped")
BY_HAND += (".alike_proposals",)
BY_HAND += (".scene_factors",)
HELD = [probe for probe in ASKED if not any(each in type(probe).__module__ for each in BY_HAND)]


@pytest.mark.parametrize("probe", HELD, ids=lambda probe: probe.code.removeprefix("sx.probes."))
def test_each_number_in_words_is_part_of_a_claim_that_is_held_against_the_arrays(
    probe: Probe, ask: Callable
):
    for words in all_words(ask(probe, "one")[1]):
        forms = (*(form for form, _ in CLAIMS), *NAMES)
        spans = [found.span() for form in forms for found in re.finditer(form, words, re.I)]
        left = [
            found.start()
            for found in re.finditer(r"\d", words)
            if not any(start <= found.start() < end for start, end in spans)
        ]
        assert not left, [words[max(0, at - 40) : at + 10] for at in left]
