"""A small run whose coordinate encoder has waves that a test chooses."""

import numpy as np
import torch

from sam_explore.tracing import Trace

from ...small import small_sam, small_trace


def trace_with_waves(*vectors: tuple[float, float]) -> Trace:
    """16 waves as the small network has, the first with these frequencies, the others 0."""
    sam = small_sam()
    frequencies = np.zeros((2, 16))
    frequencies[:, : len(vectors)] = np.transpose(vectors)
    sam.coordinate_encoder.frequencies.copy_(torch.tensor(frequencies))
    return small_trace(sam)
