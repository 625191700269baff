"""A mask generator whose features and vectors are given: 4 channels of 20 x 20."""

import numpy as np

from sam_explore.model.addresses import MASK_FEATURES, MASK_VECTORS
from sam_explore.tracing import Trace

from ...small import putting, small_trace

MASK = 2


def generator_by_hand() -> tuple[Trace, np.ndarray]:
    """A run whose features are given, and the logits of mask 2 that they make.

    Channel 0 is 1 everywhere, times −1. Channel 1 is 2 in the upper left token, times 3. Channel 2
    is a checkerboard of ±1 in every token, times 0.5. Channel 3 is 7 everywhere, times 0.
    """
    features, vectors = np.zeros((1, 4, 20, 20)), np.zeros((1, 4, 4))
    features[0, 0] = 1
    features[0, 1, :4, :4] = 2
    features[0, 2] = np.indices((20, 20)).sum(axis=0) % 2 * 2 - 1
    features[0, 3] = 7
    vectors[0, MASK] = -1, 3, 0.5, 0
    trace = answering_iou(small_trace())
    trace = putting(putting(trace, MASK_FEATURES, features), MASK_VECTORS, vectors)
    return trace, np.einsum("c,chw->hw", vectors[0, MASK], features[0])


def answering_iou(trace: Trace) -> Trace:
    """The same run, where mask 2 has the best predicted IoU."""

    def give(tensor, hook):
        return tensor.new_tensor([[0.1, 0.2, 0.9, 0.3]])

    return trace.with_edit("mask_decoder.iou_predictor.hook_iou", give)
