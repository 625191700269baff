"""Facts about gradients and maps, where both what is guessed and what happens are given."""

from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore import Prompts
from sam_explore.course import facts
from sam_explore.course.facts import attribution as own
from sam_explore.tracing.attribution import attribute

from ...small import small_sam, small_trace

RISING = np.arange(1.0, 26).reshape(5, 5)  # a patch is a token here


def now(trace=None) -> SimpleNamespace:
    return SimpleNamespace(trace=trace or small_trace(), token=(0, 0), threshold=0.0, chosen=None)


@pytest.fixture
def slope(monkeypatch):
    """A gradient of 3 by x and 4 by y, and a number that is the given multiple of the click's x."""

    def give(times: float, gradient=(3.0, 4.0)):
        monkeypatch.setattr(own, "gradient", lambda *_: np.array([gradient]))
        monkeypatch.setattr(own, "value_of", lambda run, _: times * float(run.prompts.points[0, 0]))

    return give


@pytest.mark.parametrize(
    ("times", "kept"), [(1, "less"), (10, "as promised"), (20, "more"), (-1, "opposite")]
)
def test_a_click_moves_by_one_token_uphill(slope, times, kept):
    # A token has 8 pixels, of which 3/5 are along x: 4.8. The gradient promises 5 * 8 = 40.
    slope(times)
    fact = facts.click_moved_uphill(now())
    assert fact.value == kept
    assert "changes by 40." in fact.words
    assert fact.words.startswith("The click moves 8 pixels")
    assert float(fact.words.split()[-1].rstrip(".").replace("−", "-")) == pytest.approx(
        4.8 * times, rel=0.05
    )


def test_a_click_can_not_leave_the_picture_and_must_be_there(slope):
    slope(1, gradient=(-1.0, 0.0))
    at_the_edge = now(small_trace().with_prompts(Prompts(points=[(2, 8)])))
    assert facts.click_moved_uphill(at_the_edge).value == "nowhere"
    assert facts.click_moved_uphill(now(small_trace().with_prompts(Prompts()))).value == "nowhere"


def test_the_closest_map_is_the_one_in_the_order_of_what_happens(monkeypatch):
    maps = {"occlusion of the embedding": RISING, "gradient times embedding": -RISING}
    baselines = {"Grad-CAM": np.ones((5, 5)), "integrated gradients": RISING**3}
    monkeypatch.setattr(own, "attribute", lambda run, of, method, patch: maps[method])
    monkeypatch.setattr(own, "baseline", lambda run, of, method: baselines[method])
    fact = facts.closest_order(now())
    assert fact.value == "integrated gradients"
    assert "is −1 for gradient, not defined, since one is flat for Grad-CAM, 1 for" in fact.words


def test_a_network_that_is_shuffled_can_be_easier_to_guess(monkeypatch):
    run, control = now(), small_trace(small_sam())
    maps = {
        (False, "occlusion of the embedding"): RISING,
        (False, "gradient times embedding"): -RISING,
        (True, "occlusion of the embedding"): RISING / 10,
        (True, "gradient times embedding"): RISING / 10,
    }
    monkeypatch.setattr(own, "control_of", lambda *_: control)
    monkeypatch.setattr(own, "attribute", lambda trace, of, how, _: maps[trace is control, how])
    fact = facts.order_with_shuffled_weights(run)
    assert fact.value == "higher"
    assert "is −1 with the trained weights and 1 with shuffled ones" in fact.words
    assert "10 times less" in fact.words
    assert "misses 0 % of the effects' size; with the trained weights it misses 200 %" in fact.words
    assert fact.words.endswith("rank correlation of −1.")


def test_all_of_a_patchs_content_is_what_occlusion_takes():
    run = now()
    of = own._number(run)
    expected = attribute(run.trace, of, "occlusion of the embedding", 1)
    np.testing.assert_allclose(own._faded(run.trace, of, 1.0), expected, atol=1e-5)


def test_a_small_enough_step_follows_the_gradient(monkeypatch):
    monkeypatch.setattr(own, "STEP", 0.01)
    fact = facts.smaller_steps(now())
    assert fact.value == pytest.approx(1, abs=0.02)
    assert "loses 1 % of its content" in fact.words


def test_without_any_shuffling_a_map_stays_as_it_is(monkeypatch):
    run = now()
    monkeypatch.setattr(own, "control_of", lambda trace, seed: trace)
    fact = facts.rollout_of_shuffled_weights(run)
    assert fact.value == pytest.approx(1)
    assert "is 1, 1, 1 for attention rollout, and 1, 1, 1 for occlusion" in fact.words
