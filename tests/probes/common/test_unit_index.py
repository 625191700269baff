"""The unit index: counted by hand where every token's value is known."""

import logging
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sam_explore.model import HookPoint
from sam_explore.probes.common import unit_index_file, unit_indexing
from sam_explore.probes.common.token_factors import FACTORS, factors_of
from sam_explore.probes.common.token_truth import FIRST_SEED, drawn
from sam_explore.probes.common.unit_index import UnitIndex, fit_of, interval_of
from sam_explore.probes.common.unit_indexing import chosen_unit, unit_index
from sam_explore.probes.common.units import HEAD, MOST_TELLING, NEURON, Layer, layers_of
from sam_explore.tracing import Cancelled, Trace, between_steps

from ...small import SMALL, putting, small_trace

pytestmark = pytest.mark.usefixtures("small_scenes_after_many")

NEURONS = Layer(NEURON, 2)
LOWER, RIGHT, OBJECT = map(FACTORS.index, ("lower quarter", "right quarter", "object"))


@pytest.fixture
def small_indexes(small_scenes_after_many: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 4 scenes and then of 6, after 2 that come first. None is known yet."""
    monkeypatch.setattr(unit_indexing, "SCENES", (4, 6))
    monkeypatch.setattr(unit_indexing, "_FIRST_SCENES", 2)
    monkeypatch.setattr(unit_indexing, "_kept", unit_indexing.Kept(most=3))


@cache  # so that its index is made once
def counting() -> Trace:
    """A run in which neuron 3 of block 2 is the token's number, in every scene, and no other is on.

    A picture fills all 25 tokens.
    """
    values = np.zeros((1, 5, 5, 32))
    values[0, ..., 3] = np.arange(25).reshape(5, 5)
    return putting(small_trace(), NEURONS.hook, values)


def test_what_is_kept_of_a_unit_is_what_was_put_there():
    index = unit_index(counting(), 16)
    known = index.layers[NEURONS]
    assert (index.grid, index.scenes, index.tokens.tolist()) == ((5, 5), 16, [25] * 16)
    # Of 16 scenes' 400 tokens 20 are 5 %: all sixteen of number 24, and then some of number 23.
    assert known.threshold[3] == 23
    assert known.values[3].tolist() == [24] * 9
    assert known.tokens[3].tolist() == [24] * 9
    assert len(set(known.seeds[3].tolist())) == 9
    assert known.seeds.min() == FIRST_SEED + 16  # the first sixteen do not count
    assert index.mean(NEURONS)[3] == 12
    assert known.on[:, 3].tolist() == [1] * 16
    assert not np.delete(known.on, 3, axis=1).any()
    # Token 24 is one of five in the lowest row, and of five in the column on the right.
    assert known.both[:, 3, LOWER].tolist() == known.both[:, 3, RIGHT].tolist() == [1] * 16
    truths = [drawn("varied", FIRST_SEED + 16 + each, (5, 5)) for each in range(16)]
    on_object = [bool(truth.objects[24]) for truth in truths]
    assert known.both[:, 3, OBJECT].tolist() == on_object
    np.testing.assert_array_equal(index.factor, [factors_of(each).sum(axis=0) for each in truths])


def test_iou_and_what_chance_gives_are_those_of_the_sets():
    index = unit_index(counting(), 16)
    fit = fit_of(index, index.layers[NEURONS])
    assert fit.iou[3, LOWER] == pytest.approx(1 / 5)
    # Of a token in 25, a fifth is in the lower quarter by chance: (1 / 5) / (1 + 5 - 1 / 5).
    assert fit.chance[3, LOWER] == pytest.approx(1 / 29)
    assert fit.most[3, LOWER] == pytest.approx(1 / 5)
    assert fit.beyond[3, LOWER] == pytest.approx(1 / 5 - 1 / 29)
    assert not fit.iou[4].any()  # it is nowhere on
    assert not fit.beyond[4].any()
    low, high = interval_of(index, index.layers[NEURONS], 3)
    assert low[LOWER] == high[LOWER] == pytest.approx(1 / 5)  # as in every scene
    iou = fit.iou[3, OBJECT]
    assert low[OBJECT] < iou < high[OBJECT]


def test_the_unit_that_tells_most_is_the_one_that_was_put_there():
    index = unit_index(counting(), 16)
    place = layers_of(SMALL).index(NEURONS)
    assert chosen_unit(index, SMALL, place, MOST_TELLING) == (NEURONS, 3)
    assert chosen_unit(index, SMALL, place, 5) == (NEURONS, 5)
    heads = layers_of(SMALL).index(Layer(HEAD, 0))
    assert chosen_unit(index, SMALL, heads, 31) == (Layer(HEAD, 0), 1)  # the last


def test_the_control_has_shuffled_weights_and_the_same_scenes():
    index = unit_index(small_trace(), 16)
    first = Layer(NEURON, 0)
    ours, shuffled = (each[first] for each in (index.layers, index.shuffled))
    assert not np.allclose(ours.threshold, shuffled.threshold)
    put = unit_index(counting(), 16)
    counted, control = (each[NEURONS].both for each in (put.layers, put.shuffled))
    assert (len(counted), len(control)) == (16, 1)
    np.testing.assert_array_equal(counted.sum(axis=0), control[0])  # no weight is behind these


def same(one: UnitIndex, other: UnitIndex) -> bool:
    pairs = [(one, other)]
    pairs += [(one.layers[layer], other.layers[layer]) for layer in one.layers]
    pairs += [(one.shuffled[layer], other.shuffled[layer]) for layer in one.shuffled]
    return one.layers.keys() == other.layers.keys() and all(
        np.array_equal(value, vars(b)[name])
        for a, b in pairs
        for name, value in vars(a).items()
        if not isinstance(value, dict)
    )


def test_a_larger_index_goes_on_from_a_smaller_one(small_indexes, monkeypatch):
    def fresh(sizes: tuple[int, ...]) -> UnitIndex:
        monkeypatch.setattr(unit_indexing, "_kept", unit_indexing.Kept(most=3))
        monkeypatch.setattr(unit_indexing, "SCENES", sizes)
        return unit_index(small_trace(), 6)

    assert same(fresh((4, 6)), fresh((6,)))


def test_it_is_stopped_without_half_an_index(small_indexes):
    steps: list[str] = []

    def stop(step: str) -> None:
        steps.append(step)
        if step == "Scene 6 of 6":
            raise Cancelled

    trace = small_trace()
    with pytest.raises(Cancelled), between_steps(stop):
        unit_index(trace, 6)
    assert "Scene 2 of the 2 that come first, shuffled weights" in steps
    again: list[str] = []
    with between_steps(again.append):
        unit_index(trace, 4)
    assert not again  # whole, and kept
    with between_steps(again.append):
        assert unit_index(trace, 6).scenes == 6
    assert again[0] == "Scene 5 of 6"


def test_another_run_has_another_index_and_another_click_the_same(small_indexes):
    trace = small_trace()
    index = unit_index(trace, 4)
    assert unit_index(trace.with_prompts(replace(trace.prompts, points=[(1, 1)])), 4) is index
    assert unit_index(trace.with_windows((0, 0, 0, 0)), 4) is not index


@pytest.fixture
def in_folder(small_indexes, monkeypatch, tmp_path):
    """Indexes of 4 scenes are saved in a folder."""
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path))
    monkeypatch.setattr(unit_indexing, "_SAVED_FROM", 4)
    return tmp_path / "unit_indexes"


def forget(monkeypatch):
    monkeypatch.setattr(unit_indexing, "_kept", unit_indexing.Kept(most=3))


def test_an_index_is_found_again_by_another_process(in_folder, monkeypatch):
    index = unit_index(small_trace(), 4)
    forget(monkeypatch)
    steps: list[str] = []
    with between_steps(steps.append):
        again = unit_index(small_trace(), 4)
    assert not steps
    assert same(index, again)
    assert again.grid == (5, 5)
    assert not again.layers[NEURONS].both.flags.writeable
    assert len(list(in_folder.iterdir())) == 1


def test_other_weights_are_never_served_it(in_folder):
    unit_index(small_trace(), 4)
    other = small_trace()
    next(other.sam.parameters())[0] += 1
    unit_index(Trace(other.sam, other.image), 4)
    assert len(list(in_folder.iterdir())) == 2


def test_a_broken_file_is_made_again(in_folder, monkeypatch, caplog):
    index = unit_index(small_trace(), 4)
    (file,) = in_folder.iterdir()
    file.write_bytes(file.read_bytes()[:1000])
    forget(monkeypatch)
    with caplog.at_level(logging.WARNING):
        assert same(unit_index(small_trace(), 4), index)
    assert "can't be read and is made again" in caplog.text


def test_an_edit_by_a_function_is_known_to_this_process_alone(in_folder):
    def plus_one(tensor, hook: HookPoint):
        return tensor + 1

    unit_index(small_trace().with_edit(NEURONS.hook, plus_one), 4)
    assert not in_folder.exists()


def test_only_the_latest_files_stay(in_folder, monkeypatch):
    monkeypatch.setattr(unit_index_file, "_MOST", 1)
    index = unit_index(small_trace(), 4)
    unit_index_file.write("another.npz", index)
    assert [each.name for each in in_folder.iterdir()] == ["another.npz"]


def test_without_a_folder_to_write_to_it_works_all_the_same(in_folder, caplog):
    in_folder.write_text("a file where the folder should be")
    assert unit_index(small_trace(), 4).scenes == 4
    assert "is not kept in" in caplog.text


def test_what_another_view_made_meanwhile_is_not_made_twice(small_indexes):
    trace, made, steps = small_trace(), [], []

    def give_way(step: str) -> None:
        steps.append(step)
        if step == "Scene 2 of 4" and not made:
            made.append(unit_index(trace, 4))

    with between_steps(give_way):
        assert unit_index(trace, 4) is made[0]
    assert not any(step.startswith("Scene 3 of 4") for step in steps)
