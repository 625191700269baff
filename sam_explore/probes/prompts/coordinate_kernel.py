"""How alike are the encodings of two places?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import GRID_ENCODING
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, product_of, there
from sam_explore.readings import Cell, Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.coordinates import encoded, frequencies_of, middles, spread_of
from ..common.numbers import counted
from ..common.probe import Probe, token_knob


@dataclass(frozen=True)
class CoordinateKernel(Probe):
    """The product of the picked place's encoding with that of every place, against a closed form.

    The product of two encodings is the sum over the waves of the cosine of their phase difference.
    Over frequencies drawn from a normal distribution with spread σ, its expectation a wave is
    exp(−8π²σ²d²), where d is the distance in the unit square: coordinates go from -1 to 1, so a
    distance d turns a wave of frequency f by 4πfd. With n waves, one draw departs from that by
    (1 − k²) / √(2n), k being the expectation (one standard deviation). So the product says how far
    apart two places are, as long as they are close; from about a fifth of the input on, only noise
    is left.

    Reads: coordinate_encoder.frequencies, which coordinate_encoder.hook_grid is worked out from.
    Returns: a Panel of two Heatmaps (row, column) on one scale, the product and the closed form,
        with the picked token marked; and a Profile over the distance, one bin for each token's
        side: the mean product with its range, and the closed form with one standard deviation.
    Unit: product a wave, from -1 to 1, which is also the cosine of the two encodings. Distance in
        sides of the model's input: x in widths, y in heights.
    Source: arXiv 2006.10739, section 4, for the product as a kernel; the closed form is our own
        arithmetic.
    """

    title = "How alike are the encodings of two places?"
    reads_prompts = False
    about_picture = False

    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Panel:
        frequencies = frequencies_of(trace)
        count, spread = frequencies.shape[1], spread_of(frequencies)
        places = middles(trace.frame.grid)
        encodings = encoded(places, frequencies)
        products = encodings @ encodings[self.token] / count
        distances = np.linalg.norm(places - places[self.token], axis=-1)
        expected = expected_product(distances, spread)
        where = token_in_words(self.token)
        words = _words(where, products, expected, distances, count, spread)
        maps = (
            self._map(products, "Product with the picked place", words),
            self._map(expected, "The closed form", _closed_form_in_words(spread)),
        )
        side = 1 / max(trace.frame.grid)
        chart = _over_distance(distances, products, (count, spread), side, words)
        return Panel((*maps, chart), f"Encodings against that of {where}", words, across=3)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part:  # the closed form, which no tensor of the run goes into
            return None
        one, other = (
            there(GRID_ENCODING, (EACH, *place)) for place in ((cell.row, cell.column), self.token)
        )
        waves = trace.sam.config.token_dim // 2
        return product_of(trace, one, other, "product of two encodings, a wave", waves)

    def _map(self, values: Float[np.ndarray, "row column"], title: str, words: str) -> Heatmap:
        scale = Scale("product a wave", centre=0.0, low=-1.0, high=1.0)
        return Heatmap(values, title, words, scale, frame="tokens", marks=(self.token,))


def expected_product(
    distances: Float[np.ndarray, "*any"], spread: float
) -> Float[np.ndarray, "*any"]:
    """What a wave adds to the product of two encodings, in expectation, from -1 to 1.

    Args:
        distances: between the two places, in sides of the input.
        spread: of the frequencies, in cycles a unit of the encoder's -1..1.
    """
    return np.exp(-8 * np.pi**2 * spread**2 * distances**2)


def standard_deviation(
    expected: Float[np.ndarray, "*any"], count: int
) -> Float[np.ndarray, "*any"]:
    """How far the mean over `count` waves departs from its expectation, by the draw."""
    return (1 - expected**2) / np.sqrt(2 * count)


def half_at(spread: float) -> float:
    """The distance, in sides of the input, at which the expected product is one half."""
    return float(np.sqrt(np.log(2) / 8) / (np.pi * spread))


def _over_distance(
    distances: Float[np.ndarray, "row column"],
    products: Float[np.ndarray, "row column"],
    drawn: tuple[int, float],
    width: float,
    words: str,
) -> Profile:
    """The products in bins of distance that are `width` wide, for so many waves of some spread."""
    bins = np.floor(distances / width + 0.5).astype(int)
    members = [bins == each for each in np.unique(bins)]
    x = np.array([distances[each].mean() for each in members])
    found = [products[each] for each in members]
    count, spread = drawn
    expected = expected_product(x, spread)
    band = standard_deviation(expected, count)
    return Profile(
        x,
        (
            Curve(
                np.array([each.mean() for each in found]),
                "product: mean and range",
                np.array([each.min() for each in found]),
                np.array([each.max() for each in found]),
            ),
            Curve(expected, "closed form, ±1 sd of a draw", expected - band, expected + band),
        ),
        title="Over the distance",
        words=words,
        x_name="distance in sides of the input",
        y_name="product a wave",
        x_marks=((half_at(spread), "half"),),
    )


def _words(
    where: str,
    products: Float[np.ndarray, "row column"],
    expected: Float[np.ndarray, "row column"],
    distances: Float[np.ndarray, "row column"],
    count: int,
    spread: float,
) -> str:
    off = products - expected
    deviation = standard_deviation(expected, count)
    away = distances > 0
    inside = float((np.abs(off) <= deviation)[away].mean()) if away.any() else 1.0
    return (
        f"With the encoding of {where}, the product a wave departs from the closed form by "
        f"{text(float(np.sqrt((off**2).mean())))} in the root mean square and by "
        f"{text(float(np.abs(off).max()))} at most; a draw of {counted(count, 'wave')} departs by "
        f"up to {text(float(deviation.max()))} in one standard deviation, and "
        f"{text(100 * inside, 2)} % of the places lie within theirs. "
        f"{_closed_form_in_words(spread)}"
    )


def _closed_form_in_words(spread: float) -> str:
    return (
        f"With a spread of {text(spread)}, the closed form is down to one half at "
        f"{text(half_at(spread))} of the input's side."
    )
