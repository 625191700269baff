"""Bad input and exceptions: reported in words, without changing half of the state."""

import subprocess
import sys
import threading

import numpy as np
import pytest
from traitlets import TraitError

from sam_explore.geometry import Prompts
from sam_explore.tracing import Trace, zero
from sam_explore.tracing.interventions import AblateMlp
from sam_explore.widgets import Session
from sam_explore.widgets.session import session as session_module

from ...patience import PATIENCE_SECONDS

ENCODED = Trace.encoded.fget  # what a test holds up


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.add_point((65.0, 3.0)), "outside the picture, which is 64 wide"),
        (lambda s: s.add_point((float("nan"), 3.0)), "must be finite"),
        (lambda s: s.add_point((3.0, 3.0), 2), "labels must be 1"),
        (lambda s: s.set_box((9.0, 9.0, 1.0, 1.0)), "x0 <= x1"),
        (lambda s: setattr(s, "prompts", Prompts(mask_hint=np.zeros((8, 8)))), "16 x 16 logits"),
        (lambda s: setattr(s, "image", np.full((4, 4, 3), 2.0)), "must run from 0 to 1"),
        (lambda s: setattr(s, "image", [[1]]), "must be a picture: a numpy array"),
        (lambda s: setattr(s, "image", None), r"but is a NoneType\. cv2\.imread gives None"),
        (lambda s: setattr(s, "preprocessing", None), "(?i)preprocessing"),
        (lambda s: setattr(s, "prompts", None), "Prompts"),
        (lambda s: setattr(s, "sam", None), "Sam"),
        (lambda s: s.set_preprocessing("squeeze"), "one of original, stretch, medsam"),
        (lambda s: s.set_preprocessing("stretch", 50), "must be a multiple of 16"),
        (lambda s: setattr(s, "chosen", 4), 'from 0 to 3, "best" .* or None'),
        (lambda s: setattr(s, "chosen", -1), 'from 0 to 3, "best" .* or None'),
        (lambda s: setattr(s, "threshold", float("inf")), "finite logit"),
        (lambda s: setattr(s, "sam", "vit_b"), "Sam"),
        (lambda s: setattr(s, "token", (0, 4)), "row from 0 to 3 and a column from 0 to 3"),
        (lambda s: setattr(s, "token", (1.5, 0)), "whole numbers, not"),
        (lambda s: setattr(s, "token", (1,)), "must be a row"),
        (lambda s: setattr(s, "windows", (3,)), "for each of the 2 blocks"),
        (lambda s: setattr(s, "edits", (("hook_q", zero),)), "No hook point is called 'hook_q'"),
        (lambda s: setattr(s, "edits", ("hook_q",)), "pairs of a hook point's name"),
        (lambda s: setattr(s, "edits", AblateMlp(1)), r"session\.edits = \[AblateMlp\(block=1"),
        (lambda s: setattr(s, "edits", (AblateMlp(2),)), "block must be 0 to 1"),
    ],
)
def test_bad_input_is_refused_in_words_and_changes_nothing(
    act, words, answers, image, open_session
):
    session = open_session(image)
    session.add_point((1.0, 2.0))
    names = ["sam", "image", "prompts", "prediction", "chosen", "threshold", "encoded"]
    names += ["token", "windows", "edits", "preprocessing"]
    before = [getattr(session, name) for name in names]
    with pytest.raises((TypeError, ValueError, TraitError), match=words):
        act(session)
    assert all(was is getattr(session, name) for was, name in zip(before, names, strict=True))
    session.undo()
    assert session.prompts.is_empty


def test_a_picture_that_is_refused_leaves_no_thread(sam, image, monkeypatch):
    def refuse(image: np.ndarray):
        raise ValueError("no picture")

    monkeypatch.setattr(session_module, "as_picture", refuse)
    before = threading.active_count()
    with pytest.raises(ValueError, match="no picture"):
        Session(sam, image)
    assert threading.active_count() == before


def test_no_picture_is_refused_as_encode_refuses_it_and_leaves_no_thread():
    """As readers have it, where nothing checks types before us."""
    code = """
import threading
import sam_explore as sx
sam, told, before = sx.load(), [], threading.active_count()
for call in (sx.encode, sx.Session):
    try:
        call(sam, None)
    except TypeError as error:
        told.append(str(error))
assert told[0] == told[1], told
assert "cv2.imread gives None for a path that it can't read" in told[0], told
assert threading.active_count() == before
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("synchronous", [True, False])
def test_an_exception_of_the_model_is_told_and_the_next_prompt_works(
    synchronous, answers, image, open_session, caplog
):
    session = open_session(image, synchronous=synchronous)
    answers.fail_next = RuntimeError("out of memory")
    session.add_point((1.0, 2.0))
    session.settle(PATIENCE_SECONDS)
    assert session.error == "RuntimeError: out of memory"
    assert "out of memory" in caplog.text
    assert "Traceback" in caplog.text
    session.add_point((3.0, 4.0))
    session.settle(PATIENCE_SECONDS)
    assert session.error == ""
    assert session.prediction.prompts is session.trace.prompts


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
    assert session.error.startswith("There is not enough memory for this.")
    assert session.busy == ""
    session.add_point((1.0, 2.0))
    assert session.error == ""
    assert session.prediction.prompts is session.trace.prompts
