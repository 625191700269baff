"""What a change can't reach is not computed again; tests count the calls of blocks."""

from collections import Counter

import numpy as np
import pytest
import torch

from sam_explore.geometry import Prompts
from sam_explore.model.kernels import cached_results
from sam_explore.probes import BlockNorms, NormsByDepth, ResidualShares
from sam_explore.tracing import Trace, between_steps, norm, zero

from ..small import small_sam, small_trace

BLOCKS = "image_encoder.vit.blocks"


class Calls(Counter):
    """How often each block, the embedding ("embed") and the masks' step ("decode") ran."""

    def take(self) -> dict:
        """The calls since the last time."""
        calls = dict(self)
        self.clear()
        return calls


@pytest.fixture
def sam():
    return small_sam()


@pytest.fixture
def calls(sam, monkeypatch) -> Calls:
    calls = Calls()

    def count(module, name, method="forward") -> None:
        plain = getattr(module, method)

        def counting(*inputs):
            calls[name] += 1
            return plain(*inputs)

        monkeypatch.setattr(module, method, counting)

    count(sam.image_encoder.patch_embedding, "embed")
    for index, block in enumerate(sam.image_encoder.vit.blocks):
        count(block, index)
    count(sam, "decode", "decode")
    count(sam.mask_decoder, "decode", "answer")
    return calls


@pytest.fixture
def trace(sam, calls):
    """Made after the methods that count were set, since a trace refuses a model that changes."""
    return small_trace(sam)


ENCODER = {"embed": 1, 0: 1, 1: 1, 2: 1, 3: 1}


def test_making_a_trace_runs_nothing(trace, calls):
    trace.with_prompts(Prompts(points=[(2, 2)])).with_edit(f"{BLOCKS}.0.mlp.hook_out", zero)
    assert calls.take() == {}


def test_only_what_leads_to_a_tensor_is_run(trace, calls):
    trace["image_encoder.position_encoder.hook_encoding"]
    assert calls.take() == {"embed": 1}
    trace[f"{BLOCKS}.1.attention.hook_q"]
    assert calls.take() == {0: 1, 1: 1}
    trace["prompt_encoder.hook_tokens"]
    assert calls.take() == {}


def test_what_is_known_is_not_run_again(trace, calls):
    assert trace.prediction is trace.prediction
    assert calls.take() == ENCODER | {"decode": 1}
    trace.read([f"{BLOCKS}.*.hook_residual_pre", f"{BLOCKS}.*.hook_residual_post"])
    assert calls.take() == {}


