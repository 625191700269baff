"""Tensors of a run: the ones of the trace, made again only where something has changed."""

import numpy as np
import pytest

from sam_explore.course.network.parts import Network
from sam_explore.course.network.run_tensors import TensorsOfRun
from sam_explore.geometry import Prompts
from sam_explore.model.addresses import IMAGE_TOKENS, LOGITS, PREDICTED_IOU, in_block
from sam_explore.model.description import ANSWER, PREPARE, PROMPTS, READ, layer_step
from sam_explore.tracing import Trace

from ...small import small_trace

PATTERN = in_block(0, "attention.hook_pattern")


@pytest.fixture(scope="module")
def trace() -> Trace:
    return small_trace()


@pytest.fixture(scope="module")
def network(trace) -> Network:
    return Network(trace.sam)


def asked(network, names, before=None, kept=None, token=(1, 2)) -> TensorsOfRun:
    kept = {} if kept is None else kept
    return TensorsOfRun(tuple(names), token, None, network, kept, before)


def test_maps_are_those_of_the_trace(trace, network):
    found = asked(network, [IMAGE_TOKENS, LOGITS, PREDICTED_IOU])(trace).maps
    tokens = trace[IMAGE_TOKENS][0].numpy()
    wanted = np.sqrt((tokens**2).mean(0))
    np.testing.assert_allclose(found[IMAGE_TOKENS].values, wanted, rtol=1e-5)
    logits = trace[LOGITS][0, trace.prediction.chosen].numpy()
    np.testing.assert_array_equal(found[LOGITS].values, logits)
    np.testing.assert_array_equal(found[PREDICTED_IOU].values, trace[PREDICTED_IOU].numpy())
    assert found[IMAGE_TOKENS].shape == (1, 32, 5, 5)


def test_attention_is_the_row_of_the_picked_token(trace, network):
    """Token (1, 2) is number 5 of the first window of 3 x 3; all other windows are blank."""
    found = asked(network, [PATTERN])(trace).maps[PATTERN]
    row = trace[PATTERN][0, :, 5].mean(0).reshape(3, 3)
    np.testing.assert_allclose(found.values[:3, :3], row, atol=1e-6)
    assert np.isnan(found.values[3:]).all()
    assert found.shape == tuple(trace[PATTERN].shape)


def test_a_click_changes_the_prompt_encoder_and_the_decoder_alone(trace, network):
    kept, names = {}, [IMAGE_TOKENS, LOGITS]
    first = asked(network, names, kept=kept)(trace)
    assert first.is_first
    other = trace.with_prompts(Prompts(points=[(5, 5)]))
    second = asked(network, names, first, kept)(other)
    decoder = (PROMPTS, PREPARE, layer_step(0), layer_step(1), READ, ANSWER)
    assert second.changed == decoder
    assert second.maps[IMAGE_TOKENS] is first.maps[IMAGE_TOKENS]  # not made again
    assert second.maps[LOGITS] is not first.maps[LOGITS]
    chain = len(network.description.chain)
    assert f"{len(decoder)} of {chain} steps are other than before" in second.words
    assert "kept and not computed again: image encoder" in second.words
    # More of the same run is shown: nothing is other than before.
    third = asked(network, [*names, PREDICTED_IOU], second, kept)(other)
    assert third.changed == decoder


def test_another_mask_is_shown_where_only_the_choice_differs(trace, network):
    kept, looks = {}, "mask_decoder.transformer.layers.0.token_to_image.hook_pattern"
    shown = {
        mask: TensorsOfRun((LOGITS, looks), (1, 2), mask, network, kept, None)(trace).maps
        for mask in (0, 3)
    }
    for mask, maps in shown.items():
        np.testing.assert_array_equal(maps[LOGITS].values, trace[LOGITS][0, mask].numpy())
        row = trace[looks][0, :, 1 + mask].mean(0)  # after the IoU token
        np.testing.assert_allclose(maps[looks].values.ravel(), row, atol=1e-7)


def test_another_window_changes_everything_from_its_block_on(trace, network):
    first = asked(network, [LOGITS])(trace)
    found = asked(network, [LOGITS], first)(trace.with_windows([3, 0, 5, 0]))
    assert str(found.changed[0]) == "block 2"
    assert found.words.endswith("image encoder, prompt encoder.")


def test_what_a_run_lacks_is_left_out_and_weights_alone_are_not_moving(trace, network):
    half = "mask_decoder.mask_hint_encoder.hook_half"
    names = ["picture", "prompts", "mask hint", half, "coordinate_encoder.hook_grid"]
    found = asked(network, names)(trace)
    assert set(found.maps) == {"picture", "prompts", "coordinate_encoder.hook_grid"}
    assert found.moving == {"picture", "prompts"}
    hint = np.arange(400.0).reshape(20, 20)
    hinted = trace.with_prompts(trace.prompts.with_mask_hint(hint))
    found = asked(network, names)(hinted)
    np.testing.assert_array_equal(found.maps["mask hint"].values, hint)
    assert found.maps[half].values.shape == (10, 10)


def test_without_prompts_tables_of_no_tokens_are_empty(trace, network):
    tokens = "prompt_encoder.hook_tokens"
    found = asked(network, [tokens])(trace.with_prompts(Prompts()))
    assert found.maps[tokens].values.shape == (0, 32)


def test_the_gallery_has_units_and_meanings(trace, network):
    gallery = asked(network, [LOGITS, PREDICTED_IOU])(trace).gallery(network)
    assert [one.scale.unit for one in gallery.maps] == ["logit", "predicted IoU"]
    assert gallery.maps[0].words.startswith("raw logits; above 0 is inside: mask")
