"""Makes the unit index of a model: one pass over drawn scenes for all of its units."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sam_explore.automatic.kept import Kept
from sam_explore.geometry import Prompts
from sam_explore.model import SamConfig
from sam_explore.tracing import Trace, announced_as
from sam_explore.tracing.attribution import control_of

from . import unit_index_file, units
from .fact_tokens import run_key
from .probe import knob
from .token_factors import FACTORS, factors_of
from .token_truth import FIRST_SEED, SIDE, Grid, drawn
from .unit_index import LayerIndex, UnitIndex, fit_of
from .units import Layer

SCENES = (16, 64, 256, 1024, 4096)  # that an index may be made of
TOP = 9  # tokens kept of each unit
GROUPS = 16  # of scenes, which intervals are drawn from
ON_SHARE = 0.05  # of the tokens, at which a unit is on
WORLD = "varied"
_FIRST_SCENES = 16  # that say above which value a unit is on, and count for nothing else
_FROM_EACH = 512  # tokens at most of each of these
_SAVED_FROM = 256  # scenes; a smaller index is soon made again
_SAID = ("", ", shuffled weights")

_kept: Kept[UnitIndex] = Kept(most=3)


def index_scenes_knob() -> Any:
    """A field that is the number of scenes of an index."""
    return knob(64, "scenes", choices=SCENES)


def unit_index(trace: Trace, scenes: int) -> UnitIndex:
    """The index of all units of a run's model, over so many drawn scenes.

    One pass over the scenes serves all units. It goes on from the largest smaller index that is
    known, and each size of SCENES on the way is a whole index, so that little is lost if the
    callback of `between_steps` stops it. The latest few are kept in memory; those of 256 scenes and
    more also in the cache folder, unless the run has an edit that no other process knows.

    Args:
        trace: whose model, windows, preprocessing and edits are used; not its picture and prompts.
        scenes: one of SCENES.
    """
    trace.engine.refuse_changed_weights()  # also where the index is kept
    return _kept.get((run_key(trace), scenes), partial(_made, trace, scenes))


def chosen_unit(index: UnitIndex, config: SamConfig, layer: int, unit: int) -> tuple[Layer, int]:
    """The layer and the unit that the knobs of a probe mean.

    Args:
        index: of the model.
        config: its sizes.
        layer: the place in `layers_of`.
        unit: its number in the layer; MOST_TELLING is the one with the greatest IoU beyond chance
            with any factor, and a number beyond the last means the last.
    """
    chosen = units.layers_of(config)[layer]
    if unit == units.MOST_TELLING:
        return chosen, int(fit_of(index, index.layers[chosen]).beyond.max(axis=1).argmax())
    return chosen, min(unit, chosen.count(config) - 1)


def _made(trace: Trace, scenes: int) -> UnitIndex:
    blank = _without_picture(trace)
    is_saved = blank.description.is_portable and scenes >= _SAVED_FROM
    first = drawn(WORLD, FIRST_SEED, blank.frame.tokens_shown)
    name = unit_index_file.name_of(run_key(trace), scenes, first.image)
    found = unit_index_file.read(name) if is_saved else None
    if found is not None:
        return found
    smaller = [each for each in SCENES if each < scenes]
    before = unit_index(trace, smaller[-1]) if smaller else None
    runs = blank, _without_picture(control_of(trace))
    growing = _first(runs) if before is None else _opened(before)
    made = _grown(growing, runs, scenes, lambda: _kept.known((run_key(trace), scenes)))
    if is_saved:
        unit_index_file.write(name, made)
    return made


def _without_picture(trace: Trace) -> Trace:
    return replace(trace, image=np.zeros((SIDE, SIDE, 3), np.uint8), prompts=Prompts())


def _grown(
    growing: "_GrowingIndex",
    runs: tuple[Trace, Trace],
    scenes: int,
    known: Callable[[], UnitIndex | None],
) -> UnitIndex:
    """The index with scenes added until it has so many.

    `known` gives the same index, if another view made it while this one gave way.
    """
    for number in range(growing.scenes, scenes):
        if (found := known()) is not None:
            return found
        seed = FIRST_SEED + _FIRST_SCENES + number
        truth = drawn(WORLD, seed, growing.grid)
        holds = factors_of(truth)
        growing.tokens[number % GROUPS] += len(holds)
        growing.factor[number % GROUPS] += holds.sum(axis=0)
        for run, layers, said in zip(runs, growing.layers, _SAID, strict=True):
            with announced_as(f"Scene {number + 1} of {scenes}{said}"):
                for layer, values in units.all_values(replace(run, image=truth.image)):
                    layers[layer].add(values.flatten(0, 1), holds, seed, number % GROUPS)
    for array in (growing.tokens, growing.factor):
        array.setflags(write=False)
    ours, shuffled = ({layer: one.closed() for layer, one in all_.items()}
                      for all_ in growing.layers)  # fmt: skip
    return UnitIndex(growing.grid, scenes, growing.factor, growing.tokens, ours, shuffled)


@dataclass
class _GrowingIndex:
    """An index while scenes are added: as `UnitIndex`, with the layers of both networks."""

    grid: Grid
    scenes: int
    factor: Int[np.ndarray, "group factor"]
    tokens: Int[np.ndarray, "group"]
    layers: "tuple[dict[Layer, _Growing], dict[Layer, _Growing]]"


class _Growing:
    """The index of a layer while scenes are added."""

    def __init__(self, known: dict[str, Tensor]):
        self.known = known

    def add(
        self,
        values: Float[Tensor, "token unit"],
        holds: Bool[np.ndarray, "token factor"],
        seed: int,
        group: int,
    ) -> None:
        known = self.known
        known["total"] += values.sum(dim=0, dtype=torch.float64)
        on = values > known["threshold"]
        group %= len(known["on"])
        known["on"][group] += on.sum(dim=0)
        shared = on.float().T @ torch.tensor(holds, dtype=torch.float32, device="cpu")
        known["both"][group] += shared.round().int()
        best, token = values.max(dim=0)
        joined = torch.cat([known["values"], best[:, None]], dim=1)
        known["values"], places = joined.topk(TOP, dim=1)
        for name, here in (("seeds", torch.full_like(token, seed)), ("tokens", token)):
            known[name] = torch.cat([known[name], here[:, None]], dim=1).gather(1, places)

    def closed(self) -> LayerIndex:
        """As plain arrays."""
        arrays = {name: tensor.numpy().copy() for name, tensor in self.known.items()}
        for array in arrays.values():
            array.setflags(write=False)
        return LayerIndex(**arrays)


def _opened(index: UnitIndex) -> _GrowingIndex:
    """A copy to go on with."""
    ours, shuffled = (
        {layer: _Growing({name: torch.from_numpy(each.copy()) for name, each in vars(one).items()})
         for layer, one in layers.items()}
        for layers in (index.layers, index.shuffled)
    )  # fmt: skip
    counts = index.factor.copy(), index.tokens.copy()
    return _GrowingIndex(index.grid, index.scenes, *counts, (ours, shuffled))


def _first(runs: tuple[Trace, Trace]) -> _GrowingIndex:
    """An index without any scene, of which only the thresholds are known."""
    ours, shuffled = (
        dict(_begun(run, said, groups))
        for run, said, groups in zip(runs, _SAID, (GROUPS, 1), strict=True)
    )
    factor = np.zeros((GROUPS, len(FACTORS)), int)
    return _GrowingIndex(
        runs[0].frame.tokens_shown, 0, factor, np.zeros(GROUPS, int), (ours, shuffled)
    )


def _begun(run: Trace, said: str, groups: int) -> Iterator[tuple[Layer, _Growing]]:
    """The layers before any scene counts: with the values above which their units are on."""
    greatest: dict[Layer, Tensor] = {}
    grid = run.frame.tokens_shown
    for number in range(_FIRST_SCENES):
        truth = drawn(WORLD, FIRST_SEED + number, grid)
        chosen = _chosen(grid, number)
        most = max(1, round(ON_SHARE * len(chosen) * _FIRST_SCENES))
        with announced_as(f"Scene {number + 1} of the {_FIRST_SCENES} that come first{said}"):
            for layer, values in units.all_values(replace(run, image=truth.image)):
                here = values.flatten(0, 1)[chosen]
                known = torch.cat([greatest[layer], here]) if layer in greatest else here
                greatest[layer] = known.topk(min(most, len(known)), dim=0).values
    for layer, values in greatest.items():
        count = values.shape[1]
        yield layer, _Growing({
            "threshold": values[-1].clone(),
            "total": values.new_zeros(count, dtype=torch.float64),
            "values": values.new_full((count, TOP), -torch.inf),
            "seeds": values.new_zeros((count, TOP), dtype=torch.long),
            "tokens": values.new_zeros((count, TOP), dtype=torch.long),
            "on": values.new_zeros((groups, count), dtype=torch.long),
            "both": values.new_zeros((groups, count, len(FACTORS)), dtype=torch.int),
        })  # fmt: skip


def _chosen(grid: Grid, number: int) -> Int[np.ndarray, "token"]:
    """Some tokens of one of the first scenes, the same each time."""
    chance = np.random.default_rng(number)
    return chance.permutation(grid[0] * grid[1])[:_FROM_EACH]
