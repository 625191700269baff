"""Attribute a number of the prediction: gradients, occlusion, and the checks for both.

    of = attribution.MeanLogit(1, trace.prediction.masks()[1])
    attribution.gradient(trace, of, "points")  # logits by pixel that the click moves
    attribution.attribute(trace, of, "gradient times embedding", patch=2)

Each attribution has its control (`control_of`, the same run with shuffled weights), its deletion
and insertion curves (`removal_curves`), and the causal effect of the same patches (occlusion at
the same place), with `rank_correlation` to compare.
"""

from .attributing import METHODS, OCCLUSION, attribute, patches_with_content, rank_correlation
from .baselines import BASELINES, baseline
from .control import control_of, with_shuffled_weights
from .gradients import click_gradients, gradient
from .memory import estimate_gradient_bytes
from .removal import RemovalCurves, pooled, removal_curves, spread, value_without
from .scalars import MeanLogit, PredictedIoU, Scalar, value_in, value_of

__all__ = [
    "BASELINES",
    "METHODS",
    "OCCLUSION",
    "MeanLogit",
    "PredictedIoU",
    "RemovalCurves",
    "Scalar",
    "attribute",
    "baseline",
    "click_gradients",
    "control_of",
    "estimate_gradient_bytes",
    "gradient",
    "patches_with_content",
    "pooled",
    "rank_correlation",
    "removal_curves",
    "spread",
    "value_in",
    "value_of",
    "value_without",
    "with_shuffled_weights",
]
