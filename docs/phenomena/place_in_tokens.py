"""How much of a token is due to its place, and how well its place can be read off it, by stage.

python docs/phenomena/place_in_tokens.py --help
"""

import argparse
from collections.abc import Iterator

import numpy as np
from common import Case, Row, cases, run, sign

from sam_explore.model import Sam
from sam_explore.probes.common.place_readout import chance_error
from sam_explore.probes.positions.place_in_tokens import Places, places_in, stages
from sam_explore.tracing import Trace
from sam_explore.tracing.interventions import AblatePositionEncoding

SHUFFLED = "with shuffled places"


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """For each stage the share of the variance and R²; as many scenes again are learned from."""
    scenes = list(cases(sam.config.image_size, 2 * options.scenes))
    trace = Trace(sam, scenes[0].drawn.image)
    found = _places(trace, scenes)
    without = _places(trace.with_interventions(AblatePositionEncoding()), scenes)
    names = tuple(stages(sam.config))
    rows = list(_rows(found, names))
    last, name = len(names) - 2, names[-2]
    error = np.array([scene[last].errors.mean() for scene in found.measured])
    chance = np.full(len(error), chance_error((sam.config.grid,) * 2))
    return [
        *rows,
        Row(f"{name}: error of the read-out in tokens", error, "always the middle", chance),
        Row(f"{name}: R² of the read-out", found.values("readout")[:, last],
            "without the added encoding", without.values("readout")[:, last]),
        Row(f"{name}, without the added encoding: R² of the read-out",
            without.values("readout")[:, last], SHUFFLED,
            without.values("readout_shuffled")[:, last]),
    ]  # fmt: skip


def _places(trace: Trace, scenes: list[Case]) -> Places:
    return places_in(trace, (each.drawn.image for each in scenes), len(scenes))


def _rows(found: Places, names: tuple[str, ...]) -> Iterator[Row]:
    kinds = {"share": "share of the variance due to place", "readout": "R² of the read-out"}
    for kind, measured in kinds.items():
        values, control = found.values(kind), found.values(f"{kind}_shuffled")
        for stage, name in enumerate(names):
            yield Row(f"{name}: {measured}", values[:, stage], SHUFFLED, control[:, stage])


def claims(rows: list[Row]) -> dict[str, int]:
    *by_stage, _, needs, without = rows
    half = len(by_stage) // 2
    shares, readouts = by_stage[:half], by_stage[half:]
    added, last = 1, -2
    return {
        "a part of the patches is due to place, before any encoding": shares[0].sign,
        "a part of the tokens is due to place after the last block": shares[last].sign,
        "that part has grown since positions were added": Row(
            "", shares[last].values, "", shares[added].values
        ).sign,
        "a place can be read off a patch": _is_read(readouts[0]),
        "a place can be read off a token after the last block": _is_read(readouts[last]),
        "it can be read off worse than when it was added": Row(
            "", readouts[added].values, "", readouts[last].values
        ).sign,
        "after the last block it is read off better thanks to the added encoding": needs.sign,
        "without the added encoding it can still be read off": _is_read(without),
    }


def _is_read(row: Row) -> int:
    """Better than with shuffled places, and better than the middle, whose R² is 0."""
    return min(row.sign, sign(row.values))


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
