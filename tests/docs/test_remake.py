"""One command remakes everything that depends on the shipped weights."""

import importlib.util
import re
import subprocess
from types import ModuleType

import pytest
from PIL import Image

from sam_explore.loading import load, shipped_weights
from sam_explore.model import VIT_B

from .scripts import DOCS, NAMES, phenomenon

ROOT = DOCS.parent
CARD = (DOCS / "toy_model.md").read_text("utf-8")


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_command_is_a_script_that_exists():
    remake = script("remake")
    for command in (*remake.commands(), *remake.timed_commands()):
        assert command[0] == "-m" or (ROOT / command[0]).is_file()


def test_every_mark_that_names_the_weights_is_remade():
    """The pages' parts that end with the weights' digest, the exams, and the sizes."""
    remade = [" ".join(command) for command in script("remake").commands()]
    for name in NAMES:
        assert any(f"docs/phenomena/{name}.py" in command for command in remade)
    marks = set(re.findall(r"<!-- (?!/)([\w ]+) -->", CARD))
    without_model = {mark for mark in marks if mark.endswith(("baselines", "ambiguity"))}
    assert marks - without_model == {"sizes", "exam", "clear", "photographs"}
    assert sum("docs/toy_model.md" in command for command in remade) == 3
    for name in ("sizes", "origin", "sides", "bf16", "thresholds", "answers"):
        assert f"docs/make_{name}.py" in remade
    assert "tests/benchmarks/corrections.py --write docs/prompting.md" in remade


def test_the_sides_are_whole_patches_around_the_trained_one():
    found = script("make_sides").sides(load())
    config = load().config
    assert config.image_size in found
    assert found == sorted(found)
    assert not any(side % config.patch_size for side in found)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("pictures_and_sizes", "make_sides"),
        ("automatic_masks", "make_thresholds"),
        ("answers", "make_answers"),
    ],
)
def test_the_page_is_of_the_shipped_weights(name, command):
    page = (DOCS / f"{name}.md").read_text("utf-8")
    (found,) = re.findall(r"shipped weights \(SHA-256 (\w+)\)", page)
    again = f"Other weights ship now: python docs/{command}.py"
    assert found == phenomenon("common").digest(shipped_weights()), again


def test_few_scenes_give_a_table_each(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- sides -->\n<!-- /sides -->\n<!-- bf16 -->\n<!-- /bf16 -->")
    for name in ("sides", "bf16"):
        script(f"make_{name}").main(["--scenes", "1", "--write", str(page)])
    text = page.read_text()
    assert "| a box, mask 0 " in text
    assert "| bfloat16 " in text


def test_it_ends_at_the_first_command_that_fails(monkeypatch, capsys):
    remake = script("remake")
    ran = []

    def run(command, cwd):
        ran.append(command[1:])
        return subprocess.CompletedProcess(command, returncode=len(ran) - 1)

    monkeypatch.setattr(remake.subprocess, "run", run)
    with pytest.raises(SystemExit, match=r"failed: python -m sam_explore\.toy\.exam"):
        remake.main(["--only", "toy_model"])
    assert len(ran) == 2
    with pytest.raises(SystemExit, match="--list"):
        remake.main(["--from", "nothing"])
    remake.main(["--list", "--from", "photographs"])
    assert "photographs" in capsys.readouterr().out.splitlines()[-len(NAMES) - 2]


def test_the_card_has_the_sizes_of_the_shipped_model():
    sizes = script("make_sizes")
    found = CARD.split("<!-- sizes -->")[1].split("<!-- /sizes -->")[0].strip().splitlines()
    megabytes = shipped_weights().stat().st_size / 1e6
    assert found == sizes.lines(load(), megabytes), "run python docs/make_sizes.py"


def test_windows_that_fit_pad_nothing():
    sizes = script("make_sizes")
    assert sizes.padding(VIT_B) == " (pads the grid to 70)"
    assert sizes.padding(type(VIT_B)(window_size=16)) == ""


def test_the_picture_of_the_readme_is_remade_and_small():
    (picture,) = re.findall(r"!\[[^\]]+\]\((\S+)\)", (ROOT / "README.md").read_text("utf-8"))
    maker = script("images/make_click")
    assert (ROOT / picture) == maker.PICTURE
    assert ["docs/images/make_click.py"] in script("remake").commands()
    assert maker.PICTURE.stat().st_size < 1000 * maker.MOST_KB == 400_000
    with Image.open(maker.PICTURE) as animation:
        assert animation.n_frames == 1 + len(maker.CLICKS) == len(maker.FRAME_MS)


def test_frames_that_do_not_change_are_no_picture(tmp_path):
    maker = script("images/make_click")
    frame = Image.new("RGB", (40, 30))
    with pytest.raises(SystemExit, match="a click changed nothing"):
        maker.save([frame, frame], tmp_path / "click.webp")
    assert not list(tmp_path.iterdir())
    other = Image.new("RGB", (40, 50), "red")
    maker.save([frame, other, frame], tmp_path / "click.webp")
    with Image.open(tmp_path / "click.webp") as animation:
        assert (animation.n_frames, animation.size) == (3, (40, 50))
