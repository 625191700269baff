"""Likeness: whether tokens like an object's are of its kind, or of its texture, in other pictures.

python docs/phenomena/likeness.py --help
"""

import argparse
from collections.abc import Iterator, Sequence

import numpy as np
from common import Case, Row, cases, run, untrained
from jaxtyping import Bool, Float

from sam_explore.model import Sam
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.probes.common.decoder_attention import share_by_token
from sam_explore.probes.common.fact_tokens import stages_of
from sam_explore.scenes.composition import VARIED, compose_with_textures
from sam_explore.scenes.kinds import broad_kind
from sam_explore.scenes.textures import KINDS
from sam_explore.tracing import Trace

CHANCE, RANDOM, COLOUR = "any other object", "random weights", "its mean colour alone"
FIRST = "embedding"
KIND, TEXTURE = "same kind", "same texture"
_LEAST = 4  # tokens of an object
_MOSTLY = 0.5  # of an object's pixels, that its texture has

Vectors = Float[np.ndarray, "case channel"]
Depths = dict[str, Vectors]


def kind_of(case: Case) -> str:
    """The broad kind of the case's object."""
    return broad_kind(case.drawn.regions[case.index].name)


def texture_of(case: Case) -> str:
    """The texture that most of the object's visible pixels have; "" for none."""
    side = case.drawn.image.shape[0]
    _, textures = compose_with_textures(VARIED, case.seed, side)
    counts = np.bincount(textures[case.truth], minlength=len(KINDS) + 1)
    most = int(counts[1:].argmax()) + 1
    return tuple(KINDS)[most - 1] if counts[most] >= _MOSTLY * counts.sum() else ""


def is_large(case: Case, grid: int) -> bool:
    """Whether enough tokens lie on the object with half of their pixels or more."""
    return int((share_by_token(case.truth, (grid, grid)) >= _MOSTLY).sum()) >= _LEAST


def found(vectors: Vectors, labels: Sequence[str]) -> Float[np.ndarray, "case"]:
    """1 where the nearest other object by cosine has the same label, else 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions = vectors / np.maximum(lengths, 1e-12)
    alike = directions @ directions.T
    np.fill_diagonal(alike, -np.inf)
    return same(labels)[np.arange(len(labels)), alike.argmax(axis=1)].astype(float)


def by_chance(labels: Sequence[str]) -> Float[np.ndarray, "case"]:
    """The share of the other objects that have the same label."""
    return (same(labels).sum(axis=1) - 1) / max(len(labels) - 1, 1)


def same(labels: Sequence[str]) -> Bool[np.ndarray, "case case"]:
    """Which pairs have the same label."""
    names = np.array(labels)
    return names[:, None] == names


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """How often the nearest object is of the same kind, and of the same texture."""
    side, grid, count = sam.config.image_size, sam.config.grid, options.scenes
    large = list(cases(side, count, lambda case: is_large(case, grid)))
    dressed = list(cases(side, count, lambda case: is_large(case, grid) and texture_of(case) != ""))
    null = untrained(sam.config, 0)
    rows: list[Row] = []
    for what, given, label in ((KIND, large, kind_of), (TEXTURE, dressed, texture_of)):
        labels = [label(case) for case in given]
        ours, random = ([_vectors(each, case) for case in given] for each in (sam, null))
        rows += _rows(what, labels, _stacked(ours), _stacked(random))
    return rows


def _rows(what: str, labels: Sequence[str], ours: Depths, random: Depths) -> Iterator[Row]:
    """Each depth against chance, random weights and colour; the embedding against chance alone."""
    by_colour = found(ours[COLOUR], labels)
    for depth, vectors in ours.items():
        if depth == COLOUR:
            continue
        values, name = found(vectors, labels), f"{what}, {depth}"
        yield Row(name, values, CHANCE, by_chance(labels))
        if depth != FIRST:
            yield Row(name, values, RANDOM, found(random[depth], labels))
            yield Row(name, values, COLOUR, by_colour)


def _vectors(sam: Sam, case: Case) -> dict[str, Float[np.ndarray, "channel"]]:
    """The object's mean token at some depths, and its mean colour, less the picture's mean."""
    trace, grid = Trace(sam, case.drawn.image), sam.config.grid
    stages = stages_of(sam.config)
    middle, last = (f"block {sam.config.encoder_depth // share - 1}" for share in (2, 1))
    weights = share_by_token(case.truth, (grid, grid))
    vectors = {COLOUR: _mean_beyond(case.drawn.image.astype(float), case.truth.astype(float))}
    for depth in (FIRST, middle, last, "image tokens"):
        tokens = trace[stages[depth]][0].double().numpy()
        by_place = np.moveaxis(tokens, 0, -1) if stages[depth] == IMAGE_TOKENS else tokens
        name = f"tokens after {depth}" if depth.startswith("block") else depth
        vectors[name] = _mean_beyond(by_place, weights)
    return vectors


def _mean_beyond(
    values: Float[np.ndarray, "row column channel"], weights: Float[np.ndarray, "row column"]
) -> Float[np.ndarray, "channel"]:
    """The weighted mean over places, less the mean of all."""
    return np.einsum("rc,rcd->d", weights / weights.sum(), values) - values.mean(axis=(0, 1))


def _stacked(each: Sequence[dict[str, Float[np.ndarray, "channel"]]]) -> Depths:
    return {depth: np.stack([one[depth] for one in each]) for depth in each[0]}


def claims(rows: list[Row]) -> dict[str, int]:
    than = {
        CHANCE: "more often than any other object",
        RANDOM: "more often than with random weights",
        COLOUR: "more often than the object that is nearest in colour",
    }
    parts = [(row, *row.measured.split(", ", 1)) for row in rows]
    return {
        f"by the {depth}, the most alike object is of the {what} {than[row.against]}": row.sign
        for row, what, depth in parts
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments, scenes=120)


if __name__ == "__main__":
    main()
