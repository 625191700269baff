"""Automatic masks of a picture next to the original's generator, in one fair run.

    python tests/benchmarks/automatic_masks.py --help

One process and one random state dict for all. Records are compared first: the script stops unless
all keep the same masks. Random weights make thresholds of their own necessary: half of all masks
pass by predicted IoU, and half of these by stability. The more pass, the less ours saves, since it
upscales only what has passed by predicted IoU. Masks of random weights are noise, whose run lengths
alone would take half of the original's time; so upscaling is made even within a token.

torchvision, which the original needs for its NMS, is replaced by a function in numpy. The mask
generation of transformers needs torchvision as well; so its network is put into the original's
generator, whose filters it took over.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.automatic import AutomaticMaskGenerator  # noqa: E402
from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, SamConfig  # noqa: E402
from sam_explore.scenes import example  # noqa: E402
from sam_explore.toy.exam.tables import write_between_marks  # noqa: E402
from tests.benchmarks.contestants import OURS  # noqa: E402
from tests.benchmarks.measuring import (  # noqa: E402
    common_arguments,
    machine,
    time_rounds,
)
from tests.parity.huggingface import build_transformers  # noqa: E402
from tests.parity.reference import (  # noqa: E402
    build_ours,
    build_reference,
    give_weights,
    random_weights,
    segment_anything,
)

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
THEIRS = segment_anything.automatic_mask_generator
# Random predicted IoUs are moved above 0, below which the original does not filter.
LAST_BIAS = "mask_decoder.iou_prediction_head.layers.2.bias"
UPSCALING = [f"mask_decoder.output_upscaling.{index}.weight" for index in (0, 3)]
ORIGINAL, TRANSFORMERS = "segment_anything", "transformers' network in it, sdpa"


def nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """What torchvision's `batched_nms` gives for boxes of one group, best score first."""
    order = np.argsort(-scores.numpy(), kind="stable")
    x0, y0, x1, y1 = boxes.numpy().astype(float).T
    areas = (x1 - x0) * (y1 - y0)
    kept = []
    while len(order):
        best, order = order[0], order[1:]
        kept.append(int(best))
        across = np.minimum(x1[best], x1[order]) - np.maximum(x0[best], x0[order])
        down = np.minimum(y1[best], y1[order]) - np.maximum(y0[best], y0[order])
        both = across.clip(0) * down.clip(0)
        order = order[both <= iou_threshold * (areas[best] + areas[order] - both)]
    return torch.tensor(kept, dtype=torch.long)


class TransformersPredictor(segment_anything.SamPredictor):
    """The original's predictor around the network of transformers."""

    def __init__(self, sam: torch.nn.Module, network: torch.nn.Module):
        super().__init__(sam)
        self.network = network

    @torch.inference_mode()
    def set_torch_image(self, transformed_image: Tensor, original_image_size: tuple) -> None:
        self.reset_image()
        self.original_size, self.input_size = original_image_size, transformed_image.shape[-2:]
        shown = self.model.preprocess(transformed_image)
        self.features = self.network.vision_encoder(shown).last_hidden_state
        self.is_image_set = True

    @torch.inference_mode()
    def predict_torch(
        self, point_coords: Tensor, point_labels: Tensor, **_: Any
    ) -> tuple[Tensor, Tensor, Tensor]:
        answer = self.network(
            image_embeddings=self.features,
            input_points=point_coords[None].float(),
            input_labels=point_labels[None],
        )
        logits = answer.pred_masks[0]
        masks = self.model.postprocess_masks(logits, self.input_size, self.original_size)
        return masks, answer.iou_scores[0], logits


def weights_of(config: SamConfig) -> dict[str, Tensor]:
    """Random weights whose predicted IoUs are positive and whose masks are even within a token."""
    weights = random_weights(config)
    weights[LAST_BIAS] = weights[LAST_BIAS] + 10.0
    for name in UPSCALING:
        weights[name] = (
            weights[name].mean(dim=(2, 3), keepdim=True).expand_as(weights[name]).clone()
        )
    return weights


