"""The state that all views of a page share: one owner, immutable snapshots, one worker."""

from .errors import in_words
from .job_queue import (
    DRAWINGS,
    ENCODER_RUNS,
    EXPLORERS,
    FETCHES,
    PREVIEWS,
    PROMPTS,
    SWEEPS,
    UNSEEN,
    Priority,
)
from .session import Session
from .snapshot import OF_RUN, THRESHOLD, Snapshot
from .worker import SYNCHRONOUS

__all__ = [
    "DRAWINGS",
    "ENCODER_RUNS",
    "EXPLORERS",
    "FETCHES",
    "OF_RUN",
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
