"""All probes. A new one is a file in the folder of its component and a line here."""

from .attention.attention_column import AttentionColumn
from .attention.attention_distance import AttentionDistance
from .attention.attention_entropy import AttentionEntropy
from .attention.attention_padding import AttentionPadding
from .attention.attention_row import AttentionRow
from .causes.attribution import Attribution
from .causes.attribution_curves import AttributionCurves
from .causes.click_gradient import ClickGradient
from .causes.head_effects import HeadEffects
from .causes.patched_tokens import PatchedTokens
from .common.probe import Knob, Probe
from .masks.binary_and_raw import BinaryBesideRaw
from .masks.logit_histogram import LogitHistogram
from .masks.raw_logits import RawLogits
from .positions.position_encoding_channel import PositionEncodingChannel
from .positions.position_encoding_norm import PositionEncodingNorm
from .positions.position_encoding_similarity import PositionEncodingSimilarity
from .positions.position_encoding_spectrum import PositionEncodingSpectrum
from .positions.relative_positions import RelativePositions
from .tokens.block_channel import BlockChannel
from .tokens.block_norms import BlockNorms
from .tokens.norm_outliers import NormOutliers
from .tokens.norms_by_depth import NormsByDepth
from .tokens.residual_shares import ResidualShares
from .windows.window_effect import WindowEffect
from .windows.window_layout import WindowLayout
from .windows.window_sweep import WindowSweep

PROBES = tuple(sorted(Probe.__subclasses__(), key=lambda probe: probe.__name__))
__all__ = ["PROBES", "Knob", "Probe", *(probe.__name__ for probe in PROBES)]
