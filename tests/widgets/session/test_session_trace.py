"""The traces of a session: what they share, and windows, edits and the picked token."""

from dataclasses import replace

import numpy as np

from sam_explore.model import Sam
from sam_explore.tracing import Trace, zero
from sam_explore.tracing.interventions import DropPaddingToken

from ..conftest import FOUR_BY_FOUR


def test_the_trace_shares_what_the_prediction_has_computed(steps, image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    done = list(steps)
    assert np.array_equal(session.trace.prediction.logits, session.prediction.logits)
    assert session.trace.encoded.tokens is session.encoded.tokens
    session.trace["image_encoder.vit.blocks.0.hook_residual_post"]
    assert steps == done
    assert session.trace is session.trace
    assert session.trace.prompts is session.prompts


def test_the_unprompted_trace_is_one_for_all_prompts(image, open_session):
    session = open_session(image)
    before = session.unprompted
    session.add_point((10.0, 20.0))
    assert session.unprompted is before
    assert before.prompts.is_empty
    session.windows = (2, 0)
    assert session.unprompted.windows == (2, 0)


def test_other_windows_change_the_prediction_and_compute_only_what_follows(
    steps, sam, image, open_session
):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    steps.clear()
    session.windows = [3, 2]
    expected = Trace(sam, image, session.prompts, windows=(3, 2)).prediction
    assert np.array_equal(session.prediction.logits, expected.logits)
    assert steps[:3] == ["block 1", "project", "decode"]
    session.windows = None
    expected = Trace(sam, image, session.prompts).prediction
    assert np.array_equal(session.prediction.logits, expected.logits)


def test_an_edit_changes_the_prediction_until_it_is_taken_away(image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    before = session.prediction
    session.edits = (("image_encoder.vit.blocks.0.hook_residual_mid", zero),)
    assert session.trace.edits == ("image_encoder.vit.blocks.0.hook_residual_mid",)
    assert not np.array_equal(session.prediction.logits, before.logits)
    session.edits = ()
    assert np.array_equal(session.prediction.logits, before.logits)


def test_an_intervention_is_that_of_the_prompts_at_hand(sam, image, open_session):
    session = open_session(image)
    session.feeds_back = False
    session.edits = [DropPaddingToken(), ("mask_decoder.hook_tokens_in", lambda tensor, _: tensor)]
    for point in [(10.0, 20.0), (30.0, 20.0)]:
        session.add_point(point)
        expected = Trace(sam, image, session.prompts).with_interventions(DropPaddingToken())
        assert np.array_equal(session.prediction.logits, expected.prediction.logits)
    session.set_box((1.0, 1.0, 9.0, 9.0))  # takes the padding token's place
    assert session.error == (
        "There is no padding token to drop: only points without a box are followed by one. "
        "This came from the edit of mask_decoder.hook_tokens_in."
    )
    session.undo()
    assert np.array_equal(session.prediction.logits, expected.prediction.logits)


def test_a_click_also_picks_its_token_and_another_model_the_middle(image, open_session):
    session = open_session(image)
    assert session.token == (2, 2)
    session.add_point((50.0, 20.0))  # patches are 16 pixels wide
    assert session.token == (1, 3)
    session.token = [0, 2]
    assert session.token == (0, 2)
    session.windows = (2, 0)
    session.sam = Sam(replace(FOUR_BY_FOUR, patch_size=32, window_size=2)).eval()
    assert session.token == (1, 1)
    assert session.windows is None
    assert session.prediction is not None
