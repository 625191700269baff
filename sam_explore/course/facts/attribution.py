"""What gradients and maps of attribution say of a number, and what really happens to it.

The number is the mean logit of the mask that is shown, where it lies above the threshold. Each
function is called with `session.now`, or the session itself, and reads its run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from sam_explore.geometry import Prompts
from sam_explore.model import HookPoint
from sam_explore.model.addresses import IMAGE_TOKENS
from sam_explore.number_text import text
from sam_explore.probes.causes.attribution import Attribution
from sam_explore.probes.common.target_knobs import agreement
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.attribution import (
    Scalar,
    attribute,
    baseline,
    control_of,
    gradient,
    pooled,
    rank_correlation,
    spread,
    value_in,
    value_of,
)

from .fact import Fact, mask_of

AS_PROMISED, LESS, MORE, OPPOSITE = "as promised", "less", "more", "opposite"
GRADIENT, GRAD_CAM, INTEGRATED = "gradient", "Grad-CAM", "integrated gradients"
HIGHER, LOWER, ALIKE = "higher", "lower", "alike"
STEP = 0.1  # of a patch's content, for `smaller_steps`
_NEAR = 0.25  # of what was promised
_ALIKE = 0.05  # of a rank correlation
_SHUFFLES = 3

Patches = Float[np.ndarray, "down across"]


def click_moved_uphill(now: Any) -> Fact:
    """What happens to the number if the steepest click moves by one token along its gradient.

    Returns a `Fact` with "as promised" within a quarter of what the gradient says, "less" or "more"
    beyond that, "opposite" if the number falls, and "nowhere" without a click, or where it would
    leave the picture.
    """
    run, of = now.trace, _number(now)
    points = run.prompts.points
    if not len(points):
        return Fact("nowhere", "There is no click that could move.")
    slopes = gradient(run, of, "points").astype(float)
    steepest = int(np.linalg.norm(slopes, axis=1).argmax())
    slope, distance = float(np.linalg.norm(slopes[steepest])), float(min(run.frame.token_size_px))
    moved = points.copy()
    moved[steepest] += distance * slopes[steepest] / slope if slope else 0
    height, width = run.frame.image_size
    if not (0 <= moved[steepest][0] < width and 0 <= moved[steepest][1] < height):
        return Fact("nowhere", "Uphill, the click would leave the picture.")
    prompts = run.prompts
    there = run.with_prompts(Prompts(moved, prompts.labels, prompts.box, prompts.mask_hint))
    promised, happens = slope * distance, value_of(there, of) - value_of(run, of)
    return Fact(
        _kept(promised, happens),
        f"The click moves {text(distance, 2)} pixels, which is one token, along its gradient. The "
        f"gradient says that the mean logit changes by {text(promised, 2)}. Computed again, it "
        f"changes by {text(happens, 2)}.",
    )


def closest_order(now: Any) -> Fact:
    """Which map of the image tokens orders the patches most as taking them away does.

    Returns a `Fact` with "gradient", "Grad-CAM" or "integrated gradients".
    """
    run, of = now.trace, _number(now)
    happens = _occluded(run, of)
    found = {
        GRADIENT: rank_correlation(_by_gradient(run, of), happens),
        GRAD_CAM: rank_correlation(_by_method(GRAD_CAM)(run, of), happens),
        INTEGRATED: rank_correlation(_by_method(INTEGRATED)(run, of), happens),
    }
    listed = ", ".join(f"{agreement(value)} for {name}" for name, value in found.items())
    return Fact(
        max(found, key=lambda name: np.nan_to_num(found[name], nan=-2.0)),
        "The rank correlation with what happens if each patch is taken away is " + listed + ".",
    )


def order_with_shuffled_weights(now: Any) -> Fact:
    """How gradient and occlusion agree in a copy of the network that has learned nothing.

    Returns a `Fact` with "higher", "lower", or "alike" for the rank correlation of the two there,
    next to that with the trained weights; alike is within 0.05.
    """
    of, runs = _number(now), (now.trace, control_of(now.trace))
    happens = [_occluded(run, of) for run in runs]
    guessed = [_by_gradient(run, of) for run in runs]
    pairs = list(zip(guessed, happens, strict=True))
    trained, shuffled = (rank_correlation(*pair) for pair in pairs)
    wrong = [text(100 * _missed(*pair), 2) for pair in pairs]
    sizes = [float(np.abs(each).mean()) for each in happens]
    between = rank_correlation(*guessed)
    times = text(sizes[0] / sizes[1], 2) if sizes[1] else "infinitely many"
    return Fact(
        ALIKE if abs(trained - shuffled) <= _ALIKE else HIGHER if shuffled > trained else LOWER,
        f"The rank correlation of the gradient's map with what happens is {agreement(trained)} "
        f"with the trained weights and {agreement(shuffled)} with shuffled ones. There a patch "
        f"that is taken away changes the number {times} times less, and the gradient misses "
        f"{wrong[1]} % of the effects' size; with the trained weights it misses {wrong[0]} %. The "
        f"two maps of the gradient have a rank correlation of {agreement(between)}.",
    )


def smaller_steps(now: Any) -> Fact:
    """How gradient and effect agree if a patch loses a tenth of its content, and not all of it.

    Returns a `Fact` with the rank correlation over the patches, with the trained weights.
    """
    run, of = now.trace, _number(now)
    guessed = _by_gradient(run, of)
    whole = rank_correlation(guessed, _faded(run, of, 1.0))
    little = rank_correlation(guessed, _faded(run, of, STEP))
    return Fact(
        little,
        f"If a patch loses {text(100 * STEP)} % of its content in place of all of it, the rank "
        f"correlation of the gradient's map with what happens goes from {agreement(whole)} to "
        f"{agreement(little)}, in the same network.",
    )


def rollout_of_shuffled_weights(now: Any) -> Fact:
    """What attention rollout and occlusion keep of their order of the patches without learning.

    Each is compared with itself in three copies of the network, shuffled differently.

    Returns a `Fact` with the mean rank correlation of rollout's maps.
    """
    of, run = _number(now), now.trace
    methods = {"attention rollout": _by_method("attention rollout"), "occlusion": _occluded}
    kept: dict[str, list[float]] = {name: [] for name in methods}
    trained = {name: method(run, of) for name, method in methods.items()}
    for seed in range(_SHUFFLES):
        control = control_of(run, seed)
        for name, method in methods.items():
            kept[name].append(rank_correlation(trained[name], method(control, of)))
    rollout, occlusion = (", ".join(agreement(each) for each in kept[name]) for name in methods)
    return Fact(
        float(np.mean(kept["attention rollout"])),
        f"With weights shuffled in {_SHUFFLES} ways, the rank correlation of a map with that of "
        f"the trained weights is {rollout} for attention rollout, and {occlusion} for occlusion, "
        "which is what really happens in each network.",
    )


def _number(now: Any) -> Scalar:
    """The mean logit of the mask that is shown, where it lies above the threshold."""
    probe = Attribution(mask=mask_of(now), threshold=now.threshold)
    of, _ = probe.scalar(now.trace)
    return of


def _patch(run: Trace) -> int:
    """Tokens along the side of a patch, as the exhibits have them."""
    return Attribution().patch_side(run.config)


def _occluded(run: Trace, of: Scalar) -> Patches:
    return attribute(run, of, "occlusion of the embedding", _patch(run))


def _by_gradient(run: Trace, of: Scalar) -> Patches:
    return attribute(run, of, "gradient times embedding", _patch(run))


def _by_method(method: str) -> Callable[[Trace, Scalar], Patches]:
    """A map by one of the baselines, in patches."""
    return lambda run, of: pooled(baseline(run, of, method), _patch(run))


def _kept(promised: float, happens: float) -> str:
    if happens < 0 < promised:
        return OPPOSITE
    if abs(happens - promised) <= _NEAR * promised:
        return AS_PROMISED
    return LESS if happens < promised else MORE


def _missed(guessed: Patches, happens: Patches) -> float:
    """How far a guess is off, as a share of the size of what happens."""
    size = float(np.abs(happens).sum())
    return float(np.abs(guessed - happens).sum()) / size if size else 0.0


def _faded(run: Trace, of: Scalar, share: float) -> Patches:
    """By how much the number falls, a unit of content, if each patch loses a share of it."""
    patch, grid = _patch(run), run.frame.grid
    shape = pooled(np.zeros(grid), patch).shape
    fades = []
    for place in np.ndindex(shape):
        one = np.zeros(shape, bool)
        one[place] = True
        fades.append(_Fade(spread(one, patch, grid), share, run.frame.tokens_shown))
    after = answers(run.with_edit(IMAGE_TOKENS, fade) for fade in fades)
    plain = value_of(run, of)
    return np.array([(plain - value_in(each, of)) / share for each in after]).reshape(shape)


@dataclass(frozen=True, eq=False)
class _Fade:
    """An edit: these tokens move some of the way to the mean of those that show the picture."""

    fading: Bool[np.ndarray, "row column"]
    share: float
    shown: tuple[int, int]

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        rows, columns = self.shown
        mean = tensor[:, :, :rows, :columns].mean(dim=(2, 3), keepdim=True)
        weight = self.share * tensor.new_tensor(self.fading)
        return tensor + weight * (mean - tensor)
