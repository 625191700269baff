"""The generator of each kind of scene; shapes and textures of two kinds are not in training."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from sam_explore.scenes.composition import LAID, VARIED, clear_scene, compose, scene
from sam_explore.scenes.ground_truth import Scene

from .held_out_creatures import penguin, rabbit, starfish, whale
from .held_out_textures import HELD_OUT_TEXTURES
from .held_out_things import bicycle, guitar, kite, lamp, pear, teapot, umbrella

HELD_OUT_SHAPES = (
    penguin, rabbit, starfish, whale, bicycle, guitar, kite, lamp, pear, teapot, umbrella,
)  # fmt: skip

_SHAPES = replace(
    VARIED,
    at_home={
        "meadow": (penguin, rabbit, bicycle, kite, umbrella, guitar),
        "street": (bicycle, bicycle, umbrella, penguin, guitar, lamp),
        "lake": (whale,),
        "underwater": (whale, starfish, starfish),
        "open sky": (kite, umbrella),
        "table": (lamp, pear, teapot, teapot, rabbit, guitar),
        "paper": HELD_OUT_SHAPES,
    },
    strays=HELD_OUT_SHAPES,
)
_TEXTURES = replace(
    VARIED,
    worn={},
    textures=HELD_OUT_TEXTURES,
    textured_share=1.0,
    laid=dict.fromkeys(LAID, HELD_OUT_TEXTURES),
)

DRAWN_BY: dict[str, Callable[[int, int], Scene]] = {
    "familiar": scene,
    "held-out shapes": partial(compose, _SHAPES),
    "held-out textures": partial(compose, _TEXTURES),
    "clear": clear_scene,
}
