"""Each knob of each registered probe does something."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sam_explore.probes import PROBES, Probe
from sam_explore.probes.common.attention import ALL
from sam_explore.probes.common.prompt_changes import PICKED_TOKEN
from sam_explore.probes.common.unit_indexing import SCENES
from sam_explore.readings import Reading

from ..small import SMALL, sizes_of, small_trace
from .reading_arrays import all_words, arrays, parts
from .small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

# A window other than the trained one, and smaller, so that tables can also be cropped; and a mask
# that is not the model's choice here, which −1 stands for.
START = {"window": 2, "mask": 0}
# One scale or many matters where all heads are shown.
NEEDED = {
    "shared": {"head": ALL},
    "shift": {"form": "shifted"},
    "token": {"change": PICKED_TOKEN, "of": "the picked token"},
    "stability_score_thresh": {"pred_iou_thresh": 0.0},  # else no candidate gets so far
    "box_nms_thresh": {"pred_iou_thresh": 0.0, "stability_score_thresh": 0.0},
}
# At 0 no image token has half of its logits inside mask 0, which a planted outlier leaves as it is.
# And −1 stands for the last kernel here.
OF_ONE_PROBE = {
    "LogitByOrigin": {"threshold": -0.2},
    "PlantedOutlier": {"threshold": -0.2},
    "KernelResponse": {"kernel": 3},
    "InputSize": {"tokens": 5},
    "AlikeProposals": {"threshold": 0.5},  # else the answer to the first covers all that is alike
}
KNOBS = [(probe, name) for probe in PROBES for name in probe.knobs()]


@pytest.fixture(scope="module")
def ask() -> Callable[[Probe], Reading]:
    """Asks each probe once with each of its knobs' values."""
    trace = small_trace()
    # Of no hint there are no stages.
    hint = np.linspace(-3, 5, 400, dtype=np.float32).reshape(20, 20)
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(hint))
    return cache(lambda probe: probe(hinted if ".hints." in probe.__module__ else trace))


@pytest.mark.parametrize(
    ("probe", "name"), KNOBS, ids=lambda each: each if isinstance(each, str) else each.__name__
)
def test_another_value_of_a_knob_gives_other_numbers_words_or_scales(
    probe: type[Probe], name: str, ask: Callable
):
    wanted = START | NEEDED.get(name, {}) | OF_ONE_PROBE.get(probe.__name__, {})
    known = {knob: value for knob, value in wanted.items() if knob in probe.knobs()}
    start = replace(with_few_scenes(probe), **known)
    for value in other_values(start, name):
        assert differ(ask(start), ask(replace(start, **{name: value}))), value


def test_the_same_probe_on_the_same_run_does_not_differ():
    probe = PROBES[0]()
    assert not differ(probe(small_trace()), probe(small_trace()))


def other_values(probe: Probe, name: str) -> list:
    """Allowed values of a knob, other than its own: all choices, or both bounds."""
    knob, now = probe.knobs()[name], getattr(probe, name)
    values = knob.choices or knob.bounds(sizes_of(SMALL))
    if values == SCENES:  # of an index, which takes minutes for most of them
        values = values[:2]
    elif name == "scenes":  # each of which takes as long, and of some a knob allows many
        values = (values[0], min(values[1], values[0] + 2))
    if isinstance(now, tuple):
        values = [(value, *now[1:]) for value in values] + [(*now[:-1], value) for value in values]
    return [value for value in dict.fromkeys(values) if value != now]


def differ(one: Reading, other: Reading) -> bool:
    """Whether two readings differ in words, in numbers, or in the scales that show the numbers."""
    if all_words(one) != all_words(other) or scales(one) != scales(other):
        return True
    pairs = zip(arrays(one), arrays(other), strict=True)
    return not all(np.array_equal(first, second, equal_nan=True) for first, second in pairs)


def scales(reading: Reading) -> list:
    """How its numbers and those of its parts become colours and heights."""
    own = [getattr(reading, name, None) for name in ("scale", "shared", "log")]
    return own + [each for part in parts(reading) for each in scales(part)]
