"""From one snapshot of a session to the next: pure steps, without computing or drawing."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.prediction import EncodedImage, Prediction
from sam_explore.preprocessing import Preprocessing
from sam_explore.scenes import Scene
from sam_explore.widgets.session.snapshot import Snapshot, first_snapshot
from sam_explore.widgets.session.source import source_of

A, B = (np.full((64, 64, 3), value, np.uint8) for value in (10, 20))


@pytest.fixture
def first(sam) -> Snapshot:
    return first_snapshot(source_of(sam, A, Preprocessing()))


@pytest.fixture
def encoded(first) -> Snapshot:
    return first.with_encoded(first.source, _encoded(first))


def _encoded(now: Snapshot) -> EncodedImage:
    return now.source.run.encoded


def _answer(now: Snapshot) -> Prediction:
    logits = np.zeros((4, 16, 16), np.float32)
    return Prediction(logits, np.zeros(4, np.float32), now.prompts, now.source.frame)


def with_point(now: Snapshot, x: float) -> Snapshot:
    return now.with_prompts(now.prompts.with_point((x, 1.0)))


def points(now: Snapshot) -> list[float]:
    return now.prompts.points[:, 0].tolist()


def test_a_snapshot_never_changes(first):
    asked = with_point(first, 5.0)
    assert first.prompts.is_empty
    assert points(asked) == [5]
    with pytest.raises(FrozenInstanceError):
        first.threshold = 1.0


def test_undo_and_redo_are_earlier_and_later_prompts(encoded):
    now = with_point(with_point(encoded, 1.0), 2.0)
    back = now.stepped(forth=False)
    assert points(back) == [1]
    assert points(back.stepped(forth=True)) == [1, 2]
    assert points(with_point(back, 3.0)) == [1, 3]
    assert with_point(back, 3.0).redo == ()
    assert encoded.stepped(forth=False) is encoded


def test_an_answer_to_an_older_question_is_shown_until_a_newer_one_was(encoded):
    one = with_point(encoded, 1.0)
    two = with_point(one, 2.0)
    shown = two.with_answer(one, _answer(one))
    assert shown.prediction.prompts is one.prompts
    newest = shown.with_answer(two, _answer(two))
    assert newest.with_answer(one, _answer(one)) is newest


def test_an_answer_from_before_clearing_or_of_another_picture_is_dropped(encoded):
    one = with_point(encoded, 1.0)
    cleared = one.with_prompts(Prompts())
    assert cleared.with_answer(one, _answer(one)) is cleared
    again = with_point(cleared, 2.0)
    assert again.with_answer(one, _answer(one)) is again
    other = one.with_trait("image", B)
    assert other.with_answer(one, _answer(one)) is other
    asked = with_point(other, 3.0)
    assert asked.with_answer(one, _answer(one)) is asked


def test_what_was_encoded_for_another_source_is_dropped(encoded):
    other = encoded.with_trait("image", B)
    assert other.with_encoded(encoded.source, encoded.encoded) is other
    assert other.encoded is None


def test_cancel_gives_back_the_moment_before(encoded):
    one = with_point(encoded, 1.0)
    other = with_point(with_point(one.with_trait("image", B), 2.0), 3.0)
    back = other.cancelled()
    assert (back.question, back.encoded, back.undo) == (one.question, one.encoded, one.undo)
    assert back.before is None
    assert back.with_answer(one, _answer(one)) is back  # it is older than what came after it


def test_cancel_keeps_what_was_asked_of_the_same_picture_meanwhile(encoded):
    one = with_point(encoded, 1.0)
    two = with_point(one.with_trait("windows", (2, 0)), 2.0)
    back = two.cancelled()
    assert (back.windows, points(back)) == (None, [1, 2])
    assert points(back.stepped(forth=False)) == [1]
    assert back.needs_an_answer


def test_cancel_before_anything_was_encoded_stops(first):
    stopped = first.cancelled()
    assert stopped.stopped
    assert not stopped.needs_an_answer
    assert stopped.with_encoded(first.source, None) is stopped
    assert with_point(stopped, 1.0).needs_an_answer
    assert stopped.going_on().needs_an_answer


def test_an_edit_belongs_to_the_picture_that_was_looked_at(encoded):
    one = with_point(encoded, 1.0)
    other = one.with_trait("image", B)
    add = lambda prompts: prompts.with_point((9.0, 9.0))  # noqa: E731
    token = lambda frame: frame.token_at((9.0, 9.0))  # noqa: E731
    edited = other.with_edited_prompts(add, token, A)
    assert edited.prompts.is_empty  # of the picture that came meanwhile
    back = edited.cancelled()
    assert (points(back), back.token) == ([1, 9], (0, 0))
    assert points(other.with_edited_prompts(add, token, B)) == [9]
    gone = np.zeros((64, 64, 3), np.uint8)
    assert other.with_edited_prompts(add, token, gone) is other


def test_a_refused_value_gives_no_snapshot(encoded):
    for name, value in (("chosen", 4), ("threshold", float("nan")), ("token", (9, 9))):
        with pytest.raises(ValueError, match=name):
            encoded.with_trait(name, value)


def test_a_trait_set_to_what_it_is_changes_nothing(encoded):
    assert encoded.with_trait("threshold", 0.0) is encoded
    assert encoded.with_trait("image", encoded.image) is encoded
    assert encoded.with_trait("prompts", encoded.prompts) is encoded


def test_a_failure_is_told_unless_something_newer_was_asked(encoded):
    one = with_point(encoded, 1.0)
    assert one.with_failure(one, "no").error == "no"
    two = with_point(one, 2.0)
    assert two.with_failure(one, "no") is two


def test_emptied_runs_have_computed_nothing(encoded):
    emptied = replace(encoded, before=encoded).emptied()
    assert emptied.source.run is not encoded.source.run
    assert emptied.before is None


def test_an_earlier_state_again_takes_no_answer_that_was_under_way(encoded):
    asked = with_point(encoded, 5.0)
    later = with_point(asked.with_trait("image", B), 9.0)
    again = asked.again_after(later)
    assert again.image is asked.image
    assert (points(again), again.turn, again.busy) == ([5], later.turn + 1, "")
    assert again.with_answer(asked, _answer(asked)).prediction is None
    assert again.with_answer(again, _answer(again)).prediction is not None
    assert asked.again_after(later).encoded is encoded.encoded


def test_an_earlier_state_that_was_not_encoded_is_encoded_then(first):
    again = first.again_after(first.with_trait("image", B))
    assert again.needs_an_answer
    assert again.busy


def test_a_redrawn_picture_keeps_what_a_new_one_drops(encoded):
    asked = with_point(encoded, 5.0).with_trait("chosen", 3).with_trait("truth_level", 1)
    asked = replace(asked, token=(1, 0))
    other = asked.with_trait("image", B)
    assert (other.chosen, other.prompts.is_empty) == (None, True)
    source = asked.source.changed(image=B)
    truth = Scene(B, np.zeros((3, 64, 64), np.int16), ())
    moved = replace(asked.dialogue, prompts=Prompts(points=[(9.0, 1.0)]))
    then = asked.with_redrawn(source, truth, moved)
    assert then.image is B
    assert (then.chosen, then.truth_level, then.token) == (3, 1, (1, 0))
    assert then.truth is truth
    assert points(then) == [9]
    assert then.undo == ()
    assert then.encoded is None
    assert then.cancelled().image is A
    with pytest.raises(ValueError, match="lies outside the picture"):
        asked.with_redrawn(source, truth, replace(moved, prompts=Prompts(points=[(99.0, 1.0)])))
