"""Answers without each head, which are computed once."""

import numpy as np

from sam_explore.tracing import answers_without_heads, between_steps
from sam_explore.tracing.interventions import AblateHead

from ..small import small_trace


def test_they_are_those_of_runs_without_the_head():
    trace = small_trace()
    for head, answer in enumerate(answers_without_heads(trace, 2)):
        expected = trace.with_interventions(AblateHead(2, head)).prediction
        np.testing.assert_allclose(answer.logits, expected.logits, atol=1e-5)
        np.testing.assert_allclose(answer.iou, expected.iou, atol=1e-5)


def test_asked_again_nothing_runs():
    trace = small_trace()
    first = answers_without_heads(trace, 3)
    steps: list[str] = []
    with between_steps(steps.append):
        again = answers_without_heads(trace, 3)
    assert steps == []
    assert len(again) == 2
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.logits, other.logits)
