"""What was computed from a run, with a sentence that says it."""

from dataclasses import dataclass
from typing import Any

from sam_explore.corrections import answering


@dataclass(frozen=True)
class Fact:
    """One thing that holds in a run, such as how much of a mask is left without a head.

        sx.course.Fact(12.5, "12.5 % of the mask goes.")

    Args:
        value: what an answer is compared with: a number, or a word that names the right answer.
        words: what was computed, in a sentence or two that stand by themselves.
    """

    value: Any
    words: str


def mask_of(now: Any) -> int:
    """The number of the mask that is shown, also before the session has predicted it."""
    return answering(now.trace.prediction, now.chosen)
