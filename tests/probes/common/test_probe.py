"""Knobs: kinds, bounds and the code that makes a probe again."""

from dataclasses import FrozenInstanceError, dataclass, replace

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.probes import Knob, Probe
from sam_explore.probes.common.probe import block_knob, knob, token_knob
from sam_explore.readings import Cell, Matrix
from sam_explore.tracing import Trace

from ...small import SMALL, sizes_of, small_trace


@dataclass(frozen=True)
class Asking(Probe):
    """A probe that stands outside the package, so that nothing checks its types but itself."""

    block: int = block_knob()
    token: tuple[int, int] = token_knob()
    size: float = knob(0.5, "size", low=0.0, high=2.0)
    kind: str = knob("plain", "kind", choices=("plain", "fancy"))

    def read(self, trace: Trace) -> Matrix:
        return Matrix(np.ones((1, 1)), ("row",), ("column",), "one", "It is one.", "row", "column")


@pytest.fixture(scope="module")
def trace():
    return small_trace()


def test_values_at_the_bounds_are_accepted(trace):
    for probe in (Asking(), Asking(3, (4, 4), 2.0, "fancy"), Asking(0, (0, 0), 0, "plain")):
        assert probe(trace).words == "It is one."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"block": 4}, r"block must lie from 0 to 3 in this run, but is 4"),
        ({"block": -1}, "must lie from 0 to 3"),
        ({"block": 1.0}, "must be a whole number, but is 1.0"),
        ({"block": True}, "must be a whole number, but is True"),
        ({"block": "2"}, "must be a whole number, but is '2'"),
        ({"block": None}, "must be a whole number, but is None"),
        ({"token": (0, 5)}, r"token \(row, column\) must lie from 0 to 4 .* \(0, 5\)"),
        ({"token": (0,)}, "must be a tuple of 2, each a whole number"),
        ({"token": 3}, "must be a tuple of 2, each a whole number"),
        ({"size": 2.1}, "must lie from 0.0 to 2.0"),
        ({"size": float("nan")}, "must lie from 0.0 to 2.0"),
        ({"kind": "other"}, "kind must be one of 'plain', 'fancy', not 'other'"),
    ],
)
def test_what_is_out_of_bounds_or_of_another_kind_is_refused_in_words(trace, change, message):
    with pytest.raises(ValueError, match=message):
        replace(Asking(), **change)(trace)


def test_bounds_come_from_the_models_configuration():
    knobs = Asking.knobs()
    assert list(knobs) == ["block", "token", "size", "kind"]
    assert knobs["block"].bounds(sizes_of(SMALL)) == (0, 3)
    assert knobs["block"].bounds(sizes_of(replace(SMALL, encoder_depth=6))) == (0, 5)
    assert knobs["token"].bounds(sizes_of(SMALL)) == (0, 4)
    assert knobs["token"].link == "token"
    assert isinstance(knobs["kind"], Knob)


def test_the_code_leaves_out_what_is_default():
    assert Asking().code == "sx.probes.Asking()"
    assert Asking(2, kind="fancy").code == "sx.probes.Asking(block=2, kind='fancy')"


def test_a_probe_is_frozen_and_compared_by_its_knobs():
    assert Asking(2) == Asking(2) != Asking(1)
    assert len({Asking(2), Asking(2), Asking(1)}) == 2
    with pytest.raises(FrozenInstanceError):
        Asking().block = 1


def test_weights_that_changed_are_not_shown_as_those_of_the_run():
    """Also by probes that read weights and no tensor of the run, and by where numbers come from."""
    trace, probe = small_trace(), sx.probes.PositionEncodingGrid()
    probe(trace)
    with torch.no_grad():
        trace.sam.image_encoder.position_encoder.table.mul_(2)
    for ask in (lambda: probe(trace), lambda: probe.origin(trace, Cell())):
        with pytest.raises(RuntimeError, match=r"weights changed after this trace was made"):
            ask()
