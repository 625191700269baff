"""Why are the coordinate encoder's frequencies random?"""

from dataclasses import dataclass
from math import ceil

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.number_text import text
from sam_explore.readings import Gallery, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.coordinates import encoded, frequencies_of, middles
from ..common.numbers import counted
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob

INPUTS = ("plain coordinates", "axis-aligned waves", "random waves")
_MOST_CELLS = 64  # along a side
_HIDDEN = 128
_RIDGE = 1e-6
_SEED = 0


@dataclass(frozen=True)
class CoordinateFit(Probe):
    """A small fit of the mask, or of the picture, to nothing but the coordinates of its cells.

    Three inputs are tried: x and y as they are; waves along x or along y only; and the encoder's
    own random waves. The axis-aligned ones are the same frequencies, of which each keeps one of its
    two numbers, x and y in turn. Half of the cells, drawn once, are fitted by least squares, and
    the other half tell how good it is.

    Read out linearly, plain coordinates can only make a slope, and axis-aligned waves only a sum of
    a function of x and one of y, however many there are. With a hidden layer of 128 fixed random
    rectified units between, only the last layer being fitted, both can make any shape in principle;
    so the claim that random waves do better can fail here. The cited paper trains all layers, which
    this does not.

    Reads: coordinate_encoder.frequencies, and the prediction for a mask.
    Returns: a Panel of a Gallery of four maps (row, column) on one scale, the target and the three
        fits; and a Matrix (input, fitted and held-out cells) of errors.
    Unit: 1 inside the mask and 0 outside, or 0 for black to 1 for white; the errors are root mean
        squares in that unit.
    Source: arXiv 2006.10739, figures 1 and 7 and section 6, there with trained networks.
    """

    title = "Why are the encoder's frequencies random?"
    about_picture = False

    target: str = knob("mask", "what is fitted", choices=("mask", "picture"))
    readout: str = knob("linear", "read-out", choices=("linear", "hidden layer"), matters=True)
    spread: float = knob(
        1.0, "spread of the frequencies, times the encoder's", low=0.05, high=10.0, matters=True
    )
    waves: int = knob(
        0,
        "waves",
        low=0,
        high=lambda run: run.config.token_dim // 2 - 1,
        names=((0, "all"),),
    )
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        target, places, name = self._target(trace)
        frequencies = self.spread * frequencies_of(trace)
        frequencies = frequencies[:, : self.waves or frequencies.shape[1]]
        is_seen = seen_cells(target.size)
        fits = [
            fitted(self._features(each).reshape(target.size, -1), target.ravel(), is_seen).reshape(
                target.shape
            )
            for each in inputs(places, frequencies)
        ]
        errors = np.array([_errors(each, target, is_seen) for each in fits])
        words = _words(name, errors, target, is_seen, frequencies.shape[1], self.readout)
        return Panel(
            (_gallery(target, fits, name, words), _table(errors, words)),
            title=f"{name[0].upper()}{name[1:]} from coordinates alone, {_READ_OUT[self.readout]}",
            words=words,
            across=2,
        )

    def _target(
        self, trace: Trace
    ) -> tuple[Float[np.ndarray, "row column"], Float[np.ndarray, "row column 2"], str]:
        """What is fitted at which places of the input, and what it is called."""
        prediction = trace.prediction
        mask = mask_shown(self.mask, prediction)
        logits = prediction.visible[mask]
        rows, columns = logits.shape
        step = ceil(max(rows, columns) / _MOST_CELLS)
        places = middles(trace.frame.logits_size)[:rows:step, :columns:step]
        if self.target == "mask":
            inside = logits[::step, ::step] > self.threshold
            return inside.astype(float), places, f"mask {mask}"
        grey = trace.small_grey
        of_picture = places * trace.frame.side[::-1] / trace.frame.input_size[::-1]
        x, y = np.moveaxis((of_picture * grey.shape[::-1]).astype(int), -1, 0)
        y, x = np.minimum(y, grey.shape[0] - 1), np.minimum(x, grey.shape[1] - 1)
        return grey[y, x] / 255, places, "the picture"

    def _features(
        self, values: Float[np.ndarray, "row column input"]
    ) -> Float[np.ndarray, "row column feature"]:
        """What the last layer reads: the inputs, or the hidden layer that they drive; and a 1."""
        if self.readout == "hidden layer":
            values = hidden_layer(values)
        return np.concatenate([values, np.ones((*values.shape[:2], 1))], axis=-1)


