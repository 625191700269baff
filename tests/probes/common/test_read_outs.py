"""Read-outs of numbers that were put together by hand."""

import numpy as np
import pytest

from sam_explore.probes.common.read_outs import (
    RIDGE,
    Asked,
    directions_to_remove,
    features,
    learn,
    without_directions,
)


def asked(first: list, second: list | None = None, answers: tuple[int, ...] = (0, 1)) -> Asked:
    first = np.array(first, float)
    return Asked(first, first if second is None else np.array(second, float), np.array(answers))


def test_a_token_is_read_by_the_channel_that_tells_the_answers_apart():
    # Around 3 in both channels; the first is 1 away from it, the second says nothing.
    questions = asked([[2, 5], [4, 5], [2, 1], [4, 1]], answers=(0, 1, 0, 1))
    read_out = learn("token", questions, 2)
    scores = read_out.scores(questions.first, questions.second)
    # Ridge regression of ±1 on ±1: the weight is 1 / (1 + ridge).
    np.testing.assert_allclose(scores[:, 1], np.array([-1, 1, -1, 1]) / (1 + RIDGE))
    np.testing.assert_allclose(scores[:, 0], -scores[:, 1])
    assert read_out.right(questions) == 1
    np.testing.assert_allclose(np.abs(read_out.channels), [[1], [0]], atol=1e-12)


def test_the_features_of_a_pair_are_the_same_the_other_way_round_and_those_of_an_order_not():
    one, other = np.array([[1.0, 2]]), np.array([[3.0, -1]])
    np.testing.assert_array_equal(features("pair", one, other), [[3, -2, 5, 2.5]])
    np.testing.assert_array_equal(features("pair", one, other), features("pair", other, one))
    np.testing.assert_array_equal(features("order", one, other), [[-2, 3]])
    np.testing.assert_array_equal(features("token", one, other), one)


def pairs() -> Asked:
    """Of the same, where the first channel has one sign; the second is noise, and the greater."""
    chance = np.random.default_rng(0)
    first, second = chance.normal(size=(2, 400, 3)) * (0.1, 5, 1)
    sides = chance.choice([-1.0, 1.0], (2, 400))
    first[:, 0] += sides[0]
    second[:, 0] += sides[1]
    return Asked(first, second, (sides[0] == sides[1]).astype(int))


def test_a_pair_is_read_by_a_product_that_no_sum_could_give():
    questions = pairs()
    assert learn("pair", questions, 2).right(questions) == 1
    assert learn("order", questions, 2).right(questions) < 0.65
    telling = learn("pair", questions, 2).channels[:, 0]
    assert abs(telling[0]) > 0.99


def test_what_is_removed_can_no_longer_be_read():
    questions = pairs()
    gone = directions_to_remove("pair", questions, 2, 1)
    assert gone.shape == (3, 1)
    centre = questions.first.mean(axis=0)
    left = [without_directions(each, centre, gone) for each in (questions.first, questions.second)]
    np.testing.assert_allclose((left[0] - centre) @ gone, 0, atol=1e-12)
    again = Asked(*left, questions.answers)
    assert learn("pair", again, 2).right(again) < 0.65


def test_directions_are_at_right_angles_and_end_with_the_channels():
    gone = directions_to_remove("pair", pairs(), 2, 9)
    np.testing.assert_allclose(gone.T @ gone, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("form", ["token", "pair", "order"])
def test_a_channel_that_never_changes_is_no_reason_for_numbers_without_end(form):
    read_out = learn(form, asked([[1, 7], [2, 7]], [[3, 7], [5, 7]]), 2)
    assert np.isfinite(read_out.scores(np.ones((1, 2)), np.ones((1, 2)))).all()
