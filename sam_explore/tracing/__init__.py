"""See and change what happens inside a run: record and edit, and traces that do both lazily."""

from . import interventions
from .editing import edit, zero
from .listing import HookInfo, list_hooks
from .progress import Cancelled, between_steps
from .recording import channel, norm, record
from .timing import encoder_seconds
from .trace import Trace

__all__ = [
    "Cancelled",
    "HookInfo",
    "Trace",
    "between_steps",
    "channel",
    "edit",
    "encoder_seconds",
    "interventions",
    "list_hooks",
    "norm",
    "record",
    "zero",
]
