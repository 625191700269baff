"""The strongest wave in each channel of a table: its frequency, direction and power."""

import numpy as np
from jaxtyping import Float


def strongest_waves(
    table: Float[np.ndarray, "row column channel"],
) -> tuple[
    Float[np.ndarray, "channel"], Float[np.ndarray, "channel"], Float[np.ndarray, "channel"]
]:
    """Frequency, orientation and share of power of each channel's strongest wave."""
    rows, columns, channels = table.shape
    centred = table - table.mean(axis=(0, 1))
    power = np.abs(np.fft.fft2(centred, axes=(0, 1))) ** 2
    down, across = np.meshgrid(_cycles(rows), _cycles(columns), indexing="ij")

    # A real wave appears twice, at opposite frequencies; one of the two stands for both.
    opposite = power[-np.arange(rows) % rows][:, -np.arange(columns) % columns]
    alone = (down % (rows / 2) == 0) & (across % (columns / 2) == 0)
    both = np.where(alone[..., None], power, power + opposite)
    both[(across < 0) | ((across == 0) & (down <= 0))] = 0
    both = both.reshape(rows * columns, channels)

    peak = both.argmax(axis=0)
    total = power.sum(axis=(0, 1))
    is_constant = total <= 1e-13 * rows * columns * (table**2).sum(axis=(0, 1))
    share = both.max(axis=0) / np.where(is_constant, 1, total)
    down, across = down.ravel()[peak], across.ravel()[peak]
    waves = np.hypot(down, across), np.degrees(np.arctan2(down, across)), share
    cycles, angles, share = (np.where(is_constant, np.nan, each) for each in waves)
    return cycles, angles, share


def _cycles(length: int) -> Float[np.ndarray, "length"]:
    """Cycles of each entry of a Fourier transform; the fastest of an even length is positive."""
    cycles = np.arange(length, dtype=float)
    return np.where(cycles > length / 2, cycles - length, cycles)
