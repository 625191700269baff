"""What an encode starts from: which runs it has, and what a change of it shares."""

import numpy as np
import pytest
import torch

from sam_explore.corrections import Dialogue
from sam_explore.geometry import Prompts
from sam_explore.preprocessing import Preprocessing
from sam_explore.tracing import zero
from sam_explore.tracing.interventions import AblateMlp, DropPaddingToken
from sam_explore.widgets.session.source import Question, Source, source_of

A, B = (np.full((32, 64, 3), value, np.uint8) for value in (10, 20))
POSITIONS = "image_encoder.position_encoder.hook_encoding"


@pytest.fixture
def source(sam) -> Source:
    return source_of(sam, A, Preprocessing("stretch", keep_aspect=True))


def test_it_knows_how_the_picture_lies_in_the_model(source):
    assert source.grid == (2, 4)
    assert source.frame.image_size == (32, 64)
    assert source.run.prompts.is_empty


def test_windows_and_edits_change_the_run_and_leave_the_plain_one(source):
    changed = source.changed(windows=(2, 0), edits=((POSITIONS, zero), AblateMlp(1)))
    assert changed.plain is source.plain
    fingerprints = {each.description.fingerprint for each in (changed.run, source.run)}
    assert len(fingerprints) == 2
    assert (changed.windows, len(changed.edits)) == ((2, 0), 2)
    back = changed.changed(windows=None, edits=())
    assert back.run.description.fingerprint == source.run.description.fingerprint


def test_another_picture_or_preprocessing_shares_no_run(source):
    for change in ({"image": B}, {"preprocessing": Preprocessing()}):
        changed = source.changed(**change)
        assert changed.plain is not source.plain
        assert changed.plain.description.fingerprint != source.plain.description.fingerprint


def test_windows_of_another_model_are_refused_and_the_source_stays(source):
    with pytest.raises(ValueError, match="each of the 2 blocks"):
        source.changed(windows=(3,))
    assert source.windows is None


def test_again_is_another_source_with_the_same_runs(source):
    again = source.again()
    assert again is not source
    assert again.run is source.run


def test_emptied_has_runs_that_have_computed_nothing(source, steps):
    _ = source.run.encoded
    computed = len(steps)
    assert computed
    _ = source.again().run.encoded
    assert len(steps) == computed
    _ = source.emptied().run.encoded
    assert len(steps) == 2 * computed


def test_changed_weights_make_it_outdated_and_an_emptied_one_is_not(source, sam):
    assert not source.is_outdated
    _ = source.run.encoded
    bias = sam.image_encoder.vit.blocks[0].norm1.bias
    before = bias.detach().clone()
    try:
        with torch.no_grad():
            bias.add_(1.0)
        assert source.is_outdated
        assert not source.emptied().is_outdated
    finally:
        with torch.no_grad():
            bias.copy_(before)


def test_a_question_makes_its_run_once_and_only_when_asked_for(source):
    question = Question(source, Dialogue(Prompts([(3.0, 4.0)], [1])))
    assert question.run is question.run
    assert question.run.prompts.points.tolist() == [[3, 4]]
    assert question.run is not source.run


def test_an_edit_that_the_prompts_do_not_allow_raises_when_the_answer_is_asked_for(source):
    changed = source.changed(edits=(DropPaddingToken(),))
    boxed = Question(changed, Dialogue(Prompts(box=(1.0, 1.0, 9.0, 9.0))))  # nothing runs yet
    with pytest.raises(ValueError, match="padding"):
        _ = boxed.run.prediction
    assert Question(changed, Dialogue(Prompts([(3.0, 4.0)], [1]))).run.prediction is not None
