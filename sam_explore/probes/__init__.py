"""All probes. A new one is a file beside this one and a line here."""

from .attention_column import AttentionColumn
from .attention_distance import AttentionDistance
from .attention_entropy import AttentionEntropy
from .attention_padding import AttentionPadding
from .attention_row import AttentionRow
from .attribution import Attribution
from .attribution_curves import AttributionCurves
from .binary_beside_raw import BinaryBesideRaw
from .block_channel import BlockChannel
from .block_norms import BlockNorms
from .click_gradient import ClickGradient
from .head_effects import HeadEffects
from .logit_histogram import LogitHistogram
from .norm_outliers import NormOutliers
from .norms_by_depth import NormsByDepth
from .patched_tokens import PatchedTokens
from .position_encoding_channel import PositionEncodingChannel
from .position_encoding_norm import PositionEncodingNorm
from .position_encoding_similarity import PositionEncodingSimilarity
from .position_encoding_spectrum import PositionEncodingSpectrum
from .probe import Knob, Probe
from .raw_logits import RawLogits
from .relative_positions import RelativePositions
from .residual_shares import ResidualShares
from .window_effect import WindowEffect
from .window_layout import WindowLayout
from .window_sweep import WindowSweep

PROBES = tuple(Probe.__subclasses__())
__all__ = ["PROBES", "Knob", "Probe", *(probe.__name__ for probe in PROBES)]
