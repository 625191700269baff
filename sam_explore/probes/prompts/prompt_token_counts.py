"""How many tokens does a prompt become?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.model.addresses import PROMPT_TOKENS
from sam_explore.readings import Matrix, Scale
from sam_explore.tracing import Trace

from ..common.numbers import counted
from ..common.probe import Probe, knob


@dataclass(frozen=True)
class PromptTokenCounts(Probe):
    """The tokens that prompts of several kinds become, and those of this prompt in their order.

    A point is a token and a box is two. Points without a box are followed by the padding point,
    so that N points become N + 1 tokens. A mask hint becomes none: it is added to the image tokens.
    In the decoder the prompt tokens follow the IoU token and the mask tokens.

    Reads: the shape of prompt_encoder.hook_tokens, for this prompt and for others.
    Returns: a Matrix (prompt, kind of token) of counts, with all prompt tokens and all tokens of
        the decoder in the last two columns.
    Unit: tokens.
    Source: https://github.com/facebookresearch/segment-anything/blob/dca509f/segment_anything/modeling/prompt_encoder.py#L155
    """

    title = "How many tokens does a prompt become?"

    points: int = knob(3, "points of the examples", low=1, high=16)

    def read(self, trace: Trace) -> Matrix:
        height, width = trace.frame.image_size
        points, box = [(width / 2, height / 2)] * self.points, (0, 0, width, height)
        named = counted(self.points, "point")
        asked = {
            "this prompt": trace.prompts,
            named: Prompts(points=points),
            "a box": Prompts(box=box),
            f"{named} and a box": Prompts(points=points, box=box),
            "nothing": Prompts.nothing(),
        }
        runs = {name: trace.with_prompts(prompts) for name, prompts in asked.items()}
        counts = {name: _counts(run) for name, run in runs.items()}
        found = {name: each[3] for name, each in counts.items()}
        tokens = ", ".join(trace.decoder_tokens.names)
        return Matrix(
            np.array(list(counts.values()), dtype=float),
            rows=tuple(counts),
            columns=("points", "corners", "padding", "prompt\ntokens", "decoder\ntokens"),
            title="Tokens of a prompt",
            words=(
                f"{named[0].upper()}{named[1:]} become {counted(found[named], 'prompt token')}, a "
                f"box {counted(found['a box'], 'token')}, both together "
                f"{counted(found[f'{named} and a box'], 'token')}, and nothing "
                f"{counted(found['nothing'], 'token')}. In this run the decoder has "
                f"{counted(len(trace.decoder_tokens), 'token')}, in this order: {tokens}."
            ),
            row_name="",
            column_name="",
            scale=Scale("tokens", low=0.0),
        )


def _counts(run: Trace) -> tuple[int, int, int, int, int]:
    """Points, corners, padding points and all prompt tokens; and those of the decoder."""
    tokens = run.decoder_tokens
    found = run[PROMPT_TOKENS].shape[1]
    own = len(tokens) - len(tokens.prompt_names)
    return tokens.points, 2 * tokens.has_box, int(tokens.has_padding), found, own + found
