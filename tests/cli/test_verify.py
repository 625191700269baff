"""`sam-explore verify`: the file it writes, what it says, and its exit status."""

from pathlib import Path

import pytest
import torch

from sam_explore.cli import main

from ..checkpoints import official_weights
from ..parity.reference import segment_anything


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SAM_EXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_a_report_is_written_to_the_working_folder_and_summed_up(folder, capsys):
    assert segment_anything
    (folder / "weights").mkdir()
    torch.save(dict(official_weights()), folder / "weights" / "sam_small.pth")

    assert main(["verify", "weights/sam_small.pth"]) == 0
    said = capsys.readouterr()
    assert "11 of 11 parts give finite numbers, 10 of 10 comparisons agree, and " in said.out
    assert "A claim is a sentence about the released models" in said.out
    assert "its figures are listed and nothing is judged" in said.out
    assert said.out.endswith("The report: sam_small-verified.md\n")
    assert "Measuring heads of the last block ..." in said.err
    page = (folder / "sam_small-verified.md").read_text("utf-8")
    assert page.startswith("# sam-explore verify: sam_small.pth")
    assert str(folder) not in page


def test_weights_that_give_no_numbers_are_an_exit_status(folder, capsys):
    weights = dict(official_weights())
    weights["mask_decoder.iou_token.weight"] = weights["mask_decoder.iou_token.weight"] * 1e37
    torch.save(weights, folder / "sam.pth")

    assert main(["verify", "sam.pth", "--to", "elsewhere.md"]) == 1
    assert "**no**" in (folder / "elsewhere.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["vit_b"], "vit_b is not in the cache yet. Download it first: sam-explore download vit_b"),
        (["none.pth"], "Expected a weights file at none.pth, but there is none"),
        (["toy", "--to", "no/such.md"], "There is no folder no"),
    ],
)
def test_mistakes_are_reported_before_anything_runs(folder, capsys, arguments, said):
    assert main(["verify", *arguments]) == 1
    assert said in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["toy", "--device", "nonsense"], "device must be one that PyTorch reaches here"),
        (["~who/x.pth"], "Expected a weights file at ~who/x.pth"),
        ([""], "The source of the weights is an empty text"),
        (["toy", "--to", "."], "is a folder. Give the name of a file"),
        (["toy", "--to", "none/x.md"], "There is no folder none to write x.md into"),
    ],
)
def test_nonsense_is_a_sentence_before_anything_runs(folder, capsys, arguments, words):
    assert main(["verify", *arguments]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Every part" not in said
