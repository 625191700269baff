"""N points become N + 1 tokens, a box two, both N + 2."""

from sam_explore.geometry import Prompts
from sam_explore.probes import PromptTokenCounts

from ...small import small_trace


def test_the_cases_by_hand():
    reading = PromptTokenCounts(points=3)(small_trace())

    # Points, corners, padding, prompt tokens; and with the IoU token and four mask tokens.
    assert dict(zip(reading.rows, reading.values.tolist(), strict=True)) == {
        "this prompt": [1, 0, 1, 2, 7],
        "3 points": [3, 0, 1, 4, 9],
        "a box": [0, 2, 0, 2, 7],
        "3 points and a box": [3, 2, 0, 5, 10],
        "nothing": [0, 0, 0, 0, 5],
    }
    assert reading.words == (
        "3 points become 4 prompt tokens, a box 2 tokens, both together 5 tokens, and nothing 0 "
        "tokens. In this run the decoder has 7 tokens, in this order: IoU, mask 0, mask 1, mask 2, "
        "mask 3, point 0, padding."
    )


def test_a_hint_is_no_token():
    hint = small_trace().prediction.logits[0]
    trace = small_trace().with_prompts(Prompts(mask_hint=hint))
    assert PromptTokenCounts()(trace).values[0].tolist() == [0, 0, 0, 0, 5]
