"""Every probe in every kind of run: prompts, pictures, windows, widths, and knobs at both ends.

Not all combinations, which would be thousands a probe, but every pair of two of them.
"""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.probes import PROBES, Probe
from sam_explore.probes.causes import attribution_baselines, attribution_curves
from sam_explore.probes.common.unit_indexing import SCENES
from sam_explore.readings import Reading
from sam_explore.tracing import Trace
from sam_explore.widgets.exploring.still_drawing import draw_still

from ..pairwise import pairwise
from ..small import SMALL, small_sam
from .prompt_token import PromptToken
from .reading_arrays import all_words, arrays

pytestmark = pytest.mark.usefixtures("small_scenes")

# The smallest network that has a windowed block with padding, a global one, heads and a hint.
TINY = replace(
    SMALL,
    name="tiny",
    image_size=24,
    encoder_dim=8,
    encoder_depth=2,
    encoder_mlp_dim=8,
    global_blocks=(1,),
    window_size=2,
    decoder_mlp_dim=8,
    iou_hidden_dim=8,
)
PICTURES = {"square": (24, 24), "wide": (12, 24), "tall": (24, 12)}  # height and width
WINDOWS = {"trained": None, "other": (0, 2)}
CHANNELS = (16, 32)  # of the upscaled image: an eighth of the decoder's
HINT = np.linspace(-4, 4, 144, dtype=np.float32).reshape(12, 12)
ONE, THREE = {"points": [(3, 4)]}, {"points": [(3, 4), (9, 9), (1, 8)], "labels": [1, 0, 1]}
BOX = {"box": (1, 2, 10, 11)}
PROMPTS = {
    "none": {},
    "one point": ONE,
    "three points": THREE,
    "box": BOX,
    "box and points": THREE | BOX,
    "hint": {"mask_hint": HINT},
    "hint and point": ONE | {"mask_hint": HINT},
}
FEW_PROMPTS = {name: PROMPTS[name] for name in ("none", "hint and point")}  # if none is read
ENDS = ("low", "high")
# Knobs that say how often the model is asked end soon after their lower bound.
COUNTS, FEW = ("points_per_side", "scenes"), 3
# Of an index over drawn scenes, which larger ones begin with.
FEW_SCENES = (16,)
# What a combination of allowed values may be refused for, in words.
REFUSED = "can't be cropped"


@cache
def picture_in(channels: int, picture: str) -> Trace:
    sam = small_sam(replace(TINY, token_dim=8 * channels))
    image = np.random.default_rng(3).integers(0, 256, (*PICTURES[picture], 3), dtype=np.uint8)
    return Trace(sam, image)


@cache
def run(channels: int, picture: str, windows: str, prompts: str) -> Trace:
    trace = picture_in(channels, picture).with_windows(WINDOWS[windows])
    return trace.with_prompts(Prompts(**PROMPTS[prompts]))


def cases(probe: type[Probe]) -> list[dict]:
    knobs = {name: knob.choices or ENDS for name, knob in probe.knobs().items()}
    knobs |= {name: FEW_SCENES for name, values in knobs.items() if values == SCENES}
    prompts = PROMPTS if probe.reads_prompts else FEW_PROMPTS
    factors = {"prompts": prompts, "picture": PICTURES, "windows": WINDOWS, "channels": CHANNELS}
    return pairwise({name: list(values) for name, values in (factors | knobs).items()})


def at_ends(probe: type[Probe], trace: Trace, case: dict) -> Probe:
    """The probe with each knob at the end of this run's bounds that the case says."""
    values = {}
    for name, knob in probe.knobs().items():
        values[name] = case[name]
        if not knob.choices:
            end = ENDS.index(case[name])
            low, high = knob.bounds(trace)
            high = min(high, low + FEW) if name in COUNTS else high
            values[name] = (low, high)[end]
            if knob.link == "token":
                values[name] = tuple(length - 1 if end else 0 for length in trace.frame.grid)
    return probe(**values)


def answer(probe: Probe, trace: Trace) -> Reading | None:
    """The reading; None where the values don't go together and the probe says so."""
    try:
        return probe(trace)
    except ValueError as error:
        if REFUSED in str(error):
            return None
        raise


@pytest.fixture(autouse=True)
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Curves of 3 places instead of 9, for each of which the model runs again."""
    monkeypatch.setattr(attribution_curves, "_STEPS", 2)
    monkeypatch.setattr(attribution_baselines, "_STEPS", 2)


@pytest.mark.parametrize("probe", [*PROBES, PromptToken], ids=lambda probe: probe.__name__)
def test_a_probe_answers_in_every_kind_of_run_at_both_ends_of_its_knobs(probe: type[Probe]):
    answered, asked_of, last = 0, cases(probe), None
    for case in asked_of:
        trace = run(*(case[name] for name in ("channels", "picture", "windows", "prompts")))
        asked = at_ends(probe, trace, case)
        if probe is PromptToken and not trace.decoder_tokens.prompt_names:
            with pytest.raises(ValueError, match="can't be chosen, since this run has none"):
                asked(trace)
            continue
        reading = answer(asked, trace)
        if reading is None:
            continue
        answered += 1
        for array in arrays(reading):
            assert not np.isinf(array).any(), case
            assert np.isfinite(array).any(), case
        for words in all_words(reading):
            assert re.fullmatch(r"[A-Z0-9].*\.", words, re.S), (case, words)
            assert not re.search(r"nan|inf\b|None|  |\bnp\.|tensor", words), (case, words)
        last = reading
    assert answered >= len(asked_of) * 2 / 3
    # In memory, with the commands of live views; see `Sheet`.
    assert np.ptp(np.asarray(draw_still(last, 400, 0.5, last.words))) > 0


def test_the_cases_hold_every_pair_of_prompts_and_ends_of_a_knob():
    found = {(case["prompts"], case["token"]) for case in cases(PromptToken)}
    assert found == {(prompts, end) for prompts in PROMPTS for end in ENDS}
