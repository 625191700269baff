"""Another picture or model: fetched, encoded or cancelled, and the state afterwards."""

import threading

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.model import Sam
from sam_explore.model.description import block_step
from sam_explore.model.lock import lock_of
from sam_explore.probes import BlockNorms
from sam_explore.saved_prompts import prompts_to_json
from sam_explore.tracing import engine as engine_module
from sam_explore.widgets import explore
from sam_explore.widgets.prompting.modes import Mode
from sam_explore.widgets.prompting.prompt_editor import PromptEditor

from ..conftest import FOUR_BY_FOUR

WAIT_S = 20
OTHER = np.full((32, 48, 3), 99, np.uint8)
STATE = ["sam", "image", "windows", "edits", "encoded", "prompts", "chosen", "prediction"]


class Gate:
    """Holds the model up at its second block, as often as it is closed."""

    def __init__(self, compute, decode):
        self._compute, self._decode = compute, decode
        self._open = threading.Event()
        self._reached = threading.Semaphore(0)
        self._open.set()
        self.begun = []

    def compute(self, step, *rest):
        self.begun.append(str(step))
        if step == block_step(1) and not self._open.is_set():
            self._reached.release()
            assert self._open.wait(WAIT_S)
        return self._compute(step, *rest)

    def decode(self, *inputs):
        self.begun.append("decode")
        return self._decode(*inputs)

    def close(self):
        self._open.clear()

    def wait(self):
        assert self._reached.acquire(timeout=WAIT_S)

    def open(self):
        self._open.set()


@pytest.fixture
def gate(monkeypatch):
    gate = Gate(engine_module.compute, engine_module.decode)
    monkeypatch.setattr(engine_module, "compute", gate.compute)
    monkeypatch.setattr(engine_module, "decode", gate.decode)
    yield gate
    gate.open()


@pytest.fixture
def session(image, open_session, gate):
    session = open_session(image, synchronous=False)
    session.settle(WAIT_S)
    session.add_point((40.0, 8.0))
    session.chosen = 2
    session.settle(WAIT_S)
    return session


def state(session) -> dict:
    return {name: getattr(session, name) for name in STATE} | {"trace": session.trace}


def changed_since(before: dict, session) -> list[str]:
    """Names of what is not the very same as before."""
    now = state(session)
    return [name for name, was in before.items() if now[name] is not was]


def nothing_is_attached(sam) -> bool:
    lock = lock_of(sam)
    free = lock.acquire(timeout=1)
    lock.release()
    return free and not any(module._forward_hooks for module in sam.modules())


def change_picture(session):
    session.image = OTHER


def change_model(session):
    session.sam = Sam(FOUR_BY_FOUR).eval()


def change_windows(session):
    session.windows = (2, 0)


@pytest.mark.parametrize("change", [change_picture, change_model, change_windows])
def test_a_cancelled_encode_leaves_everything_as_it_was(change, session, gate):
    before, others = state(session), (session.token, session.can_undo)
    gate.close()
    change(session)
    gate.wait()
    assert session.encoded is None
    assert "block 2 of 2" in session.busy
    changed = session.sam
    session.cancel()
    assert session.busy == ""
    assert changed_since(before, session) == []
    assert (session.token, session.can_undo) == others
    gate.open()
    session.settle(WAIT_S)
    assert changed_since(before, session) == []
    assert nothing_is_attached(session.sam)
    assert nothing_is_attached(changed)
    del gate.begun[:]
    session.add_point((5.0, 60.0))
    session.settle(WAIT_S)
    assert gate.begun == ["prompts", "decode"]  # the picture is still encoded
    assert session.prediction.prompts is session.trace.prompts
    assert session.error == ""


def test_the_block_under_way_is_the_last_one(session, gate):
    gate.close()
    del gate.begun[:]
    session.image = OTHER
    gate.wait()
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    assert gate.begun == ["embed", "block 0", "block 1"]


def test_cancelling_goes_back_over_several_changes_to_what_was_encoded(session, gate):
    before = state(session)
    gate.close()
    session.image = OTHER
    gate.wait()
    session.add_point((3.0, 4.0))
    session.sam = Sam(FOUR_BY_FOUR).eval()
    session.image = np.zeros((9, 9, 3), np.uint8)
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    assert changed_since(before, session) == []


