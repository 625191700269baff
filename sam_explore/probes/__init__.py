"""All probes. A new one is a file in the folder of its component and a line here."""

from typing import Any

from .attention.attention_column import AttentionColumn as AttentionColumn
from .attention.attention_distance import AttentionDistance as AttentionDistance
from .attention.attention_entropy import AttentionEntropy as AttentionEntropy
from .attention.attention_padding import AttentionPadding as AttentionPadding
from .attention.attention_row import AttentionRow as AttentionRow
from .attention.head_atlas import HeadAtlas as HeadAtlas
from .attention.head_directions import HeadDirections as HeadDirections
from .attention.pair_score import PairScore as PairScore
from .automatic.data_engine import DataEngine as DataEngine
from .automatic.missing_mask import MissingMask as MissingMask
from .causes.attribution import Attribution as Attribution
from .causes.attribution_baselines import AttributionBaselines as AttributionBaselines
from .causes.attribution_curves import AttributionCurves as AttributionCurves
from .causes.block_order import BlockOrder as BlockOrder
from .causes.click_gradient import ClickGradient as ClickGradient
from .causes.encoder_lens import EncoderLens as EncoderLens
from .causes.head_effects import HeadEffects as HeadEffects
from .causes.patched_tokens import PatchedTokens as PatchedTokens
from .causes.removed_directions import RemovedDirections as RemovedDirections
from .causes.unit_clamped import UnitClamped as UnitClamped
from .common.probe import Knob as Knob
from .common.probe import Probe as Probe
from .decoder.attention_by_prompt_quality import (
    AttentionByPromptQuality as AttentionByPromptQuality,
)
from .decoder.channel_maps import ChannelMaps as ChannelMaps
from .decoder.channel_off import ChannelOff as ChannelOff
from .decoder.checkerboard_spectrum import CheckerboardSpectrum as CheckerboardSpectrum
from .decoder.decoder_removals import DecoderRemovals as DecoderRemovals
from .decoder.image_to_token_attention import ImageToTokenAttention as ImageToTokenAttention
from .decoder.logit_by_head import LogitByHead as LogitByHead
from .decoder.logit_by_origin import LogitByOrigin as LogitByOrigin
from .decoder.logit_by_source import LogitBySource as LogitBySource
from .decoder.logit_products import LogitProducts as LogitProducts
from .decoder.mask_lens import MaskLens as MaskLens
from .decoder.mask_token_sources import MaskTokenSources as MaskTokenSources
from .decoder.mask_vector import MaskVector as MaskVector
from .decoder.prompt_path import PromptPath as PromptPath
from .decoder.token_to_image_attention import TokenToImageAttention as TokenToImageAttention
from .decoder.token_to_token_attention import TokenToTokenAttention as TokenToTokenAttention
from .decoder.upscaling_features import UpscalingFeatures as UpscalingFeatures
from .hints.click_story import ClickStory as ClickStory
from .hints.hint_effect import HintEffect as HintEffect
from .hints.hint_stages import HintStages as HintStages
from .hints.training_step import TrainingStep as TrainingStep
from .masks.answer_spread import AnswerSpread as AnswerSpread
from .masks.click_map import ClickMap as ClickMap
from .masks.left_out_prompts import LeftOutPrompts as LeftOutPrompts
from .masks.logit_histogram import LogitHistogram as LogitHistogram
from .masks.magic_wand import MagicWand as MagicWand
from .masks.mask_blend import MaskBlend as MaskBlend
from .masks.mask_threshold import MaskThreshold as MaskThreshold
from .masks.raw_logits import RawLogits as RawLogits
from .masks.score_neurons import ScoreNeurons as ScoreNeurons
from .masks.score_reliability import ScoreReliability as ScoreReliability
from .masks.stability_curve import StabilityCurve as StabilityCurve
from .masks.swapped_vectors import SwappedVectors as SwappedVectors
from .masks.token_levels import TokenLevels as TokenLevels
from .patches.kernel_atlas import KernelAtlas as KernelAtlas
from .patches.kernel_response import KernelResponse as KernelResponse
from .patches.patch_grid import PatchGrid as PatchGrid
from .patches.patch_product import PatchProduct as PatchProduct
from .patches.patch_rebuilt import PatchRebuilt as PatchRebuilt
from .positions.place_in_tokens import PlaceInTokens as PlaceInTokens
from .positions.position_encoding_channel import PositionEncodingChannel as PositionEncodingChannel
from .positions.position_encoding_grid import PositionEncodingGrid as PositionEncodingGrid
from .positions.position_encoding_norm import PositionEncodingNorm as PositionEncodingNorm
from .positions.position_encoding_similarity import (
    PositionEncodingSimilarity as PositionEncodingSimilarity,
)
from .positions.position_encoding_spectrum import (
    PositionEncodingSpectrum as PositionEncodingSpectrum,
)
from .positions.relative_positions import RelativePositions as RelativePositions
from .positions.shuffled_tokens import ShuffledTokens as ShuffledTokens
from .positions.three_encodings import ThreeEncodings as ThreeEncodings
from .projection.neighbour_mixing import NeighbourMixing as NeighbourMixing
from .projection.projection_stages import ProjectionStages as ProjectionStages
from .prompts.changed_prompt import ChangedPrompt as ChangedPrompt
from .prompts.coordinate_channel import CoordinateChannel as CoordinateChannel
from .prompts.coordinate_fit import CoordinateFit as CoordinateFit
from .prompts.coordinate_kernel import CoordinateKernel as CoordinateKernel
from .prompts.coordinate_sharing import CoordinateSharing as CoordinateSharing
from .prompts.coordinate_waves import CoordinateWaves as CoordinateWaves
from .prompts.learned_kinds import LearnedKinds as LearnedKinds
from .prompts.prompt_changes_compared import PromptChangesCompared as PromptChangesCompared
from .prompts.prompt_padding import PromptPadding as PromptPadding
from .prompts.prompt_token_counts import PromptTokenCounts as PromptTokenCounts
from .prompts.prompt_token_parts import PromptTokenParts as PromptTokenParts
from .sizes.component_cost import ComponentCost as ComponentCost
from .sizes.input_size import InputSize as InputSize
from .sizes.size_sweep import SizeSweep as SizeSweep
from .sizes.window_seams import WindowSeams as WindowSeams
from .tokens.alike_proposals import AlikeProposals as AlikeProposals
from .tokens.block_channel import BlockChannel as BlockChannel
from .tokens.block_norms import BlockNorms as BlockNorms
from .tokens.block_similarity import BlockSimilarity as BlockSimilarity
from .tokens.known_by_depth import KnownByDepth as KnownByDepth
from .tokens.norm_outliers import NormOutliers as NormOutliers
from .tokens.norms_by_depth import NormsByDepth as NormsByDepth
from .tokens.planted_outlier import PlantedOutlier as PlantedOutlier
from .tokens.residual_shares import ResidualShares as ResidualShares
from .tokens.scene_factors import SceneFactors as SceneFactors
from .tokens.token_components import TokenComponents as TokenComponents
from .tokens.token_similarity import TokenSimilarity as TokenSimilarity
from .tokens.unit_patches import UnitPatches as UnitPatches
from .windows.token_reach import TokenReach as TokenReach
from .windows.window_effect import WindowEffect as WindowEffect
from .windows.window_layout import WindowLayout as WindowLayout
from .windows.window_sweep import WindowSweep as WindowSweep

PROBES = tuple(sorted(Probe.__subclasses__(), key=lambda probe: probe.__name__))
__all__ = ["PROBES", "Knob", "Probe", *(probe.__name__ for probe in PROBES)]

_EARLIER_NAMES = {"BinaryBesideRaw": "MaskThreshold"}


def __getattr__(name: str) -> Any:
    """A probe by the name that it had in an earlier version."""
    if name in _EARLIER_NAMES:
        return globals()[_EARLIER_NAMES[name]]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