def thresholds(sam: Any, image: np.ndarray, points_per_side: int) -> dict[str, float]:
    """Half of all masks pass by predicted IoU, and half of these by stability.

    Each lies in the middle of the widest gap near the median, where no rounding decides.
    """
    every = AutomaticMaskGenerator(points_per_side).propose(sam, image, everything=True)
    predicted = in_a_gap(every.predicted_iou)
    stable = in_a_gap(every.stability[every.predicted_iou > predicted])
    return {"pred_iou_thresh": predicted, "stability_score_thresh": stable}


def in_a_gap(values: np.ndarray) -> float:
    """The middle of the widest gap among the central fifth of some values."""
    ordered = np.sort(values)
    count = len(ordered)
    central = ordered[int(0.4 * count) : max(int(0.6 * count), int(0.4 * count) + 2)]
    widest = int(np.diff(central).argmax())
    return float((central[widest] + central[widest + 1]) / 2)


def contestants(
    options: Any, weights: dict[str, Tensor], image: np.ndarray
) -> tuple[dict[str, Callable[[], list[dict]]], str]:
    """Each one's records as a function of nothing, and the thresholds in words."""
    config = SIZES[options.size]
    sam = build_ours(config, weights)
    passed = thresholds(sam, image, options.points)
    given = {"points_per_side": options.points, **passed}
    original = give_weights(build_reference(config), weights)
    THEIRS.batched_nms = nms
    THEIRS.box_area = lambda boxes: (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    rle = "uncompressed_rle"
    ours = AutomaticMaskGenerator(**given)
    reference = THEIRS.SamAutomaticMaskGenerator(original, output_mode=rle, **given)
    network = THEIRS.SamAutomaticMaskGenerator(original, output_mode=rle, **given)
    built = build_transformers(config, weights, "sdpa")
    network.predictor = TransformersPredictor(original, built)
    found = {
        OURS: lambda: ours(sam, image, progress=False).records(rle),
        ORIGINAL: partial(reference.generate, image),
        TRANSFORMERS: partial(network.generate, image),
    }
    words = ", ".join(f"{name} {value:.4g}" for name, value in passed.items())
    return found, words


def check_records(found: dict[str, list[dict]]) -> str:
    """Stop unless all kept the same masks; a line to print."""
    expected = found[ORIGINAL]
    for name, records in found.items():
        alike = len(records) == len(expected) and all(
            one["bbox"] == other["bbox"]
            and one["point_coords"] == other["point_coords"]
            and abs(one["area"] - other["area"]) <= 2e-4 * other["area"] + 2
            for one, other in zip(records, expected, strict=True)
        )
        if not alike:
            raise SystemExit(
                f"{name} keeps other masks than {ORIGINAL} ({len(records)} and {len(expected)}): "
                "its time would mean nothing."
            )
    return f"All keep the same {len(expected)} masks, with the same boxes, in the same order."


def main() -> None:
    parser = common_arguments(__doc__.split("\n")[0], SIZES, rounds=3)
    parser.add_argument("--points", type=int, default=32, help="of the grid, a side")
    parser.add_argument("--height", type=int, default=768, help="of the picture")
    parser.add_argument("--width", type=int, default=1024, help="of the picture")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    picture = Image.fromarray(np.asarray(example("turtle")))
    image = np.asarray(picture.resize((options.width, options.height)))
    work, passed = contestants(options, weights_of(SIZES[options.size]), image)
    checked = check_records({name: make() for name, make in work.items()})
    seconds = time_rounds(work, options.rounds)
    lines = [
        f"{machine()}. {options.points} x {options.points} points on {options.width} x "
        f"{options.height} pixels, {options.rounds} rounds; {passed}. {checked}",
        "",
        f"| automatic masks, {options.size} | median, s | times ours, median | times ours, least |",
        "|---|---|---|---|",
    ]
    for name, times in seconds.items():
        ratios = [theirs / mine for theirs, mine in zip(times, seconds[OURS], strict=True)]
        lines.append(f"| {name} | {median(times):.1f} | {median(ratios):.2f} | {min(ratios):.2f} |")
    sys.stdout.write("\n".join(lines) + "\n")
    if options.write:
        write_between_marks(options.write, f"automatic_masks {options.size}", lines)


if __name__ == "__main__":
    main()
