"""Drawn scenes of 64 pixels a side, each drawn once for all tests that take them.

Many probes look at dozens or hundreds of scenes. On the coarse grids of the small networks those of
256 pixels show no more, and take a quarter more time; most is saved where none is drawn again.
"""

from collections.abc import Iterator

import pytest

from sam_explore.automatic.kept import Kept
from sam_explore.probes import Probe
from sam_explore.probes.common import token_truth, unit_indexing
from sam_explore.probes.common.unit_index import UnitIndex
from sam_explore.scenes.composition import Repertoire, compose_with_textures

SIDE = 64

_drawn: dict[tuple[int, int, int], tuple] = {}
# Of these scenes: no other test may find them. By how many come first.
_kept: dict[int, Kept[UnitIndex]] = {2: Kept(most=8), 16: Kept(most=8)}


def drawn_once(repertoire: Repertoire, seed: int, side: int) -> tuple:
    key = id(repertoire), seed, side
    if key not in _drawn:
        _drawn[key] = compose_with_textures(repertoire, seed, side)
    return _drawn[key]


def forget_what_was_drawn() -> None:
    """Scenes of another size are kept under the same names."""
    token_truth.drawn.cache_clear()
    token_truth.asked_scenes.cache_clear()


@pytest.fixture
def small_scenes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small scenes, of which two instead of 16 say above which value a unit is on."""
    yield from _small(monkeypatch, 2)


@pytest.fixture
def small_scenes_after_many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Small scenes, where it counts above which value a unit is on: 16 say it, as usual."""
    yield from _small(monkeypatch, 16)


def _small(monkeypatch: pytest.MonkeyPatch, first: int) -> Iterator[None]:
    monkeypatch.setattr(token_truth, "SIDE", SIDE)
    monkeypatch.setattr(token_truth, "compose_with_textures", drawn_once)
    monkeypatch.setattr(unit_indexing, "_FIRST_SCENES", first)
    monkeypatch.setattr(unit_indexing, "_kept", _kept[first])
    forget_what_was_drawn()
    yield
    forget_what_was_drawn()


def with_few_scenes(probe: type[Probe]) -> Probe:
    """A probe by default, but of the smallest index, or of one scene more than the least."""
    knob = probe.knobs().get("scenes")
    if knob is None:
        return probe()
    return probe(scenes=min(knob.choices) if knob.choices else knob.low + 1)
