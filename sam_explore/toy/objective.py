"""SAM's own training objective: masks for prompts, corrected over rounds."""

from dataclasses import dataclass
from itertools import permutations

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sam_explore.model import Sam

from .losses import mask_iou, mask_loss
from .sampling import FINER, Batch, correction_clicks, shrink


def prompted_loss(
    sam: Sam,
    image_tokens: Float[Tensor, "scene channel row column"],
    batch: Batch,
    generator: torch.Generator,
    plan: list[bool],
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The loss of SAM's own task over several rounds of prompting, and mean IoUs for the log.

    Half of the targets are asked for with a click, the others with a box. A click asks for whole,
    part and sub-part at once, and tokens 1-3 share them out; which of them is the target decides
    what the predicted IoUs and the corrections are about. A box is taken as an ambiguous prompt by
    tokens 1-3 and as a clear one by token 0. Which rounds follow says `plan` (see `plan_rounds`);
    every second target goes through them.
    """
    nested = batch.nested.flatten(0, 1)
    each = torch.arange(len(nested), device=nested.device)
    targets = nested[each, batch.asked.flatten()]
    clicked = each % 2 == 0
    image = image_tokens.repeat_interleave(batch.nested.shape[1], dim=0)
    points = batch.points_unit.flatten(0, 1)[:, None]
    labels = torch.ones(len(targets), 1, dtype=torch.long, device=targets.device)
    boxes = batch.boxes_unit.flatten(0, 1)
    by_click = Dialogue(sam, image[clicked], targets[clicked], points[clicked], labels[clicked])
    by_box = Dialogue(
        sam, image[~clicked], targets[~clicked], points[~clicked, :0], labels[~clicked, :0],
        boxes[~clicked],
    )  # fmt: skip

    click_loss, click_iou = by_click.ask_ambiguous(nested[clicked])
    box_loss, box_iou = by_box.ask_both()
    loss = click_loss + box_loss
    figures = {"one_click": click_iou, "box": box_iou}
    dialogues = [by_click.every_second(), by_box.every_second()]
    for index, clicks in enumerate(plan):
        for dialogue in dialogues:
            dialogue.correct(generator, clicks)
            corrected_loss, figures[f"corrected_{index + 1}"] = dialogue.ask_clear()
            loss = loss + corrected_loss / len(plan)
    return loss, figures


def plan_rounds(most_rounds: int, generator: torch.Generator) -> list[bool]:
    """Which rounds follow the first, and whether each brings a click.

    There are `most_rounds` in all or fewer, n of them with a chance in proportion to 1/n: a long
    dialogue costs much and its end teaches little. As in the paper, the last of three rounds or
    more brings no click, nor does one before it where there are five or more: there the model only
    refines its own mask.
    """
    weights = 1 / torch.arange(1, most_rounds + 1)
    rounds = int(torch.multinomial(weights, 1, generator=generator)) + 1
    clicks = [True] * (rounds - 1)
    if rounds >= 3:
        clicks[-1] = False
    if rounds >= 5:
        clicks[int(torch.randint(1, rounds - 2, (), generator=generator))] = False
    return clicks


@dataclass(eq=False)
class Dialogue:
    """Prompts for a batch of targets, and the last answer, which the next prompt builds on.

    Targets are `FINER` than the logits: a mask is judged as it is used, after its upscaling.
    """

    sam: Sam
    image: Float[Tensor, "target channel row column"]
    targets: Bool[Tensor, "target fine_height fine_width"]
    points: Float[Tensor, "target point 2"]
    labels: Int[Tensor, "target point"]
    boxes: Float[Tensor, "target 4"] | None = None
    hints: Float[Tensor, "target 1 height width"] | None = None
    answer: Float[Tensor, "target height width"] | None = None

    def ask_ambiguous(
        self, nested: Bool[Tensor, "target level fine_height fine_width"]
    ) -> tuple[Float[Tensor, ""], float]:
        """Of tokens 1-3 the best learns each level's region; all learn to tell their target's IoU.

        The answer kept for the next round is the one of the best predicted IoU, as in the paper.
        Returns the loss and the mean IoU of the best mask.
        """
        return self._learn_ambiguous(*self._decode(), nested)

    def ask_clear(self) -> tuple[Float[Tensor, ""], float]:
        """Token 0 learns the target and to tell its IoU. Returns the loss and the mean IoU."""
        return self._learn_clear(*self._decode())

    def ask_both(self) -> tuple[Float[Tensor, ""], float]:
        """Tokens 1-3 and token 0 learn from one answer, for half each. Returns as `ask_clear`."""
        logits, iou = self._decode()
        ambiguous, _ = self._learn_ambiguous(logits, iou, self.targets[:, None])
        clear, mean_iou = self._learn_clear(logits, iou)
        return 0.5 * (ambiguous + clear), mean_iou

    def every_second(self) -> "Dialogue":
        """The same for every second target, to go on with at half the cost."""
        return Dialogue(self.sam, *(_every_second(getattr(self, name)) for name in _BATCHED))

    def correct(self, generator: torch.Generator, clicks: bool = True) -> None:
        """Feed the logits of the last answer back as a mask hint, and click into its error."""
        self.hints = self.answer[:, None]
        if clicks:
            points, labels = correction_clicks(
                self.answer > 0, shrink(self.targets, FINER), generator
            )
            self.points = torch.cat([self.points, points[:, None]], dim=1)
            self.labels = torch.cat([self.labels, labels[:, None]], dim=1)

    def _learn_ambiguous(
        self, logits: Tensor, iou: Tensor, nested: Tensor
    ) -> tuple[Float[Tensor, ""], float]:
        logits, iou = logits[:, 1:], iou[:, 1:]
        with torch.no_grad():
            masks = finer(logits) > 0
            truth = mask_iou(masks, self.targets[:, None].expand(masks.shape))
        each = torch.arange(len(logits), device=logits.device)
        self.answer = logits[each, iou.argmax(dim=1)].detach()

        present = nested.flatten(2).any(dim=2)
        tokens = share_out(_costs(logits, nested), present)
        learning = finer(logits[each[:, None], tokens][present][:, None])[:, 0]
        losses = mask_loss(learning, nested[present].float())
        weights = (present / present.sum(dim=1, keepdim=True))[present]
        loss = (losses * weights).sum() / len(logits) + F.mse_loss(iou, truth)
        return loss, truth.max(dim=1).values.mean().item()

    def _learn_clear(self, logits: Tensor, iou: Tensor) -> tuple[Float[Tensor, ""], float]:
        logits, iou = logits[:, :1], iou[:, 0]
        fine = finer(logits)[:, 0]
        truth = mask_iou(fine > 0, self.targets)
        self.answer = logits[:, 0].detach()
        loss = mask_loss(fine, self.targets.float()).mean() + F.mse_loss(iou, truth)
        return loss, truth.mean().item()

    def _decode(self) -> tuple[Tensor, Tensor]:
        prompts = self.sam.encode_prompts(self.points, self.labels, self.boxes)
        logits, iou = self.sam.decode(self.image, prompts, self.hints)
        return logits.float(), iou.float()


def finer(logits: Float[Tensor, "target mask h w"]) -> Float[Tensor, "target mask height width"]:
    """Logits at the targets' resolution, upscaled as a prediction upscales them."""
    return F.interpolate(logits, scale_factor=FINER, mode="bilinear", align_corners=False)


@torch.no_grad()
def _costs(logits: Tensor, nested: Tensor) -> Float[Tensor, "target token level"]:
    """What each token's mask would lose by each level's region, at the logits' resolution."""
    regions = shrink(nested.flatten(0, 1), FINER).unflatten(0, nested.shape[:2]).float()
    pairs = (*logits.shape[:2], *regions.shape[1:])
    return mask_loss(logits[:, :, None].expand(pairs), regions[:, None].expand(pairs))


def share_out(
    costs: Float[Tensor, "target token level"], present: Bool[Tensor, "target level"]
) -> Int[Tensor, "target level"]:
    """Which token learns which level, none learns two, so that the sum of costs is least.

    The paper lets the token of least loss learn the one region that is asked for. Here the other
    levels at the click are known too, and with them a token can't do for the whole and the part.
    """
    levels = costs.shape[2]
    orders = torch.tensor(list(permutations(range(costs.shape[1]), levels)), device=costs.device)
    sums = (costs[:, orders, torch.arange(levels)] * present[:, None]).sum(dim=2)
    return orders[sums.argmin(dim=1)]


_BATCHED = ("image", "targets", "points", "labels", "boxes", "hints", "answer")


def _every_second(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor[::2]
