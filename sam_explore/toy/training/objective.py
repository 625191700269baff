"""SAM's own training objective: masks for prompts, corrected over rounds.

What each mask token learns, and which answer is corrected, is decided in
docs/decisions/0021-one-rule-for-corrections.md.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from sam_explore.corrections import correction_clicks
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import Sam

from .losses import mask_loss
from .questions import Questions

# Weights of each mask token's loss: after one click, and after prompts that mean one region.
_ONE_CLICK = (0.25, 0.25, 0.25, 0.25)
_ONE_REGION = (0.7, 0.1, 0.1, 0.1)
IOU_WEIGHT = 3.0  # of the predicted IoU's squared error, which is smaller than a mask's loss
_OTHER_SHARE = 0.25  # of the corrections, for which another mask than the rule's is shown
_EVERY = 4  # one in so many targets is corrected: a round costs as much as the first answer


@dataclass(frozen=True)
class Plan:
    """The corrections of a training step; all of its batches use the same plan.

    clicks: for each round, whether it adds a click; otherwise only the logits are fed back.
    feedback: whether logits are fed back with the clicks.
    """

    clicks: tuple[bool, ...] = ()
    feedback: bool = True


def plan_rounds(most_rounds: int, share: float, generator: torch.Generator) -> Plan:
    """Plan a step's corrections: with probability `share` one to `most_rounds` of them, else none.

    The probability of n rounds is proportional to 1/n, since later rounds cost as much and teach
    less. As in the paper, the last of three or more rounds has no click: the model only refines its
    own mask. In a quarter of the dialogues no logits are fed back.
    """
    chances = torch.rand(2, generator=generator)
    weights = 1 / torch.arange(1, max(1, most_rounds) + 1)
    rounds = int(torch.multinomial(weights, 1, generator=generator)) + 1
    if chances[0] >= share:
        return Plan()
    feedback = bool(chances[1] >= 0.25)
    refines = feedback and rounds >= 3
    return Plan((*[True] * (rounds - 1), not refines), feedback)


@dataclass(frozen=True, eq=False)
class Prompt:
    """Prompts for a batch of targets: half of them start with a click, half with a box.

    image: image tokens for each target; the clicked targets come first.
    wanted: the target mask of each mask token after one click, token 0 first.
    points, labels: for all targets. The first point is the click; it is not shown for boxes.
    boxes: for the second half.
    hints: logits that are fed back, or None.
    """

    sam: Sam
    image: Float[Tensor, "target channel row column"]
    wanted: Float[Tensor, "target 4 height width"]
    points: Float[Tensor, "target point 2"]
    labels: Int[Tensor, "target point"]
    boxes: Float[Tensor, "boxed 4"]
    hints: Float[Tensor, "target 1 height width"] | None = None

    @property
    def target(self) -> Float[Tensor, "target height width"]:
        """The mask that was asked for, which token 0 has to give."""
        return self.wanted[:, 0]

    @property
    def clicked(self) -> int:
        """The number of targets that start with a click."""
        return len(self.wanted) - len(self.boxes)

    def answer(self) -> tuple[Tensor, Tensor]:
        """Logits and predicted IoU of all four masks."""
        n = self.clicked
        # A click and the padding point, or the two corners of a box: always two prompt tokens.
        by_click = self.sam.encode_prompts(self.points[:n], self.labels[:n])
        by_box = self.sam.encode_prompts(self.points[n:, 1:], self.labels[n:, 1:], self.boxes)
        prompts = torch.cat([by_click, by_box])
        logits, iou = self.sam.decode(self.image, prompts, self.hints)
        return logits.float(), iou.float()

    def some(self, every: int) -> "Prompt":
        """The same prompts for one in `every` targets."""
        n = self.clicked
        kept = torch.cat([torch.arange(0, n, every), torch.arange(n, len(self.wanted), every)])
        parts = {
            name: getattr(self, name)[kept] for name in ("image", "wanted", "points", "labels")
        }
        parts["image"] = _channels_last(parts["image"])
        return replace(self, **parts, boxes=self.boxes[::every])

    def corrected(
        self, shown: Tensor, clicks: bool, feedback: bool, generator: torch.Generator
    ) -> "Prompt":
        """The prompts plus a click where the shown logits are wrong, and these logits as a hint."""
        changed: dict[str, Any] = {"hints": shown[:, None]} if feedback else {}
        if clicks:
            points, labels = correction_clicks(shown > 0, self.target >= 0.5, generator)
            changed["points"] = torch.cat([self.points, points[:, None]], dim=1)
            changed["labels"] = torch.cat([self.labels, labels[:, None]], dim=1)
        return replace(self, **changed)


def prompted_loss(
    sam: Sam,
    image_tokens: Float[Tensor, "scene channel row column"],
    questions: Questions,
    plan: Plan,
    entropy_weight: float,
    generator: torch.Generator,
) -> tuple[Float[Tensor, ""], dict[str, Tensor]]:
    """The loss of SAM's own task, and mean IoUs for the log.

    Every second target is prompted with a click, the others with a box. After one click tokens 1 to
    3 are trained on the whole, the part and the sub-part there, and token 0 on the target. A box,
    or a click with corrections, means one region: all four tokens are trained on it. All four
    predict the IoU of their mask with the target.
    """
    prompt = _first(sam, image_tokens, questions)
    n = prompt.clicked
    logits, iou = prompt.answer()
    click_loss, click_truth = _loss(
        logits[:n], iou[:n], prompt.wanted[:n], prompt.target[:n], _ONE_CLICK, entropy_weight
    )
    box_loss, box_truth = _loss(
        logits[n:], iou[n:], _same(prompt.target[n:]), prompt.target[n:], _ONE_REGION,
        entropy_weight,
    )  # fmt: skip
    chosen = iou[:n, 1:].argmax(dim=1, keepdim=True)
    figures = {
        "best of 3": click_truth[:, 1:].amax(dim=1).mean(),
        "chosen": click_truth[:, 1:].gather(1, chosen).mean(),
        "box": box_truth[:, 0].mean(),
    }
    loss = click_loss + box_loss
    prompt = prompt.some(_EVERY)
    logits, iou = (torch.cat([all_[:n:_EVERY], all_[n::_EVERY]]) for all_ in (logits, iou))
    for number, clicks in enumerate(plan.clicks):
        shown = _shown(logits, iou, prompt, number, generator)
        prompt = prompt.corrected(shown, clicks, plan.feedback, generator)
        logits, iou = prompt.answer()
        round_loss, truth = _loss(
            logits, iou, _same(prompt.target), prompt.target, _ONE_REGION, entropy_weight
        )
        loss = loss + round_loss / len(plan.clicks)
        if plan.feedback:
            figures[f"corrected {number + 1}"] = truth[: prompt.clicked, 0].mean()
    return loss, {name: figure.detach() for name, figure in figures.items()}


def _first(sam: Sam, image_tokens: Tensor, questions: Questions) -> Prompt:
    """The first prompts: every second target with its click, then the others with their box."""
    count = len(questions.levels)
    order = torch.cat([torch.arange(0, count, 2), torch.arange(1, count, 2)])
    each = count // len(image_tokens)
    wanted = torch.cat([questions.targets[:, None], questions.covered], dim=1)[order]
    return Prompt(
        sam=sam,
        image=_channels_last(image_tokens[order // each]),
        wanted=wanted,
        points=questions.points_unit[order][:, None],
        labels=torch.ones(count, 1, dtype=torch.long, device=wanted.device),
        boxes=questions.boxes_unit[1::2],
    )


def _channels_last(image: Float[Tensor, "target channel row column"]) -> Tensor:
    """The same, laid out as the decoder works on it; else the first layer runs on strides."""
    return image.contiguous(memory_format=torch.channels_last)


def _same(target: Float[Tensor, "target height width"]) -> Float[Tensor, "target 4 height width"]:
    return target[:, None].expand(-1, 4, -1, -1)


def _loss(
    logits: Float[Tensor, "target 4 height width"],
    iou: Float[Tensor, "target 4"],
    wanted: Float[Tensor, "target 4 height width"],
    target: Float[Tensor, "target height width"],
    weights: tuple[float, ...],
    entropy_weight: float,
) -> tuple[Float[Tensor, ""], Float[Tensor, "target 4"]]:
    """The mean loss of masks and predicted IoUs, and the true IoU of each mask with the target."""
    with torch.no_grad():
        masks = logits > 0
        truth = mask_iou(masks, (target >= 0.5)[:, None].expand(masks.shape), empty=0.0)
    shares = torch.tensor(weights, device=logits.device)
    losses = mask_loss(logits, wanted, entropy_weight) @ shares
    return losses.mean() + IOU_WEIGHT * F.mse_loss(iou, truth), truth


def _shown(
    logits: Tensor, iou: Tensor, prompt: Prompt, number: int, generator: torch.Generator
) -> Float[Tensor, "target height width"]:
    """The logits that the simulated user corrects: by the rule, but for a quarter of them others.

    In the first round the rule takes the best predicted IoU of tokens 1 to 3, or token 0 for half
    of the boxes; later it takes token 0. The exceptions take a random one of tokens 1 to 3 in the
    first round, and later the best predicted IoU of all four.
    """
    each, device = torch.arange(len(logits), device=logits.device), logits.device
    best_of_three = 1 + iou[:, 1:].argmax(dim=1)
    chances = torch.rand(2, len(logits), generator=generator, device=generator.device).to(device)
    other = chances[0] < _OTHER_SHARE
    if number == 0:
        random = 1 + torch.randint(3, (len(logits),), generator=generator, device=generator.device)
        by_rule = torch.where((each >= prompt.clicked) & (chances[1] < 0.5), 0, best_of_three)
        token = torch.where(other, random.to(device), by_rule)
    else:
        token = torch.where(other, iou.argmax(dim=1), 0)
    return logits[each, token].detach()
