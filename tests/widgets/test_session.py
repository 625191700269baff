import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from traitlets import TraitError

from sam_explore import encode, predict
from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.tracing import Trace, zero
from sam_explore.tracing import trace as trace_module
from sam_explore.widgets import Session
from sam_explore.widgets import state as state_module

from .conftest import SMALL

ENCODING = "Encoding the picture …"
ENCODED = Trace.encoded.fget  # what some tests hold up


def points(session: Session) -> list:
    return session.prompts.points.tolist()


def test_a_prompt_is_answered_as_predict_answers_it(sam, image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    expected = predict(sam, encode(sam, image), Prompts([(10, 20)]))
    # A trace runs the explicit form of attention, predict the fused one.
    assert np.abs(session.prediction.logits - expected.logits).max() < 1e-5
    assert np.abs(session.prediction.iou - expected.iou).max() < 1e-5
    assert session.shown_mask == expected.chosen


def test_a_worker_gives_the_same_answer_as_the_synchronous_mode(image, open_session):
    session, other = open_session(image), open_session(image, synchronous=False)
    for each in (session, other):
        each.set_box((5.0, 6.0, 50.0, 60.0))
        each.add_point((30.0, 30.0), 0)
    other.settle(20)
    assert np.array_equal(session.prediction.logits, other.prediction.logits)


def test_the_picture_is_encoded_once_for_all_prompts(steps, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.add_point((3.0, 4.0))
    assert steps == ["embed", 0, 1, "project", *(["prompts", "decode"] * 2)]


def test_without_prompts_there_is_no_prediction(answers, image, open_session):
    session = open_session(image)
    assert session.prediction is None
    assert session.shown_mask is None
    session.add_point((1.0, 2.0))
    assert session.prediction is not None
    session.clear()
    assert session.prediction is None
    assert len(answers.asked) == 1


def test_clicks_while_the_picture_is_encoded_are_kept_and_answered(
    image, open_session, monkeypatch, answers
):
    begun, go_on = threading.Event(), threading.Event()

    def slow(trace: Trace):
        begun.set()
        assert go_on.wait(20)
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    session = open_session(image, synchronous=False)
    assert begun.wait(20)
    assert session.busy == ENCODING
    session.add_point((10.0, 20.0))
    session.add_point((30.0, 40.0), 0)
    assert points(session) == [[10, 20], [30, 40]]
    assert session.prediction is None
    go_on.set()
    session.settle(20)
    assert session.busy == ""
    assert session.prediction.prompts is session.prompts


def test_busy_is_set_before_the_constructor_returns(image, open_session, monkeypatch):
    go_on = threading.Event()
    monkeypatch.setattr(Trace, "encoded", property(lambda trace: go_on.wait(20) and None))
    session = open_session(image, synchronous=False)
    assert session.busy == ENCODING
    go_on.set()


def test_no_click_is_lost_while_the_worker_is_busy(answers, image, open_session):
    session = open_session(image, synchronous=False)
    answers.hold()
    for x in range(40):
        session.add_point((float(x), 1.0))
    answers.gate.set()
    session.settle(20)
    assert points(session) == [[x, 1] for x in range(40)]
    assert session.prediction.prompts is session.prompts
    assert len(answers.asked) <= 3  # what was overtaken before it began is never computed


def test_a_prediction_that_was_overtaken_is_shown_until_the_newer_comes(
    answers, image, open_session
):
    session, seen = open_session(image, synchronous=False), []
    session.observe(lambda change: seen.append(len(change["new"].prompts.points)), "prediction")
    session.settle(20)
    for count in range(1, 4):
        answers.hold()
        session.add_point((float(count), 1.0))
        answers.wait_until_asked()
        session.add_point((float(count), 2.0))
        answers.gate.set()
        session.settle(20)
        answers.wait_until_asked()
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_late_answer_does_not_come_back_after_clear(answers, image, open_session):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((1.0, 2.0))
    answers.wait_until_asked()
    session.clear()
    answers.gate.set()
    session.settle(20)
    assert session.prediction is None
    session.undo()
    session.settle(20)
    assert session.prediction.prompts is session.prompts


def test_a_late_answer_about_an_older_picture_is_dropped(answers, image, open_session):
    session, seen = open_session(image, synchronous=False), []
    session.settle(20)
    answers.hold()
    session.add_point((1.0, 2.0))
    answers.wait_until_asked()
    session.observe(lambda change: seen.append(change["new"]), "prediction")
    session.image = np.zeros((32, 48, 3), np.uint8)
    session.add_point((40.0, 30.0))
    answers.gate.set()
    session.settle(20)
    assert [one.prompts for one in seen] == [session.prompts]
    assert session.prediction.frame.image_size == (32, 48)


def test_the_encoding_of_a_replaced_picture_is_dropped(image, open_session, monkeypatch):
    begun, go_on, sizes = threading.Event(), threading.Event(), []

    def slow(trace: Trace):
        begun.set()
        assert go_on.wait(20)
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(slow))
    session = open_session(image, synchronous=False)
    session.observe(lambda change: sizes.append(change["new"].frame.image_size), "encoded")
    assert begun.wait(20)
    session.image = np.zeros((32, 48, 3), np.uint8)
    go_on.set()
    session.settle(20)
    assert sizes == [(32, 48)]
    assert session.busy == ""


def test_a_new_picture_starts_over(answers, image, open_session):
    session = open_session(image)
    session.add_point((60.0, 60.0))
    session.chosen = 2
    session.image = np.zeros((32, 32, 3), np.uint8)
    assert session.prompts.is_empty
    assert session.prediction is None
    assert session.chosen is None
    assert not session.can_undo
    assert session.encoded.frame.image_size == (32, 32)


def test_another_model_answers_the_same_prompts(image, open_session):
    session = open_session(image)
    session.add_point((10.0, 20.0))
    before = session.prediction
    torch.manual_seed(1)
    session.sam = other = Sam(SMALL).eval()
    expected = predict(other, encode(other, image), session.prompts)
    assert np.abs(session.prediction.logits - expected.logits).max() < 1e-5
    assert not np.array_equal(session.prediction.logits, before.logits)


def test_undo_takes_back_points_boxes_and_clear_one_by_one(answers, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.set_box((0.0, 0.0, 9.0, 9.0))
    session.set_box((5.0, 5.0, 8.0, 8.0))
    session.clear()
    session.clear()  # nothing to clear, so nothing to take back
    session.undo()
    assert session.prompts.box.tolist() == [5, 5, 8, 8]
    session.undo()
    assert session.prompts.box.tolist() == [0, 0, 9, 9]
    session.undo()
    assert session.prompts.box is None
    assert points(session) == [[1, 2]]
    assert session.can_undo
    session.undo()
    assert session.prompts.is_empty
    assert not session.can_undo
    session.undo()
    assert session.prediction is None


def test_prompts_set_from_python_can_be_taken_back_too(answers, image, open_session):
    session = open_session(image)
    session.prompts = Prompts([(1, 1), (2, 2)])
    session.prompts = Prompts([(3, 3)])
    session.undo()
    assert points(session) == [[1, 1], [2, 2]]
    assert session.prediction.prompts is session.prompts


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.add_point((65.0, 3.0)), "outside the picture, which is 64 wide"),
        (lambda s: s.add_point((float("nan"), 3.0)), "must be finite"),
        (lambda s: s.add_point((3.0, 3.0), 2), "labels must be 1"),
        (lambda s: s.set_box((9.0, 9.0, 1.0, 1.0)), "x0 <= x1"),
        (lambda s: setattr(s, "prompts", Prompts(mask_hint=np.zeros((8, 8)))), "16 x 16 logits"),
        (lambda s: setattr(s, "image", np.zeros((4, 4, 3))), "must be uint8"),
        (lambda s: setattr(s, "image", [[1]]), "must be a numpy array"),
        (lambda s: setattr(s, "chosen", 4), "from 0 to 3, or None"),
        (lambda s: setattr(s, "chosen", -1), "from 0 to 3, or None"),
        (lambda s: setattr(s, "threshold", float("inf")), "finite logit"),
        (lambda s: setattr(s, "sam", "vit_b"), "Sam"),
        (lambda s: setattr(s, "token", (0, 4)), "each a whole number from 0 to 3"),
        (lambda s: setattr(s, "token", (1.5, 0)), "each a whole number from 0 to 3"),
        (lambda s: setattr(s, "token", (1,)), "a row and a column"),
        (lambda s: setattr(s, "windows", (3,)), "for each of the 2 blocks"),
        (lambda s: setattr(s, "edits", (("hook_q", zero),)), "No hook point is called 'hook_q'"),
        (lambda s: setattr(s, "edits", ("hook_q",)), "pairs of a hook point's name"),
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(
    act, words, answers, image, open_session
):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    names = ["sam", "image", "prompts", "prediction", "chosen", "threshold", "encoded"]
    names += ["token", "windows", "edits"]
    before = [getattr(session, name) for name in names]
    with pytest.raises((TypeError, ValueError, TraitError), match=words):
        act(session)
    assert all(was is getattr(session, name) for was, name in zip(before, names, strict=True))
    session.undo()
    assert session.prompts.is_empty


def test_a_picture_that_is_refused_leaves_no_thread(sam, image, monkeypatch):
    def refuse(image: np.ndarray):
        raise ValueError("no picture")

    monkeypatch.setattr(state_module, "checked_image", refuse)
    before = threading.active_count()
    with pytest.raises(ValueError, match="no picture"):
        Session(sam, image)
    assert threading.active_count() == before


def test_the_session_keeps_a_copy_of_the_picture(image, open_session):
    session = open_session(image)
    kept = image.copy()
    image[:] = 0
    assert np.array_equal(session.image, kept)
    with pytest.raises(ValueError, match="read-only"):
        session.image[0] = 0


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_exception_of_the_model_is_told_and_the_next_prompt_works(
    synchronous, answers, image, open_session, caplog
):
    session = open_session(image, synchronous=synchronous)
    answers.fail_next = RuntimeError("out of memory")
    session.add_point((1.0, 2.0))
    session.settle(20)
    assert session.error == "RuntimeError: out of memory"
    assert "out of memory" in caplog.text
    assert "Traceback" in caplog.text
    session.add_point((3.0, 4.0))
    session.settle(20)
    assert session.error == ""
    assert session.prediction.prompts is session.prompts


def test_an_exception_while_encoding_is_told_and_the_next_prompt_tries_again(
    image, open_session, monkeypatch, answers
):
    failures = [MemoryError("too large")]

    def fail_once(trace: Trace):
        if failures:
            raise failures.pop()
        return ENCODED(trace)

    monkeypatch.setattr(Trace, "encoded", property(fail_once))
    session = open_session(image)
    assert session.error == "MemoryError: too large"
    assert session.busy == ""
    session.add_point((1.0, 2.0))
    assert session.error == ""
    assert session.prediction.prompts is session.prompts


def test_settling_says_what_it_waits_for(answers, image, open_session):
    session = open_session(image, synchronous=False)
    answers.hold()
    session.add_point((1.0, 2.0))
    with pytest.raises(TimeoutError, match=r"still at work after 0.01 s"):
        session.settle(0.01)
    answers.gate.set()
    session.settle(20)


def test_the_threshold_and_the_choice_ask_the_model_nothing(answers, image, open_session):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    session.threshold = 1.5
    session.chosen = 3
    assert session.shown_mask == 3
    session.chosen = None
    assert session.shown_mask == 2  # the best predicted IoU of tokens 1 to 3
    assert len(answers.asked) == 1


def test_a_session_is_closed_when_its_context_ends(sam, image):
    with Session(sam, image) as session:
        thread = session._worker._thread
        assert thread.is_alive()
    assert not thread.is_alive()
    session.close()


def test_callbacks_on_many_threads_lose_no_prompt(answers, image, open_session):
    session = open_session(image, synchronous=False)

    def click(row: float) -> None:
        for x in range(25):
            session.add_point((float(x), row))

    threads = [threading.Thread(target=click, args=(float(row),)) for row in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    session.settle(20)
    assert sorted(points(session)) == [[x, row] for x in range(25) for row in range(4)]
    assert session.prediction.prompts is session.prompts


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list:
    """What the model computes, in order: a block's index, or the name of another step."""
    begun, compute = [], trace_module.compute

    def note(step, *rest):
        begun.append(step)
        return compute(step, *rest)

    monkeypatch.setattr(trace_module, "compute", note)
    return begun


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
    assert steps[:3] == [1, "project", "decode"]
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


def test_a_click_also_picks_its_token_and_another_model_the_middle(image, open_session):
    session = open_session(image)
    assert session.token == (2, 2)
    session.add_point((50.0, 20.0))  # patches are 16 pixels wide
    assert session.token == (1, 3)
    session.token = [0, 2]
    assert session.token == (0, 2)
    session.windows = (2, 0)
    session.sam = Sam(replace(SMALL, patch_size=32, window_size=2)).eval()
    assert session.token == (1, 1)
    assert session.windows is None
    assert session.prediction is not None


def test_busy_tells_the_block_that_is_computed(image, open_session):
    session, said = open_session(image), []
    session.observe(lambda change: said.append(change["new"]), "busy")
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert said[0] == ENCODING
    assert "Encoding the picture: block 2 of 2 …" in said
    assert said[-1] == ""


def test_a_new_picture_stops_the_encoding_of_the_old_one_between_blocks(
    steps, image, open_session, monkeypatch
):
    session = open_session(image, synchronous=False)
    session.settle(20)
    reached, go_on, compute = threading.Event(), threading.Event(), trace_module.compute

    def hold(step, *rest):
        if step == 0 and not reached.is_set():
            reached.set()
            assert go_on.wait(20)
        return compute(step, *rest)

    monkeypatch.setattr(trace_module, "compute", hold)
    steps.clear()
    session.image = np.zeros((32, 48, 3), np.uint8)
    assert reached.wait(20)
    session.image = image
    go_on.set()
    session.settle(20)
    assert steps == ["embed", 0, "embed", 0, 1, "project"]
    assert session.encoded.frame.image_size == (64, 64)
    assert session.busy == ""
    assert session.error == ""