def test_prompts_given_to_the_same_picture_meanwhile_stay_and_are_answered(session, gate):
    gate.close()
    session.windows = (2, 0)
    gate.wait()
    session.add_point((5.0, 60.0))
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    assert session.windows is None
    assert session.prompts.points.tolist() == [[40, 8], [5, 60]]
    assert session.prediction.prompts is session.trace.prompts
    session.undo()
    assert session.prompts.points.tolist() == [[40, 8]]


def test_prompts_of_the_cancelled_picture_go_with_it(session, gate):
    gate.close()
    session.image = OTHER
    gate.wait()
    session.add_point((3.0, 4.0))
    session.cancel()
    assert session.prompts.points.tolist() == [[40, 8]]


def test_a_first_encode_that_is_cancelled_waits_until_something_is_asked(image, open_session, gate):
    gate.close()
    session = open_session(image, synchronous=False)
    gate.wait()
    with explore(BlockNorms, session) as explorer:
        session.cancel()
        gate.open()
        session.settle(WAIT_S)
        assert (session.encoded, session.busy, session.error) == (None, "", "")
        assert not session.can_go_back
        assert explorer.reading is None  # it does not encode behind the reader's back
        session.add_point((5.0, 6.0))
        session.settle(WAIT_S)
        assert session.prediction.prompts is session.trace.prompts
        assert explorer.reading is not None


def test_a_cancelled_encode_can_be_taken_up_again(image, open_session, gate):
    gate.close()
    session = open_session(image, synchronous=False)
    gate.wait()
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    del gate.begun[:]
    session.go_on()
    session.settle(WAIT_S)
    assert session.encoded is not None
    assert gate.begun == ["project"]  # what was computed before is kept


def test_after_a_failed_encode_one_can_go_back_too(session, monkeypatch):
    before = state(session)
    with monkeypatch.context() as broken:
        broken.setattr(engine_module, "compute", lambda *_: 1 / 0)
        session.image = OTHER
        session.settle(WAIT_S)
    assert "ZeroDivisionError" in session.error
    assert session.can_go_back
    session.cancel()
    assert changed_since(before, session) == []
    assert not session.can_go_back


def test_cancelling_when_there_is_nothing_to_cancel_changes_nothing(session):
    before = state(session)
    session.cancel()
    assert changed_since(before, session) == []


def test_once_encoded_the_former_picture_is_let_go(session):
    session.image = OTHER
    session.settle(WAIT_S)
    assert session.now.before is None


@pytest.mark.parametrize("synchronous", [True, False])
def test_a_fetched_picture_is_taken_by_the_worker(synchronous, image, open_session):
    session, threads = open_session(image, synchronous=synchronous), []
    session.settle(WAIT_S)

    def get():
        threads.append(threading.current_thread())
        assert session.busy == "Opening it …"
        return OTHER

    session.fetch("image", get, "Opening it")
    session.settle(WAIT_S)
    assert np.array_equal(session.image, OTHER)
    assert (threads == [threading.current_thread()]) == synchronous
    assert session.encoded.frame.image_size == (32, 48)


def test_a_fetch_that_fails_is_told_and_changes_nothing(session):
    before = state(session)

    def fail():
        raise ValueError("no picture at all")

    session.fetch("image", fail, "Opening it")
    session.settle(WAIT_S)
    assert session.error == "no picture at all"
    assert session.busy == ""
    assert changed_since(before, session) == []


def test_a_fetch_does_not_wait_for_an_encode_that_nobody_wants_any_more(session, gate):
    gate.close()
    session.image = np.zeros((9, 9, 3), np.uint8)
    gate.wait()
    del gate.begun[:]
    session.fetch("image", lambda: OTHER, "Opening it")
    gate.open()
    session.settle(WAIT_S)
    assert gate.begun == [
        "embed",
        "block 0",
        "block 1",
        "project",
    ]  # of the other: the first went no further
    assert session.encoded.frame.image_size == (32, 48)


