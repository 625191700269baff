"""What is a prompt token made of?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import COORDINATES, GRID_ENCODING, PROMPT_TOKENS
from sam_explore.number_text import text
from sam_explore.origins import ALL as EACH
from sam_explore.origins import Operation, address_of, cosine_of, length_of, product_of, there
from sam_explore.readings import Cell, Heatmap, Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.numbers import array, counted
from ..common.probe import Probe, RunSizes, knob

Parts = Float[np.ndarray, "prompt channel"]


def _last_token(run: RunSizes) -> int:
    return max(0, len(run.decoder_tokens.prompt_names) - 1)


def _names(run: RunSizes) -> tuple[tuple[int, str], ...]:
    return tuple(enumerate(run.decoder_tokens.prompt_names)) or ((0, "point 0"),)


_NORMS = 3  # which part of the panel they are; the maps are before


@dataclass(frozen=True)
class PromptTokenParts(Probe):
    """Each prompt token as the sum of an encoded place and the learned vector of its kind.

    The padding point has no place. The maps are the products of a token, and of its two parts, with
    the encodings of the grid's places: the place's part is large around the click, the kind's part
    is the same for every click. The decoder compares them through learned projections instead.
    Without a point or a box, a click in the middle of the picture is taken.

    Reads: prompt_encoder.hook_tokens, coordinate_encoder.hook_points, coordinate_encoder.hook_grid
        and the weights of prompt_encoder.
    Returns: a Panel of three Heatmaps (row, column) on one scale, the products with the grid of the
        chosen token, of its place and of its kind; and of two Matrices over the prompt tokens, the
        L2 norms of the whole, of the place and of the kind, and the cosine of place and kind.
    Unit: the norms in that of the tokens, which has no name; a cosine; the products by wave, so
        that a place has 1 with itself.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L73
    """

    title = "What is a prompt token made of?"

    prompt: int = knob(0, "prompt token", low=0, high=_last_token, names=_names)

    def read(self, trace: Trace) -> Panel:
        said = ""
        if not trace.prompts.kinds:
            height, width = trace.frame.image_size
            trace = trace.with_prompts(trace.prompts.with_point((width / 2, height / 2)))
            said = "There is no prompt; one click in the middle of the picture is taken. "
        names = trace.decoder_tokens.prompt_names
        token = min(self.prompt, len(names) - 1)
        whole, place, kind = parts_of(trace)
        grid = array(trace[GRID_ENCODING])
        products = [
            np.tensordot(part[token], grid, axes=1) / (len(grid) / 2)
            for part in (whole, place, kind)
        ]
        left = float(np.abs(whole - place - kind).max())
        words = said + _words(names, token, (whole, place, kind), left)
        return Panel(
            (
                *_maps(names[token], products, words),
                _norms(names, (whole, place, kind), words),
                _cosines(names, place, kind, words),
            ),
            title=f"{counted(len(names), 'prompt token')}, taken apart",
            words=words,
            across=3,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if not trace.prompts.kinds:
            height, width = trace.frame.image_size
            trace = trace.with_prompts(trace.prompts.with_point((width / 2, height / 2)))
        last = len(trace.decoder_tokens.prompt_names) - 1
        token = cell.row if cell.part >= _NORMS else min(self.prompt, last)
        learned = trace.sam.prompt_encoder.learned_vector(trace.prompts.kinds[token])
        whole = there(PROMPT_TOKENS, (0, token, EACH))
        place = there(COORDINATES, (0, token, EACH))
        kind = there(address_of(trace.sam, learned), (0, EACH))
        has_place = token < trace[COORDINATES].shape[1]
        which = cell.column if cell.part == _NORMS else cell.part
        if not has_place and (cell.part > _NORMS or which == 1):
            return None  # the padding point has no place, which counts as zero
        if cell.part > _NORMS:
            return cosine_of(trace, place, kind, "cosine of place and kind")
        part, name = (whole, place, kind)[which], ("token", "place", "kind")[which]
        if cell.part == _NORMS:
            return length_of(trace, part, f"length of the {name}")
        grid = there(GRID_ENCODING, (EACH, cell.row, cell.column))
        waves = trace.sam.config.token_dim // 2
        return product_of(trace, part, grid, f"product of the {name} and a place's code", waves)


def parts_of(trace: Trace) -> tuple[Parts, Parts, Parts]:
    """The prompt tokens of a run as they are, their encoded places, and their kinds' vectors."""
    whole = array(trace[PROMPT_TOKENS][0])
    encoder = trace.sam.prompt_encoder
    kind = np.stack([array(encoder.learned_vector(each)[0]) for each in trace.prompts.kinds])
    place = np.zeros_like(whole)
    encoded = array(trace[COORDINATES][0])  # none of the padding point, which comes last
    place[: len(encoded)] = encoded
    return whole, place, kind


def _norms(names: tuple[str, ...], parts: tuple[Parts, ...], words: str) -> Matrix:
    return Matrix(
        np.stack([np.linalg.norm(part, axis=1) for part in parts], axis=1),
        rows=names,
        columns=("token", "place", "kind"),
        title="L2 norms",
        words=words,
        row_name="",
        column_name="",
        scale=Scale("L2 norm", low=0.0),
    )


def _cosines(names: tuple[str, ...], place: Parts, kind: Parts, words: str) -> Matrix:
    sizes = np.linalg.norm(place, axis=1) * np.linalg.norm(kind, axis=1)
    products = (place * kind).sum(axis=1)
    # The padding point's place is 0: it adds nothing in any direction.
    values = np.divide(products, sizes, out=np.zeros_like(products), where=sizes > 0)
    return Matrix(
        values[:, None],
        rows=names,
        columns=("place and kind",),
        title="Cosine",
        words=words,
        row_name="",
        column_name="",
        scale=Scale("cosine", centre=0.0, low=-1.0, high=1.0),
    )


def _maps(
    name: str, products: list[Float[np.ndarray, "row column"]], words: str
) -> tuple[Heatmap, ...]:
    """Of the token, its place and its kind, on one scale."""
    reach = max(float(np.abs(each).max()) for each in products)
    scale = Scale("product a wave", centre=0.0, low=-reach, high=reach)
    titles = (name.capitalize(), "Its place", "Its kind")
    return tuple(
        Heatmap(values, title, words, scale, frame="tokens")
        for title, values in zip(titles, products, strict=True)
    )


def _words(
    names: tuple[str, ...], token: int, parts: tuple[Parts, Parts, Parts], left: float
) -> str:
    whole, place, kind = (float(np.linalg.norm(part[token])) for part in parts)
    has_place = (
        f"its place has a length of {text(place)} and its kind {text(kind)}"
        if place
        else f"it has no place, and its kind has a length of {text(kind)}"
    )
    return (
        f"The prompt tokens are {', '.join(names)}. Of {names[token]}, {has_place}; the token "
        f"itself has {text(whole)}. To four decimals, place and kind add up to the tokens but for "
        f"{text(round(left, 4))}."
    )
