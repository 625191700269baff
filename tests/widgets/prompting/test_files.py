"""Opening pictures and models from the page: what is taken, and what is refused in words."""

import io

import numpy as np
import pytest
from PIL import Image

import sam_explore as sx
from sam_explore.app_limits import OPEN_FOLDER
from sam_explore.loading import OFFICIAL, shipped_weights
from sam_explore.widgets.prompting.files import Files, models_at_hand

from ...raster_files import bomb_png
from ..screen import front_end_sets, press_button, type_line, upload_file

RGB = np.random.default_rng(1).integers(0, 256, (20, 30, 3), np.uint8)


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The notebook's folder, and an empty cache."""
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def session(image, open_session):
    session = open_session(image)
    session.add_point((5.0, 6.0))
    return session


@pytest.fixture
def files(session):
    files = Files(session)
    yield files
    files.close()


def choose(dropdown, value: str) -> None:
    values = [each for _, each in dropdown.options]
    front_end_sets(dropdown, index=values.index(value))


def test_an_example_is_chosen_by_its_name(session, files):
    assert files.examples.value == ""
    choose(files.examples, "fish")
    assert np.array_equal(session.image, sx.example("fish"))
    assert files.examples.value == "fish"
    assert session.prompts.is_empty
    assert "512 wide and 512 high" in files._facts.value
    session.image = RGB
    assert files.examples.value == ""


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_picture_is_opened_by_its_path(session, files, folder, quote):
    (folder / "mine.png").write_bytes(png(RGB))
    type_line(files.path.field, f"{quote}mine.png{quote}")
    assert np.array_equal(session.image, RGB)
    assert "picture = 'mine.png'" in session.code


def test_from_opening_to_encoding_there_are_words_at_every_moment(session, files, folder):
    (folder / "mine.png").write_bytes(png(RGB))
    words = []
    session.observe(lambda change: words.append(change["new"]), "busy")
    type_line(files.path.field, "mine.png")
    assert words[0] == "Opening mine.png …"
    assert words[1].startswith("Encoding the picture")
    assert words[-1] == ""
    assert "" not in words[:-1]


def test_what_is_opened_and_is_no_news_leaves_no_words(session, files):
    session.fetch("sam", lambda: session.sam, "Loading toy")
    assert session.busy == ""
    session.fetch("image", lambda: 1 / 0, "Opening nothing")
    assert session.busy == ""
    assert session.error


def test_the_same_line_can_be_sent_again_and_one_that_failed_can_be_corrected(
    session, files, folder
):
    field = files.path.field
    type_line(field, "mine.png")
    assert "There is no picture at mine.png" in session.error
    assert field.value == "mine.png"
    (folder / "mine.png").write_bytes(png(RGB))
    press_button(files.path.button)
    assert np.array_equal(session.image, RGB)
    assert field.value == ""
    session.image = RGB[:4]
    type_line(field, "mine.png")
    assert np.array_equal(session.image, RGB)


def test_a_path_that_was_refused_goes_when_another_picture_is_chosen(session, files, folder):
    type_line(files.path.field, "mine.png")
    choose(files.examples, "fish")
    assert files.path.field.value == ""
    type_line(files.path.field, "mine.png")
    front_end_sets(files.path.field, value="mine.jpg")  # and is being corrected
    choose(files.examples, "turtle")
    assert files.path.field.value == "mine.jpg"


def test_the_button_opens_what_was_typed(session, files, folder):
    (folder / "mine.png").write_bytes(png(RGB))
    front_end_sets(files.path.field, value=" mine.png ")
    assert session.image.shape == (64, 64, 3)
    press_button(files.path.button)
    assert np.array_equal(session.image, RGB)


def test_a_picture_is_uploaded_and_the_same_one_again(session, files):
    for picture in (RGB, RGB[:, ::-1].copy(), RGB):
        upload_file(files.upload, "mine.png", png(picture))
        assert np.array_equal(session.image, picture)
        assert files.upload.value == ()
    assert "# The file that was uploaded has to lie here\npicture = 'mine.png'" in session.code


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda f: type_line(f.path.field, "no.png"), "There is no picture at no.png"),
        (lambda f: type_line(f.path.field, "https://a.b/c.png"), "nothing is fetched from the web"),
        (lambda f: upload_file(f.upload, "a.png", b"text"), "a.png is no picture that Pillow can"),
        (lambda f: upload_file(f.upload, "a.png", png(RGB)[:90]), "a.png is no picture"),
        (lambda f: upload_file(f.upload, "a.png", b""), "a.png is no picture"),
        (lambda f: type_line(f.weights.field, "no.pth"), "there is none"),
        (lambda f: type_line(f.weights.field, "here.png"), "here.png is no PyTorch file"),
        (lambda f: type_line(f.weights.field, "vit_b"), "Run `sam-explore download vit_b`"),
    ],
)
def test_what_cannot_be_opened_is_told_and_changes_nothing(act, words, session, files, folder):
    (folder / "here.png").write_bytes(png(RGB))
    names = ["sam", "image", "encoded", "prompts", "prediction"]
    before = [getattr(session, name) for name in names]
    chosen = files.examples.value, files.models.value
    act(files)
    assert words in session.error
    assert "Error" not in session.error  # words, and no name of an exception
    assert session.busy == ""
    assert all(getattr(session, name) is was for name, was in zip(names, before, strict=True))
    assert (files.examples.value, files.models.value) == chosen


