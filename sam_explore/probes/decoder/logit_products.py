"""Which channels make the logit at one place?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sam_explore.model.addresses import MASK_FEATURES, MASK_VECTORS
from sam_explore.model.config import LOGITS_A_TOKEN
from sam_explore.number_text import text
from sam_explore.origins import Operation, explain, mean_of, there
from sam_explore.readings import Cell, Curve, Panel, Profile
from sam_explore.tracing import Trace

from ..common.logit_products import (
    MEAN_CELL,
    at_place,
    cell_knob,
    features_and_vector,
    logit_in_words,
)
from ..common.origins import of_product, place_of_cell
from ..common.probe import Probe, mask_knob, mask_shown, token_knob
from ..common.target_knobs import capitalised

_FEATURES, _VECTOR = 1, 2  # which part of the panel they are


@dataclass(frozen=True)
class LogitProducts(Probe):
    """A logit as the sum of one product for each channel of the upscaled features.

    The mask generator multiplies the features at a place with the vector of a mask, channel by
    channel, and adds the products up: that is the logit, with nothing else in it. A token has 4 x 4
    logits; their mean is the same sum with the mean features.

    Reads: mask_decoder.mask_generator.hook_features and
        mask_decoder.mask_generator.hook_mask_vectors.
    Returns: a Panel of three Profiles over the channels, the largest product first whatever its
        sign: the products and their sum so far, which ends at the logit; and their two factors.
    Unit: logits; the factors have no unit.
    Source: the paper's appendix A (arXiv 2304.02643).
    """

    title = "Which channels make the logit at this place?"

    token: tuple[int, int] = token_knob()
    mask: int = mask_knob()
    cell: int = cell_knob()

    def read(self, trace: Trace) -> Panel:
        mask = mask_shown(self.mask, trace.prediction)
        features, vector = features_and_vector(trace, mask)
        here = at_place(features, self.token, self.cell)
        products = here * vector
        order = np.argsort(-np.abs(products), kind="stable")
        name = logit_in_words(mask, self.token, self.cell)
        words = _words(name, products, order)
        x, labels = np.arange(1.0, len(order) + 1), tuple(map(str, order))
        drawn = (
            Curve(products[order], "product", style="steps"),
            Curve(np.cumsum(products[order]), "sum so far"),
        )
        feature = (Curve(here[order], "feature", style="points"),)
        weight = (Curve(vector[order], "mask vector", style="points"),)
        charts = (
            ("Products", drawn, "logit"),
            ("First factor: the features here", feature, "value"),
            ("Second factor: the mask's vector", weight, "value"),
        )
        return Panel(
            tuple(
                Profile(x, curves, title, words, "channel", y_name, x_labels=labels)
                for title, curves, y_name in charts
            ),
            title=f"What {name} is made of",
            words=words,
            across=1,
        )

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        mask = mask_shown(self.mask, trace.prediction)
        features, vector = features_and_vector(trace, mask)
        products = at_place(features, self.token, self.cell) * vector
        channel = int(np.argsort(-np.abs(products), kind="stable")[cell.column])
        if cell.part == _VECTOR:
            return explain(trace, MASK_VECTORS, (0, mask, channel))
        place = place_of_cell(self.token, max(0, self.cell))
        if cell.part == _FEATURES and self.cell == MEAN_CELL:
            cells = (range(first, first + LOGITS_A_TOKEN) for first in place)
            mean = there(MASK_FEATURES, (0, channel, *cells))
            return mean_of(trace, mean, f"mean of channel {channel} over the token's logits")
        if cell.part == _FEATURES:
            return explain(trace, MASK_FEATURES, (0, channel, *place))
        if cell.map or self.cell == MEAN_CELL:  # a sum so far, or a mean of products
            return None
        return of_product(trace, mask, channel, *place)


def _words(
    name: str, products: Float[np.ndarray, "channel"], order: Int[np.ndarray, "channel"]
) -> str:
    sizes = np.abs(products)
    first, total = int(order[0]), float(products.sum())
    half = 1 + int(np.searchsorted(np.cumsum(sizes[order]), sizes.sum() / 2))
    return (
        f"{capitalised(name)} is {text(total)}, the sum of {len(products)} products: "
        f"{text(float(products[products > 0].sum()))} for and "
        f"{text(float(products[products < 0].sum()))} against the mask. Channel {first} has the "
        f"largest, {text(float(products[first]))}. Half of all that the products amount to, "
        f"whatever their sign, is held by the {'largest' if half == 1 else f'{half} largest'}."
    )
