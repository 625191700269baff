"""What is left of a mask without one channel of the product?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.addresses import MASK_FEATURES
from sam_explore.number_text import text
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import Cell, Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace, answers
from sam_explore.tracing.interventions import ScaleChannel

from ..common.before_after import growth_in_words
from ..common.logit_products import BY_RULE, channel_knob, feature_channels
from ..common.logits import logit_scale, logits_in_words, overlap_in_logits
from ..common.numbers import counted
from ..common.origins import of_change, of_logit
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth


@dataclass(frozen=True)
class ChannelOff(ComparedWithTruth, Probe):
    """A mask after one channel of the upscaled features was set to zero, each in turn.

    The mask generator runs again for each of them. As a logit is a sum over the channels, its
    change is the channel's product with the sign turned; what becomes of the mask, which is a
    threshold away, is not such a sum. Given a truth, the chart has the mask's true IoU without
    each, and the words that with and without the channel shown, next to the predicted one: a great
    change may be one for the better.

    Reads: the prediction, as it is and without each channel of
        mask_decoder.mask_generator.hook_features.
    Returns: a Panel of a Profile over the channels, the IoU of the mask with that of all channels,
        and given a truth its true IoU; and two Heatmaps (row, column) of raw logits for one
        channel, as far as the picture reaches: without it, and the change.
    Unit: IoU from 0 to 1, in the frame of the logits; logits.
    Source: our own.
    """

    title = "What is left of the mask without one channel?"

    channel: int = channel_knob("the one without which the mask changes most")
    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        before = trace.prediction
        mask = mask_shown(self.mask, before)
        after, overlaps = self._overlaps(trace, mask)
        least = int(overlaps.argmin())
        channel = least if self.channel == BY_RULE else self.channel
        logits = after[channel].visible[mask]
        words = (
            f"Of {counted(len(after), 'channel')}, the mask changes most without channel {least}: "
            f"its IoU with the mask of all is {text(float(overlaps[least]))}; for the median "
            f"channel it is {text(float(np.median(overlaps)))}. Without channel {channel} "
            f"{growth_in_words(mask, before, after[channel], self.threshold)}. "
            f"{logits_in_words(f'mask {mask}', logits, self.threshold)}"
            f"{self.change_of_ious_in_words(trace, (before, after[channel]), mask, self.threshold)}"
        )
        left = Heatmap(
            logits,
            title=f"Mask {mask} without channel {channel}",
            words=words,
            scale=logit_scale(self.threshold),
            frame="logits",
        )
        change = Heatmap(
            logits - before.visible[mask],
            title="Change",
            words=words,
            scale=Scale("logit", centre=0.0),
            frame="logits",
        )
        chart = _chart(overlaps, self._true(trace, after, mask), channel, words)
        return Panel((chart, left, change), f"Mask {mask} without a channel", words, across=3)

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        if cell.part == 0:  # overlaps of masks
            return None
        mask, channel = mask_shown(self.mask, trace.prediction), self.channel
        if channel == BY_RULE:
            channel = int(self._overlaps(trace, mask)[1].argmin())
        after = without(trace, channel)
        if cell.part == 1:
            return of_logit(after, mask, cell)
        return of_change(trace, after, mask, cell)

    def _overlaps(
        self, trace: Trace, mask: int
    ) -> tuple[list[Prediction], Float[np.ndarray, "channel"]]:
        """The answers without each channel, and their overlaps with the mask of all."""
        channels = range(feature_channels(trace.sam.config))
        after = answers(without(trace, each) for each in channels)
        overlaps = [
            overlap_in_logits(trace.prediction, each, mask, self.threshold) for each in after
        ]
        return after, np.array(overlaps)

    def _true(
        self, trace: Trace, after: list[Prediction], mask: int
    ) -> Float[np.ndarray, "answer"] | None:
        """The true IoU of the mask of all channels, and without each; None if it is not known."""
        target = self.target(trace)
        if target is None or target.mask is None:
            return None
        every = (trace.prediction, *after)
        return np.array([target.ious(each, self.threshold)[mask] for each in every])


def without(trace: Trace, channel: int) -> Trace:
    """The same run with one channel of the upscaled features set to zero."""
    return trace.with_interventions(ScaleChannel(MASK_FEATURES, channel, 0.0))


def _chart(
    overlaps: Float[np.ndarray, "channel"],
    true: Float[np.ndarray, "answer"] | None,
    channel: int,
    words: str,
) -> Profile:
    curves = [Curve(overlaps, "IoU with the mask of all", style="steps")]
    if true is not None:
        curves.append(Curve(true[1:], "true IoU without it", style="points"))
        curves.append(Curve(np.full(len(overlaps), true[0]), "true IoU of the mask of all"))
    return Profile(
        np.arange(float(len(overlaps))),
        tuple(curves),
        title="Each channel switched off",
        words=words,
        x_name="channel",
        y_name="IoU",
        x_marks=((float(channel), "shown"),),
        y_reach=(0.0, 1.0),
    )
