"""Answers of many runs that are decoded together, of which nothing is kept."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model.description import ANSWER
from sam_explore.probes import (
    ChannelOff,
    HintEffect,
    LogitByHead,
    LogitByOrigin,
    LogitBySource,
    MaskTokenSources,
    PromptChangesCompared,
    PromptPadding,
)
from sam_explore.tracing import Trace, answers, zero
from sam_explore.tracing.cache import PROMPT_SETS
from sam_explore.tracing.interventions import (
    AblateDecoderHead,
    AblateHead,
    DropPromptToken,
    KnockOutDecoderAttention,
    ScaleChannel,
)

from ..small import small_trace

HINT = np.linspace(-5, 5, 400, dtype=np.float32).reshape(20, 20)
ASKED = [
    Prompts(),
    Prompts(points=[(3, 4), (30, 15)], labels=[1, 0]),
    Prompts(box=(2, 3, 30, 16)),
    Prompts(points=[(3, 4)], mask_hint=HINT),
    Prompts(mask_hint=HINT),
]
QUESTIONS = [
    PromptPadding(further=8),
    PromptChangesCompared(),
    LogitByHead(),
    LogitByOrigin(),
    LogitBySource(),
    MaskTokenSources(),
    ChannelOff(),
    HintEffect(),
]
VARIANTS: list[tuple] = [
    (),
    (AblateDecoderHead("layers.0.self_attention", 1, 3),),
    (AblateDecoderHead("layers.1.image_to_token", None, (1, 2)),),
    (AblateDecoderHead("layers.1.image_to_token", None, (1, 2)), DropPromptToken(0)),
    (KnockOutDecoderAttention("final_token_to_image", [2], [(0, 0), (1, 1)]),),
    (KnockOutDecoderAttention("layers.*.token_to_image", None, [(0, 3)]),),
    (ScaleChannel("mask_decoder.mask_generator.hook_features", 2, 0.0),),
    (ScaleChannel("mask_decoder.mask_hint_encoder.hook_out", 2, -3.0),),
    (AblateHead(1, 0),),
]
CHANGES = {
    "none": lambda trace: trace,
    "encoder": lambda trace: trace.with_interventions(AblateHead(1, 0)),
    "decoder": lambda trace: trace.with_edit(
        "mask_decoder.transformer.layers.1.token_to_image.hook_out", zero
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_they_are_those_of_the_runs_with_these_prompts_and_nothing_is_kept(change):
    trace = change(small_trace())
    answers([trace.with_prompts(Prompts(points=[(1, 1)]))])  # encodes the picture
    store = trace.engine.store
    before = store.bytes
    asked = [trace.with_prompts(prompts) for prompts in ASKED]
    found = answers(asked)
    assert store.bytes == before
    for run, one in zip(asked, found, strict=True):
        is_as_by_itself(one, run)
        assert one.prompts is run.prompts
    assert store.bytes > before
    for run, one in zip(asked, answers(asked), strict=True):  # now from the cache
        np.testing.assert_array_equal(one.logits, run.prediction.logits)


def is_as_by_itself(found, run):
    """Products of other sizes are summed in another order."""
    np.testing.assert_allclose(found.logits, run.prediction.logits, atol=2e-5)
    np.testing.assert_allclose(found.iou, run.prediction.iou, atol=2e-5)


def read_first(trace):
    trace["mask_decoder.transformer.layers.1.self_attention.hook_pattern"]


@pytest.mark.parametrize("before", [lambda trace: None, read_first], ids=["new", "read"])
@pytest.mark.parametrize("places", [100, 8192])
def test_each_changed_run_of_a_batch_has_its_own_changes(before, places, monkeypatch):
    monkeypatch.setattr("sam_explore.tracing.batches._PLACES", places)  # 25 image tokens each
    trace = small_trace()
    before(trace)
    changed = [trace.with_interventions(*each) for each in VARIANTS]
    found = answers(changed)
    kept = [trace.engine.store.get(run.plan.key(ANSWER)) for run in changed[1:]]
    assert all(each is None for each in kept)
    for run, one in zip(changed, found, strict=True):
        is_as_by_itself(one, run)
    different = [one for one in found if np.abs(one.logits - found[0].logits).max() > 1e-3]
    assert len(different) == len(VARIANTS) - 1


def test_a_change_that_is_impossible_raises_its_error():
    hide_all = KnockOutDecoderAttention("layers.0.self_attention", [1], range(7))
    with pytest.raises(ValueError, match="no key left"):
        answers([small_trace(), small_trace().with_interventions(hide_all)])


def test_a_row_keeps_its_shape_and_holds_no_nan():
    name = "mask_decoder.transformer.layers.1.hook_tokens"
    trace = small_trace()
    with pytest.raises(ValueError, match=r"must return a tensor \(1, 7, 32\)"):
        answers([trace, trace.with_edit(name, lambda tensor, hook: tensor[:, :1])])
    with pytest.raises(ValueError, match="holds NaN"):
        answers([trace, trace.with_edit(name, lambda tensor, hook: tensor * np.nan)])


def test_runs_of_two_pictures_come_back_in_their_order():
    trace = small_trace()
    other = Trace(trace.sam, trace.image[:, ::-1], trace.prompts)
    runs = [trace, other, trace.with_prompts(ASKED[1])]
    for run, one in zip(runs, answers(iter(runs)), strict=True):
        is_as_by_itself(one, run)
    assert answers([]) == []


def test_prompts_that_the_picture_cannot_have_are_refused_as_for_a_run():
    with pytest.raises(ValueError, match="mask_hint"):
        small_trace().with_prompts(Prompts(mask_hint=np.zeros((3, 3), np.float32)))


@pytest.mark.parametrize("probe", QUESTIONS, ids=lambda each: type(each).__name__)
def test_a_question_about_many_prompts_leaves_the_readers_own_in_the_cache(probe):
    trace = small_trace().with_prompts(Prompts(points=[(3, 4), (9, 9)], box=(2, 3, 30, 16)))
    earlier = [trace.with_prompts(Prompts(points=[(x, 5)])) for x in range(PROMPT_SETS - 1)]
    for each in (*earlier, trace):
        each.prediction  # noqa: B018
    probe(trace)
    store = trace.engine.store
    assert all(store.get(each.plan.key(ANSWER)) is not None for each in (*earlier, trace))
