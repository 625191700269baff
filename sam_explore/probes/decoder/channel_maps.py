"""What does each channel of the product add to a mask?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sam_explore.model.addresses import MASK_FEATURES
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain
from sam_explore.readings import Cell, Gallery, Heatmap, Scale
from sam_explore.tracing import Trace

from ..common.attention import shared_knob
from ..common.logit_products import BY_RULE, channel_knob, features_and_vector
from ..common.numbers import counted
from ..common.origins import of_product
from ..common.probe import Probe, knob, mask_knob, mask_shown

_MOST = 36  # maps side by side


@dataclass(frozen=True)
class ChannelMaps(Probe):
    """Each channel of the upscaled features as a map, and multiplied by a mask's vector.

    Added up, the products are the mask's logits. The features are the same for all masks; only the
    vector differs. Channels are ordered by the root mean square of their product over the picture.
    Of more than 36 channels the first 36 in that order are shown.

    Reads: mask_decoder.mask_generator.hook_features and
        mask_decoder.mask_generator.hook_mask_vectors.
    Returns: a Gallery of Heatmaps (row, column) of the raw logits' size, as far as the picture
        reaches, or one of them; diverging around 0.
    Unit: logits for products; features have no unit.
    Source: the paper's appendix A (arXiv 2304.02643).
    """

    title = "What does each channel add to the mask?"

    mask: int = mask_knob()
    shown: str = knob("product", "shown", choices=("product", "feature"), matters=True)
    channel: int = channel_knob("all")
    one_scale: bool = shared_knob("channels", lambda probe: probe.channel == BY_RULE)

    def read(self, trace: Trace) -> Heatmap | Gallery:
        mask = mask_shown(self.mask, trace.prediction)
        features, vector = features_and_vector(trace, mask)
        rows, columns = trace.prediction.visible.shape[1:]
        features = features[:, :rows, :columns]
        products = features * vector[:, None, None]
        order, sizes = _order(products)
        shares = sizes**2 / ((sizes**2).sum() or 1.0)
        words = (
            f"Of {counted(len(order), 'channel')}, channel {order[0]} varies mask {mask} most: its "
            f"product has a root mean square of {text(float(sizes[order[0]]))}, which is "
            f"{text(float(100 * shares[order[0]]))} % of the squares of all. Its number in the "
            f"mask's vector is {text(float(vector[order[0]]))}."
        )
        is_product = self.shown == "product"
        values = products if is_product else features
        scale = Scale("logit" if is_product else "", centre=0.0)

        def draw(channel: int) -> Heatmap:
            title = f"Channel {channel}, × {text(float(vector[channel]))}"
            return Heatmap(values[channel], title, words, scale, frame="logits")

        if self.channel != BY_RULE:
            return draw(self.channel)
        drawn = tuple(map(draw, map(int, order[:_MOST])))
        what = "Products" if is_product else "Features"
        return Gallery(
            drawn, f"{what} that make mask {mask}", words, scale if self.one_scale else None
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation:
        mask, channel = mask_shown(self.mask, trace.prediction), self.channel
        if channel == BY_RULE:
            features, vector = features_and_vector(trace, mask)
            rows, columns = trace.prediction.visible.shape[1:]
            channel = int(_order(features[:, :rows, :columns] * vector[:, None, None])[0][cell.map])
        if self.shown == "product":
            return of_product(trace, mask, channel, cell.row, cell.column)
        return explain(trace, MASK_FEATURES, (0, channel, cell.row, cell.column))


def _order(
    products: Float[np.ndarray, "channel row column"],
) -> tuple[Int[np.ndarray, "channel"], Float[np.ndarray, "channel"]]:
    """The channels, those whose products vary most first, and the root mean square of each."""
    sizes = np.sqrt((products**2).mean(axis=(1, 2)))
    return np.argsort(-sizes, kind="stable"), sizes
