"""What does a mask hint do to the mask?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from sam_explore.geometry import Prompts
from sam_explore.mask_overlap import mask_iou
from sam_explore.number_text import text
from sam_explore.prediction import Prediction
from sam_explore.readings import Curve, Gallery, Heatmap, Panel, Profile
from sam_explore.tracing import Trace, answers

from ..common.hints import moved_away, over_the_picture, scaled_to
from ..common.logits import logit_scale, logits_in_words, percent
from ..common.probe import Probe, knob, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, Target

LARGEST = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
_FORMS = ("as it is", "negated", "elsewhere", "shifted")


@dataclass(frozen=True)
class HintEffect(ComparedWithTruth, Probe):
    """The answer with a mask hint at several sizes, with the prompts and alone, and without it.

    The hint is the run's own, or where it has none, the logits of the mask that answers the prompts
    without one: what is fed back in corrections. It is scaled so that its largest absolute logit
    is as large as wanted, since what a model makes of a drawn mask depends on how large its logits
    are, and the reference says nothing about that. A hint of zeros is not the same as none: the
    mask hint encoder has biases, and the "no mask" vector is left out. At a size of 0 the answers
    are compared with the hint's mask all the same: what is followed more than that, is followed.

    Reads: the predictions of the run with these hints, of which nothing is cached.
    Returns: a Panel: a Gallery of Heatmaps (row, column) over the picture, of the hint, the raw
        logits without it, with it, and with it alone; and a Profile over the hint's largest logit
        of the IoU of the mask that the hint alone gives with the hint's own mask, of the mask with
        prompts and hint with the hint's own mask, and of the same with the mask without a hint.
        Given a truth, a second Profile has the predicted and the true IoU of the mask, by the hint
        alone and with the prompts.
    Unit: logits; IoU from 0 to 1, at the logits' resolution, two empty masks 1.
    Source: segment_anything's issues 46, 169, 242, 471 and 694 report hints without effect; the
        measurement is our own.
    """

    title = "What does a mask hint do to the mask?"

    largest: float = knob(10.0, "largest logit of the hint", low=0.0, high=30.0, matters=True)
    form: str = knob("as it is", "the hint is", choices=_FORMS, matters=True)
    shift: float = knob(
        -5.0,
        "logits added",
        low=-30.0,
        high=30.0,
        when=lambda probe: probe.form == "shifted",
    )
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        prompts = trace.prompts.with_mask_hint(None)
        (without,) = _asked(trace, [prompts])
        mask = mask_shown(self.mask, without)
        hint = trace.prompts.mask_hint
        is_own = hint is not None
        hint = (without.logits[mask] if hint is None else hint).astype(float)
        shown = self._hint(trace, hint, self.largest)
        maps = self._maps(trace, prompts, mask, without, shown)
        hints = [self._hint(trace, hint, largest) for largest in LARGEST]
        asked = [(Prompts(mask_hint=each), prompts.with_mask_hint(each)) for each in hints]
        found = iter(_asked(trace, [each for pair in asked for each in pair]))
        answered = [(next(found), next(found)) for _ in hints]
        overlaps = self._overlaps(trace, prompts, mask, without, hints, answered)
        target = self.target(trace)
        judged = self._judged(prompts, mask, answered, target)
        words = " ".join(
            (
                "The hint is the run's own."
                if is_own
                else f"The hint is made of the logits of mask {mask} without one.",
                maps.words,
                overlaps.words,
                *(each.words for each in judged),
                *([target.why_none] if target is not None and target.mask is None else []),
            )
        )
        return Panel((maps, overlaps, *judged), f"A mask hint, {self._in_words()}", words, across=1)

    def _in_words(self) -> str:
        shifted = f", shifted by {text(self.shift)}" if self.form == "shifted" else ""
        how = f", {self.form}" if self.form in ("negated", "elsewhere") else ""
        return f"scaled to {text(self.largest)} logits{how}{shifted}"

    def _hint(
        self, trace: Trace, hint: Float[np.ndarray, "height width"], largest: float
    ) -> Float[np.ndarray, "height width"]:
        """The hint as it is given: scaled, then negated, moved or shifted."""
        hint = scaled_to(hint, largest, trace.frame)
        if self.form == "elsewhere":
            return moved_away(hint, trace.frame)
        return {"negated": -hint, "shifted": hint + self.shift}.get(self.form, hint)

    def _maps(
        self,
        trace: Trace,
        prompts: Prompts,
        mask: int,
        without: Prediction,
        hint: Float[np.ndarray, "height width"],
    ) -> Gallery:
        said = _said(prompts)
        both, alone = _asked(trace, [prompts.with_mask_hint(hint), Prompts(mask_hint=hint)])
        scale = logit_scale(self.threshold)
        logits = {
            "The hint": over_the_picture(hint, trace.frame),
            f"{said}, no hint": without.visible[mask],
            f"{said} and the hint": both.visible[mask],
            "The hint alone": alone.visible[mask],
        }
        maps = tuple(
            Heatmap(
                values,
                title=name,
                words=f"{name}: {logits_in_words(f'mask {mask}', values, self.threshold)}",
                scale=scale,
                frame="logits",
            )
            for name, values in logits.items()
        )
        plain, with_both, by_hint = (
            percent((each.visible[mask] > self.threshold).mean()) for each in (without, both, alone)
        )
        words = (
            f"Mask {mask} covers {plain} of the picture with {said.lower()} and no hint, "
            f"{with_both} with {said.lower()} and the hint, and {by_hint} with the hint alone."
        )
        return Gallery(maps, title=f"Logits of mask {mask}", words=words, shared=scale)

    def _overlaps(
        self,
        trace: Trace,
        prompts: Prompts,
        mask: int,
        without: Prediction,
        hints: list[Float[np.ndarray, "height width"]],
        answered: list[tuple[Prediction, Prediction]],
    ) -> Profile:
        plain = without.visible[mask] > self.threshold
        small = hints[1]  # of zeros the mask is the one that they are a hint of
        alone, together, unmoved = [], [], []
        for given, pair in zip(hints, answered, strict=True):
            shape = given if given.any() else small
            meant = over_the_picture(shape, trace.frame) > 0
            by_hint, by_both = (_mask(each, mask, self.threshold) for each in pair)
            alone.append(mask_iou(by_hint, meant))
            together.append(mask_iou(by_both, meant))
            unmoved.append(mask_iou(by_both, plain))
        said = _said(prompts).lower()
        return Profile(
            np.array(LARGEST),
            (
                Curve(np.array(alone), "hint alone, with the hint's mask"),
                Curve(np.array(together), f"{said} and hint, with the hint's mask"),
                Curve(np.array(unmoved), f"{said} and hint, with the mask without hint"),
            ),
            title="How much the mask follows the hint",
            words=_overlaps_in_words(said, alone, together, unmoved),
            x_name="largest logit of the hint",
            y_name="IoU",
            y_reach=(0.0, 1.0),
        )

    def _judged(
        self,
        prompts: Prompts,
        mask: int,
        answered: list[tuple[Prediction, Prediction]],
        target: Target | None,
    ) -> tuple[Profile, ...]:
        """Predicted and true IoU by the hint's size, if a region of the truth is meant."""
        if target is None or target.mask is None:
            return ()
        said = _said(prompts).lower()
        curves = []
        for which, name in enumerate(("hint alone", f"{said} and hint")):
            found = [pair[which] for pair in answered]
            true = [target.ious(each, self.threshold)[mask] for each in found]
            curves.append(Curve(np.array([each.iou[mask] for each in found]), f"{name}, predicted"))
            curves.append(Curve(np.array(true), f"{name}, true"))
        last = [text(float(curve.y[-1]), decimals=2) for curve in curves]
        words = (
            f"At {text(LARGEST[-1])} logits the predicted IoU of mask {mask} is {last[0]} by the "
            f"hint alone and {last[2]} with {said}; its true IoU with {target.name} is {last[1]} "
            f"and {last[3]}."
        )
        return (
            Profile(
                np.array(LARGEST),
                tuple(curves),
                title="How good the mask is",
                words=words,
                x_name="largest logit of the hint",
                y_name="IoU",
                y_reach=(0.0, 1.0),
            ),
        )


