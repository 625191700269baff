"""Which waves is a place encoded with?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.coordinates import encoded, frequencies_of, middles, spread_of
from ..common.numbers import counted
from ..common.probe import Probe, knob, token_knob

_BINS = 16


@dataclass(frozen=True)
class CoordinateWaves(Probe):
    """The coordinate encoder's frequencies as wave vectors, and the code of the picked place.

    Each pair of frequencies is a wave across the model's input: so many cycles along x, so many
    along y. A place is encoded as the sine and the cosine of every wave there. The pairs were drawn
    at random, once, and are never trained; of independent normal numbers with spread σ, the lengths
    follow a Rayleigh distribution, which is drawn next to them.

    Reads: coordinate_encoder.frequencies.
    Returns: a Panel of three Profiles: the wave vectors as points (cycles along x, cycles along y),
        with the chosen wave's cycles along x marked; how many waves have which length, with the
        number that the Rayleigh distribution has there; and sine and cosine of each wave at the
        picked token's middle, from the longest wave to the shortest.
    Unit: cycles across the model's input, padding included; a count; a sine or a cosine.
    Source: "Fourier Features Let Networks Learn High Frequency Functions in Low Dimensional
        Domains" (arXiv 2006.10739), which the paper of SAM cites for it.
    """

    title = "Which waves is a place encoded with?"
    reads_prompts = False
    about_picture = False

    wave: int = knob(0, "wave", low=0, high=lambda run: run.config.token_dim // 2 - 1)
    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Panel:
        frequencies = frequencies_of(trace)
        cycles, spread = 2 * frequencies, spread_of(frequencies)
        lengths = np.hypot(*cycles)
        place = middles(trace.frame.grid)[self.token]
        lengths_chart = _lengths(lengths, 2 * spread)
        at_place = _at_place(encoded(place, frequencies), lengths, token_in_words(self.token))
        across, down = cycles[:, self.wave]
        words = (
            f"A place is encoded with {counted(len(lengths), 'wave')}, a sine and a cosine each. "
            f"Their frequencies have a spread of {text(spread)} in the encoder's own units, in "
            f"which the input goes from −1 to 1. Wave {self.wave} makes {text(across)} cycles "
            f"across the input and {text(down)} down, {text(lengths[self.wave])} along its own "
            f"direction. {lengths_chart.words} {at_place.words}"
        )
        return Panel(
            (_vectors(cycles, self.wave), lengths_chart, at_place),
            title="The coordinate encoder's waves",
            words=words,
            across=3,
        )


def _vectors(cycles: Float[np.ndarray, "2 wave"], wave: int) -> Profile:
    order = np.argsort(cycles[0], kind="stable")
    reach = float(np.abs(cycles).max())
    return Profile(
        cycles[0][order],
        (Curve(cycles[1][order], "a wave", style="points"),),
        title="Each wave's vector",
        words=f"The wave vectors reach up to {text(reach)} cycles along x or y.",
        x_name="cycles along x",
        y_name="cycles along y",
        x_marks=((float(cycles[0, wave]), f"wave {wave}"),),
        y_reach=(-reach, reach),
    )


def expected_counts(
    edges: Float[np.ndarray, "edge"], count: int, spread: float
) -> Float[np.ndarray, "bin"]:
    """How many of `count` vectors of two normal numbers have a length between the edges."""
    longer = np.exp(-(edges**2) / (2 * spread**2))
    return count * (longer[:-1] - longer[1:])


def _lengths(lengths: Float[np.ndarray, "wave"], spread: float) -> Profile:
    edges = np.linspace(0, float(lengths.max()) or 1.0, _BINS + 1)
    counts, _ = np.histogram(lengths, edges)
    mean, expected = float(lengths.mean()), float(spread * np.sqrt(np.pi / 2))
    return Profile(
        (edges[1:] + edges[:-1]) / 2,
        (
            Curve(counts.astype(float), "waves", style="steps"),
            Curve(expected_counts(edges, len(lengths), spread), "if drawn from a normal"),
        ),
        title="How many waves are how fast",
        words=(
            f"In the mean a wave makes {text(mean)} cycles along its direction; of normal numbers "
            f"with this spread {text(expected)} are expected."
        ),
        x_name="cycles along the wave's direction",
        y_name="waves",
    )


def _at_place(
    encoding: Float[np.ndarray, "channel"], lengths: Float[np.ndarray, "wave"], place: str
) -> Profile:
    order = np.argsort(lengths, kind="stable")
    sines, cosines = (part[order] for part in np.split(encoding, 2))
    return Profile(
        np.arange(len(order), dtype=float),
        (Curve(sines, "sine", style="points"), Curve(cosines, "cosine", style="points")),
        title=f"The code of {place}",
        words=(
            f"At {place}, the slowest wave has sine {text(sines[0])} and cosine "
            f"{text(cosines[0])}, the fastest {text(sines[-1])} and {text(cosines[-1])}."
        ),
        x_name="waves, slowest first",
        y_name="sine or cosine",
        y_reach=(-1.0, 1.0),
    )
