"""What a probe says of where its numbers come from is what its reading has."""

from math import isnan

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.probes import PROBES, Probe
from sam_explore.readings import Reading, value_at
from sam_explore.tracing import Trace

from ..small import small_trace
from .reading_arrays import cells_of

# Probes that don't say it, and why: the view names their function and what that reads.
UNSAID = {
    "AlikeProposals": "means over many tokens, and answers to clicks",
    "AnswerSpread": "a spread over many prompts",
    "AttentionByPromptQuality": "means over many prompts",
    "AttentionDistance": "a mean over all queries and keys",
    "AttentionEntropy": "a mean over all queries",
    "AttentionPadding": "a mean over all queries",
    "Attribution": "gradients, or one run for each region",
    "AttributionBaselines": "gradients, or one run for each region",
    "AttributionCurves": "gradients, or one run for each region",
    "BlockOrder": "overlaps of masks of many runs",
    "BlockSimilarity": "products of all pairs of tokens",
    "CheckerboardSpectrum": "a Fourier transform of all logits",
    "ClickGradient": "a gradient",
    "ClickMap": "an overlap of masks for each click",
    "ClickStory": "overlaps of masks",
    "ComponentCost": "seconds and counts of arithmetic",
    "CoordinateFit": "a fit over many places",
    "CoordinateSharing": "a fit over many places",
    "CoordinateWaves": "counts of waves, and closed forms",
    "DataEngine": "counts of masks",
    "DecoderRemovals": "differences of many runs, and shares of weights",
    "EncoderLens": "logits of the last steps on earlier tokens",
    "HeadAtlas": "means over all queries, in the order of all heads",
    "HeadDirections": "singular vectors",
    "HeadEffects": "overlaps of masks of many runs",
    "HintEffect": "overlaps of masks of many runs",
    "InputSize": "overlaps of masks",
    "KernelAtlas": "statistics of kernels, in their order",
    "KnownByDepth": "fits over the tokens of many scenes",
    "LogitByHead": "shares of a logit that are carried through the layers",
    "LogitByOrigin": "shares of a logit that are carried through the layers",
    "LogitBySource": "shares of a logit that are carried through the layers",
    "LogitHistogram": "counts of logits",
    "MagicWand": "overlaps of masks",
    "MaskBlend": "blends of logits, and overlaps of masks",
    "MaskLens": "logits of the last steps on earlier tensors",
    "MaskThreshold": "logits scaled up to the picture's size",
    "MaskTokenSources": "differences of many runs",
    "MissingMask": "overlaps of masks",
    "PatchRebuilt": "a least-squares fit",
    "PlaceInTokens": "fits over all tokens",
    "PlantedOutlier": "norms of several runs, and what lies far from their median",
    "PositionEncodingSpectrum": "a Fourier transform",
    "PromptChangesCompared": "overlaps of masks",
    "PromptTokenCounts": "counts, and times",
    "RelativePositions": "percentiles over all queries and keys",
    "RemovedDirections": "logits of runs without some directions",
    "ResidualShares": "percentiles over all tokens",
    "SceneFactors": "differences of many runs",
    "ScoreReliability": "means over many scenes",
    "ShuffledTokens": "logits of a run with its tokens in another order",
    "SizeSweep": "overlaps of masks",
    "StabilityCurve": "overlaps of masks",
    "SwappedVectors": "products of two runs",
    "TokenComponents": "directions of greatest variance",
    "TokenLevels": "means over many scenes",
    "TokenReach": "norms of differences of two runs",
    "TokenSimilarity": "means over many tokens",
    "TrainingStep": "losses over all pixels",
    "UnitClamped": "logits and overlaps of runs with a unit clamped",
    "WindowLayout": "the numbers of windows",
    "WindowSeams": "means over all tokens",
    "WindowSweep": "overlaps of masks of many runs",
}

# Other knobs that lead to other places.
KNOBS = {
    "AttentionRow": [
        {"term": "content"},
        {"term": "scores", "head": 1, "block": 0},
        {"term": "vertical position", "head": -2, "block": 0, "token": (1, 2)},
        {"term": "horizontal position", "head": 0, "block": 2},
    ],
    "AttentionColumn": [{"head": -2, "block": 0, "token": (4, 4)}],
    "ChannelMaps": [{"shown": "feature", "channel": 3}, {"channel": 1, "mask": 2}],
    "HintStages": [{"channel": 2}],
    "ImageToTokenAttention": [{"decoder_token": 1, "layer": 1, "head": 2}],
    "KernelResponse": [{"kernel": 2}],
    "LogitProducts": [{"cell": 6, "token": (1, 2)}],
    "PairScore": [{"head": 1, "block": 0}],
    "PatchProduct": [{"kernel": 3, "token": (1, 3)}],
    "ProjectionStages": [{"channel": 2}],
    "PromptTokenParts": [{"prompt": 1}],
    "TokenToImageAttention": [{"place": 2, "head": -2}, {"decoder_token": 0}],
    "TokenToTokenAttention": [{"head": -2}, {"head": 1, "layer": 1}],
    "UnitPatches": [{"layer": 12, "unit": 5}, {"layer": 2}],
    "UpscalingFeatures": [{"step": "decoded image"}, {"step": "first step", "rank": 1}],
}
SAID = [probe for probe in PROBES if probe.__name__ not in UNSAID]
ASKED = [
    probe(**knobs) for probe in SAID for knobs in ({}, *KNOBS.get(probe.__name__, ()))
]  # in the order of their names
HINT = np.random.default_rng(1).normal(size=(20, 20)) * 5


@pytest.fixture(scope="module")
def runs() -> tuple[Trace, Trace]:
    """With a click; and with a box, a click off the object and a mask hint."""
    click = small_trace()
    prompts = Prompts(points=[(12, 8)], labels=[0], box=(1, 2, 30, 15), mask_hint=HINT)
    return click, click.with_prompts(prompts)


def compared(probe: Probe, trace: Trace) -> int:
    """How many cells the probe says something of, each of which is right."""
    reading: Reading = probe(trace)
    count = 0
    for cell in cells_of(reading, 2):
        value = value_at(reading, cell)
        operation = None if isnan(value) else probe.origin(trace, cell)
        if operation is not None:
            size = max(operation.size, abs(value))
            assert abs(operation.result - value) <= 1e-4 * size, (cell, value, operation)
            assert operation.operands or operation.expression == ("0",)
            assert operation.name
            count += 1
    return count


@pytest.mark.parametrize("probe", ASKED, ids=lambda probe: probe.code.removeprefix("sx.probes."))
def test_what_it_says_is_the_number_of_the_cell(probe, runs):
    assert all(compared(probe, trace) for trace in runs)


def test_probes_that_do_not_say_it_are_listed_with_a_reason():
    silent = {probe.__name__ for probe in PROBES if probe.origin is Probe.origin}
    assert silent == set(UNSAID)
    assert all(UNSAID.values())


def test_a_part_that_is_not_said_names_the_function_and_what_it_reads(runs):
    probe = sx.probes.MaskVector()
    reading = probe(runs[0])
    (cell,) = (each for each in cells_of(reading, 1) if each.part == 1)
    operation = probe.explain(runs[0], cell, reading)
    assert operation.result == value_at(reading, cell)
    assert operation.formula == "sam_explore.probes.decoder.mask_vector.MaskVector.read(trace)"
    assert "hook_mask_vectors" in operation.note
