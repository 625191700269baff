"""Are grid, clicks and corners encoded alike?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.geometry import BACKGROUND, FOREGROUND, Prompts
from sam_explore.model.addresses import COORDINATES, GRID_ENCODING, PROMPT_TOKENS
from sam_explore.number_text import text
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import Trace

from ..common.attention import token_in_words
from ..common.numbers import array
from ..common.probe import Probe, token_knob

_SHORT = ("fore-\nground", "back-\nground", "top\nleft", "bottom\nright")
_DIGITS = 5  # single precision leaves no more of the sine of a large angle
_KINDS = ("foreground", "background", "box top left", "box bottom right")


@dataclass(frozen=True)
class CoordinateSharing(Probe):
    """One place asked for in five ways: as a token of the grid, two clicks and two box corners.

    The same encoder serves all of them, so their encodings are the same. What tells them apart is
    the learned vector of their kind, which the prompt encoder adds afterwards; the grid gets none.

    The prompts are the probe's own: a foreground and a background point and both corners of a box,
    all in the middle of the picked token. Where that lies outside the picture, the nearest token is
    taken whose middle lies inside.

    Reads: coordinate_encoder.hook_grid, coordinate_encoder.hook_points and
        prompt_encoder.hook_tokens.
    Returns: a Panel of two Matrices: the largest difference between two encodings of the place,
        over the channels and to five decimals (5 x 5); and the L2 norm of the difference between
        the prompt tokens that they become (4 x 4).
    Unit: of the first, a sine or a cosine, so that 2 is the most; of the second, that of the
        tokens, which has no name.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L73
    """

    title = "Are grid, clicks and corners encoded alike?"
    about_picture = False

    token: tuple[int, int] = token_knob()

    def read(self, trace: Trace) -> Panel:
        token = _inside(trace, self.token)
        row, column = token
        rows, columns = trace.frame.grid
        middle = np.array([(column + 0.5) / columns, (row + 0.5) / rows])
        point = np.clip(trace.frame.px_from_unit(middle), 0, trace.frame.image_size[::-1])
        asked = Prompts([point, point], [FOREGROUND, BACKGROUND], (*point, *point))
        found = trace.with_prompts(asked).read((COORDINATES, GRID_ENCODING, PROMPT_TOKENS))
        of_prompts = array(found[COORDINATES][0])
        of_grid = array(found[GRID_ENCODING][:, row, column])
        encodings = np.concatenate([of_grid[None], of_prompts])
        apart = np.abs(encodings[:, None] - encodings[None]).max(axis=-1).round(_DIGITS)
        tokens = array(found[PROMPT_TOKENS][0])
        distances = np.linalg.norm(tokens[:, None] - tokens[None], axis=-1)
        words = (
            f"At {token_in_words(token)}, the encodings as grid, click and corner differ by "
            f"{text(apart.max())} at most, to five decimals. With the learned vector of their kind "
            f"added, the four prompt tokens lie {_least_and_most(distances)} apart."
        )
        return Panel(
            (
                _table(apart, "encodings", Scale("largest difference", low=0.0, high=2.0), words),
                _table(distances, "prompt tokens", Scale("L2 norm", low=0.0), words),
            ),
            title=f"One place, {token_in_words(token)}, asked for in five ways",
            words=words,
            across=1,
        )


def _table(values: Float[np.ndarray, "kind kind"], of: str, scale: Scale, words: str) -> Matrix:
    """Of all kinds, or of those that a prompt has."""
    names = ("grid", *_KINDS)[-len(values) :]
    return Matrix(
        values,
        names,
        ("grid", *_SHORT)[-len(values) :],
        f"Difference of the {of}",
        words,
        "the place as",
        "the place as",
        scale,
    )


def _inside(trace: Trace, token: tuple[int, int]) -> tuple[int, int]:
    """The token, or the nearest whose middle lies in the picture."""
    patch = trace.frame.patch_size
    last = [max(0, (length - patch // 2) // patch) for length in trace.frame.input_size]
    return min(token[0], last[0]), min(token[1], last[1])


def _least_and_most(distances: Float[np.ndarray, "kind kind"]) -> str:
    apart = distances[np.triu_indices(len(distances), 1)]
    return f"{text(apart.min())} to {text(apart.max())}"
