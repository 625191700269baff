"""A slider that sets the session's model to a checkpoint."""

import pytest

import sam_explore as sx
from sam_explore.course.checkpoints.kept import checkpoints
from sam_explore.provenance import Origin, note_model


@pytest.fixture
def session():
    session = sx.Session(sx.load(), sx.example("turtle"), synchronous=True)
    yield session
    session.close()


@pytest.fixture
def slider(session):
    with sx.course.TrainingTime(session) as view:
        yield view


def test_it_starts_with_the_model_that_the_session_has(session, slider):
    assert slider.slider.value == checkpoints()[-1]
    assert slider.words == "Shown is the model as it ships. Click on the picture to see its mask."


def test_the_slider_sets_the_model_and_keeps_picture_and_prompts(session, slider):
    session.truth_level = 0
    session.add_point((230, 300))
    first = checkpoints()[0]
    before = session.prediction
    slider.slider.value = first
    assert session.sam is first.load()
    assert len(session.prompts.points) == 1
    assert (session.prediction.logits != before.logits).any()
    assert slider.words.startswith(f"Shown is the model {first.name}. The predicted IoU of mask ")
    assert "its true IoU with turtle (whole)" in slider.words
    session.truth_level = None
    assert "The predicted IoU of mask" in slider.words
    assert "true IoU" not in slider.words


def test_the_slider_follows_a_model_that_is_set_elsewhere(session, slider):
    first = checkpoints()[0]
    session.sam = first.load()
    assert slider.slider.value == first
    other = sx.load()
    note_model(other, Origin("mine"))
    session.sam = other
    assert slider.words.startswith("Shown is another model.")


def test_a_file_that_cannot_be_read_changes_nothing_and_says_so(session, tmp_path):
    (tmp_path / "000000005.safetensors.xz").write_bytes(b"nothing")
    with sx.course.TrainingTime(session, tmp_path) as view:
        before = session.sam
        view.slider.value = view.checkpoints[0]
        assert session.sam is before
        assert "000000005.safetensors.xz holds no weights" in session.error
        assert view.slider.value == view.checkpoints[-1]  # the model that is there


def test_another_size_of_model_is_refused(open_session, image):
    with pytest.raises(ValueError, match="shows the training of the small model"):
        sx.course.TrainingTime(open_session(image))


def test_an_installed_package_says_where_they_are(session, tmp_path):
    with pytest.raises(FileNotFoundError, match="in the repository of sam_explore"):
        sx.course.TrainingTime(session, tmp_path)


def test_as_python_gets_the_checkpoint_again(session, slider):
    first = checkpoints()[0]
    slider.show(first)
    assert f"sx.course.checkpoint({first.scenes})" in session.code
