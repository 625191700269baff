"""What a run loses without its encodings of places, and what the grid is worth.

Each function is called with `session.now`, or the session itself, and reads its run.
"""

from typing import Any

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.number_text import text
from sam_explore.probes.common.logits import mask_overlaps, percent
from sam_explore.probes.common.numbers import array
from sam_explore.probes.positions.position_encoding_similarity import PositionEncodingSimilarity
from sam_explore.probes.positions.shuffled_tokens import shuffled, variant
from sam_explore.readings import Heatmap
from sam_explore.tracing.interventions import (
    AblateCoordinateEncoding,
    AblatePositionEncoding,
    AblateRelativePositions,
    Intervention,
)

from .fact import Fact, mask_of

ADDED, RELATIVE, FOURIER, ALIKE = "added", "relative", "Fourier", "alike"
_NEAR = 0.02  # IoU, up to which two encodings are missed alike
_WITHOUT: dict[str, tuple[Intervention, ...]] = {
    ADDED: (AblatePositionEncoding(),),
    RELATIVE: (AblateRelativePositions(),),
    FOURIER: (AblateCoordinateEncoding("grid"), AblateCoordinateEncoding("prompts")),
}


def left_when_shuffled(now: Any) -> Fact:
    """How much of the mask is left if the image tokens are shuffled while the blocks run.

    Returns a `Fact` with the IoU of the mask with itself as it was, in percent.
    """
    run, mask = now.trace, mask_of(now)
    found = shuffled(run, seed=0)
    left = float(mask_overlaps(found.before, found.after, now.threshold)[mask])
    neither = shuffled(variant(run, True, True), seed=0)
    changed = text(100 * neither.change, 2)
    exact = "nothing but rounding" if neither.change < 1e-4 else f"{changed} % of their norm"
    return Fact(
        100 * left,
        f"With shuffled tokens the mask has an IoU of {text(left, 2)} with the mask as it was, and "
        f"the tokens change by {text(100 * found.change, 2)} % of their norm. Without windows and "
        f"relative positions the order changes {exact}.",
    )


def least_missed(now: Any) -> Fact:
    """Which of the three encodings of places the mask changes least without.

    Returns a `Fact` with "added", "relative" or "Fourier"; "alike" if the IoU of the first two of
    them differs by 0.02 at most.
    """
    left = _left_without_each(now)
    best, second = sorted(left, key=lambda name: left[name], reverse=True)[:2]
    each = ", ".join(
        f"{text(share, 2)} without the {name} encoding" for name, share in left.items()
    )
    return Fact(
        ALIKE if left[best] - left[second] <= _NEAR else best,
        f"The mask's IoU with itself as it was: {each}. That says what the mask does without, here "
        "and now; which mask is better is another question.",
    )


def left_without_added(now: Any) -> Fact:
    """How much of the mask is left with zeros in place of the added encodings.

    Returns a `Fact` with the IoU of the mask with itself as it was, in percent.
    """
    left = _left_without_each(now)[ADDED]
    return Fact(
        100 * left,
        f"With zeros in place of the added encodings the mask has an IoU of {text(left, 2)} with "
        "the mask as it was.",
    )


def likeness_of_places(now: Any) -> Heatmap:
    """How alike the added encodings of all places are to that of the picked token.

    Returns a `Heatmap` by token of cosines, after the mean of all encodings was subtracted.
    """
    return PositionEncodingSimilarity(now.token, centred=True).read(now.trace)


def common_to_all_places(now: Any) -> Fact:
    """How much of the added encodings is the same for every place, and so says nothing of it.

    Returns a `Fact` with the share of their mean square, in percent.
    """
    table = array(now.trace[POSITION_ENCODING][0])
    vectors = table.reshape(-1, table.shape[-1])
    total = float((vectors**2).sum(axis=1).mean())
    common = float((vectors.mean(axis=0) ** 2).sum())
    share = common / total if total > 0 else 0.0
    return Fact(
        100 * share,
        f"Of the added encodings' mean square, {percent(share)} is one vector that all places have "
        f"in common; {percent(1 - share)} differs from place to place.",
    )


def _left_without_each(now: Any) -> dict[str, float]:
    run, mask = now.trace, mask_of(now)
    return {
        name: float(
            mask_overlaps(run.prediction, run.with_interventions(*each).prediction, now.threshold)[
                mask
            ]
        )
        for name, each in _WITHOUT.items()
    }
