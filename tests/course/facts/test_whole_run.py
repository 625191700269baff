"""Facts about the run as a whole, counted by hand for the small network."""

from types import SimpleNamespace

from sam_explore.course import facts
from sam_explore.geometry import Prompts

from ...small import small_trace


def now(trace=None) -> SimpleNamespace:
    return SimpleNamespace(trace=trace or small_trace(), token=(0, 0), threshold=0.0, chosen=None)


def test_a_click_runs_the_prompts_and_the_decoder_again_and_no_block_of_the_encoder():
    # Of the small network: the embedding, 4 blocks and the projection are kept. Prompts, the
    # decoder's input, its 2 layers, the last look at the picture and the answer run again.
    fact = facts.steps_for_a_click(now())
    assert fact.value == 50  # %
    assert fact.words == (
        "A run has 12 steps. For another click on the same picture 6 of them run again: those of "
        "the prompt encoder and the mask decoder. The 6 of the image encoder don't depend on the "
        "prompt, so their results are kept."
    )


def test_the_numbers_on_the_way_are_sides_times_sides_times_channels():
    # 3 x 40 x 40 in, 25 tokens of 32 channels, a click and its padding point, 4 masks of 20 x 20.
    fact = facts.numbers_on_the_way(now())
    assert fact.value == 25 * 32 / (3 * 40 * 40)
    assert fact.words == (
        "The picture goes in as 3 × 40 × 40 = 4800 numbers, padding included. It reaches the mask "
        "decoder as 25 tokens of 32, 800 numbers: 0.17 times as many. The prompt reaches it as 2 "
        "tokens of 32, 64 numbers. Out come 4 masks of 20 × 20, 1600 logits."
    )
    two = small_trace().with_prompts(Prompts(points=[(12, 8), (3, 3)]))
    assert "as 3 tokens of 32, 96 numbers" in facts.numbers_on_the_way(now(two)).words
