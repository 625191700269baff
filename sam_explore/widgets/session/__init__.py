"""The state that all views of a page share: one owner, immutable snapshots, one worker."""

from .errors import in_words
from .session import Session
from .snapshot import THRESHOLD, Snapshot
from .worker import (
    ENCODER_RUNS,
    EXPLORERS,
    FETCHES,
    PREVIEWS,
    PROMPTS,
    SWEEPS,
    SYNCHRONOUS,
    UNSEEN,
    Priority,
)

__all__ = [
    "ENCODER_RUNS",
    "EXPLORERS",
    "FETCHES",
    "PREVIEWS",
    "PROMPTS",
    "SWEEPS",
    "SYNCHRONOUS",
    "THRESHOLD",
    "UNSEEN",
    "Priority",
    "Session",
    "Snapshot",
    "in_words",
]
