"""What can be read off image tokens, and whether the mask needs it.

Each function is called with `session.now`, or the session itself, and reads its run. Read-outs are
learned on drawn scenes, as in `KnownByDepth`, which shares them with these facts.
"""

from dataclasses import dataclass
from typing import Any

from sam_explore.number_text import text
from sam_explore.probes.causes.removed_directions import RemovedDirections
from sam_explore.probes.common.logits import percent
from sam_explore.probes.common.token_truth import FACTS
from sam_explore.probes.tokens.known_by_depth import KnownByDepth
from sam_explore.readings import Matrix, Panel, Profile

from .fact import Fact, mask_of

BETTER, NO_BETTER = "better", "no better"
MORE, AS_MUCH, LESS = "more", "as much", "less"
_APART = 0.05  # IoU, by which two masks have to differ


@dataclass(frozen=True)
class _Known:
    """Shares of right answers to a question, in scenes that were not learned from.

    Args:
        first, last: read off the embedding, and off the image tokens.
        low, high: the interval of the last.
        best: the highest of the controls at the image tokens, and its name.
    """

    first: float
    last: float
    low: float
    high: float
    best: float
    best_name: str

    @property
    def is_better(self) -> bool:
        """Whether the whole interval lies above every control."""
        return self.low > self.best


def same_object_read(now: Any) -> Fact:
    """How often a read-out of the image tokens says rightly whether two lie on one object.

    Returns a `Fact` with a percentage; as many pairs lie on one object as on two.
    """
    found = _known(now, "same object")
    return Fact(100 * found.last, _in_words("same object", found))


def foreground_read(now: Any) -> Fact:
    """How often a read-out of the image tokens says rightly whether one lies on an object.

    Returns a `Fact` with a percentage.
    """
    found = _known(now, "foreground")
    return Fact(100 * found.last, _in_words("foreground", found))


def kind_read(now: Any) -> Fact:
    """Whether the kind of object can be read off the image tokens better than by the controls.

    Returns a `Fact` with "better" if the interval of the share of right answers lies above all
    controls, and else with "no better".
    """
    found = _known(now, "kind")
    return Fact(BETTER if found.is_better else NO_BETTER, _in_words("kind", found))


def needs_what_is_read(now: Any) -> Fact:
    """Whether the mask suffers more without the directions by which objects are told from the rest.

    They are removed after the last block. Two controls stand against it: as much taken off along
    random directions, and as many random directions removed.

    Returns a `Fact` with "more", "as much" or "less", by the IoU with the mask as it was: as in the
    worse of the two controls, or by more than 0.05 away from it.
    """
    block = now.trace.sam.config.encoder_depth - 1
    probe = RemovedDirections(
        fact="foreground", block=block, mask=mask_of(now), threshold=now.threshold
    )
    reading = probe.read(now.trace)
    assert isinstance(reading, Panel)
    table = reading.readings[1]
    assert isinstance(table, Matrix)
    _, without, as_much, random = map(float, table.values[:, 1])
    return Fact(
        lost_beyond(without, as_much, random),
        "After the last block, without the directions by which objects are told from the rest, the "
        f"mask keeps an IoU of {text(without, 2)} with the mask as it was; where as much is taken "
        f"off along random directions it keeps {text(as_much, 2)}, and without as many random "
        f"ones {text(random, 2)}.",
    )


def lost_beyond(without: float, *controls: float) -> str:
    """Whether a mask lost "more" than in the worse of some controls, "as much" or "less".

    Args:
        without: its IoU with itself as it was.
        controls: the same in each control.
    """
    lost = min(controls) - without
    return MORE if lost > _APART else LESS if lost < -_APART else AS_MUCH


def _known(now: Any, fact: str) -> _Known:
    reading = KnownByDepth(fact=fact).read(now.trace)
    assert isinstance(reading, Panel)
    chart = reading.readings[0]
    assert isinstance(chart, Profile)
    read, *controls = chart.curves
    assert read.low is not None
    assert read.high is not None
    at_end = {curve.name: float(curve.y[-1]) for curve in controls}
    best = max(at_end, key=lambda name: at_end[name])
    last, low, high = (float(each[-1]) for each in (read.y, read.low, read.high))
    return _Known(float(read.y[0]), last, low, high, at_end[best], best)


def _in_words(fact: str, found: _Known) -> str:
    return (
        f"Of the questions {FACTS[fact].asks}, a read-out of the embedding answers "
        f"{percent(found.first)} rightly and one of the image tokens {percent(found.last)} "
        f"(95 %: {percent(found.low)} to {percent(found.high)}). The best of the controls there, "
        f"“{found.best_name}”, gets {percent(found.best)}."
    )
