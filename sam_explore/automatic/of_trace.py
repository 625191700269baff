"""The candidates of a run: its model with its changes, on its picture."""

from dataclasses import replace

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.step_callback import announce

from .candidates import Candidates, CandidateTable
from .generator import AutomaticMaskGenerator
from .grids import crops
from .kept import Kept

_AT_ONCE = 16  # points between two calls of a callback of `between_steps`
_kept: Kept[Candidates] = Kept(most=4)  # of the last runs, as run lengths


def candidates_of(trace: Trace, points_per_side: int, crop_n_layers: int = 0) -> Candidates:
    """Every mask that a run proposes for a grid of clicks, whatever its own prompts.

    Those of the last few runs are kept, by the fingerprint of the run without its prompts, so that
    other thresholds or another click cost nothing.

    Args:
        trace: the run. Crops are runs of their own with the same changes.
        points_per_side: points of the grid along each side, of the picture and of each crop.
        crop_n_layers: as for `AutomaticMaskGenerator`.

    Raises:
        Cancelled: by a callback of `between_steps`.
        RuntimeError: the weights changed after the trace was made.
    """
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    plain = trace.with_prompts(Prompts())
    key = plain.description.fingerprint, points_per_side, crop_n_layers
    how = AutomaticMaskGenerator(points_per_side, crop_n_layers=crop_n_layers)
    return _kept.get(key, lambda: _asked(plain, how))


def _asked(trace: Trace, how: AutomaticMaskGenerator) -> Candidates:
    parts = crops(trace.image.shape[:2], how.crop_n_layers, how.crop_overlap_ratio)
    table = CandidateTable(trace.image.shape[:2], parts, how.stability_score_offset)
    done, total = 0, sum(len(how.grids[crop.layer]) for crop in parts)
    for number, crop in enumerate(parts):
        part = np.ascontiguousarray(crop.of(trace.image))
        run = replace(trace, image=part) if crop.layer else trace
        points = how.grids[crop.layer] * part.shape[1::-1]
        for start in range(0, len(points), _AT_ONCE):
            announce(f"automatic masks: point {done + 1} of {total}")
            some = points[start : start + _AT_ONCE]
            asked = [run.with_prompts(Prompts(points=[point])) for point in some]
            for point, answer in zip(some, answers(asked), strict=True):
                table.add(number, point, answer)
            done += len(some)
    return table.candidates()
