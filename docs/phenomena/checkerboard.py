"""The upscaler's transposed convolutions leave a checkerboard in the logits.

python docs/phenomena/checkerboard.py --help
"""

import argparse
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from common import Case, Row, cases, run, untrained
from jaxtyping import Bool, Float

from sam_explore.model import Sam
from sam_explore.prediction import encode, predict

# The last transposed convolution repeats every 2 logits, the one before every 4: a token is 4 wide.
PERIODS = (2, 4)
NEAR = (2, 4)  # distance of neighbouring frequencies; the window spreads a wave over distance 1

Logits = Float[np.ndarray, "side side"]


def checkerboard_energy(logits: Logits, period: int) -> float:
    """Power of waves that repeat every `period` logits, of that and the power at neighbours.

    A checkerboard has 1, noise 0.5 in the mean, and a constant 0. The mean of the waves' power is
    compared with the mean over frequencies at a distance of 2 to 4 cycles. A Hann window keeps the
    edges, where one side of the picture does not go on at the other, from looking like waves.
    """
    power = _power(logits)
    waves, near = _frequencies(logits.shape[0], period)
    at, around = power[waves].mean(), power[near].mean()
    if power[waves].sum() + power[near].sum() <= 1e-20 * (logits**2).sum() * logits.size:
        return 0.0
    return float(at / (at + around))


def power_share(logits: Logits, period: int) -> float:
    """The percentage of the logits' power, their mean left out, in waves of this period."""
    power = _power(logits)
    waves = _spread(_frequencies(logits.shape[0], period)[0], NEAR[0] - 1)
    return float(100 * power[waves].sum() / power.sum())


def _power(logits: Logits) -> Logits:
    side = logits.shape[0]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)
    return np.abs(np.fft.fft2((logits - logits.mean()) * hann * hann[:, None])) ** 2


def _frequencies(
    side: int, period: int
) -> tuple[Bool[np.ndarray, "side side"], Bool[np.ndarray, "side side"]]:
    """Where the waves of exactly this period are, and where their neighbours."""
    cycles = np.arange(side)
    base = cycles * period % side == 0  # repeats every `period`, or more often
    often = cycles * (period // 2) % side == 0
    waves = base & base[:, None] & ~(often & often[:, None])
    reached = [_spread(waves, distance) for distance in (NEAR[0] - 1, NEAR[1])]
    return waves, reached[1] & ~reached[0]


def _spread(places: Bool[np.ndarray, "side side"], distance: int) -> Bool[np.ndarray, "side side"]:
    """All places within a square of this reach, around the edges."""
    steps = range(-distance, distance + 1)
    along = np.any([np.roll(places, step, 0) for step in steps], axis=0)
    return np.any([np.roll(along, step, 1) for step in steps], axis=0)


def bilinear(logits: Logits) -> Logits:
    """The logits' means by token, upscaled bilinearly."""
    coarse = F.avg_pool2d(torch.tensor(logits)[None, None], 4)
    return F.interpolate(coarse, scale_factor=4, mode="bilinear")[0, 0].numpy()


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """The chosen mask's logits, at both periods, against three nulls."""
    found = [_one(sam, case) for case in cases(sam.config.image_size, options.scenes)]
    rows = []
    for period in PERIODS:
        own, smooth, truth, random = (
            _each(checkerboard_energy, found, period, which) for which in range(4)
        )
        name = f"energy at a period of {period} logits"
        rows += [
            Row(name, own, "bilinear upscaling of the same", smooth),
            Row(name, own, "the true mask", truth),
            Row(name, own, "random weights", random),
            Row(f"percent of all power at a period of {period} logits",
                _each(power_share, found, period, 0), "the true mask",
                _each(power_share, found, period, 2)),
        ]  # fmt: skip
    return rows


def _each(
    figure: Callable[[Logits, int], float], found: list[list[Logits]], period: int, which: int
) -> Float[np.ndarray, "case"]:
    return np.array([figure(case[which], period) for case in found])


def _one(sam: Sam, case: Case) -> list[Logits]:
    image, side = case.drawn.image, sam.config.mask_size
    prediction = predict(sam, encode(sam, image), case.click)
    other = untrained(sam.config, case.seed)
    random = predict(other, encode(other, image), case.click).logits[prediction.chosen]
    own = prediction.logits[prediction.chosen]
    truth = F.adaptive_avg_pool2d(torch.tensor(case.truth)[None].float(), side)[0].numpy()
    return [each.astype(float) for each in (own, bilinear(own), truth, random)]


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for index, period in enumerate(PERIODS):
        smooth, truth, random, _ = rows[4 * index : 4 * index + 4]
        name = f"its logits have a checkerboard of period {period}"
        found[f"{name}, beyond bilinear upscaling and true masks"] = min(smooth.sign, truth.sign)
        found[
            f"its checkerboard of period {period} is weaker than with random weights"
        ] = -random.sign
    return found


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
