"""Attention of the image encoder keeps to the object, beyond nearness, and which heads do most.

python docs/phenomena/heads.py --help
"""

import argparse
from collections.abc import Iterator

import numpy as np
from common import Case, Row, cases, run, untrained
from jaxtyping import Bool, Float

from sam_explore.model import Sam
from sam_explore.probes.attention.head_atlas import SAME_OBJECT, attended
from sam_explore.probes.common.decoder_attention import share_by_token
from sam_explore.tracing import Trace

MIRRORED = "the same shape, mirrored in the picture"
RANDOM = "random weights"
_LEAST = 4  # tokens of an object

Shares = Float[np.ndarray, "case block head"]


def marked(case: Case, grid: int) -> Bool[np.ndarray, "row column"]:
    """The tokens of which at least half lies on the object."""
    return share_by_token(case.truth, (grid, grid)) >= 0.5


def leading(shares: Shares) -> Float[np.ndarray, "case"]:
    """In each case the share of the head that is the greatest in the mean of all other cases."""
    flat = shares.reshape(len(shares), -1)
    others = flat.sum(axis=0) - flat
    return flat[np.arange(len(flat)), others.argmax(axis=1)]


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """The weight that an object's own tokens leave on it, in even shares."""
    grid = sam.config.grid

    def fits(case: Case) -> bool:
        return marked(case, grid).sum() >= _LEAST

    found = [_one(sam, case) for case in cases(sam.config.image_size, options.scenes, fits)]
    own, mirrored, random = np.moveaxis(np.array(found), 1, 0)
    return [*_by_block(sam, own, mirrored), *_of_leading(own, mirrored, random)]


def _one(sam: Sam, case: Case) -> Float[np.ndarray, "3 block head"]:
    """Shares on the object, on the same shape elsewhere, and on the object with random weights."""
    inside = marked(case, sam.config.grid)
    trace = Trace(sam, case.drawn.image)
    null = Trace(untrained(sam.config, case.seed), case.drawn.image)
    runs = ((trace, inside), (trace, inside[:, ::-1].copy()), (null, inside))
    return np.array([attended(one, where)[SAME_OBJECT] for one, where in runs])


def _by_block(sam: Sam, own: Shares, mirrored: Shares) -> Iterator[Row]:
    for block, window in enumerate(sam.config.windows):
        name = f"block {block}{'' if window else ', global'}"
        values, null = (each[:, block].mean(axis=1) for each in (own, mirrored))
        yield Row(f"{name}: weight on the same object, mean of heads", values, MIRRORED, null)


def _of_leading(own: Shares, mirrored: Shares, random: Shares) -> list[Row]:
    name = "weight on the same object, by the head that keeps to it most"
    values = leading(own)
    return [
        Row(name, values, "the mean of all heads", own.mean(axis=(1, 2))),
        Row(name, values, MIRRORED, leading(mirrored)),
        Row(name, values, RANDOM, leading(random)),
    ]


def claims(rows: list[Row]) -> dict[str, int]:
    *blocks, over_mean, over_mirrored, over_random = rows
    found = {
        f"{row.measured.split(':')[0]} keeps to the object, beyond nearness": row.sign
        for row in blocks
    }
    return found | {
        "one head keeps to objects more than the others, in scenes that did not choose it": (
            over_mean.sign
        ),
        "it does so beyond nearness": over_mirrored.sign,
        "it does so more than with random weights": over_random.sign,
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