def _asked(trace: Trace, prompts: list[Prompts]) -> list[Prediction]:
    return answers(trace.with_prompts(each) for each in prompts)


def _mask(answer: Prediction, mask: int, threshold: float) -> Bool[np.ndarray, "row column"]:
    return answer.visible[mask] > threshold


def _said(prompts: Prompts) -> str:
    """What the prompts are, without their hint."""
    clicks = len(prompts.points)
    parts = [f"{clicks} clicks" if clicks > 1 else "the click"] if clicks else []
    parts += ["the box"] if prompts.box is not None else []
    said = " and ".join(parts) or "no prompt"
    return said[0].upper() + said[1:]


def _overlaps_in_words(
    said: str, alone: list[float], together: list[float], unmoved: list[float]
) -> str:
    by_alone, by_both, kept = (
        f"{text(each[-1], decimals=2)} (zeros: {text(each[0], decimals=2)})"
        for each in (alone, together, unmoved)
    )
    return (
        f"At {text(LARGEST[-1])} logits the mask of the hint alone has an IoU of {by_alone} with "
        f"the hint's own. With {said} and the hint it has {by_both} with the hint's own, and "
        f"{kept} with the mask of {said} without a hint. In brackets is what a hint of zeros "
        "gives, which says nothing of any place."
    )
