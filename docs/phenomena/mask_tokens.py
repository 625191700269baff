"""Each of the alternatives answers a level of its own, and token 0 several prompts.

python docs/phenomena/mask_tokens.py --help
"""

import argparse
from dataclasses import replace
from itertools import islice

import numpy as np
from common import FIRST_SEED, Row, run, untrained
from jaxtyping import Float
from tqdm import tqdm

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, predict
from sam_explore.probes.common.asked_objects import AskedLevels, asked_levels
from sam_explore.probes.masks.token_levels import FIRST, LevelAnswer, answered
from sam_explore.scenes.ground_truth import LEVELS
from sam_explore.tracing import Trace

LEVEL_ROWS = 4  # rows of the table for each level


def own_token(ious: Float[np.ndarray, "scene mask"]) -> Float[np.ndarray, "scene mask"]:
    """1 for the alternative that fits best in the mean of all other scenes, else 0."""
    others = ious.sum(axis=0) - ious
    others[:, :FIRST] = -np.inf
    return (others.argmax(axis=1)[:, None] == np.arange(ious.shape[1])).astype(float)


def level_rows(
    name: str, ious: Float[np.ndarray, "scene mask"], of_random: Float[np.ndarray, "scene mask"]
) -> list[Row]:
    """How well a level's own token fits it, and how often best of the alternatives."""
    fits, best, by_others, chance = [], [], [], []
    for found in (ious, of_random):
        own = own_token(found)
        fits.append((own * found).sum(axis=1))
        by_others.append(found[:, FIRST:].mean(axis=1))
        best.append((found[:, FIRST:].max(axis=1) == fits[-1]).astype(float))
        chance.append(np.full(len(found), 1 / (found.shape[1] - FIRST)))
    share = f"the {name}'s own token fits it best, share of the scenes"
    return [
        Row(
            f"IoU with the {name}, by its own token", fits[0], "a random one of three", by_others[0]
        ),
        Row(f"IoU with the {name}, by its own token", fits[0], "random weights", fits[1]),
        Row(share, best[0], "each as often", chance[0]),
        Row(share, best[0], "random weights", best[1]),
    ]


def several_prompts(sam: Sam, asked: AskedLevels) -> tuple[float, float]:
    """IoU with a level, for a click and the level's box: by token 0, and by the best predicted of
    the others; in the mean of the levels.
    """
    encoded, prompts = encode(sam, asked.image), []
    for mask in asked.masks:
        rows, columns = np.nonzero(mask)
        box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
        prompts.append(Prompts(points=[asked.click], box=box))

    def true(answer: Prediction, token: int, truth: np.ndarray) -> float:
        return mask_iou(answer.masks()[token], truth)

    pairs = list(zip(predict(sam, encoded, prompts), asked.masks, strict=True))
    clear = [true(answer, 0, truth) for answer, truth in pairs]
    others = [
        true(answer, FIRST + int(answer.iou[FIRST:].argmax()), truth) for answer, truth in pairs
    ]
    return float(np.mean(clear)), float(np.mean(others))


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """Levels by token, and what token 0 is good for."""
    asked = list(islice(asked_levels(FIRST_SEED), options.scenes))
    random = untrained(sam.config, 0)
    found, of_random, several = [], [], []
    for each in tqdm(asked, unit="scene", disable=None):
        trace = Trace(sam, each.image)
        found.append(answered(trace, each))
        of_random.append(answered(replace(trace, sam=random), each))
        several.append(several_prompts(sam, each))
    ious, ious_of_random = (np.array([each.ious for each in some]) for some in (found, of_random))
    rows = []
    for level, name in enumerate(LEVELS):
        rows += level_rows(name, ious[:, :, level], ious_of_random[:, :, level])
    return [*rows, *token_0_rows(found, np.array(several))]


def token_0_rows(found: list[LevelAnswer], several: Float[np.ndarray, "scene 2"]) -> list[Row]:
    """What leaving token 0 out changes."""
    every, without, unseen = np.array([each.chosen() for each in found]).T
    click = "one click: true IoU of the mask with the best predicted IoU"
    return [
        Row(f"{click}, tokens 1 to 3", without, "all four tokens", every),
        Row(f"{click}, tokens 1 to 3", without, "the same, and none sees token 0", unseen),
        Row("a click and a box: true IoU of token 0", several[:, 0],
            "the best predicted of tokens 1 to 3", several[:, 1]),
    ]  # fmt: skip


def claims(rows: list[Row]) -> dict[str, int]:
    found = {}
    for level, name in enumerate(LEVELS):
        chance, random, often, more_often = rows[LEVEL_ROWS * level : LEVEL_ROWS * (level + 1)]
        found[f"one token fits the {name} better than the others do"] = min(
            chance.sign, random.sign
        )
        found[f"it is more often the best one for the {name} than with random weights"] = min(
            often.sign, more_often.sign
        )
    without, unseen, several = rows[LEVEL_ROWS * len(LEVELS) :]
    return found | {
        "one click is answered better without token 0 among those to choose from": without.sign,
        "the others need to see token 0": unseen.sign,
        "token 0 answers a click and a box better than the others": several.sign,
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments, scenes=300)


if __name__ == "__main__":
    main()
