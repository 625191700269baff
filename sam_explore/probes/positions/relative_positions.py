"""What do relative positions add to the scores at each distance?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.attention import relative_table
from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace, attention_position_terms

from ..common.attention import MEAN, head_in_words, head_knob, of_head
from ..common.numbers import array
from ..common.probe import Probe, block_knob


@dataclass(frozen=True)
class RelativePositions(Probe):
    """The tables of relative positions of one block as curves over the distance.

    A block has a vector for each vertical and each horizontal distance between query and key, which
    all heads share. The query's products with both vectors are added to a score, so the effect of a
    distance depends on the query: the curves show the median over all queries and keys at that
    distance, with a band for 90 % of them. The norms of the vectors are shown as well. Distances go
    from the query to the key: positive is below or to the right.

    With other windows than the trained ones, the tables are those that the run uses. Edits of the
    terms change the terms, not the norms.

    Reads: image_encoder.vit.blocks.N.hook_residual_pre, from which hook_relative_rows and
        hook_relative_columns of image_encoder.vit.blocks.N.attention.* are computed by grid, and
        the attention's two tables.
    Returns: a Panel of two Profiles over the distance: what is added to the scores, and the L2 norm
        of the vectors; each with one curve for vertical and one for horizontal distances.
    Unit: tokens; scores, whose difference is the natural logarithm of a ratio of weights; the norm
        in that of the tables, which has no name.
    Source: MViTv2's decomposed relative positions (arXiv 2112.01526, section 4.1).
    """

    title = "How does attention depend on the distance between tokens?"
    reads_prompts = False

    block: int = block_knob(1)
    head: int = head_knob(MEAN)

    def read(self, trace: Trace) -> Panel:
        row_terms, column_terms = (
            of_head(array(each), self.head) for each in attention_position_terms(trace, self.block)
        )
        across = column_terms.swapaxes(0, 1)
        vertical, horizontal = by_distance(row_terms), by_distance(across)
        own = [reachable(len(terms), terms.shape[2]) for terms in (row_terms, across)]
        distances = max(own, key=len)  # in a grid that is not square, one reaches further
        who = head_in_words(self.head, trace.sam.config.encoder_heads)
        terms = Profile(
            distances.astype(float),
            (
                _band(_among(distances, own[0], vertical), "vertical"),
                _band(_among(distances, own[1], horizontal), "horizontal"),
            ),
            title="Added to the scores, median with 5 to 95 % of query and key",
            words=_words(self.block, who, own, (vertical[1], horizontal[1])),
            x_name="distance from query to key (tokens)",
            y_name="score",
        )
        return Panel(
            (terms, _norms(trace, self.block, distances, own)),
            title=f"Relative positions of block {self.block}, {who}",
            words=terms.words,
            across=1,
        )


def reachable(grid: int, side: int) -> np.ndarray:
    """Distances along one side from a query on the grid to a key of its window, ascending."""
    return np.arange(-min(grid, side) + 1, side)


def _among(
    distances: np.ndarray, own: np.ndarray, values: Float[np.ndarray, "*any own"]
) -> Float[np.ndarray, "*any distance"]:
    """Values at their distances in a longer list of distances; NaN at the others."""
    found = np.full((*values.shape[:-1], len(distances)), np.nan)
    found[..., np.isin(distances, own)] = values
    return found


def by_distance(terms: Float[np.ndarray, "line other key"]) -> Float[np.ndarray, "3 distance"]:
    """The 5th, 50th and 95th percentile of the terms of all queries and keys at each distance.

    Args:
        terms: by the query's position along this axis, its position along the other axis, and the
            key's position within the window.
    """
    lines, _, side = terms.shape
    places = np.arange(lines) % side
    found = []
    for distance in reachable(lines, side):
        keys = places + distance
        inside = np.flatnonzero((keys >= 0) & (keys < side))
        found.append(np.percentile(terms[inside, :, keys[inside]], (5, 50, 95)))
    return np.stack(found, axis=1)


def _band(percentiles: Float[np.ndarray, "3 distance"], name: str) -> Curve:
    low, median, high = percentiles
    return Curve(median, name, low, high)


def _norms(trace: Trace, block: int, distances: np.ndarray, own: list[np.ndarray]) -> Profile:
    attention = trace.sam.image_encoder.vit.blocks[block].get_submodule("attention")
    tables = (attention.get_parameter(f"relative_{axis}") for axis in ("rows", "columns"))
    norms = []
    for table, side, reached in zip(tables, trace.attended(block), own, strict=True):
        vectors = array(relative_table(table, side, trace.relative_positions))
        # A table begins with the keys that are furthest before their query.
        lengths = np.linalg.norm(vectors[side - 1 - reached], axis=1)
        norms.append(_among(distances, reached, lengths))
    lowest, highest = (text(float(each)) for each in (np.nanmin(norms), np.nanmax(norms)))
    return Profile(
        distances.astype(float),
        (Curve(norms[0], "vertical"), Curve(norms[1], "horizontal")),
        title="Lengths of the vectors",
        words=f"The vectors of block {block} have lengths from {lowest} to {highest}.",
        x_name="distance from query to key (tokens)",
        y_name="L2 norm",
    )


def _words(
    block: int,
    who: str,
    own: list[np.ndarray],
    medians: tuple[np.ndarray, np.ndarray],
) -> str:
    parts = [
        f"{name} distances add from {text(float(each.min()))} to {text(float(each.max()))}, "
        f"the most at {text(float(distances[each.argmax()]))}"
        for name, distances, each in zip(("vertical", "horizontal"), own, medians, strict=True)
    ]
    return (
        f"In the median over queries and keys of block {block}, and for {who}, "
        f"{'; '.join(parts)} tokens from query to key."
    )
