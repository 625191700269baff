"""The padding point, which follows points given without a box, helps a little.

python docs/phenomena/padding_point.py --help
"""

import argparse

import numpy as np
import torch
from common import Case, Row, cases, run, sign
from jaxtyping import Float
from torch import Tensor

from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam
from sam_explore.prediction import Prediction, encode, prediction_from, prompt_tensors

LITTLE = 0.05  # IoU


def prompt_sets(
    tokens: Float[Tensor, "1 prompt channel"], seed: int
) -> dict[str, Float[Tensor, "1 other channel"]]:
    """The prompt tokens of points, whose last is the padding point, and three other ways."""
    points, padding = tokens[:, :-1], tokens[:, -1:]
    random = torch.randn(padding.shape, generator=torch.Generator().manual_seed(seed))
    random = random * padding.norm() / random.norm()
    return {
        "with": tokens,
        "without": points,
        "random": torch.cat([points, random.to(padding)], dim=1),
        "further": torch.cat([tokens, padding], dim=1),
    }


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """True IoU with the padding point against three other ways, and how far the logits move."""
    found = np.array([_one(sam, case) for case in cases(sam.config.image_size, options.scenes)])
    quality, moved = found[:, 0].T, found[:, 1].T
    with_it, without, random, further = quality
    name, move = "true IoU with the padding point", "change of the logits"
    instead = "a random vector of its length in its place"
    return [
        Row(name, with_it, "without it", without),
        Row(name, with_it, instead, random),
        Row(name, with_it, "a further padding point", further),
        Row(f"{move} without it", moved[1], instead, moved[2]),
        Row(f"{move} by a further one", moved[3], instead, moved[2]),
    ]


def _one(sam: Sam, case: Case) -> list[list[float]]:
    """True IoU of the chosen mask and change of its logits, for each set of prompt tokens."""
    encoded = encode(sam, case.drawn.image)
    points, labels, _, _ = prompt_tensors([case.click], encoded.frame, sam.device)

    def answer(tokens: Tensor) -> Prediction:
        logits, ious = sam.decode(encoded.tokens, tokens)
        return prediction_from(logits[0], ious[0], case.click, encoded.frame)

    with torch.no_grad():
        sets = prompt_sets(sam.encode_prompts(points, labels), case.seed)
        answers = [answer(tokens) for tokens in sets.values()]
    before = answers[0].logits[answers[0].chosen]
    changes = [each.logits[answers[0].chosen] - before for each in answers]
    return [
        [mask_iou(each.masks()[each.chosen], case.truth) for each in answers],
        [float(np.sqrt((change**2).mean()) / before.std()) for change in changes],
    ]


def claims(rows: list[Row]) -> dict[str, int]:
    without, random, further, moved, _ = rows
    return {
        "the masks are better with the padding point than without": without.sign,
        f"the gain is below {LITTLE:g}": sign(LITTLE - (without.values - without.null)),
        "a random vector is no substitute": random.sign,
        "a further padding point harms": further.sign,
        "leaving it out moves the logits less than a random vector does": -moved.sign,
    }


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments)


if __name__ == "__main__":
    main()
