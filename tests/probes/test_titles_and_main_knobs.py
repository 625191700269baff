"""Each probe asks its question in words, and says which knobs matter."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from sam_explore import probes
from sam_explore.probes.common.probe import knob

from ..small import small_trace
from .test_knobs import differ, other_values

PROBES = sorted(
    (
        each
        for each in vars(probes).values()
        if isinstance(each, type) and issubclass(each, probes.Probe) and each is not probes.Probe
    ),
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_each_probe_has_its_question_in_words_and_one_or_two_knobs_that_matter(probe):
    assert "title" in vars(probe)
    assert probe.title[0].isupper()
    assert probe.title.endswith("?")
    assert 15 < len(probe.title) < 70
    assert len(probe.main_knobs()) <= 2
    assert probe.main_knobs() or not probe.knobs()


def test_no_two_probes_ask_the_same():
    titles = [probe.title for probe in PROBES]
    assert len(titles) > 20
    assert len(set(titles)) == len(titles)


@dataclass(frozen=True)
class Three:
    one: int = knob(1, "one")
    two: int = knob(2, "two")
    three: int = knob(3, "three")

    knobs = classmethod(probes.Probe.knobs.__func__)
    main_knobs = classmethod(probes.Probe.main_knobs.__func__)


def test_the_first_two_knobs_matter_where_none_is_declared_to():
    assert Three.main_knobs() == ("one", "two")


def test_a_declared_knob_stands_alone():
    @dataclass(frozen=True)
    class Declared(Three):
        three: int = knob(3, "three", matters=True)

    assert Declared.main_knobs() == ("three",)


def test_one_scale_for_all_heads_means_nothing_where_one_head_is_shown():
    assert probes.AttentionRow(head=0).idle_knobs == {"shared"}
    assert probes.AttentionRow(head=-2).idle_knobs == set()


def test_a_single_block_leaves_stage_and_kind_without_meaning():
    assert probes.WindowEffect(block=3).idle_knobs == {"stage", "kind"}
    assert probes.WindowEffect().idle_knobs == set()


@pytest.mark.parametrize(
    "probe", [probes.Attribution, probes.AttributionCurves, probes.ClickGradient]
)
def test_a_predicted_iou_knows_no_threshold_unless_the_true_one_is_said(probe):
    assert probe().idle_knobs == set()
    assert probe(number="predicted IoU").idle_knobs == {"threshold"}
    known = probe(number="predicted IoU", truth=np.ones((20, 40), bool))
    assert known.idle_knobs == set()
    assert probes.HeadEffects(number="predicted IoU").idle_knobs == set()  # masks are compared


@pytest.mark.parametrize(
    "probe",
    [
        probes.AttentionRow(head=0),
        probes.AttentionColumn(head=0),
        probes.WindowEffect(block=1, window=2),
        probes.WindowSweep(block=1),
        probes.Attribution(number="predicted IoU"),
        probes.ClickGradient(number="predicted IoU"),
    ],
    ids=lambda probe: type(probe).__name__,
)
def test_a_knob_that_is_hidden_changes_nothing(probe):
    trace = small_trace()
    plain = probe(trace)
    assert probe.idle_knobs
    for name in probe.idle_knobs:
        for value in other_values(probe, name):
            assert not differ(plain, replace(probe, **{name: value})(trace)), (name, value)