class TestInTheApp:
    """Strangers may visit it: typed paths lead nowhere, or into one folder."""

    REFUSED = "Here files can't be opened by a path"

    def test_without_a_folder_nothing_is_typed(self, session, folder, monkeypatch):
        (folder / "mine.pth").write_bytes(b"secret")
        (folder / "mine.png").write_bytes(png(RGB))
        monkeypatch.setenv(OPEN_FOLDER, "")
        files = Files(session)
        shown = list(texts(files.widget))
        assert not set(shown) & {files.path.field, files.weights.field}
        assert files.upload in shown
        assert [source for _, source in models_at_hand()] == ["toy"]
        # A page can also speak to what it does not show.
        for field in (files.path.field, files.weights.field):
            for path in ("mine.png", str(folder / "mine.pth"), "/etc/passwd", "none"):
                session.error = ""
                type_line(field, path)
                assert session.error.startswith(self.REFUSED)
        assert session.image.shape == (64, 64, 3)
        files.close()

    @pytest.mark.parametrize(
        "typed", ["../secret.png", "/etc/passwd", "link.png", "linked/secret.png"]
    )
    def test_with_one_a_path_stays_in_it(self, session, folder, tmp_path, monkeypatch, typed):
        (tmp_path / "secret.png").write_bytes(png(RGB))
        (folder / "link.png").symlink_to(tmp_path / "secret.png")
        (folder / "linked").symlink_to(tmp_path)
        (folder / "mine.png").write_bytes(png(RGB))
        (folder / "mine.safetensors").symlink_to(shipped_weights())
        monkeypatch.setenv(OPEN_FOLDER, str(folder))
        monkeypatch.chdir(tmp_path)
        files = Files(session)
        type_line(files.path.field, typed)
        assert session.error.startswith(self.REFUSED)
        session.error = ""
        if "secret" in typed:  # whether there is such a file is not told
            type_line(files.path.field, typed.replace("secret", "none"))
            assert session.error.startswith(self.REFUSED)
        assert session.image.shape == (64, 64, 3)
        type_line(files.path.field, "mine.png")
        assert np.array_equal(session.image, RGB)
        assert models_at_hand()[1] == (
            "mine.safetensors, in this folder",
            str(folder / "mine.safetensors"),
        )
        files.close()


def texts(widget):
    """A widget and what it shows."""
    yield widget
    for each in getattr(widget, "children", ()):
        yield from texts(each)


def test_an_upload_of_too_many_pixels_is_refused(session, files, tmp_path):
    large = bomb_png(tmp_path / "large.png", 10_000, 6_000)
    upload_file(files.upload, "large.png", large.read_bytes())
    assert "large.png has 10000 x 6000 pixels, 60 million, and at most 50" in session.error
    assert session.image.shape == (64, 64, 3)


def test_models_at_hand_are_the_shipped_the_downloaded_and_those_in_the_folder(
    folder, tmp_path, monkeypatch
):
    assert [source for _, source in models_at_hand()] == ["toy"]
    (tmp_path / "cache").mkdir()
    with (tmp_path / "cache" / OFFICIAL["vit_b"].file).open("wb") as file:
        file.truncate(OFFICIAL["vit_b"].bytes)
    (tmp_path / "cache" / OFFICIAL["vit_l"].file).write_bytes(b"broken off")
    (folder / "mine.pth").write_bytes(b"")
    assert models_at_hand() == [
        ("toy, which ships with the package", "toy"),
        ("vit_b, downloaded", "vit_b"),
        ("mine.pth, in this folder", "mine.pth"),
    ]


def test_a_folder_that_is_gone_holds_no_models(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert [source for _, source in models_at_hand()] == ["toy"]


def test_a_model_is_switched_and_answers_the_same_prompts(session, files, folder):
    assert files.models.label == "given from Python"
    before = session.prompts
    choose(files.models, "toy")
    assert session.sam.config.name == "toy"
    assert session.prompts is before
    size = session.sam.config.mask_size
    assert session.prediction.logits.shape == (4, size, size)
    assert files.models.value == "toy"
    assert [source for _, source in files.models.options] == ["toy"]
    (folder / "mine.safetensors").symlink_to(shipped_weights())
    toy = session.sam
    type_line(files.weights.field, "mine.safetensors")
    assert session.sam is not toy
    assert files.models.value == "mine.safetensors"
    assert "sam = sx.load('mine.safetensors')" in session.code


def test_a_model_from_another_folder_is_shown_by_the_call_that_loads_it(session, files, tmp_path):
    path = tmp_path / "other.safetensors"
    path.symlink_to(shipped_weights())
    type_line(files.weights.field, str(path))
    assert files.models.label == f"sx.load({str(path)!r})"


def test_following_the_session_opens_nothing(session, files, monkeypatch):
    fetched = []
    monkeypatch.setattr(type(session), "fetch", lambda *arguments: fetched.append(arguments))
    session.image = sx.example("car")
    session.sam = sx.load()
    assert files.examples.value == "car"
    assert files.models.value == "toy"
    assert not fetched
