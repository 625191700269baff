"""Answers to other prompts, of which nothing is kept."""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model.description import ANSWER
from sam_explore.probes import PromptChangesCompared, PromptPadding
from sam_explore.tracing import zero
from sam_explore.tracing.cache import PROMPT_SETS
from sam_explore.tracing.interventions import AblateHead

from ..small import small_trace

HINT = np.linspace(-5, 5, 400, dtype=np.float32).reshape(20, 20)
ASKED = [
    Prompts(),
    Prompts(points=[(3, 4), (30, 15)], labels=[1, 0]),
    Prompts(box=(2, 3, 30, 16)),
    Prompts(points=[(3, 4)], mask_hint=HINT),
    Prompts(mask_hint=HINT),
]
CHANGES = {
    "none": lambda trace: trace,
    "encoder": lambda trace: trace.with_interventions(AblateHead(1, 0)),
    "decoder": lambda trace: trace.with_edit(
        "mask_decoder.transformer.layers.1.token_to_image.hook_out", zero
    ),
}


@pytest.mark.parametrize("prompts", ASKED, ids=repr)
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_they_are_those_of_the_run_with_these_prompts_and_nothing_is_kept(prompts, change):
    trace = change(small_trace())
    trace.answer_to(Prompts(points=[(1, 1)]))  # encodes the picture, and what goes with it
    store = trace.engine.store
    before = store.bytes
    found = trace.answer_to(prompts)
    assert store.bytes == before
    expected = trace.with_prompts(prompts).prediction
    np.testing.assert_array_equal(found.logits, expected.logits)
    np.testing.assert_array_equal(found.iou, expected.iou)
    assert store.bytes > before
    np.testing.assert_array_equal(trace.answer_to(prompts).logits, expected.logits)


def test_prompts_that_the_picture_cannot_have_are_refused_as_for_a_run():
    with pytest.raises(ValueError, match="mask_hint"):
        small_trace().answer_to(Prompts(mask_hint=np.zeros((3, 3), np.float32)))


@pytest.mark.parametrize("probe", [PromptPadding(further=8), PromptChangesCompared()], ids=repr)
def test_a_question_about_many_prompts_leaves_the_readers_own_in_the_cache(probe):
    trace = small_trace().with_prompts(Prompts(points=[(3, 4), (9, 9)], box=(2, 3, 30, 16)))
    earlier = [trace.with_prompts(Prompts(points=[(x, 5)])) for x in range(PROMPT_SETS - 1)]
    for each in (*earlier, trace):
        each.prediction  # noqa: B018
    probe(trace)
    store = trace.engine.store
    assert all(store.get(each.plan.key(ANSWER)) is not None for each in (*earlier, trace))
