"""Runs whose changes leave no numbers are refused, since every mask of them would look empty."""

from torch import Tensor

from sam_explore.model import Step
from sam_explore.model.weight_digests import in_words

from .plan import Plan
from .steps import Output


def check_finite(plan: Plan, step: Step, output: Output) -> None:
    """Raise ValueError if a step of a changed run has a result that is infinite or NaN.

    A run without changes is left alone: then the model itself is so.
    """
    parts = (output,) if isinstance(output, Tensor) else output
    if not plan.edits or all(bool(part.isfinite().all()) for part in parts):
        return
    names = list(dict.fromkeys(name for name, _ in plan.edits))
    link = plan.description.link(step)
    raise ValueError(
        f"This run's changes (of {in_words(names)}) leave it without finite numbers after the step "
        f'"{link.words}". They are too large, or together they hide all keys from a query of an '
        "attention. Change less, or leave a key that can be seen."
    )
