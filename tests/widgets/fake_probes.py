"""Probes with known answers, one of which the tests hold up, and what an explorer shows of them."""

import threading
from dataclasses import dataclass

import numpy as np

from sam_explore.probes import Probe
from sam_explore.probes.common.probe import knob, mask_knob, threshold_knob, token_knob
from sam_explore.readings import Curve, Heatmap, Profile, Scale
from sam_explore.tracing import Trace
from sam_explore.tracing.step_callback import announce
from sam_explore.widgets import Explorer

WAIT_S = 20


@dataclass(frozen=True)
class Grid(Probe):
    """Row times ten plus column, times a factor. And a second paragraph."""

    factor: int = knob(1, "the factor", low=1, high=5)
    token: tuple[int, int] = token_knob()

    reads_prompts = False

    def read(self, trace: Trace) -> Heatmap:
        rows, columns = np.mgrid[:4, :4]
        return Heatmap(
            (10.0 * rows + columns) * self.factor,
            title="a grid",
            words=f"The factor is {self.factor}.",
            scale=Scale("apple"),
            frame="tokens",
            marks=(self.token,),
        )


@dataclass(frozen=True)
class Everything(Probe):
    """A knob of each kind."""

    kind: str = knob("a", "kind", choices=("a", "b"))
    many: str = knob("1", "many", choices=("1", "2", "3", "4"))
    yes: bool = knob(False, "yes", choices=(False, True))
    size: float = knob(0.0, "size", low=0.0, high=100.0)
    mask: int = mask_knob()
    threshold: float = threshold_knob()
    place: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Profile:
        return Profile(
            np.arange(3.0),
            (Curve(np.full(3, float(self.threshold)), "flat"),),
            title="flat",
            words=f"{self.kind} {self.yes} {self.size:g} {self.mask} {self.threshold:g}",
            x_name="x",
            y_name="y",
        )


class Held:
    """Lets a test see when a fake probe takes a step, and keep it there."""

    def __init__(self):
        self.began, self.ended, self.fails_at = [], [], {}
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.go_on.set()


HELD = Held()


@dataclass(frozen=True)
class Slow(Probe):
    """Three steps, of which the second can be held up."""

    number: int = knob(0, "number", low=0, high=99)

    def read(self, trace: Trace) -> Heatmap:
        HELD.began.append(self.number)
        if self.number in HELD.fails_at:
            raise HELD.fails_at[self.number]
        announce("step 1 of 3")
        HELD.reached.set()
        assert HELD.go_on.wait(WAIT_S)
        announce("step 2 of 3")
        trace["image_encoder.vit.blocks.1.attention.hook_pattern"]
        announce("step 3 of 3")
        HELD.ended.append(self.number)
        count = len(trace.prompts.points)
        return Heatmap(
            np.full((2, 2), float(count)), title="slow", words=f"{self.number} of {count}."
        )


@dataclass(frozen=True)
class Refined(Slow):
    """Answers with the numbers 1 and 2 on the way to its own."""

    def coarser(self, trace: Trace) -> tuple[Slow, ...]:
        return Slow(1), Slow(2)


def map_of(explorer: Explorer, index: int = 0):
    return explorer._view.views[index]


def cell_on(explorer: Explorer, row: int, column: int, index: int = 0) -> tuple[float, float]:
    """The middle of a map's cell in canvas pixels."""
    tile = map_of(explorer)._layout.tiles[index]
    rows, columns = tile.heatmap.values.shape
    x = tile.left + (column + 0.5) * tile.width / columns
    y = tile.top + (row + 0.5) * tile.height / rows
    return 2 * x, 2 * y


def text_of(explorer: Explorer) -> str:
    caption = explorer._caption
    return " ".join(part.value for part in caption.widget.children)
