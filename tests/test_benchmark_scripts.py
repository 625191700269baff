"""The benchmark scripts still run; their numbers are taken by hand, on a quiet machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from .benchmarks.corrections import middle

ROOT = Path(__file__).parents[1]


def test_encoder_and_decoder_are_compared_and_written_between_their_marks(tmp_path):
    page = tmp_path / "benchmarks.md"
    page.write_text(
        "above\n<!-- encoder_decoder toy -->\nold\n<!-- /encoder_decoder toy -->\nbelow"
    )
    script = ROOT / "tests" / "benchmarks" / "encoder_decoder.py"
    options = ["--size", "toy", "--rounds", "1", "--decoder-rounds", "2", "--threads", "1"]
    options += ["--grid-rounds", "1", "--grid-points", "2", "--approximate", "--both-allocators"]

    done = subprocess.run(
        [sys.executable, script, *options, "--write", page],
        capture_output=True,
        text=True,
        timeout=300,
        env={name: each for name, each in os.environ.items() if not name.startswith("MALLOC_")},
    )

    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("above")
    assert text.endswith("below")
    assert "old" not in text
    for peer in ("sam_explore", "segment_anything", "transformers, eager", "transformers, sdpa"):
        # Encoder, point, `predict`, grid, by both allocators; ours also next to the approximate.
        assert text.count(f"\n| {peer} |") == (10 if peer == "sam_explore" else 8)
        assert f"\n- {peer}: embedding " in text
    for peer in (
        "sam_explore, bf16",
        "segment_anything, bf16 autocast",
        "transformers, sdpa, bf16",
    ):
        assert text.count(f"\n| {peer} |") == 2
    assert "malloc as the system sets it" in text
    assert "MALLOC_MMAP_THRESHOLD_=4294967296" in text


def written_by(script: str, mark: str, options: list[str], page: Path) -> str:
    """What a script writes between its marks, in place of what stood there."""
    page.write_text(f"above\n<!-- {mark} -->\nof an earlier run\n<!-- /{mark} -->\nbelow")
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "benchmarks" / script, *options, "--write", page],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert "of an earlier run" not in page.read_text()
    return page.read_text()


def test_the_small_model_is_measured_against_its_goals(tmp_path):
    options = ["--rounds", "1", "--threads", "1"]
    text = written_by("toy_speed.py", "toy_speed", options, tmp_path / "page.md")
    for goal in ("under 1000 ms: ", "under 60 ms: ", "under 8 ms: "):
        assert text.count(goal) == 1
    assert "goal at most 16 MB: met." in text


def test_each_component_is_measured_next_to_its_share_of_the_products(tmp_path):
    options = ["--sizes", "toy", "--rounds", "1"]
    text = written_by("component_cost.py", "component_cost", options, tmp_path / "page.md")
    for row in ("windowed attention", "channel projection", "with them, as a mask"):
        assert f"| {row} " in text
    assert "<!-- component_cost -->" in (ROOT / "docs" / "benchmarks.md").read_text()


def test_each_fast_form_is_measured_by_taking_it_away(tmp_path):
    options = ["--size", "toy", "--rounds", "1", "--decoder-rounds", "1", "--threads", "1"]
    text = written_by("fast_forms.py", "fast_forms toy", options, tmp_path / "page.md")
    assert text.count("\n| all fast forms ") == 3
    assert text.count("\n| without oneDNN's products ") == 3
    for row in ("attention in chunks", "MLP in chunks"):
        assert text.count(f"\n| without {row} ") == 1
    for row in ("what is kept of an image", "upscaling as products"):
        assert text.count(f"\n| without {row} ") == 2
    assert "<!-- fast_forms vit_b -->" in (ROOT / "docs" / "benchmarks.md").read_text()


def test_the_way_to_the_first_mask_is_measured(tmp_path):
    text = written_by("start_up.py", "start_up", ["--rounds", "1"], tmp_path / "page.md")
    for row in ("import torch", "sx.PromptCanvas(session)", "the click is answered"):
        assert f"| {row} " in text
    assert text.count(", goal ") == 3


def test_what_a_second_click_brings_is_measured_under_each_rule(tmp_path):
    options = ["--examples", "boat", "--threads", "1"]
    text = written_by("corrections.py", "corrections", options, tmp_path / "page.md")
    for row in ("first click, as published", "clicks alone, token 0", "logits fed back, token 0"):
        assert row in text
    assert "<!-- corrections -->" in (ROOT / "docs" / "prompting.md").read_text()


def test_automatic_masks_are_compared_where_all_keep_the_same(tmp_path):
    options = ["--size", "toy", "--points", "4", "--rounds", "1", "--threads", "1"]
    options += ["--height", "60", "--width", "80"]
    text = written_by("automatic_masks.py", "automatic_masks toy", options, tmp_path / "page.md")
    assert "All keep the same" in text
    for name in ("sam_explore", "segment_anything", "transformers' network in it, sdpa"):
        assert text.count(f"\n| {name} |") == 1
    assert "<!-- automatic_masks vit_b -->" in (ROOT / "docs" / "benchmarks.md").read_text()


def test_pictures_a_second_are_measured_next_to_plain_loops(tmp_path):
    options = ["--pictures", "5", "--rounds", "1", "--workers", "1", "--pixels", "60", "40"]
    text = written_by("folders.py", "folders toy", options, tmp_path / "page.md")
    for name in ("plain loop of sam_explore", "plain loop of transformers, sdpa", "1 worker"):
        assert name in text
    assert "<!-- folders toy -->" in (ROOT / "docs" / "folders.md").read_text()


def test_the_middle_is_that_of_the_largest_square_inside():
    mask = np.zeros((9, 12), bool)
    mask[0:2, 0:12] = True  # large, and thin
    mask[4:7, 5:8] = True  # a square of 3, whose middle is in row 5 and column 6
    assert middle(mask) == (6, 5)
    assert middle(np.eye(4, dtype=bool)) == (0, 0)
    assert middle(np.ones((5, 7), bool)) == (2, 2)


def test_the_page_has_the_marks_that_the_scripts_write_between():
    text = (ROOT / "docs" / "benchmarks.md").read_text()

    assert text.index("<!-- encoder_decoder vit_b -->") < text.index("<!-- /encoder_decoder vit_b")
    assert text.index("<!-- attention_rows vit_b -->") < text.index("<!-- /attention_rows vit_b")
    for mark in ("click_to_pixels", "click_on_large_picture", "toy_speed", "start_up"):
        assert text.index(f"<!-- {mark} -->") < text.index(f"<!-- /{mark} -->")
