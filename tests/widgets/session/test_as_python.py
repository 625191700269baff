"""The code of a session, run where nothing else is known, gives the same masks to the last bit."""

import numpy as np
import pytest
from PIL import Image

import sam_explore as sx
from sam_explore.geometry import Prompts
from sam_explore.loading import shipped_weights
from sam_explore.model import Sam
from sam_explore.tracing import zero
from sam_explore.tracing.interventions import (
    AblateHead,
    DropPaddingToken,
    KnockOutAttention,
    PatchTokens,
)
from sam_explore.widgets import Session

from ..conftest import FOUR_BY_FOUR


@pytest.fixture(scope="module")
def toy() -> Sam:
    return sx.load()


@pytest.fixture
def session(toy):
    with Session(toy, sx.example("turtle"), synchronous=True) as session:
        yield session


def run(session) -> dict:
    """What the code makes, in a namespace of its own."""
    made = {}
    exec(session.code, made)
    assert session.error == ""
    return made


def assert_is_reproduced(session) -> None:
    made, expected = run(session), session.prediction
    assert np.array_equal(made["prediction"].logits, expected.logits)
    assert np.array_equal(made["prediction"].iou, expected.iou)
    assert np.array_equal(made["mask"], expected.masks(session.threshold)[session.shown_mask])
    assert 0 < made["mask"].mean() < 1


def test_a_click_on_an_example_is_six_lines(session):
    session.add_point((230, 300.5))
    assert session.code == (
        "import sam_explore as sx\n"
        "\n"
        "sam = sx.load()\n"
        'picture = sx.example("turtle")\n'
        "prompts = sx.Prompts(points=[(230.0, 300.5)], labels=[1])\n"
        "trace = sx.Trace(sam, picture, prompts)\n"
        "prediction = trace.prediction\n"
        "mask = prediction.masks()[prediction.chosen]\n"
    )
    assert_is_reproduced(session)


def test_without_a_prompt_the_code_ends_with_the_run(session):
    assert session.code.endswith(
        "prompts = sx.Prompts()\ntrace = sx.Trace(sam, picture, prompts)\n"
    )
    assert run(session)["trace"].frame == session.trace.frame


def test_many_prompts_a_choice_and_a_threshold_are_in_the_code(session):
    for place in range(9):
        session.add_point((1000 / 3 - 20 * place, 250.25), place % 2)
    session.set_box((100.125, 120, 400, 420))
    session.chosen, session.threshold = 3, -0.7
    assert_is_reproduced(session)


def test_windows_and_edits_are_in_the_code(session):
    session.windows = (0, 4, 6, 0, 6, 0, 6, 0)
    session.edits = (
        AblateHead(block=5, head=2),
        ("image_encoder.position_encoder.hook_encoding", zero),
        KnockOutAttention(queries=[(3, 4)], keys=[(5, 6), (7, 8)], block=1),
        DropPaddingToken(),
    )
    session.add_point((230.0, 300.0))
    assert_is_reproduced(session)


def test_another_input_is_in_the_code(toy):
    with Session(
        toy, sx.example("car"), preprocessing="stretch", side=320, synchronous=True
    ) as session:
        session.add_point((230.0, 300.0))
        assert "preprocessing='stretch', side=320)" in session.code
        assert_is_reproduced(session)


def test_a_picture_and_a_model_from_files_are_named_by_their_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(sx.example("fish")).resize((300, 200)).save("fish.jpg")
    (tmp_path / "mine.safetensors").symlink_to(shipped_weights())
    with Session(sx.load("mine.safetensors"), "fish.jpg", synchronous=True) as session:
        session.add_point((150.0, 100.0))
        assert "sam = sx.load('mine.safetensors')\npicture = 'fish.jpg'\n" in session.code
        assert_is_reproduced(session)