def test_a_failed_fetch_lets_the_encode_go_on(session, gate):
    gate.close()
    session.image = OTHER
    gate.wait()
    del gate.begun[:]
    session.fetch("image", lambda: 1 / 0, "Opening it")
    gate.open()
    session.settle(WAIT_S)
    assert gate.begun == ["project"]
    assert session.encoded.frame.image_size == (32, 48)
    assert "ZeroDivisionError" in session.error


def test_cancelling_gives_a_fetch_up(session):
    before, begun, go_on = state(session), threading.Event(), threading.Event()

    def get():
        begun.set()
        assert go_on.wait(WAIT_S)
        return OTHER

    session.fetch("image", get, "Opening it")
    assert begun.wait(WAIT_S)
    session.cancel()
    go_on.set()
    session.settle(WAIT_S)
    assert changed_since(before, session) == []


def test_undo_reaches_no_further_back_than_the_picture(session):
    session.image = OTHER
    session.settle(WAIT_S)
    assert not session.can_undo
    assert session.prompts.is_empty


def test_saved_prompts_come_back_and_undo_takes_them_away(session, tmp_path):
    saved = session.prompts
    session.save_prompts(tmp_path / "prompts.json")
    session.clear()
    session.restore_prompts(tmp_path / "prompts.json")
    assert session.prompts.points.tolist() == saved.points.tolist()
    session.undo()
    assert session.prompts.is_empty


def test_prompts_of_a_picture_of_another_size_move_in_proportion(session, tmp_path):
    session.save_prompts(tmp_path / "prompts.json")  # (40, 8) of 64 x 64
    session.image = OTHER  # 48 wide and 32 high
    session.restore_prompts(tmp_path / "prompts.json")
    assert session.prompts.points.tolist() == [[30, 4]]


def test_prompts_that_do_not_fit_the_model_are_refused_and_nothing_changes(session, tmp_path):
    other = Prompts([(1, 1)], mask_hint=np.zeros((8, 8)))
    (tmp_path / "prompts.json").write_text(prompts_to_json(other, (64, 64)))
    before = session.prompts
    with pytest.raises(ValueError, match="16 x 16 logits"):
        session.restore_prompts(tmp_path / "prompts.json")
    assert session.prompts is before


def test_what_is_set_last_stays_though_an_older_fetch_ends_later(session):
    begun, go_on, last = threading.Event(), threading.Event(), np.full((9, 9, 3), 7, np.uint8)

    def get():
        begun.set()
        assert go_on.wait(WAIT_S)
        return OTHER

    session.fetch("image", get, "Opening it")
    assert begun.wait(WAIT_S)
    session.image = last
    session.add_point((3.0, 4.0))
    go_on.set()
    session.settle(WAIT_S)
    assert np.array_equal(session.image, last)
    assert session.prompts.points.tolist() == [[3, 4]]
    assert session.now.fetch is None


def test_a_fetch_that_was_given_up_before_it_began_reads_nothing(session, gate):
    gate.close()
    session.image = OTHER
    gate.wait()
    read = []
    session.fetch("image", lambda: read.append(1), "Opening it")
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    assert (read, session.error, session.now.fetch) == ([], "", None)


def test_the_failure_of_a_fetch_that_was_given_up_is_told_to_nobody(session):
    begun, go_on = threading.Event(), threading.Event()

    def fail():
        begun.set()
        assert go_on.wait(WAIT_S)
        raise ValueError("no picture at all")

    session.fetch("image", fail, "Opening it")
    assert begun.wait(WAIT_S)
    session.cancel()
    go_on.set()
    session.settle(WAIT_S)
    assert (session.error, session.busy) == ("", "")


def test_a_stroke_on_a_picture_that_was_just_replaced_is_painted_in_its_own_cells(session, gate):
    picture = session.image
    gate.close()
    session.image = OTHER  # 48 wide and 32 high
    gate.wait()
    editor = PromptEditor(session, lambda: picture)
    editor.paint(Mode.PAINT, [(40.0, 8.0)], 4.0)
    session.cancel()
    gate.open()
    session.settle(WAIT_S)
    inside = np.argwhere(session.prompts.mask_hint > 0)  # of 16 x 16 cells of 4 pixels
    assert inside.mean(axis=0).round().tolist() == [2, 10]
