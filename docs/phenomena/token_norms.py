"""Tokens grow from block to block, and a few of them may stand out.

python docs/phenomena/token_norms.py --help
"""

import argparse

import numpy as np
from common import Case, Row, cases, run, sign, untrained
from jaxtyping import Bool, Float

from sam_explore.model import Sam
from sam_explore.probes.common.outliers import DEVIATIONS, robust_deviation
from sam_explore.tracing import Trace, norm

Norms = Float[np.ndarray, "row column"]


def outliers(norms: Norms) -> Bool[np.ndarray, "row column"]:
    """Which tokens lie far above the median."""
    return norms > np.median(norms) + DEVIATIONS * robust_deviation(norms)


def background(case: Case, grid: int) -> Bool[np.ndarray, "row column"]:
    """Which tokens have no pixel of any object."""
    empty = case.drawn.labels[0] == 0
    cell = empty.shape[0] // grid
    return empty.reshape(grid, cell, grid, cell).all(axis=(1, 3))


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Growth after each block, and the outliers after the last."""
    found = [_one(sam, case) for case in cases(sam.config.image_size, options.scenes)]
    growth, growth0 = (np.stack([each[i] for each in found]) for i in (0, 1))
    largest, largest0, share, share0, place, place0 = np.array([each[2] for each in found]).T
    random = "random weights"
    rows = [
        Row(f"median norm after block {block}, of the embedding's", values, random, null)
        for block, (values, null) in enumerate(zip(growth.T, growth0.T, strict=True))
    ]
    return [
        *rows,
        Row("largest norm after the last block, of the median", largest, random, largest0),
        Row("outliers after the last block, share of the tokens", share, random, share0),
        Row("the longest token lies on background", place, "any token", place0),
    ]


def _one(sam: Sam, case: Case) -> tuple:
    norms, norms0 = _norms(sam, case), _norms(untrained(sam.config, case.seed), case)
    medians, medians0 = (np.median(each, axis=(1, 2)) for each in (norms, norms0))
    last, last0 = norms[-1], norms0[-1]
    empty = background(case, sam.config.grid)
    figures = (
        last.max() / medians[-1],
        last0.max() / medians0[-1],
        outliers(last).mean(),
        outliers(last0).mean(),
        empty.flat[last.argmax()],
        empty.mean(),
    )
    return medians[1:] / medians[0], medians0[1:] / medians0[0], figures


def _norms(sam: Sam, case: Case) -> Float[np.ndarray, "place row column"]:
    """L2 norms of the tokens after the embedding and after each block."""
    before = "image_encoder.vit.blocks.0.hook_residual_pre"
    after = "image_encoder.vit.blocks.*.hook_residual_post"
    read = Trace(sam, case.drawn.image).read([before, after], norm)
    return np.stack([each[0].double().numpy() for each in read.values()])


def claims(rows: list[Row]) -> dict[str, int]:
    *growth, largest, share, place = rows
    last = growth[-1]
    return {
        "its tokens grow from the embedding to the last block": sign(last.values - 1),
        "after the last block its tokens have grown more than with random weights": last.sign,
        "its longest tokens stand out more than with random weights": largest.sign,
        "more tokens are outliers than with random weights": share.sign,
        "the longest token keeps to the background": place.sign,
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
