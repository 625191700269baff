"""What a picture and a click cost, counted from the sizes of the networks.

Each function is called with `session.now`, or the session itself. Multiply-adds are those of matrix
products and convolutions, with the padding of windows; no weights are needed to count them.
"""

from typing import Any

from sam_explore.model import SamConfig
from sam_explore.model.config import VIT_B, VIT_H
from sam_explore.number_text import text
from sam_explore.probes.common.input_sizes import PADDED, with_input, without_hint
from sam_explore.probes.common.logits import mask_overlap, percent
from sam_explore.tracing import Trace, component_costs
from sam_explore.tracing.cost import COMPONENTS, Cost

from .fact import Fact, mask_of

CLICK = "prompt encoder", "mask decoder"


def picture_over_click(now: Any) -> Fact:
    """How many times the multiply-adds of a click a picture needs.

    Returns a `Fact` with that ratio, of the model's own input size.
    """
    costs = component_costs(now.trace.sam.config)
    click = sum(costs[each].multiply_adds for each in CLICK)
    picture = _encoder(costs)
    return Fact(
        picture / click,
        f"The image encoder needs {_billions(picture)} multiply-adds for a picture; prompt encoder "
        f"and mask decoder need {_billions(click)} for a click: {text(picture / click, 2)} times "
        "fewer.",
    )


def four_times_the_tokens(now: Any) -> Fact:
    """How many times the work grows if the input has twice as many pixels along each side.

    Returns a `Fact` with the ratio of the image encoder's multiply-adds.
    """
    config = now.trace.sam.config
    once, twice = (component_costs(config, (times * config.image_size,) * 2) for times in (1, 2))
    ratio = _encoder(twice) / _encoder(once)
    mlps, attention = (
        twice[name].multiply_adds / once[name].multiply_adds
        for name in ("MLPs", "global attention")
    )
    scores = twice["global attention"].largest / once["global attention"].largest
    return Fact(
        ratio,
        f"With twice as many pixels along each side there are 4 times as many tokens. The image "
        f"encoder needs {text(ratio, 2)} times the multiply-adds: its MLPs {text(mlps, 2)} times, "
        f"its global attention {text(attention, 2)} times. The largest table of scores has "
        f"{text(scores, 2)} times as many numbers.",
    )


def most_work(now: Any) -> Fact:
    """Which component needs most multiply-adds for a picture and a click.

    Returns a `Fact` with the name of the component.
    """
    costs = component_costs(now.trace.sam.config)
    total = sum(each.multiply_adds for each in costs.values())
    shares = {name: costs[name].multiply_adds / total for name in COMPONENTS}
    most = max(shares, key=lambda name: shares[name])
    listed = ", ".join(
        f"{name} {percent(share)}"
        for name, share in sorted(shares.items(), key=lambda pair: -pair[1])[:4]
    )
    return Fact(most, f"Of all multiply-adds, these have the greatest shares: {listed}.")


def huge_over_base(now: Any) -> Fact:
    """How many times the parameters and the work of ViT-B the released ViT-H has.

    Returns a `Fact` with the ratio of the parameters.
    """
    base, huge = (component_costs(each) for each in (VIT_B, VIT_H))
    sizes = [sum(each.parameters for each in costs.values()) for costs in (base, huge)]
    work = [sum(each.multiply_adds for each in costs.values()) for costs in (base, huge)]
    decoders = [costs["mask decoder"].parameters for costs in (base, huge)]
    same = "the same mask decoder" if decoders[0] == decoders[1] else "another mask decoder"
    return Fact(
        sizes[1] / sizes[0],
        f"ViT-H has {text(sizes[1] / 1e6)} million parameters, {text(sizes[1] / sizes[0], 2)} "
        f"times those of ViT-B, needs {text(work[1] / work[0], 2)} times the multiply-adds, and "
        f"has {same}.",
    )


def left_with_half_the_tokens(now: Any) -> Fact:
    """How much of the mask is left if the input has half as many tokens along each side.

    It is padded as the model's own is, so that nothing but the size differs.

    Returns a `Fact` with the IoU of the mask with the mask of the run, in percent.
    """
    run = without_hint(now.trace)
    config: SamConfig = run.sam.config
    tokens = max(1, config.grid // 2)
    other = with_input(run, tokens, PADDED)
    left = mask_overlap(mask_of(now), run.prediction, other.prediction, now.threshold)
    whole, work = (
        _encoder(component_costs(config, tuple(config.patch_size * side for side in each.grid)))
        for each in (run.frame, other.frame)
    )
    return Fact(
        100 * left,
        f"With {_grid(other)} tokens in place of {_grid(run)} the image encoder needs "
        f"{percent(work / whole)} of the multiply-adds, and the mask keeps an IoU of "
        f"{text(left, 2)} with the mask as it was.",
    )


def _grid(run: Trace) -> str:
    return " × ".join(map(str, run.frame.grid))


def _encoder(costs: dict[str, Cost]) -> int:
    return sum(cost.multiply_adds for name, cost in costs.items() if name not in CLICK)


def _billions(count: int) -> str:
    return f"{text(count / 1e9, 2)} billion"
