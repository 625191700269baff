"""Facts about hints, with answers that are given."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore import Prompts
from sam_explore.course import facts
from sam_explore.probes import ClickStory

from ...small import answering, small_trace


def now(trace) -> SimpleNamespace:
    return SimpleNamespace(trace=trace, token=(0, 0), threshold=0.0, chosen=None)


def always_the_same():
    """A run that answers every prompt alike: mask 2 covers the first five of ten rows."""
    logits = np.full((4, 10, 20), -1.0)
    logits[2, :5] = 4.0
    return answering(small_trace(), logits, [0.1, 0.2, 0.9, 0.3])


def test_a_run_that_answers_alike_follows_its_own_hint_and_no_other():
    run = now(always_the_same())
    assert facts.hint_alone(run).value == 100
    assert facts.zeros_are_no_hint(run).value == 100
    opposite = facts.click_or_hint(run)
    assert opposite.value == "click"
    assert "IoU of 1 with the mask of the prompts alone, and of 0 with" in opposite.words
    elsewhere = facts.hint_elsewhere(run)
    assert elsewhere.value == "as without"
    assert "IoU of 0 with that of the moved hint, and of 1 with" in elsewhere.words
    assert "hint's. The control: a hint of zeros" in facts.hint_alone(run).words


def test_feeding_back_is_about_a_second_click():
    run = always_the_same()
    assert np.isnan(facts.fed_back(now(run)).value)
    two = run.with_prompts(Prompts(points=[(12, 8), (30, 5)], labels=[1, 0]))
    fact = facts.fed_back(now(two))
    assert fact.value == 100
    assert "After 2 clicks" in fact.words


def test_with_random_weights_all_of_them_are_shares_of_the_mask():
    run = now(small_trace().with_prompts(Prompts(points=[(12, 8), (30, 5)])))
    found = (facts.hint_alone(run), facts.zeros_are_no_hint(run), facts.fed_back(run))
    assert all(0 <= fact.value <= 100 for fact in found)
    assert facts.click_or_hint(run).value in ("click", "hint", "neither")
    assert facts.hint_elsewhere(run).value in ("hint", "as without", "neither")


def test_what_is_fed_back_is_what_the_click_story_feeds_back():
    run = small_trace().with_prompts(Prompts(points=[(12, 8), (30, 5), (20, 9)], labels=[1, 0, 1]))
    words = facts.fed_back(now(run)).words
    alike = re.findall("have an IoU of ([0-9.]+)", words)
    assert alike == re.findall(r"two masks have an IoU of ([0-9.]+?)0?\.$", ClickStory()(run).words)


def test_a_hint_of_the_run_is_left_out():
    plain = small_trace()
    hinted = plain.with_prompts(plain.prompts.with_mask_hint(np.full((20, 20), 30.0)))
    for fact in (facts.hint_alone, facts.click_or_hint, facts.zeros_are_no_hint):
        assert fact(now(hinted)).words == fact(now(plain)).words
    assert facts.hint_alone(now(plain)).value == pytest.approx(facts.hint_alone(now(hinted)).value)
