"""From a file to a report, on random weights of the official layout."""

import html
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch

from sam_explore.loading import config_from_shapes, rename_official, shipped_weights
from sam_explore.model import VIT_L
from sam_explore.verification import report as report_module
from sam_explore.verification import verify, verifying
from sam_explore.verification.rows import Row, Subject, measured, unjudged

from ..checkpoints import CUSTOM, official_weights
from ..parity.huggingface import rename_for_transformers
from ..parity.reference import random_weights, segment_anything


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("private folder") / "sam_small.pth"
    torch.save(dict(official_weights()), path)
    return path


@pytest.fixture(scope="module")
def report(file, picture):
    return verify(file, *picture)


def test_every_part_runs_and_both_others_agree(report):
    assert segment_anything  # imported for the tests, where there is no torchvision
    assert [row.holds for row in report.parts[:-2]] == [True] * 11
    by_peer = {"segment_anything 1.0": 0, f"transformers {transformers_version()}": 0}
    for row in report.peers:
        by_peer[row.name.partition(":")[0]] += 1
        assert row.holds, row
    assert set(by_peer.values()) == {5}
    assert report.is_sound


def transformers_version() -> str:
    from importlib.metadata import version

    return version("transformers")


def test_every_claim_is_measured_and_none_fails_to_be(report):
    assert len(report.claims) == 23
    rows = [*report.checks, *report.claims]
    assert all(row.measured and row.where for row in rows)
    assert not [row for row in rows if "Error" in row.measured]


def test_checks_hold_of_any_weights(report):
    assert len(report.checks) == 2
    assert [row.holds for row in report.checks] == [True, True]
    assert "2 of 2 checks of the computation agree" in report.summary


def test_claims_about_released_models_are_not_put_to_a_network_of_other_sizes(report):
    assert {row.holds for row in report.claims} == {None}
    assert "hold" not in report.summary
    assert "23 more figures were measured" in report.summary
    page = report.markdown()
    assert "A claim is a sentence about the released models" in page
    assert "This network has other sizes, so its figures are listed and nothing is judged." in page
    claims = page.partition("## Claims about the released models")[2]
    assert claims.count("| not judged |") == sum(bool(row.expected) for row in report.claims) > 15
    assert "| yes |" not in claims


def test_claims_are_put_to_a_network_of_a_released_size(report):
    rows = [Row("a", "1", "over 0", True), Row("b", "0", "over 0", False), Row("c", "figure")]
    released = replace(report, config=VIT_L, claims=rows)
    assert released.summary.endswith("and 1 of 2 claims hold.")
    page = released.markdown()
    assert "a claim that does not hold is no fault of the file" in page
    assert "not judged" not in page
    assert "| b | 0 | over 0 | **no** |" in page


def test_of_the_shipped_model_no_claim_is_judged(picture):
    report = verify(shipped_weights(), *picture)
    assert {row.holds for row in report.claims} == {None}


def test_a_measurement_of_a_claim_that_fails_is_reported_also_where_nothing_is_judged(subject):
    def heads_of_nothing(subject: Subject) -> list[Row]:
        raise RuntimeError("no heads")

    (row,) = measured(unjudged(heads_of_nothing), subject)
    assert row == Row("heads of nothing", "RuntimeError: no heads", "a figure", False)


def test_the_same_measure_is_judged_or_not(monkeypatch, picture, file):
    """A released size as far as `verify` can tell: its claims are judged."""
    config = config_from_shapes(rename_official(dict(official_weights())))
    monkeypatch.setattr(report_module, "RELEASED", (config,))
    monkeypatch.setattr(verifying, "RELEASED", (config,))
    report = verify(file, *picture)
    judged = [row for row in report.claims if row.expected]
    assert len(judged) > 15
    assert all(row.holds is not None for row in judged)


def test_the_page_says_what_was_verified_and_nothing_private(report, file):
    page = report.markdown()

    assert page.startswith("# sam-explore verify: sam_small.pth\n\n11 of 11 parts give finite")
    for told in ("torch 2", "none of the three official files", f"{file.stat().st_size:,} bytes",
                 "32 channels, 4 blocks of 2 heads", "global blocks 1, 3"):  # fmt: skip
        assert told in page
    assert re.search(r"\| SHA-256 \| [0-9a-f]{64} \|", page)
    for private in (str(file.parent), file.parent.name, os.path.expanduser("~") + "/"):
        assert private not in page
    for line in page.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
            assert line.count("|") in (3, 5, 6)


def test_a_name_with_markup_is_a_name_in_the_page(report):
    name = "<img src=x onerror=a>[b](c) | `d` &amp;\n# e.pth"
    page = replace(report, file=replace(report.file, name=name)).markdown()

    assert not set("<>[]`#|\n") & set(page.splitlines()[0].removeprefix("# ").replace("&#", ""))
    assert html.unescape(page.splitlines()[0]) == f"# sam-explore verify: {name}"
    assert "<img" not in page


def test_hugging_faces_file_is_compared_too(picture, tmp_path):
    theirs = rename_for_transformers(dict(official_weights()))
    theirs.pop("prompt_encoder.shared_embedding.positional_embedding")
    safetensors.torch.save_file(theirs, tmp_path / "model.safetensors")

    report = verify(tmp_path / "model.safetensors", *picture)
    assert len(report.peers) == 10
    assert report.is_sound


def test_a_file_of_our_own_is_measured_without_comparison(picture, tmp_path):
    ours = rename_official(dict(official_weights()))
    safetensors.torch.save_file(ours, tmp_path / "ours.safetensors")

    report = verify(tmp_path / "ours.safetensors", *picture)
    assert [row.holds for row in report.peers] == [None]
    assert "there was no comparison" in report.summary
    assert report.is_sound


def test_what_is_not_finite_is_found_where_it_begins(picture, tmp_path):
    weights = dict(official_weights())
    name = "image_encoder.blocks.1.mlp.lin2.weight"
    weights[name] = torch.full_like(weights[name], 3e38)  # finite, and its products are not
    torch.save(weights, tmp_path / "sam.pth")

    report = verify(tmp_path / "sam.pth", *picture)
    assert not report.is_sound
    wrong = {row.name: row.measured for row in report.parts if row.holds is False}
    assert (
        "first that is not: image_encoder.vit.blocks.1.mlp.hook_out" in wrong["image_encoder.vit"]
    )
    assert "image_encoder.patch_embedding" not in wrong


def test_networks_without_windows_are_measured_as_far_as_they_go(picture, tmp_path):
    config = replace(CUSTOM, global_blocks=(0, 1, 2, 3), window_size=10)
    torch.save(random_weights(config), tmp_path / "sam.pth")

    report = verify(tmp_path / "sam.pth", *picture)
    assert report.is_sound
    assert not [row for row in report.claims if "Error" in row.measured]


def test_a_file_that_can_not_be_loaded_is_refused_as_load_does(picture, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "sam.pth")

    with pytest.raises(ValueError, match="no SAM v1 checkpoint"):
        verify(tmp_path / "sam.pth", *picture)
