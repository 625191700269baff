"""What do relative positions add to the scores at each distance?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.attention import relative_table
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace, attention_position_terms

from .attention import MEAN, head_in_words, head_knob, of_head
from .numbers import array, text
from .probe import Probe, block_knob


@dataclass(frozen=True)
class RelativePositions(Probe):
    """The tables of relative positions of one block as curves over the distance.

    A block has a vector for each vertical and each horizontal distance between query and key, which
    all heads share. A score gets the query's product with both vectors, so that what a distance is
    worth depends on the query: the curves show the median over all queries and keys that lie so far
    apart, with the band of 90 % of them. The lengths of the vectors say how much is there to be
    multiplied with. Distances go from the query to the key: positive is below or to the right.

    In other windows than the trained ones, the tables are those that the run uses. Edits of the
    terms change the terms, not the lengths.

    Reads: image_encoder.vit.blocks.N.hook_residual_pre, from which hook_relative_rows and
        hook_relative_columns of image_encoder.vit.blocks.N.attention.* are worked out by grid, and
        the attention's two tables.
    Returns: a Panel of two Profiles over the distance: what is added to the scores, and the L2 norm
        of the vectors; each with a curve for vertical and one for horizontal distances.
    Unit: tokens; scores, whose difference is the natural logarithm of a ratio of weights; the norm
        in that of the tables, which has no name.
    Source: MViTv2's decomposed relative positions (arXiv 2112.01526, section 4.1).
    """

    reads_prompts = False

    block: int = block_knob(1)
    head: int = head_knob(MEAN)

    def read(self, trace: Trace) -> Panel:
        row_terms, column_terms = (
            of_head(array(each), self.head) for each in attention_position_terms(trace, self.block)
        )
        vertical = by_distance(row_terms)
        horizontal = by_distance(column_terms.swapaxes(0, 1))
        distances = reachable(*row_terms.shape[1:])
        who = head_in_words(self.head, trace.sam.config.encoder_heads)
        terms = Profile(
            distances.astype(float),
            (_band(vertical, "vertical"), _band(horizontal, "horizontal")),
            title="Added to the scores, median with 5 to 95 % of query and key",
            words=_words(self.block, who, distances, vertical[1], horizontal[1]),
            x_name="distance from query to key (tokens)",
            y_name="score",
        )
        return Panel(
            (terms, _norms(trace, self.block, distances)),
            title=f"Relative positions of block {self.block}, {who}",
            words=terms.words,
            across=1,
        )


def reachable(grid: int, side: int) -> np.ndarray:
    """Distances from a query on the grid to a key of its window, ascending."""
    return np.arange(-min(grid, side) + 1, side)


def by_distance(terms: Float[np.ndarray, "line other key"]) -> Float[np.ndarray, "3 distance"]:
    """5th, 50th and 95th percentile of the terms of all queries and keys at each distance.

    Args:
        terms: by the query's place along the distance, by its other place, and by the key's place
            within the window.
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


def _norms(trace: Trace, block: int, distances: np.ndarray) -> Profile:
    attention = trace.sam.image_encoder.vit.blocks[block].attention
    side = trace.sam.config.side(trace.windows[block])
    # A table begins with the keys that lie furthest ahead of their query.
    rows = side - 1 - distances
    norms = [
        np.linalg.norm(array(relative_table(table, side, trace.relative_positions))[rows], axis=1)
        for table in (attention.relative_rows, attention.relative_columns)
    ]
    lowest, highest = (text(float(each)) for each in (np.min(norms), np.max(norms)))
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
    distances: np.ndarray,
    vertical: Float[np.ndarray, "distance"],
    horizontal: Float[np.ndarray, "distance"],
) -> str:
    parts = [
        f"{name} distances add from {text(float(medians.min()))} to {text(float(medians.max()))}, "
        f"the most at {text(float(distances[medians.argmax()]))}"
        for name, medians in (("vertical", vertical), ("horizontal", horizontal))
    ]
    return (
        f"In the median over queries and keys of block {block}, and for {who}, "
        f"{'; '.join(parts)} tokens from query to key."
    )