_READ_OUT = {"linear": "read out linearly", "hidden layer": "through a hidden layer"}


def inputs(
    places: Float[np.ndarray, "row column 2"], frequencies: Float[np.ndarray, "2 wave"]
) -> tuple[Float[np.ndarray, "row column input"], ...]:
    """The three inputs, in the order of `INPUTS`, for places from 0 to 1 across the input."""
    aligned = frequencies.copy()
    aligned[1, ::2] = 0
    aligned[0, 1::2] = 0
    return 2 * places - 1, encoded(places, aligned), encoded(places, frequencies)


def hidden_layer(
    values: Float[np.ndarray, "row column input"],
) -> Float[np.ndarray, "row column unit"]:
    """Fixed random rectified units; inputs are first scaled to a mean square norm of 1."""
    chance = np.random.default_rng(_SEED)
    size = np.sqrt((values**2).sum(axis=-1).mean()) or 1.0
    weights = chance.standard_normal((values.shape[-1], _HIDDEN))
    return np.maximum((values / size) @ weights + chance.standard_normal(_HIDDEN), 0)


def seen_cells(count: int) -> Bool[np.ndarray, "cell"]:
    """Which cells are fitted: half of them, the same for each count."""
    is_seen = np.zeros(count, dtype=bool)
    is_seen[np.random.default_rng(_SEED).permutation(count)[: ceil(count / 2)]] = True
    return is_seen


def fitted(
    features: Float[np.ndarray, "cell feature"],
    target: Float[np.ndarray, "cell"],
    is_seen: Bool[np.ndarray, "cell"],
) -> Float[np.ndarray, "cell"]:
    """Least squares on the seen cells, with hardly any ridge, at all of them."""
    given = features[is_seen]
    products = given.T @ given
    products.flat[:: len(products) + 1] += _RIDGE * len(given)
    found: Float[np.ndarray, "cell"] = features @ np.linalg.solve(
        products, given.T @ target[is_seen]
    )
    return found


def _errors(
    fit: Float[np.ndarray, "row column"],
    target: Float[np.ndarray, "row column"],
    is_seen: Bool[np.ndarray, "cell"],
) -> tuple[float, float]:
    """Root mean squares on the fitted and on the held-out cells."""
    squares = ((fit - target) ** 2).ravel()
    fitted_ones, held_out = (squares[is_seen], squares[~is_seen])
    return _root_mean(fitted_ones), _root_mean(held_out)


def _root_mean(squares: Float[np.ndarray, "cell"]) -> float:
    return float(np.sqrt(squares.mean())) if squares.size else 0.0


def _gallery(
    target: Float[np.ndarray, "row column"],
    fits: list[Float[np.ndarray, "row column"]],
    name: str,
    words: str,
) -> Gallery:
    scale = Scale("value", low=0.0, high=1.0)
    named = zip((name, *INPUTS), (target, *fits), strict=True)
    maps = [
        Heatmap(
            values,
            title,
            f"From {text(values.min())} to {text(values.max())}.",
            scale,
            frame="picture",
        )
        for title, values in named
    ]
    return Gallery(tuple(maps), f"{name[0].upper()}{name[1:]} and three fits", words, scale)


def _table(errors: Float[np.ndarray, "input 2"], words: str) -> Matrix:
    return Matrix(
        errors,
        rows=INPUTS,
        columns=("fitted", "held out"),
        title="RMS error",
        words=words,
        row_name="",
        column_name="cells",
        scale=Scale("error", low=0.0),
    )


def _words(
    name: str,
    errors: Float[np.ndarray, "input 2"],
    target: Float[np.ndarray, "row column"],
    is_seen: Bool[np.ndarray, "cell"],
    waves: int,
    readout: str,
) -> str:
    held_out = errors[:, 1]
    mean = np.full(target.shape, target.ravel()[is_seen].mean())
    alone = _errors(mean, target, is_seen)[1]
    best = INPUTS[int(held_out.argmin())]
    given = ", ".join(
        f"{text(each)} from {what}" for each, what in zip(held_out, INPUTS, strict=True)
    )
    return (
        f"On the cells of {name} that were held out, a fit {_READ_OUT[readout]} errs by {given}, "
        f"with {counted(waves, 'wave')}; their mean alone errs by {text(alone)}. Here {best} do "
        "best."
    )
