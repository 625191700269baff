"""The candidates of a run: its model with its changes, on its picture."""

from collections import OrderedDict
from threading import Lock

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.step_callback import announce

from .candidates import Candidates, CandidateTable
from .grids import crops, point_grid

_AT_ONCE = 16  # points between two calls of a callback of `between_steps`
_MOST_KEPT = 4  # runs whose candidates are kept, as run lengths

_kept: OrderedDict[tuple[str, int], Candidates] = OrderedDict()
_lock = Lock()


def candidates_of(trace: Trace, points_per_side: int) -> Candidates:
    """Every mask that a run proposes for a grid of clicks, whatever its own prompts.

    Those of the last few runs are kept, by the fingerprint of the run without its prompts, so that
    other thresholds or another click cost nothing.

    Raises:
        Cancelled: by a callback of `between_steps`.
        RuntimeError: the weights changed after the trace was made.
    """
    trace.engine.refuse_changed_weights()  # also where the answer is kept
    key = trace.with_prompts(Prompts()).description.fingerprint, points_per_side
    with _lock:
        found = _kept.get(key)
    if found is None:
        found = _asked(trace, points_per_side)
    with _lock:
        _kept[key] = found
        _kept.move_to_end(key)
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return found


def _asked(trace: Trace, points_per_side: int) -> Candidates:
    height, width = trace.image.shape[:2]
    points = point_grid(points_per_side) * (width, height)
    table = CandidateTable((height, width), crops((height, width), 0, 0.0), offset=1.0)
    for start in range(0, len(points), _AT_ONCE):
        announce(f"automatic masks: point {start + 1} of {len(points)}")
        some = points[start : start + _AT_ONCE]
        asked = [trace.with_prompts(Prompts(points=[point])) for point in some]
        for point, answer in zip(some, answers(asked), strict=True):
            table.add(0, point, answer)
    return table.candidates()
