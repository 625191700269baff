"""Record and edit tensors inside a run; traces do both lazily."""

from . import attribution, interventions
from .aside import aside_of
from .attention_pairs import AttentionOfPair, attention_pair
from .attention_rows import (
    AttentionOfQuery,
    attention_column,
    attention_position_terms,
    attention_row,
)
from .attention_sums import (
    AttentionStatistics,
    attention_statistics,
    even_statistics,
    even_weight_on,
    weight_on,
)
from .batches import answers
from .block_order import answer_in_order, tokens_in_order
from .cost import Cost, component_costs
from .data_flow import data_flow
from .differences import names_of_two
from .editing import edit, zero
from .head_removals import answers_without_heads
from .listing import HookInfo, list_hooks
from .logit_shares import LogitOrigins, LogitShares, feature_shares, origin_shares, vector_shares
from .mask_lens import decoder_stages, early_logits, read_early
from .mirror import mirror_of
from .recording import channel, norm, record
from .run_description import Change, RunDescription
from .step_callback import Cancelled, announce, announced_as, between_steps
from .sweep import Sweep, SweepTable
from .timing import component_seconds, encoder_seconds
from .trace import Trace
from .upscaling import nearest_logits

__all__ = [
    "AttentionOfPair",
    "AttentionOfQuery",
    "AttentionStatistics",
    "Cancelled",
    "Change",
    "Cost",
    "HookInfo",
    "LogitOrigins",
    "LogitShares",
    "RunDescription",
    "Sweep",
    "SweepTable",
    "Trace",
    "announce",
    "announced_as",
    "answer_in_order",
    "answers",
    "answers_without_heads",
    "aside_of",
    "attention_column",
    "attention_pair",
    "attention_position_terms",
    "attention_row",
    "attention_statistics",
    "attribution",
    "between_steps",
    "channel",
    "component_costs",
    "component_seconds",
    "data_flow",
    "decoder_stages",
    "early_logits",
    "edit",
    "encoder_seconds",
    "even_statistics",
    "even_weight_on",
    "feature_shares",
    "interventions",
    "list_hooks",
    "mirror_of",
    "names_of_two",
    "nearest_logits",
    "norm",
    "origin_shares",
    "read_early",
    "record",
    "tokens_in_order",
    "vector_shares",
    "weight_on",
    "zero",
]
