"""SAM's own training objective: masks for prompts, corrected over rounds."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sam_explore.model import Sam

from .losses import mask_iou, mask_loss
from .sampling import Batch, correction_clicks


def prompted_loss(
    sam: Sam,
    image_tokens: Float[Tensor, "scene channel row column"],
    batch: Batch,
    generator: torch.Generator,
    most_rounds: int,
) -> tuple[Float[Tensor, ""], dict[str, float]]:
    """The loss of SAM's own task over several rounds of prompting, and mean IoUs for the log.

    Half of the targets are asked for with a click, the others with a box. A box is taken as an
    ambiguous prompt by tokens 1-3 and as a clear one by token 0. How many rounds follow is drawn
    anew for each step; every second target goes through them.
    """
    targets = batch.targets.flatten(0, 1)
    clicked = torch.arange(len(targets), device=targets.device) % 2 == 0
    image = image_tokens.repeat_interleave(batch.targets.shape[1], dim=0)
    points = batch.points_unit.flatten(0, 1)[:, None]
    labels = torch.ones(len(targets), 1, dtype=torch.long, device=targets.device)
    boxes = batch.boxes_unit.flatten(0, 1)
    by_click = Dialogue(sam, image[clicked], targets[clicked], points[clicked], labels[clicked])
    by_box = Dialogue(
        sam, image[~clicked], targets[~clicked], points[~clicked, :0], labels[~clicked, :0],
        boxes[~clicked],
    )  # fmt: skip

    click_loss, click_iou = by_click.ask_ambiguous()
    box_loss, box_iou = by_box.ask_both()
    loss = click_loss + box_loss
    figures = {"one_click": click_iou, "box": box_iou}
    plan = plan_rounds(most_rounds, generator)
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
    """Prompts for a batch of targets, and the last answer, which the next prompt builds on."""

    sam: Sam
    image: Float[Tensor, "target channel row column"]
    targets: Bool[Tensor, "target height width"]
    points: Float[Tensor, "target point 2"]
    labels: Int[Tensor, "target point"]
    boxes: Float[Tensor, "target 4"] | None = None
    hints: Float[Tensor, "target 1 height width"] | None = None
    answer: Float[Tensor, "target height width"] | None = None

    def ask_ambiguous(self) -> tuple[Float[Tensor, ""], float]:
        """Of tokens 1-3 only the best learns the target; all three learn to tell their IoU.

        The answer kept for the next round is the one of the best predicted IoU, as in the paper.
        Returns the loss and the mean IoU of the best mask.
        """
        return self._learn_ambiguous(*self._decode())

    def ask_clear(self) -> tuple[Float[Tensor, ""], float]:
        """Token 0 learns the target and to tell its IoU. Returns the loss and the mean IoU."""
        return self._learn_clear(*self._decode())

    def ask_both(self) -> tuple[Float[Tensor, ""], float]:
        """Tokens 1-3 and token 0 learn from one answer, for half each. Returns as `ask_clear`."""
        logits, iou = self._decode()
        ambiguous, _ = self._learn_ambiguous(logits, iou)
        clear, mean_iou = self._learn_clear(logits, iou)
        return 0.5 * (ambiguous + clear), mean_iou

    def every_second(self) -> "Dialogue":
        """The same for every second target, to go on with at half the cost."""
        return Dialogue(self.sam, *(_every_second(getattr(self, name)) for name in _BATCHED))

    def correct(self, generator: torch.Generator, clicks: bool = True) -> None:
        """Feed the logits of the last answer back as a mask hint, and click into its error."""
        self.hints = self.answer[:, None]
        if clicks:
            points, labels = correction_clicks(self.answer > 0, self.targets, generator)
            self.points = torch.cat([self.points, points[:, None]], dim=1)
            self.labels = torch.cat([self.labels, labels[:, None]], dim=1)

    def _learn_ambiguous(self, logits: Tensor, iou: Tensor) -> tuple[Float[Tensor, ""], float]:
        logits, iou = logits[:, 1:], iou[:, 1:]
        wanted = self.targets[:, None].expand(logits.shape)
        truth = mask_iou(logits > 0, wanted)
        best = mask_loss(logits, wanted.float()).min(dim=1).values
        each = torch.arange(len(logits), device=logits.device)
        self.answer = logits[each, iou.argmax(dim=1)].detach()
        return best.mean() + F.mse_loss(iou, truth), truth.max(dim=1).values.mean().item()

    def _learn_clear(self, logits: Tensor, iou: Tensor) -> tuple[Float[Tensor, ""], float]:
        logits, iou = logits[:, 0], iou[:, 0]
        truth = mask_iou(logits > 0, self.targets)
        self.answer = logits.detach()
        loss = mask_loss(logits, self.targets.float()).mean() + F.mse_loss(iou, truth)
        return loss, truth.mean().item()

    def _decode(self) -> tuple[Tensor, Tensor]:
        prompts = self.sam.encode_prompts(self.points, self.labels, self.boxes)
        logits, iou = self.sam.decode(self.image, prompts, self.hints)
        return logits.float(), iou.float()


_BATCHED = ("image", "targets", "points", "labels", "boxes", "hints", "answer")


def _every_second(tensor: Tensor | None) -> Tensor | None:
    return None if tensor is None else tensor[::2]
