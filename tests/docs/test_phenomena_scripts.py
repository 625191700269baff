"""The scripts in docs/phenomena run, and their page is of the weights that ship."""

import re

import numpy as np
import pytest
import torch

from sam_explore.loading import load, shipped_weights
from sam_explore.model import Sam
from sam_explore.toy.training.starting import initialise, randomise_positions
from sam_explore.toy.training.weights import save_weights

from .scripts import DOCS, NAMES, phenomenon

PAGE = (DOCS / "phenomena.md").read_text("utf-8")


def rows_of(lines: str) -> list[list[str]]:
    """The cells of a table without its head."""
    table = [line for line in lines.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


@pytest.mark.parametrize("name", NAMES)
def test_each_script_measures_on_the_shipped_weights(name, capsys):
    phenomenon(name).main(["--scenes", "2"])
    printed = capsys.readouterr().out
    rows, config = rows_of(printed), load().config
    channels = config.encoder_dim
    units = {config.encoder_mlp_dim, config.token_dim, config.encoder_depth * config.encoder_heads}
    assert len(rows) > 3
    for row in rows:
        assert len(row) == 8
        # scenes, or channels or other units of the toy
        assert int(row[7]) in {2, channels, channels // 2} | units
        assert "nothing" not in row
        assert "infinitely much" not in row
    assert "\nThe toy **" in printed


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_a_table_of_the_shipped_weights_for_each_script(name):
    part = PAGE.split(f"<!-- {name} -->")[1].split(f"<!-- /{name} -->")[0]
    digest = phenomenon("common").digest(shipped_weights())
    again = f"Other weights ship now: python docs/phenomena/{name}.py --write docs/phenomena.md"
    assert rows_of(part), again
    assert re.findall(r"shipped weights \(SHA-256 (\w+)\)", part) == [digest], again


def test_the_loop_on_the_page_runs_every_script():
    (names,) = re.findall(r"for name in ([\w ]+); do", PAGE)
    assert sorted(names.split()) == NAMES


def test_results_are_written_between_the_marks(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- selection -->\nold\n<!-- /selection -->\nbelow", "utf-8")
    phenomenon("selection").main(["--scenes", "1", "--write", str(page)])
    text = page.read_text("utf-8")
    assert text.startswith("above\n<!-- selection -->\n")
    assert text.endswith("<!-- /selection -->\nbelow")
    assert "old" not in text
    assert capsys.readouterr().out.strip() in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--weights", "no/such.pth"], "Expected a weights file"),
        (["--write", "no/such.md"], "no/such.md"),
        (["--write", "README.md"], "should hold the lines <!-- selection -->"),
        (["--scenes", "0"], "expected a number from 1 on"),
    ],
)
def test_mistakes_are_reported_before_anything_is_measured(arguments, said, capsys, monkeypatch):
    monkeypatch.chdir(DOCS.parent)
    with pytest.raises(SystemExit):
        phenomenon("selection").main(arguments)
    assert said in capsys.readouterr().err


@pytest.fixture(scope="module")
def random_start(tmp_path_factory):
    """The weights with which a run from random positions begins."""
    folder = tmp_path_factory.mktemp("run")
    file = folder / "start.safetensors"
    torch.manual_seed(4)  # as the training does first
    save_weights(randomise_positions(initialise(Sam(load().config))), file)
    return file


def test_the_random_start_is_drawn_again_from_the_seed(random_start):
    script = phenomenon("position_encodings")
    sam = load(random_start)
    begun, again = script.table_of(sam), script.random_start(sam.config, 4)
    assert np.allclose(begun, again, atol=2e-3)  # fp16 in the file


def test_what_training_added_to_random_positions_is_found(random_start, tmp_path, capsys):
    sam = load(random_start)
    slope = torch.linspace(-0.2, 0.2, sam.config.grid)
    sam.image_encoder.position_encoder.table += slope[None, None, :, None]  # along x, everywhere
    file = tmp_path / "trained.safetensors"
    save_weights(sam, file)
    options = ["--scenes", "1", "--random-start", str(file), "--random-start-seed", "4"]
    phenomenon("position_encodings").main(options)
    printed = capsys.readouterr().out
    *_, slow, families = rows_of(printed)
    assert slow[0] == "from random positions, what training added: power in slow waves"
    assert float(slow[1]) > 0.5
    # A slope along x is of the family in one half of the channels, and against it in the other.
    assert float(families[1]) == pytest.approx(0.5, abs=0.05)
    assert "trained.safetensors" in printed


def test_another_start_is_refused(random_start):
    options = ["--scenes", "1", "--random-start", str(random_start), "--random-start-seed", "5"]
    with pytest.raises(SystemExit, match="--random-start-seed"):
        phenomenon("position_encodings").main(options)
