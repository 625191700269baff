"""How strong is the checkerboard in the logits, and what makes it?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.mask_overlap import mask_iou
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.readings import Curve, Heatmap, Panel, Profile, Scale
from sam_explore.tracing import Trace, nearest_logits

from ..common.logits import checkerboard, logit_scale, mean_token, whole_tokens
from ..common.numbers import array
from ..common.probe import Probe, mask_knob, mask_shown, threshold_knob
from ..common.truth import ComparedWithTruth, in_words

_LEAST = 1e-6  # of the greatest power; less is drawn as that


@dataclass(frozen=True)
class CheckerboardSpectrum(ComparedWithTruth, Probe):
    """The pattern that all tokens share in a mask's logits, and the same mask without it.

    The mask generator makes 4 x 4 logits of each token by weights that are the same for all tokens.
    What they add everywhere repeats once a token: in a spectrum that is a line at one cycle a
    token, and at two, the finest that there is. Next to it stand the logits that the same features
    give with nearest-neighbour upscaling, where each of the 4 x 4 gets the same weights. These have
    no such pattern, and no detail within a token either.

    The spectrum is that of all rows, or all columns, in the mean, each faded out towards its ends
    by a Hann window, and without its mean. Given a truth, the true IoU of both masks is said.

    Reads: the prediction, mask_decoder.transformer.hook_image and
        mask_decoder.mask_generator.hook_mask_vectors.
    Returns: a Panel of two Profiles, power over frequency along x and along y, where less than a
        millionth of the greatest is drawn as that; a Heatmap of the mean token's 4 x 4 logits
        around their mean; and two of the logits, as they are and with nearest neighbours, as far as
        the picture reaches.
    Unit: logits; power in logits squared; cycles a token.
    Source: "Deconvolution and Checkerboard Artifacts",
        https://distill.pub/2016/deconv-checkerboard, on generators of pictures.
    """

    title = "How strong is the checkerboard in the logits?"

    mask: int = mask_knob()
    threshold: float = threshold_knob()

    def read(self, trace: Trace) -> Panel:
        prediction = trace.prediction
        mask = mask_shown(self.mask, prediction)
        own = prediction.visible[mask]
        rows, columns = own.shape
        smooth = array(nearest_logits(trace)[mask])
        nearest = smooth[:rows, :columns]
        overlap = mask_iou(own > self.threshold, nearest > self.threshold)
        true = self._truth_in_words(trace, prediction.logits[mask], smooth)
        words = f"{_words(mask, own, nearest, overlap)}{true}"
        charts = tuple(_chart(axis, own, nearest, words) for axis in (1, 0))
        pattern = mean_token(own)
        board = Heatmap(pattern, "The mean token, around its mean", words, Scale("logit", 0.0))
        reach = max(float(np.abs(each - self.threshold).max()) for each in (own, nearest))
        maps = tuple(
            Heatmap(values, title, words, logit_scale(self.threshold, reach), "logits")
            for values, title in (
                (own, f"Mask {mask} as it is"),
                (nearest, f"Mask {mask} with nearest neighbours"),
            )
        )
        title = f"The checkerboard of mask {mask}"
        return Panel((*charts, board, *maps), title, words, across=2)

    def _truth_in_words(
        self,
        trace: Trace,
        own: Float[np.ndarray, "height width"],
        nearest: Float[np.ndarray, "height width"],
    ) -> str:
        """The true IoU of both masks, after other sentences; "" without a truth."""
        target = self.target(trace)
        if target is None or target.mask is None:
            return self.why_no_truth(trace)
        first, second = (
            in_words(target.iou_of(each, trace.prediction, self.threshold))
            for each in (own, nearest)
        )
        return f" The true IoU with {target.name} is {first}, and with nearest neighbours {second}."


def spectrum(
    logits: Float[np.ndarray, "row column"], axis: int
) -> tuple[Float[np.ndarray, "frequency"], Float[np.ndarray, "frequency"]]:
    """Frequencies in cycles a token along an axis, and the mean power of all lines along it.

    A wave of amplitude a has a power of a² / 2, some of which the window gives to its neighbours.
    """
    lines = np.moveaxis(whole_tokens(logits).astype(float), axis, -1)
    count = lines.shape[-1]
    window = np.hanning(count + 2)[1:-1]  # ends that are not 0, for the shortest lines
    window /= np.sqrt((window**2).sum())
    found = np.fft.rfft((lines - lines.mean(axis=-1, keepdims=True)) * window, axis=-1)
    power = (np.abs(found) ** 2).mean(axis=0) * 2 / count
    return np.fft.rfftfreq(count) * LOGITS_A_TOKEN, power


def _chart(
    axis: int,
    own: Float[np.ndarray, "row column"],
    nearest: Float[np.ndarray, "row column"],
    words: str,
) -> Profile:
    x, power = spectrum(own, axis)
    _, smooth = spectrum(nearest, axis)
    least = _LEAST * max(float(power.max()), float(smooth.max()), _LEAST)
    curves = tuple(
        Curve(np.maximum(each, least), name)
        for each, name in ((power, "as it is"), (smooth, "nearest neighbours"))
    )
    return Profile(
        x,
        curves,
        title="Along x" if axis else "Along y",
        words=words,
        x_name="cycles a token",
        y_name="power in logits²",
        x_marks=((1.0, "one a token"), (2.0, "two")),
        log="y",
    )


def _words(
    mask: int,
    own: Float[np.ndarray, "row column"],
    nearest: Float[np.ndarray, "row column"],
    overlap: float,
) -> str:
    size, spread = checkerboard(own), float(own.std())
    pattern = (
        f"the pattern that all tokens share has a root mean square of {text(size, 2)} logits"
        if np.isfinite(size)
        else "there is no whole token to see a pattern in"
    )
    apart = float(np.sqrt(((own - nearest) ** 2).mean()))
    return (
        f"In mask {mask}, whose logits have a standard deviation of {text(spread)}, {pattern}. "
        f"With nearest neighbours it is gone, logits differ by {text(apart)} in the root mean "
        f"square, and the overlap with the mask as it is is {text(overlap)}."
    )
