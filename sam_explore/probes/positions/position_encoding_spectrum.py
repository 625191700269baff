"""How fast and in which direction does each channel of the position encodings change?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import POSITION_ENCODING
from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace

from ..common.numbers import array, counted
from ..common.probe import Probe
from ..common.waves import strongest_waves


@dataclass(frozen=True)
class PositionEncodingSpectrum(Probe):
    """The strongest wave in each channel of the position encodings.

    The 2D Fourier transform of a channel minus its mean splits its power among waves of whole
    cycles across the grid. The strongest one has a frequency, an orientation and a share of the
    power. A share of 1 is a pure wave of whole cycles; a wave between whole cycles spreads over its
    neighbours. Anything slower than one cycle across the grid is counted at 1, so 1 means "one
    cycle or less"; a linear slope has a share of 0.61 there. A constant channel has no wave, and
    NaN.

    Fixed encodings of sines and cosines begin a new family of waves at each quarter of the
    channels: sines, then cosines, of one axis, then of the other. The charts show whether a model
    has such families, and in which order; the words give for each quarter how many channels change
    along x, the mean frequency, and how often it doesn't rise with the channel.

    Reads: image_encoder.position_encoder.hook_encoding.
    Returns: a Panel of three Profiles against the channel: frequency, orientation, share of power.
    Unit: cycles across the grid; degrees, where 0 changes along x, 90 along y, and angles between
        from the upper left to the lower right; a share from 0 to 1.
    Source: our own. Fixed 2D encodings: MAE (arXiv 2111.06377), after arXiv 1706.03762.
    """

    title = "Which waves do the position encodings hold?"
    reads_prompts = False

    def read(self, trace: Trace) -> Panel:
        encoding = array(trace[POSITION_ENCODING][0])
        frequency, orientation, share = strongest_waves(encoding)
        return Panel(
            (
                _profile(frequency, "Frequency of the strongest wave", "cycles across the grid"),
                _profile(orientation, "Its orientation: 0 along x, 90 along y", "degrees"),
                _profile(share, "Its share of the channel's power", "share"),
            ),
            title="Position encodings: the strongest wave of each channel",
            words=in_words(frequency, orientation, share),
            across=1,
        )


def _profile(values: Float[np.ndarray, "channel"], title: str, unit: str) -> Profile:
    quarter = len(values) / 4
    found = values[np.isfinite(values)]
    ends = f" goes from {text(found.min())} to {text(found.max())} {unit}" if found.size else ""
    return Profile(
        np.arange(len(values), dtype=float),
        (Curve(values, title, style="points"),),
        title=title,
        words=f"{title}{ends or ': no channel has a wave'}.",
        x_name="channel",
        y_name=unit,
        x_marks=((0, "0"), (quarter, "C/4"), (2 * quarter, "C/2"), (3 * quarter, "3C/4")),
    )


def in_words(
    frequency: Float[np.ndarray, "channel"],
    orientation: Float[np.ndarray, "channel"],
    share: Float[np.ndarray, "channel"],
) -> str:
    """What the dots show, as counts: for all channels, and for each quarter."""
    constant = int(np.isnan(frequency).sum())
    if constant == len(frequency):
        return "Every channel of the position encodings is constant: there is no wave in them."
    along_x = [str((np.abs(part) < 45).sum()) for part in np.array_split(orientation, 4)]
    quarters = np.array_split(frequency, 4)
    means = [text(_mean(part)) for part in quarters]
    falling = [_falling_in_words(part) for part in quarters]
    words = (
        f"The strongest waves go from {text(np.nanmin(frequency))} to "
        f"{text(np.nanmax(frequency))} cycles across the grid and hold "
        f"{text(100 * float(np.nanmedian(share)), 2)} % of a channel's power in the median. "
        f"In the four quarters of {len(frequency) // 4} channels each, {_listed(along_x)} change "
        f"more along x than along y. Their mean frequencies are {_listed(means)} cycles across "
        "the grid. From one channel to the next in a quarter, the frequency falls or stays in "
        f"{_listed(falling)} of the steps."
    )
    if not constant:
        return words
    verb = "is" if constant == 1 else "are"
    return f"{words} {counted(constant, 'channel')} {verb} constant, without any wave."


def _mean(frequency: Float[np.ndarray, "channel"]) -> float:
    """The mean over the channels that have a wave; NaN if none has.

    A median would be 1 in most tables: more than half of a fixed table's waves are slower.
    """
    found = frequency[np.isfinite(frequency)]
    return float(found.mean()) if found.size else np.nan


def _falling_in_words(frequency: Float[np.ndarray, "channel"]) -> str:
    """The share of steps between neighbours, both with a wave, at which it falls or stays."""
    steps = np.diff(frequency)
    steps = steps[np.isfinite(steps)]
    return f"{text(100 * float((steps <= 0).mean()), 2)} %" if steps.size else "none"


def _listed(parts: Sequence[str]) -> str:
    *first, last = parts
    return f"{', '.join(first)} and {last}"
