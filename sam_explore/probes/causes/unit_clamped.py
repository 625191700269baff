"""What becomes of the mask when a unit of the image encoder is clamped?"""

from dataclasses import dataclass, replace

import numpy as np

from sam_explore.model import SamConfig
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import Trace, announce
from sam_explore.tracing.interventions import Intervention, ResizeHead, SetChannel

from ..common.before_after import change_in_words, change_of_mask, masks_before_and_after
from ..common.intervals import interval_in_words
from ..common.logits import overlap_in_logits
from ..common.numbers import counted
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target
from ..common.unit_index import UnitIndex
from ..common.unit_indexing import chosen_unit, index_scenes_knob, unit_index
from ..common.units import HEAD, Layer, layer_knob, unit_knob

ZERO, MEAN, GREATEST = "zero", "its mean", "its greatest value"
_OTHERS = 8  # units of the same layer, at most


@dataclass(frozen=True)
class UnitClamped(ComparedWithTruth, Probe):
    """A mask after one unit was made the same at every token.

    It is clamped to zero; to its mean over drawn scenes, which takes away what it says of places
    and leaves what is common to them; or to its greatest value there, as if what drives it most lay
    everywhere. A head, whose value is the norm of what it puts out, keeps its direction at each
    token and gets that norm. The index of the units, which mean and greatest value are from, is
    that of `UnitPatches`.

    The control: up to 8 other units of the same layer, drawn by chance, are clamped in the same
    way, one at a time, each to its own value. A unit counts for no more than the others if its
    overlap lies among theirs. Given a truth, the mask's true IoU stands next to the predicted one.

    Reads: the prediction, as it is and with one unit clamped at
        image_encoder.vit.blocks.N.attention.hook_out_per_head,
        image_encoder.vit.blocks.N.mlp.hook_hidden, image_encoder.vit.blocks.N.hook_residual_post
        or image_encoder.channel_projection.hook_out; and these in drawn scenes.
    Returns: a Panel of three Heatmaps (row, column) of raw logits, as far as the picture reaches:
        before, clamped, and the change; and a Matrix (run, number) of the mask's overlap with the
        mask as it was, its predicted IoU, and given a truth its true IoU, for each of the three
        values and for the other units in the mean.
    Unit: logits; IoU from 0 to 1, of which the predicted one has no bounds.
    Source: clamped units, as in "Network Dissection" and its sequel on single units (arXiv
        2009.05041), where they are set to zero; the other units as a control are our own.
    """

    title = "What becomes of the mask when a unit is clamped?"
    runs_encoder = True
    is_sweep = True

    layer: int = layer_knob(4)
    unit: int = unit_knob()
    to: str = knob(MEAN, "clamped to", choices=(ZERO, MEAN, GREATEST))
    scenes: int = index_scenes_knob()
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def coarser(self, trace: Trace) -> tuple["UnitClamped", ...]:
        sizes = self.knobs()["scenes"].choices
        return tuple(replace(self, scenes=each) for each in sizes if each < self.scenes)

    def read(self, trace: Trace) -> Panel:
        index = unit_index(trace, self.scenes)
        layer, unit = chosen_unit(index, trace.sam.config, self.layer, self.unit)
        before, name = trace.prediction, layer.unit(unit)
        mask = mask_shown(self.mask, before)
        values = {to: value_of(index, layer, unit, to) for to in (ZERO, MEAN, GREATEST)}
        after = {}
        for to, value in values.items():
            announce(f"{name[0].upper()}{name[1:]}, clamped to {to}")
            after[to] = clamped(trace, layer, unit, value).prediction
        others = self._others(trace, index, layer, unit)
        table = self._table(trace, mask, after, others)
        words = self._words(trace, (layer, unit), (mask, values[self.to]), after[self.to], others)
        maps = masks_before_and_after(mask, before, after[self.to], self.threshold)
        change = change_of_mask(mask, before, after[self.to], words)
        title = f"{name[0].upper()}{name[1:]}, clamped to {self.to}"
        return Panel((*maps, change, replace(table, words=words)), title, words, across=2)

    def _others(
        self, trace: Trace, index: UnitIndex, layer: Layer, unit: int
    ) -> dict[int, Prediction]:
        """The answers with other units clamped, by their number."""
        found = {}
        for other in other_units(trace.sam.config, layer, unit):
            announce(f"Control: {layer.unit(other)}, clamped to {self.to}")
            value = value_of(index, layer, other, self.to)
            found[other] = clamped(trace, layer, other, value).prediction
        return found

    def _table(
        self,
        trace: Trace,
        mask: int,
        after: dict[str, Prediction],
        others: dict[int, Prediction],
    ) -> Matrix:
        before, target = trace.prediction, self.target(trace)
        rows = {"as it was": [before], **{f"to {to}": [each] for to, each in after.items()}}
        if others:
            rows[f"others,\nto {self.to}"] = list(others.values())
        is_judged = target is not None and target.mask is not None
        columns = ("overlap", "predicted IoU", "true IoU")[: 3 if is_judged else 2]

        def numbers(each: Prediction) -> list[float]:
            found = [overlap_in_logits(before, each, mask, self.threshold), float(each.iou[mask])]
            return found + _true(target, each, mask, self.threshold)

        values = [np.mean([numbers(each) for each in run], axis=0) for run in rows.values()]
        title = f"Mask {mask} with the unit clamped"
        scale = Scale("IoU", low=0.0, high=1.0)
        return Matrix(np.array(values).round(3), tuple(rows), columns, title, "", "", "", scale)

    def _words(
        self,
        trace: Trace,
        of: tuple[Layer, int],
        at: tuple[int, float],
        after: Prediction,
        others: dict[int, Prediction],
    ) -> str:
        (layer, unit), (mask, value) = of, at
        before = trace.prediction
        words = (
            f"Clamped to {self.to}, {text(value)}, {layer.unit(unit)} is the same at every token. "
            f"{change_in_words(mask, before, after, self.threshold)}"
            f"{self.change_of_ious_in_words(trace, (before, after), mask, self.threshold)}"
        )
        if not others:
            return f"{words} The layer has no other unit to compare it with."
        overlaps = np.array(
            [overlap_in_logits(before, each, mask, self.threshold) for each in others.values()]
        )
        own = overlap_in_logits(before, after, mask, self.threshold)
        lower = int((overlaps < own).sum())
        return (
            f"{words} With {counted(len(others), 'other unit')} of the layer clamped in the same "
            f"way, one at a time, the overlap is {interval_in_words(overlaps)} in the mean; it is "
            f"lower than with this unit for {lower} of them."
        )


def value_of(index: UnitIndex, layer: Layer, unit: int, to: str) -> float:
    """What a unit is clamped to: ZERO, its MEAN or its GREATEST value over the index's scenes."""
    if to == ZERO:
        return 0.0
    return float(index.mean(layer)[unit] if to == MEAN else index.layers[layer].values[unit, 0])


def clamped(trace: Trace, layer: Layer, unit: int, value: float) -> Trace:
    """The same run with a unit that has one value at every token."""
    change: Intervention = SetChannel(layer.hook, unit, value)
    if layer.kind == HEAD:
        change = ResizeHead(layer.block, unit, value)
    return trace.with_interventions(change)


def other_units(config: SamConfig, layer: Layer, unit: int) -> list[int]:
    """A few other units of a layer, drawn by chance, the same each time."""
    others = np.delete(np.arange(layer.count(config)), unit)
    chosen: list[int] = np.random.default_rng(0).permutation(others)[:_OTHERS].tolist()
    return chosen


def _true(target: Target | None, each: Prediction, mask: int, threshold: float) -> list[float]:
    if target is None or target.mask is None:
        return []
    return [float(target.ious(each, threshold)[mask])]
