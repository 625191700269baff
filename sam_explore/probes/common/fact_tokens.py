"""The tokens of drawn scenes for a question with known answers, and how well they answer it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.model import SamConfig
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.tracing import Trace, announced_as

from .depth import stream_names
from .probe import knob
from .read_outs import Asked, ReadOut, learn
from .token_truth import FACTS, SIDE, Examples, asked_scenes

_BLANK = np.zeros((SIDE, SIDE, 3), np.uint8)  # a picture of the scenes' size


@dataclass(frozen=True, eq=False)
class SceneTokens:
    """The questions about one scene, in the tokens of each stage.

    Args:
        asked: by stage.
        by_place: in the row and column of each token, their squares and their product, alone.
    """

    asked: tuple[Asked, ...]
    by_place: Asked


def fact_knob() -> Any:
    """A field that is one of the questions."""
    return knob("same object", "what is read", choices=tuple(FACTS), matters=True)


def scenes_knob(default: int) -> Any:
    """A field that is the number of scenes, of which half are learned from."""
    return knob(default, "scenes", low=8, high=32)


def stages_of(config: SamConfig) -> dict[str, str]:
    """Hook points by a short name: the residual stream over depth, then the image tokens."""
    stream = stream_names(config).items()
    after = {(name if name == "embedding" else f"block {name}"): at for name, at in stream}
    return after | {"image tokens": IMAGE_TOKENS}


def run_key(trace: Trace) -> str:
    """What the tokens of any picture depend on, as a fingerprint: not the picture, nor prompts."""
    return replace(trace, image=_BLANK, prompts=Prompts()).description.fingerprint


def scene_tokens(
    trace: Trace, fact: str, count: int, hooks: Sequence[str], said: str = ""
) -> list[SceneTokens]:
    """The tokens that a question is about, of drawn scenes in place of the run's picture.

    Args:
        trace: whose model, windows, preprocessing and edits are used.
        fact: one of FACTS.
        count: how many scenes, at most.
        hooks: the hook point of each stage.
        said: after "Scene 3 of 16", for callbacks of `between_steps`.
    """
    blank = replace(trace, image=_BLANK, prompts=Prompts())
    scenes = asked_scenes(fact, blank.frame.tokens_shown, count)
    found = []
    for number, (truth, examples) in enumerate(scenes, start=1):
        with announced_as(f"Scene {number} of {len(scenes)}{said}"):
            tokens = replace(blank, image=truth.image).read(hooks)
        stages = (_flat(tokens[hook], hook, truth.grid) for hook in hooks)
        found.append(
            SceneTokens(
                tuple(_asked(each, examples) for each in stages),
                _asked(places_alone(truth.grid), examples),
            )
        )
    return found


def halves(scenes: Sequence[SceneTokens]) -> tuple[list[SceneTokens], list[SceneTokens]]:
    """Those to learn from, and those to be tested on."""
    middle = (len(scenes) + 1) // 2
    return list(scenes[:middle]), list(scenes[middle:])


def joined(scenes: Sequence[Asked]) -> Asked:
    """The questions of several scenes."""
    return Asked(
        np.concatenate([each.first for each in scenes]),
        np.concatenate([each.second for each in scenes]),
        np.concatenate([each.answers for each in scenes]),
    )


def learned(fact: str, asked: Asked, shuffled: int = 0) -> ReadOut:
    """The read-out of a question; as a control with the answers shuffled, by a seed above 0."""
    if shuffled:
        order = np.random.default_rng(shuffled).permutation(len(asked.answers))
        asked = replace(asked, answers=asked.answers[order])
    return learn(FACTS[fact].form, asked, len(FACTS[fact].answers))


def places_alone(grid: tuple[int, int]) -> Float[np.ndarray, "token 5"]:
    """Row and column of each token from the middle, their squares and their product."""
    places = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
    row, column = ((at + 0.5) / length - 0.5 for at, length in zip(places, grid, strict=True))
    return np.stack([row, column, row**2, column**2, row * column], axis=1)


def _flat(tensor: Tensor, hook: str, grid: tuple[int, int]) -> Float[np.ndarray, "token channel"]:
    tokens = tensor[0].permute(1, 2, 0) if hook == IMAGE_TOKENS else tensor[0]
    rows, columns = grid
    return tokens[:rows, :columns].flatten(0, 1).float().cpu().numpy()


def _asked(tokens: Float[np.ndarray, "token channel"], examples: Examples) -> Asked:
    first = tokens[examples.first]
    second = first if examples.second is examples.first else tokens[examples.second]
    return Asked(first, second, examples.answers)
