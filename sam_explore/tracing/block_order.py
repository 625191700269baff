"""The image encoder's blocks in another order, some of them left out or run more than once."""

from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor

from sam_explore.model.description import EMBED, PROJECT, PROMPTS, block_step
from sam_explore.prediction import Prediction, prediction_from

from .interventions.positions import check_index
from .trace import Trace


def tokens_in_order(trace: Trace, order: Sequence[int]) -> Float[Tensor, "1 row column channel"]:
    """The image tokens after these blocks, one after the other.

        tokens_in_order(trace, [0, 2, 1, 3])

    What comes before the first change is the run's own. Each block keeps its windows and edits.

    Args:
        trace: the run.
        order: numbers of blocks; any may be left out or come again.

    Raises:
        ValueError: a block that the model doesn't have.
    """
    engine, plan, depth = trace.engine, trace.plan, trace.sam.config.encoder_depth
    for block in order:
        check_index("block", block, depth)
    same = 0
    while same < min(len(order), depth) and order[same] == same:
        same += 1
    tokens = engine.output(plan, block_step(same - 1) if same else EMBED)
    for block in order[same:]:
        tokens = engine.run(plan, block_step(block), tokens)
    return tokens


def answer_in_order(trace: Trace, order: Sequence[int]) -> Prediction:
    """The prediction with the blocks in this order; arguments and errors as in `tokens_in_order`.

    In the model's own order it is the run's prediction, to the last digit.
    """
    engine, plan = trace.engine, trace.plan
    tokens = engine.run(plan, PROJECT, tokens_in_order(trace, order))
    logits, iou = engine.decode(plan, tokens, engine.output(plan, PROMPTS))
    return prediction_from(logits[0], iou[0], trace.prompts, trace.frame)