def test_a_picture_that_came_as_an_array_has_to_be_kept_once_as_the_code_says(
    toy, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    picture = sx.example("turtle")[::-1]
    with Session(toy, picture, synchronous=True) as session:
        session.add_point((230.0, 212.0))
        (remark,) = [line for line in session.code.splitlines() if line.startswith("#")]
        with pytest.raises(FileNotFoundError):
            run(session)
        assert "keep it once by PIL.Image.fromarray(session.image)" in remark
        exec(remark.partition(" by ")[2], {"PIL": __import__("PIL.Image"), "session": session})
        assert_is_reproduced(session)


def test_logits_that_are_fed_back_are_in_the_code(session):
    for place, label in (((230.0, 300.0), 1), ((60.0, 240.0), 0), ((330.0, 250.0), 1)):
        session.add_point(place, label)
        assert_is_reproduced(session)
    assert session.code.endswith(
        "trace = sx.Trace(sam, picture)\n"
        "points = [(230.0, 300.0), (60.0, 240.0), (330.0, 250.0)]\n"
        "labels = [1, 0, 1]\n"
        "# Each further point corrects the mask shown before: its logits go back as a hint.\n"
        "prompts = sx.Prompts(points=points[:1], labels=labels[:1])\n"
        "prediction = trace.with_prompts(prompts).prediction\n"
        "prompts = sx.Prompts(\n"
        "    points=points[:2],\n"
        "    labels=labels[:2],\n"
        "    mask_hint=prediction.logits[prediction.chosen],\n"
        ")\n"
        "prediction = trace.with_prompts(prompts).prediction\n"
        "prompts = sx.Prompts(\n"
        "    points=points,\n"
        "    labels=labels,\n"
        "    mask_hint=prediction.logits[prediction.chosen],\n"
        ")\n"
        "trace = trace.with_prompts(prompts)\n"
        "prediction = trace.prediction\n"
        "mask = prediction.masks()[prediction.chosen]\n"
    )


@pytest.mark.parametrize("chosen", ["best", 2])
def test_a_box_corrected_by_points_is_in_the_code_and_so_is_the_mask_that_answers(session, chosen):
    session.chosen = chosen
    session.edits = (AblateHead(block=5, head=2),)
    session.set_box((100.0, 120, 400, 420))
    session.add_point((230.0, 300.0))
    session.chosen = None
    session.add_point((60.0, 240.0), 0)
    assert_is_reproduced(session)
    session.undo()
    session.chosen = chosen
    assert_is_reproduced(session)
    session.feeds_back = False
    assert "mask_hint" not in session.code
    assert_is_reproduced(session)


def test_a_mask_hint_is_read_from_a_file_as_the_code_says(session, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    session.add_point((230.0, 300.0))
    session.prompts = session.prompts.with_mask_hint(session.prediction.logits[2])
    (remark,) = [line for line in session.code.splitlines() if line.startswith("#")]
    exec(remark.partition(" by ")[2], {"session": session})
    assert_is_reproduced(session)


def test_what_code_cannot_say_is_named_and_left_out(session):
    other = sx.Trace(session.sam, sx.example("fish"))
    session.edits = (
        AblateHead(block=1, head=0),
        PatchTokens(source=other, block=2, tokens=[(3, 4)]),
        ("image_encoder.vit.blocks.3.hook_residual_post", lambda tensor, hook: tensor),
    )
    left_out = [line for line in session.code.splitlines() if line.startswith("#")]
    assert left_out == [
        "# Left out, since code can't say it: the edit PatchTokens, which reads something else.",
        "# Left out, since code can't say it: the edit of "
        "image_encoder.vit.blocks.3.hook_residual_post, which is a function.",
    ]
    run(session)


def test_a_model_that_nobody_loaded_is_a_gap_that_the_code_names(image, open_session):
    session = open_session(image)
    assert session.sam.config is FOUR_BY_FOUR
    assert (
        '# Put in the file that the model was loaded from\nsam = sx.load("weights.pth")\n'
        in session.code
    )


def test_prompts_are_written_without_rounding(session):
    session.prompts = Prompts([(1 / 3, 2 / 3)], box=(0.1, 0.2, 300.7, 400.9))
    assert np.array_equal(run(session)["prompts"].points, session.prompts.points)
    assert np.array_equal(run(session)["prompts"].box, session.prompts.box)