def test_other_prompts_share_the_image_encoder(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    trace.with_prompts(Prompts(points=[(2, 2)])).prediction  # noqa: B018
    assert calls.take() == {"decode": 1}


def test_an_edit_restarts_at_its_block(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    edited = trace.with_edit(f"{BLOCKS}.2.attention.hook_pattern", zero)
    edited.prediction  # noqa: B018
    assert calls.take() == {2: 1, 3: 1, "decode": 1}
    edited.with_prompts(Prompts(points=[(2, 2)])).prediction  # noqa: B018
    assert calls.take() == {"decode": 1}


def test_an_edit_of_the_decoder_leaves_the_encoder_alone(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    trace.with_edit("mask_decoder.hook_tokens_in", zero).prediction  # noqa: B018
    assert calls.take() == {"decode": 1}


LAST = "mask_decoder.transformer.layers.1.self_attention.hook_pattern"


def half(tensor, hook):
    return tensor / 2


def decoder_steps(ask) -> list[str]:
    steps: list[str] = []
    with between_steps(steps.append):
        ask()
    return steps


def test_an_edit_in_a_layer_of_the_decoder_restarts_there(trace, monkeypatch):
    """The layers before are run by the first edit, since a click keeps its masks only."""
    ran = []
    plain = trace.sam.mask_decoder.layer

    def layer(index, *given):
        ran.append(index)
        return plain(index, *given)

    monkeypatch.setattr(trace.sam.mask_decoder, "layer", layer)
    trace.with_edit(LAST, zero).prediction  # noqa: B018
    assert ran == [0, 1]
    trace.with_edit(LAST, half).prediction  # noqa: B018
    assert ran == [0, 1, 1]


def test_a_layer_of_the_decoder_is_read_without_those_after_it(trace):
    trace.encoded  # noqa: B018
    name = "mask_decoder.transformer.layers.0.token_to_image.hook_pattern"
    assert decoder_steps(lambda: trace[name])[1:] == [
        "Mask decoder: tokens and mask hint",
        "Mask decoder: layer 1 of 2",
    ]


def test_a_cache_without_room_runs_each_block_once(sam, calls):
    plain = small_trace(sam)
    narrow = Trace(sam, plain.image, plain.prompts, cache_bytes=1)
    assert narrow.prediction is not None
    assert calls.take() == ENCODER | {"decode": 1}


def test_the_decoders_steps_give_the_digits_of_the_whole(trace):
    description = trace.sam.description
    logits, iou = trace.prediction.logits, trace.prediction.iou
    fresh = Trace(trace.sam, trace.image, trace.prompts)
    for step in description.mask_decoder:
        given = fresh.engine.output(fresh.plan, step)
    np.testing.assert_array_equal(given[0][0].numpy(), logits)
    np.testing.assert_array_equal(given[1][0].numpy(), iou)


def test_an_edit_of_the_prompts_leaves_the_encoder_alone(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    trace.with_edit("prompt_encoder.hook_tokens", zero).prediction  # noqa: B018
    assert calls.take() == {"decode": 1}


def test_an_edit_of_the_embedding_changes_all_blocks(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    name = "image_encoder.position_encoder.hook_encoding"
    trace.with_edit(name, zero).prediction  # noqa: B018
    assert calls.take() == ENCODER | {"decode": 1}


def test_the_same_function_is_the_same_edit(trace, calls):
    name = f"{BLOCKS}.0.mlp.hook_out"
    first = trace.with_edit(name, zero).prediction
    calls.take()
    second = trace.with_edit(name, zero).prediction
    assert calls.take() == {}
    np.testing.assert_array_equal(first.logits, second.logits)


def test_what_is_inside_a_block_is_kept_once_it_was_read(trace, calls):
    trace.prediction  # noqa: B018
    calls.take()
    trace[f"{BLOCKS}.3.attention.hook_q"]
    trace[f"{BLOCKS}.3.attention.hook_q"]
    assert calls.take() == {3: 1}
    trace.read([f"{BLOCKS}.3.attention.hook_q", f"{BLOCKS}.3.attention.hook_k"])
    assert calls.take() == {3: 1}


@pytest.mark.parametrize("probe", [BlockNorms(), NormsByDepth(), ResidualShares()])
def test_a_probe_of_all_blocks_runs_each_once(trace, calls, probe):
    probe(trace)
    assert calls.take() == ENCODER


def test_a_reading_of_a_block_and_its_neighbours_runs_each_once(trace, calls):
    parts = ["mlp.hook_out", "hook_residual_post", "hook_residual_pre", "attention.hook_out"]
    trace.read([f"{BLOCKS}.*.{part}" for part in parts], norm)
    assert calls.take() == ENCODER


def test_no_more_bytes_are_kept_than_allowed_and_answers_stay_the_same(sam, calls):
    free = small_trace(sam)
    full = free.estimate_bytes()
    assert full == 4 * 5 * 5 * 24 * 4  # blocks, rows, columns, channels, bytes
    narrow = Trace(sam, free.image, free.prompts, cache_bytes=full // 2)

    names = [f"{BLOCKS}.*.attention.hook_q", f"{BLOCKS}.*.hook_residual_post"]
    for name, tensor in free.read(names).items():
        assert torch.equal(narrow[name], tensor)
        assert narrow.engine.store.bytes <= full // 2
    np.testing.assert_array_equal(narrow.prediction.logits, free.prediction.logits)
    calls.take()
    narrow[f"{BLOCKS}.3.hook_residual_post"]
    narrow[f"{BLOCKS}.0.hook_residual_post"]
    assert calls.take()[0] >= 1  # it had to go, and came back


def test_the_store_counts_the_memory_that_is_held(trace):
    trace.prediction  # noqa: B018
    store, name = trace.engine.store, f"{BLOCKS}.0.attention.hook_q"
    before = store.bytes
    tensor = trace[name]
    # The queries alone, not the tensor of queries, keys and values that they were cut from.
    assert tensor.untyped_storage().nbytes() == store.bytes - before == trace.estimate_bytes(name)


def test_a_family_shares_its_store(trace):
    other = trace.with_prompts(Prompts(points=[(2, 2)])).with_edit(f"{BLOCKS}.0.mlp.hook_out", zero)
    assert other.engine is trace.engine
    assert other.reference.engine is trace.engine


def test_what_is_reduced_is_not_kept(trace):
    trace.prediction  # noqa: B018
    before = trace.engine.store.bytes
    trace.read(f"{BLOCKS}.*.attention.hook_pattern", lambda tensor, hook: tensor.mean())
    assert trace.engine.store.bytes == before


def test_a_whole_run_keeps_the_default_estimate_and_what_its_description_adds(trace):
    trace.prediction  # noqa: B018
    added = [
        f"{BLOCKS}.3.hook_residual_post",
        "image_encoder.channel_projection.hook_out",
        "prompt_encoder.hook_tokens",
        "mask_decoder.mask_generator.hook_logits",
        "mask_decoder.iou_predictor.hook_iou",
    ]
    with_tokens = sum(each.nbytes for each in cached_results(trace.encoded.tokens))
    kept = trace.engine.store.bytes
    assert with_tokens > 0
    assert kept == trace.estimate_bytes() + trace.estimate_bytes(added) + with_tokens
