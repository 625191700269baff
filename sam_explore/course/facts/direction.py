"""Which way a mask changes: whether it grows or shrinks, and whether it is better or worse."""

from typing import Any

from sam_explore.prediction import Prediction
from sam_explore.probes.common.before_after import growth_in_words
from sam_explore.probes.common.truth import ComparedWithTruth, in_words

from .fact import mask_of

_SAME = 0.005  # of true IoU, which is written with two decimals


def direction_in_words(now: Any, after: Prediction) -> str:
    """What becomes of the shown mask in another answer, as words after "without it,".

    Such as "it grows from 24 % to 30 % of the picture, and its true IoU with turtle (whole) goes
    from 0.73 to 0.87: as a mask of that it is better". Without a truth the size alone.
    """
    before, mask = now.trace.prediction, mask_of(now)
    grows = growth_in_words(mask, before, after, now.threshold)
    target = ComparedWithTruth(truth=now.shown_truth).target(now.trace)
    if target is None or target.mask is None:
        return grows
    was, is_now = (float(target.ious(each, now.threshold)[mask]) for each in (before, after))
    verdict = "better" if is_now - was >= _SAME else "worse" if was - is_now >= _SAME else ""
    judged = f": as a mask of that it is {verdict}" if verdict else ""
    return (
        f"{grows}, and its true IoU with {target.name} goes from {in_words(was)} to "
        f"{in_words(is_now)}{judged}"
    )
