"""Which component of the model costs how much?"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sam_explore.model.config import VIT_B, VIT_H, VIT_L
from sam_explore.number_text import text
from sam_explore.readings import Matrix, Panel, Scale
from sam_explore.tracing import Cost, Trace, component_costs
from sam_explore.tracing.cost import BLOCK_PARTS, COMPONENTS

from ..common.logits import percent
from ..common.probe import Probe

_NAMES = {"vit_b": "ViT-B", "vit_l": "ViT-L", "vit_h": "ViT-H"}
_BYTES = 4  # of a number in single precision


@dataclass(frozen=True)
class ComponentCost(Probe):
    """Parameters, multiply-adds and the largest tensor of each component, of several models.

    They follow from the models' sizes alone: no weights are needed, and none are read. The models
    are this one and the three that were released, B, L and H. Multiply-adds are those of matrix
    products and convolutions, with the padding of windows, for one picture and one click.

    Of the largest tensor it matters how attention is computed. Written out, its scores are a number
    for each head and pair of tokens. A fused kernel never forms them; but relative positions differ
    from pair to pair, so that the kernel needs them as a mask, which is as large as the scores.

    Reads: the sizes of the model, and not the picture.
    Returns: a Panel of three Matrices (component, model): the share of the parameters, the share of
        the multiply-adds, and the megabytes of the largest tensor in single precision.
    Unit: per cent; MB.
    Source: the sizes are those of the reference's builder and of appendix A of arXiv 2304.02643;
        that relative positions are in the way of fused kernels is said in the description of
        muggled_sam.
    """

    title = "Which component of the model costs how much?"
    reads_prompts = False
    about_picture = False

    def read(self, trace: Trace) -> Panel:
        trace.engine.refuse_changed_weights()
        models = {"this model": trace.sam.config} | {
            _NAMES[config.name]: config
            for config in (VIT_B, VIT_L, VIT_H)
            if config != trace.sam.config
        }
        costs = {name: component_costs(config) for name, config in models.items()}
        columns = tuple(costs)
        words = " ".join(_words(name, each) for name, each in costs.items())
        numbers, products, largest = (
            np.array(
                [[float(getattr(cost[row], what)) for cost in costs.values()] for row in COMPONENTS]
            )
            for what in ("parameters", "multiply_adds", "largest")
        )
        tables = (
            _shares(numbers, columns, "Parameters in per cent", words),
            _shares(products, columns, "Multiply-adds in per cent", words),
            Matrix(
                _BYTES * largest / 1e6,
                COMPONENTS,
                columns,
                "Largest tensor in MB",
                words,
                "",
                "",
                Scale("MB", low=0.0),
            ),
        )
        return Panel(tables, "What each component costs", words, across=2)


def _shares(
    values: Float[np.ndarray, "component model"], columns: tuple[str, ...], title: str, words: str
) -> Matrix:
    shares = 100 * values / values.sum(axis=0)
    return Matrix(
        shares, COMPONENTS, columns, title, words, "", "", Scale("per cent", low=0.0, high=100.0)
    )


def _words(name: str, costs: dict[str, Cost]) -> str:
    numbers = sum(each.parameters for each in costs.values())
    products = sum(each.multiply_adds for each in costs.values())
    blocks = [costs[part] for part in BLOCK_PARTS]
    relative = costs["relative positions"]
    own = numbers / 1e6, products / 1e9
    shares = (
        sum(each.parameters for each in blocks) / numbers,
        sum(each.multiply_adds for each in blocks) / products,
    )
    return (
        f"{name[0].upper()}{name[1:]} has {text(own[0])} million parameters and needs "
        f"{text(own[1])} billion multiply-adds, of which its transformer blocks have "
        f"{percent(shares[0])} and {percent(shares[1])}. Relative positions have "
        f"{text(100 * relative.parameters / numbers, 2)} % and "
        f"{text(100 * relative.multiply_adds / products, 2)} % of them, and need a mask of "
        f"{text(_BYTES * relative.largest / 1e6)} MB."
    )
