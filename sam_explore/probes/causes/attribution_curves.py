"""Does an attribution find what the answer depends on?"""

from dataclasses import dataclass

import numpy as np

from sam_explore.number_text import text
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.tracing import Trace
from sam_explore.tracing.attribution import (
    METHODS,
    RemovalCurves,
    attribute,
    patches_with_content,
    removal_curves,
)

from ..common.probe import Probe
from ..common.target_knobs import ChosenMethod, ChosenNumber, capitalised, patches_in_words

_STEPS = 8
_RANDOM_ORDERS = 2  # and as many in the reverse order, which need no other runs


@dataclass(frozen=True)
class AttributionCurves(ChosenNumber, ChosenMethod, Probe):
    """A number of the prediction while patches are removed or inserted, most important first.

    If the attribution is right, deletion falls fast and insertion rises fast, unlike with a random
    order. The content is removed where the method works: image tokens are replaced by their mean
    over the picture, or pixels by the model's mean colour. Patches of pure padding are left out of
    orders of pixels.

    Reads: the attribution, and the prediction with more and more patches removed; for pixels, each
        of these runs the whole model.
    Returns: a Panel of two Profiles, deletion and insertion, over the share of patches in percent,
        each with the attribution's order and the mean of four random ones, with their range.
    Unit: that of the number, logits or predicted IoU. An area is a curve's mean height.
    Source: RISE (arXiv 1806.07421); `tracing.attribution.removal_curves` computes them.
    """

    title = "Does the answer fall when the parts named first are taken away?"
    is_sweep = True

    def read(self, trace: Trace) -> Panel:
        of, name = self.scalar(trace)
        patch, place = self.patch_side(trace.config), METHODS[self.method]
        attributed = attribute(trace, of, self.method, patch)
        patches = np.flatnonzero(patches_with_content(trace, self.method, patch))
        order = patches[np.argsort(-attributed.ravel()[patches], kind="stable")]
        random = np.random.default_rng(0)
        orders = [order, *(random.permutation(patches) for _ in range(_RANDOM_ORDERS))]
        curves = [removal_curves(trace, of, each, place, patch, _STEPS) for each in orders]
        curves += [each.backwards for each in curves[1:]]
        deletion = _profile(self.method, "deletion", "taken away", of.unit, curves)
        insertion = _profile(self.method, "insertion", "put back", of.unit, curves)
        return Panel(
            (deletion, insertion),
            title=f"{capitalised(name)}, by {patches_in_words(patch)}",
            words=(
                f"{capitalised(name)} is {text(curves[0].deletion[0])}, and "
                f"{text(curves[0].deletion[-1])} without any content. {deletion.words} "
                f"{insertion.words}{self.judged(trace)}"
            ),
            across=1,
        )


def _profile(method: str, kind: str, done: str, unit: str, curves: list[RemovalCurves]) -> Profile:
    """The curves of one kind: first the attribution's, then those in random order."""
    ours, *others = (getattr(each, kind) for each in curves)
    area, *areas = (getattr(each, f"{kind}_area") for each in curves)
    better = "lower" if kind == "deletion" else "higher"
    return Profile(
        100 * curves[0].share,
        curves=(
            Curve(ours, method),
            Curve(
                np.mean(others, axis=0),
                "random order",
                low=np.min(others, axis=0),
                high=np.max(others, axis=0),
            ),
        ),
        title=f"{capitalised(kind)}: {better} is better",
        words=(
            f"The area of the {kind} curve is {text(area)}, in random order "
            f"{text(float(np.mean(areas)))}; {better} is better."
        ),
        x_name=f"patches {done} (%)",
        y_name=unit,
    )
