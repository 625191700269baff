"""What is true of tokens, on a scene that was painted by hand."""

import numpy as np
import pytest

from sam_explore.probes.common import token_truth as module
from sam_explore.probes.common.token_truth import FACTS, TokenTruth, asked_scenes, token_truth
from sam_explore.scenes.ground_truth import Region, Scene


def painted() -> TokenTruth:
    """Three tokens a side of 10 pixels: a turtle in the left column, a second one in the middle.

    The first covers its column, and 2 pixels of each row of the next. Its shell is its lower two
    thirds. The second covers what is left of its column in the upper row only, and is in front.
    """
    labels = np.zeros((3, 30, 30), np.int16)
    labels[0, :, :12], labels[1, 10:, :12] = 1, 2
    labels[0, :10, 12:20] = 3
    regions = Region("turtle", 0, None), Region("turtle/shell", 1, 0), Region("turtle 2", 0, None)
    textures = np.zeros((30, 30), np.uint8)
    textures[20:, 20:] = 3
    return token_truth(Scene(np.zeros((30, 30, 3), np.uint8), labels, regions), textures, (3, 3))


def test_a_token_counts_for_what_has_most_of_its_pixels():
    truth = painted()
    np.testing.assert_array_equal(truth.objects.reshape(3, 3), [[1, 3, 0], [1, 0, 0], [1, 0, 0]])
    np.testing.assert_array_equal(truth.parts.reshape(3, 3), [[0, 0, 0], [2, 0, 0], [2, 0, 0]])
    np.testing.assert_array_equal(truth.textures.reshape(3, 3), [[0] * 3, [0] * 3, [0, 0, 3]])
    np.testing.assert_array_equal(truth.on_edge.reshape(3, 3), [[0, 1, 0]] + [[0, 1, 0]] * 2)
    assert truth.touching == {(1, 3), (3, 1)}


def asked(name: str) -> set[tuple[int, int, int]]:
    found = FACTS[name].examples(painted())
    return set(
        zip(found.first.tolist(), found.second.tolist(), found.answers.tolist(), strict=True)
    )


def test_each_question_has_the_answers_that_were_painted():
    assert {(token, yes) for token, _, yes in asked("foreground")} == {
        (0, 1), (1, 1), (2, 0), (3, 1), (4, 0), (5, 0), (6, 1), (7, 0), (8, 0)
    }  # fmt: skip
    assert {token for token, _, yes in asked("boundary") if yes} == {1, 4, 7}
    assert asked("kind") == {(0, 0, 0), (1, 1, 0), (3, 3, 0), (6, 6, 0)}  # animals
    assert {token for token, _, yes in asked("texture") if yes} == {8}
    assert asked("in front") == {(1, 0, 1), (0, 1, 0), (1, 3, 1), (3, 1, 0), (1, 6, 1), (6, 1, 0)}


def test_pairs_of_the_same_and_of_others_are_equally_far_apart():
    found = FACTS["same object"].examples(painted())
    assert found.answers.tolist() == [1, 0] * (len(found.answers) // 2)
    objects = painted().objects
    np.testing.assert_array_equal(objects[found.first] == objects[found.second], found.answers)
    places = np.stack(np.divmod(np.arange(9), 3), axis=1)
    away = np.linalg.norm(places[found.first] - places[found.second], axis=1)
    assert (np.abs(away[::2] - away[1::2]) <= 0.5).all()
    assert away.min() > 0


def test_of_two_objects_none_of_a_pair_is_background():
    objects = painted().objects
    for first, second, same in asked("same of two objects"):
        assert objects[first] > 0
        assert objects[second] > 0
        assert same == (objects[first] == objects[second])
    assert {same for *_, same in asked("same of two objects")} == {0, 1}


def test_of_its_kind_are_only_objects_of_one_name():
    for first, second, same in asked("same of its kind"):
        assert same or {first, second} <= {0, 1, 3, 6}
    assert asked("same of its kind")


@pytest.mark.parametrize("name", FACTS)
def test_scenes_that_show_it_are_found_and_always_the_same(name):
    found = asked_scenes(name, (8, 8), 4)
    assert len(found) == 4
    assert len({truth.seed for truth, _ in found}) == 4
    assert all(len(examples.answers) for _, examples in found)
    asked_scenes.cache_clear()
    assert [t.seed for t, _ in asked_scenes(name, (8, 8), 4)] == [t.seed for t, _ in found]


def test_a_grid_without_any_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(module, "_SEEDS", 1)
    monkeypatch.setattr(module, "_SEEDS_A_SCENE", 0)
    with pytest.raises(ValueError, match="a grid of 1 x 1 tokens show whether two tokens lie on"):
        asked_scenes("same object", (1, 1), 8)
