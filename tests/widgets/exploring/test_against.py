"""Views of two runs: which runs they are, and that both follow the session."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.preprocessing import Preprocessing
from sam_explore.probes import BlockNorms, PositionEncodingNorm, RawLogits
from sam_explore.widgets import explore
from sam_explore.widgets.exploring.against import Against

from ..conftest import FOUR_BY_FOUR
from ..fake_probes import WAIT_S, Grid, text_of

pytestmark = pytest.mark.usefixtures("no_hook_is_left")

WINDOWS = (2, 2)
ABLATED = sx.interventions.AblateRelativePositions()


def logits_of(trace):
    return trace.prediction.visible


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_click_moves_a_and_b_and_their_difference(synchronous, image, open_session, screen):
    session = open_session(image, synchronous=synchronous)
    with explore(RawLogits, session, against={"windows": WINDOWS}) as explorer:
        seen = []
        for place in ((20, 30), (50, 40)):
            session.prompts = sx.Prompts(points=[place])
            session.settle(WAIT_S)
            expected_a = logits_of(session.trace)
            expected_b = logits_of(session.trace.with_windows(WINDOWS))
            a, b, difference = explorer.reading.readings
            for index in range(4):
                np.testing.assert_allclose(a.maps[index].values, expected_a[index])
                np.testing.assert_allclose(b.maps[index].values, expected_b[index])
                expected = expected_b[index].astype(float) - expected_a[index]
                np.testing.assert_allclose(difference.maps[index].values, expected)
            assert a.shared == b.shared
            seen.append([part.maps[0].values for part in (a, b, difference)])
        assert all((one != other).any() for one, other in zip(*seen, strict=True))
        assert [part.title for part in explorer.reading.readings] == [
            "A: trained windows",
            "B: windows of 2",
            "B − A",
        ]
        assert "A: trained windows. B: windows of 2. B − A is farthest from 0" in text_of(explorer)


def test_the_session_itself_stays_as_it_was(image, open_session, screen):
    session = open_session(image)
    with explore(BlockNorms, session, against={"windows": WINDOWS, "edits": [ABLATED]}):
        assert (session.windows, session.edits) == (None, ())
        assert session.trace.windows == session.sam.config.windows


def test_what_is_not_given_follows_the_session(image, open_session, screen):
    session = open_session(image)
    against = Against({"edits": [ABLATED]}, session.now)
    session.windows = WINDOWS
    session.prompts = sx.Prompts(points=[(20, 30)])
    other = against.run(session.now, is_prompted=True)
    assert (other.windows, other.interventions) == (WINDOWS, (ABLATED,))
    assert other.prompts == session.prompts
    assert against.run(session.now, is_prompted=True) is other
    assert against.run(session.now, is_prompted=False).prompts.is_empty


def test_each_run_feeds_back_logits_of_its_own(image, open_session, screen):
    session = open_session(image)
    with explore(RawLogits, session, against={"windows": WINDOWS}) as explorer:
        session.add_point((20, 30))
        session.add_point((50, 40), 0)
        assert session.trace.prompts.mask_hint is not None
        b = explorer.reading.readings[1]
        assert b.title == "B: windows of 2"
        assert "# The logits that are fed back are those of A here" in explorer.code
        assert "sx.Trace(session.sam, session.image, session.trace.prompts, " in explorer.code
    with_windows = open_session(image)
    with_windows.windows = WINDOWS
    with_windows.add_point((20, 30))
    with_windows.add_point((50, 40), 0)
    np.testing.assert_allclose(b.maps[0].values, logits_of(with_windows.trace)[0], atol=1e-5)


def test_another_picture_is_encoded_once_for_all_prompts(image, open_session, screen, steps):
    session = open_session(image)
    with explore(RawLogits, session, against={"image": 255 - image}) as explorer:
        session.prompts = sx.Prompts(points=[(20, 30)])
        blocks = [step for step in steps if step.startswith("block")]
        assert blocks == ["block 0", "block 1"] * 2  # of two pictures
        del steps[:]
        session.prompts = sx.Prompts(points=[(50, 40)])
        assert "prompts" in steps
        assert not [step for step in steps if step.startswith("block")]
        other = sx.Trace(session.sam, 255 - image, session.prompts)
        b = explorer.reading.readings[1]
        assert b.title == "B: another picture"
        np.testing.assert_allclose(b.maps[0].values, logits_of(other)[0], atol=1e-5)


def test_another_session_is_followed_too(image, open_session, screen):
    session, other = open_session(image), open_session(image)
    session.prompts = sx.Prompts(points=[(20, 30)])
    with explore(RawLogits, session, against=other) as explorer:
        other.prompts = sx.Prompts(points=[(50, 40)])
        session.settle(WAIT_S)
        a, b, _ = explorer.reading.readings
        assert (a.title, b.title) == ("A: point at (20, 30)", "B: point at (50, 40)")
        np.testing.assert_allclose(b.maps[0].values, logits_of(other.trace)[0])
    reading = explorer.reading
    other.prompts = sx.Prompts(points=[(10, 10)])
    assert explorer.reading is reading  # closed


def test_a_trace_stays_as_it_is(image, open_session, screen):
    session = open_session(image)
    fixed = session.trace.with_windows(WINDOWS).with_prompts(sx.Prompts(points=[(9, 9)]))
    with explore(RawLogits, session, against=fixed) as explorer:
        session.prompts = sx.Prompts(points=[(20, 30)])
        b = explorer.reading.readings[1]
        assert b.title == "B: point at (9, 9), windows of 2"
        np.testing.assert_allclose(b.maps[0].values, logits_of(fixed)[0])


def test_knobs_are_those_of_both(image, open_session, screen):
    with explore(Grid, open_session(image), against={"windows": WINDOWS}) as explorer:
        explorer.set(factor=3)
        a, b, difference = explorer.reading.readings
        assert a.values[3, 3] == b.values[3, 3] == 99
        assert not difference.values.any()
        assert "B − A is 0 everywhere." in explorer.words


def test_runs_that_do_not_fit_are_refused_in_the_view(image, open_session, screen):
    session = open_session(image)
    how = {"preprocessing": Preprocessing(side=32)}
    with explore(PositionEncodingNorm, session, against=how) as explorer:
        assert "they need the same shape" in explorer.error
        assert "4 x 4 and B has 2 x 2" in text_of(explorer)


def test_a_second_run_that_another_model_can_not_have_is_told_in_the_view(
    image, open_session, screen
):
    session = open_session(image)
    before = session.sam
    with explore(PositionEncodingNorm, session, against={"windows": WINDOWS}) as explorer:
        session.sam = Sam(replace(FOUR_BY_FOUR, encoder_depth=1, global_blocks=(0,))).eval()
        assert "one window of 0 tokens (global) or more for each of the 1 blocks" in explorer.error
        assert explorer.error in text_of(explorer)
        session.sam = before
        assert explorer.error == ""


@pytest.mark.parametrize(
    ("against", "error", "words"),
    [
        (3, TypeError, "against expects a dict of what is different"),
        ({}, ValueError, "but got nothing"),
        ({"window": WINDOWS}, ValueError, "of sam, image, .* but got 'window'"),
        ({"windows": (2,)}, ValueError, "one window .* for each of the 2 blocks"),
    ],
)
def test_what_is_no_second_run_is_refused_at_once(against, error, words, image, open_session):
    with pytest.raises(error, match=words):
        explore(Grid, open_session(image), against=against)


def test_the_code_draws_the_same_picture(image, open_session, screen):
    session = open_session(image)
    session.prompts = sx.Prompts(points=[(20, 30)])
    given = {"windows": WINDOWS, "edits": [ABLATED]}
    with explore(BlockNorms, session, against=given) as explorer:
        assert "windows=(2, 2), interventions=(sx.interventions.Ablate" in explorer.code
        drawn = {"sx": sx, "session": session}
        exec(
            explorer.code.replace("sx.draw(", "words = (").replace("names)", "names).words"), drawn
        )
        assert drawn["words"] == explorer.words


def test_the_code_names_edits_that_it_can_not_spell_out(image, open_session, screen):
    session = open_session(image)
    session.prompts = sx.Prompts(points=[(20, 30)])
    vector = np.ones(session.sam.config.token_dim)
    given = {"edits": [sx.interventions.SetPromptToken(0, vector)]}
    with explore(RawLogits, session, against=given) as explorer:
        assert "interventions=edits)" in explorer.code


def test_no_run_is_kept_alive(image, open_session, screen):
    session = open_session(image)
    with explore(RawLogits, session, against={"image": 255 - image}) as explorer:
        session.prompts = sx.Prompts(points=[(20, 30)])
        known = weakref.ref(explorer._against.run(session.now, is_prompted=True))
        assert known() is not None
        session.image = image[::-1].copy()
        gc.collect()
        assert known() is None


@pytest.mark.parametrize("how", ["a model", "a session"])
def test_a_second_model_in_training_is_shown_as_it_is_now(how, image, open_session, screen):
    session, model = open_session(image), Sam(FOUR_BY_FOUR).eval()
    other = open_session(image)
    other.sam = model
    against = {"sam": model} if how == "a model" else other
    with explore(RawLogits, session, against=against) as explorer:
        session.add_point((5, 5))
        other.add_point((5, 5))
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(1.5)
        session.add_point((20, 20))
        expected = other.trace if how == "a session" else explorer._against.run(session.now, True)
        assert explorer.error == ""
        again = sx.Trace(model, image, expected.prompts)
        assert np.array_equal(expected.prediction.logits, again.prediction.logits)
        assert explorer.is_up_to_date
