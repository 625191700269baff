"""One row of the report, and the run that the rows are about."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, wraps

import numpy as np
from jaxtyping import Bool, Float, UInt8

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction, predict
from sam_explore.tracing import Trace


@dataclass(frozen=True)
class Row:
    """One measurement.

    Args:
        name: what was measured, or what is claimed.
        measured: the figure, in words.
        expected: what it should be for the row to hold; empty where nothing is expected.
        holds: whether it is so; None where nothing is expected, nothing could be measured, or the
            claim is about other models.
        where: the notebook or page that says so.
    """

    name: str
    measured: str
    expected: str = ""
    holds: bool | None = None
    where: str = ""


@dataclass(frozen=True, eq=False)
class Subject:
    """The model on the fixed picture, for all measurements.

    Args:
        sam: the model.
        image: RGB from 0 to 255.
        truth: the pixels of the prompted object.
    """

    sam: Sam
    image: UInt8[np.ndarray, "height width 3"]
    truth: Bool[np.ndarray, "height width"]

    @cached_property
    def click(self) -> Prompts:
        """A click on the pixel of the object nearest to its centre."""
        rows, columns = np.nonzero(self.truth)
        distance = np.hypot(rows - rows.mean(), columns - columns.mean())
        nearest = int(distance.argmin())
        return Prompts(points=[(float(columns[nearest]), float(rows[nearest]))])

    @cached_property
    def box(self) -> Prompts:
        """The object's box, of its pixels' outer edges."""
        rows, columns = np.nonzero(self.truth)
        edges = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        return Prompts(box=[float(edge) for edge in edges])

    @cached_property
    def trace(self) -> Trace:
        """The run with the click; all other runs are derived from it and share its results."""
        return Trace(self.sam, self.image, self.click)

    @cached_property
    def encoded(self) -> EncodedImage:
        """The encoded picture of that run."""
        return self.trace.encoded

    @cached_property
    def answer(self) -> Prediction:
        """The prediction for the click."""
        return self.trace.prediction

    @cached_property
    def grid(self) -> list[Prediction]:
        """Predictions for 6 x 6 single clicks, spread evenly over the picture."""
        height, width = self.truth.shape
        at = (np.arange(6) + 0.5) / 6
        clicks = [Prompts(points=[(x * width, y * height)]) for y in at for x in at]
        return predict(self.sam, self.encoded, clicks)


def logit_change(
    before: Float[np.ndarray, "row column"], after: Float[np.ndarray, "row column"]
) -> float:
    """Root mean square of the change, in standard deviations of the logits before."""
    return float(np.sqrt(((after - before) ** 2).mean()) / before.std())


def mask_change(
    before: Float[np.ndarray, "row column"], after: Float[np.ndarray, "row column"]
) -> float:
    """1 - IoU of the masks of two maps of logits."""
    return 1 - mask_iou(before > 0, after > 0)


def unjudged(claim: Callable[[Subject], list[Row]]) -> Callable[[Subject], list[Row]]:
    """The same measurement, which says of no row whether it holds."""

    @wraps(claim)
    def measure(subject: Subject) -> list[Row]:
        return [replace(row, holds=None) for row in claim(subject)]

    return measure


def measured(measure: Callable[[Subject], list[Row]], subject: Subject) -> list[Row]:
    """The rows of one measurement; if it fails, a row with the error.

    The report is about what does not work, so an exception in one measurement must not stop the
    others.
    """
    try:
        return measure(subject)
    except Exception as error:
        name = measure.__name__.replace("_", " ")
        return [Row(name, f"{type(error).__name__}: {error}", "a figure", False)]
