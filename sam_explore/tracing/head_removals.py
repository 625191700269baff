"""The answers of a run without each head of a block of the image encoder, one at a time."""

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.model.description import ANSWER
from sam_explore.prediction import Prediction, prediction_from

from .batches import answers
from .interventions import AblateHead
from .step_callback import announce
from .trace import Trace


@torch.no_grad()
def answers_without_heads(trace: Trace, block: int) -> list[Prediction]:
    """The prediction without each head of a block, which outputs zero: as many as it has heads.

    Each takes a run from the block on. Logits and predicted IoU are cached with the trace, so that
    asking again costs nothing.

    Raises ValueError for a block that the model does not have.
    """
    engine = trace.engine
    engine.refuse_changed_weights()
    what = f"Without each head of block {block}"
    known = engine.kept(trace.plan, ANSWER, what, lambda: _answers(trace, block))
    shape = trace.prediction.logits.shape
    return [
        prediction_from(each[:, 1:].view(shape), each[:, 0], trace.prompts, trace.frame)
        for each in known
    ]


def _answers(trace: Trace, block: int) -> Float[Tensor, "head mask number"]:
    """Of each mask the predicted IoU and then its logits."""
    found = []
    for head in range(trace.sam.config.encoder_heads):
        announce(f"Without head {head} of block {block}")
        (answer,) = answers([trace.with_interventions(AblateHead(block, head))])
        logits = torch.tensor(answer.logits, device="cpu").flatten(1)
        found.append(torch.cat([torch.tensor(answer.iou, device="cpu")[:, None], logits], dim=1))
    return torch.stack(found)
