"""The residual stream over depth: the tokens after the embedding and after each block."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float

from sam_explore.model import SamConfig
from sam_explore.model.addresses import in_block
from sam_explore.readings import Curve, Profile
from sam_explore.tracing import Trace

from .numbers import array

EMBEDDING = "embedding"


def stream_names(config: SamConfig) -> dict[str, str]:
    """The hook points of the residual stream by depth: "embedding", then each block's number."""
    blocks = {
        str(block): in_block(block, "hook_residual_post") for block in range(config.encoder_depth)
    }
    return {EMBEDDING: in_block(0, "hook_residual_pre")} | blocks


def tokens_by_depth(trace: Trace) -> dict[str, Float[np.ndarray, "row column channel"]]:
    """The tokens by depth, as in `stream_names`; without those of the padding."""
    names = stream_names(trace.sam.config)
    rows, columns = trace.frame.tokens_shown
    found = trace.read(names.values())
    return {label: array(found[name][0, :rows, :columns]) for label, name in names.items()}


def share_by_depth(
    labels: Iterable[str], curves: Iterable[Curve], title: str, y_name: str, words: str
) -> Profile:
    """Numbers from 0 to 1 over depth, one for each name of `stream_names`."""
    labels = tuple(labels)
    return Profile(
        np.arange(-1.0, len(labels) - 1),
        tuple(curves),
        title=title,
        words=words,
        x_name="after block",
        y_name=y_name,
        x_labels=labels,
        y_reach=(0.0, 1.0),
    )


def depth_in_words(label: str) -> str:
    """Such as "after the embedding" or "after block 3"."""
    return "after the embedding" if label == EMBEDDING else f"after block {label}"
