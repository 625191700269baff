"""The pages in docs are right: generated ones are current, and code in the text runs."""

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import sam_explore as sx

from .small import small_sam

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
ADDING = (DOCS / "adding_a_probe.md").read_text("utf-8")


@pytest.fixture
def session():
    image = np.random.default_rng(0).integers(0, 256, (20, 40, 3), dtype=np.uint8)
    session = sx.Session(small_sam(), image, synchronous=True)
    yield session
    session.close()


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def test_the_list_of_hook_points_is_current():
    spec = importlib.util.spec_from_file_location("make_hook_points", DOCS / "make_hook_points.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    current = "Run python docs/make_hook_points.py, and look at what changed."
    assert maker.PAGE.read_text("utf-8") == maker.page(), current


def test_files_that_the_pages_name_are_there():
    folders = [ROOT / folder for folder in ("sam_explore", "tests", "docs", "notebooks")]
    files = [f"/{each.relative_to(ROOT)}" for folder in folders for each in folder.rglob("*.*")]
    for page in [ROOT / "README.md", *DOCS.glob("*.md"), *DOCS.glob("decisions/*.md")]:
        for name in re.findall(r"`([\w/]+/\w+\.(?:py|js|css))`", page.read_text("utf-8")):
            assert any(file.endswith(f"/{name}") for file in files), f"{page.name} names {name}"


def test_the_list_of_hook_points_names_every_one():
    page = (DOCS / "hook_points.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(\S+)` \|", page, re.MULTILINE))
    sam = small_sam()
    assert {
        re.sub(r"\.(blocks|layers|token_heads)\.\d+\.", r".\1.N.", name) for name in sam.hook_points
    } == listed


@pytest.mark.parametrize(
    "path",
    ["sam_explore/probes/tokens/block_channel.py", "tests/probes/tokens/test_block_channel.py"],
)
def test_files_shown_in_the_text_are_the_real_ones(path):
    assert f"`{path}`:\n\n```python\n{(ROOT / path).read_text('utf-8')}```" in ADDING


def test_the_line_to_add_is_in_the_list_of_probes():
    (line,) = (block for block in python_blocks(ADDING) if block.startswith("from ."))
    assert line in (ROOT / "sam_explore" / "probes" / "__init__.py").read_text("utf-8")


def test_the_cells_of_the_text_run_one_after_the_other(session):
    cells = [block for block in python_blocks(ADDING) if not block.startswith(('"""', "from ."))]
    names = {"sx": sx, "session": session}
    results = []
    for cell in cells:
        *before, last = cell.strip().splitlines()
        exec("\n".join(before), names)
        results.append(eval(last, names))

    hooks, shape, figure, explorer = results
    assert [info.name.split(".")[3] for info in hooks] == ["0", "1", "2", "3"]
    assert shape == (1, 5, 5)
    assert isinstance(figure, Figure)
    assert explorer.reading.title == "After block 0, channel 0"
    explorer.close()


def test_the_code_about_interventions_runs_and_its_table_names_them_all(session):
    page = (DOCS / "interventions.md").read_text("utf-8")
    session.prompts = sx.Prompts(points=[(12, 8)])
    names = {"sx": sx, "session": session}
    for block in python_blocks(page):
        exec(block, names)

    assert names["without"].edits == ("image_encoder.vit.blocks.3.attention.hook_out_per_head",)
    assert len(names["nowhere"].edits) == 1 + 2 * 4
    pattern = names["apart"]["image_encoder.vit.blocks.1.attention.hook_pattern"]
    assert not pattern[:, :, :10, 10:].any()
    listed = re.findall(r"^\| `(\w+)\(", page, re.MULTILINE)
    assert sorted([*listed, "Intervention"]) == sorted(sx.interventions.__all__)


def test_the_code_about_attributions_runs(session):
    session.prompts = sx.Prompts(points=[(12, 8)])
    names = {"sx": sx, "session": session}
    for block in python_blocks((DOCS / "attribution.md").read_text("utf-8")):
        exec(block, names)

    assert names["by_pixel_moved"].shape == (1, 2)
    assert names["contribution"].shape == names["effect"].shape == (3, 3)
    assert not np.array_equal(names["contribution"], names["control"])


def test_the_code_about_sizes_runs_and_its_computed_click_is_there():
    image = np.zeros((400, 512, 3), np.uint8)
    names = {"sx": sx, "np": np, "sam": sx.load(), "image": image}
    _, sizes, click = python_blocks((DOCS / "pictures_and_sizes.md").read_text("utf-8"))
    exec(sizes, names)

    config = names["sam"].config
    # 128 x 100 pixels, to the nearest patch.
    assert names["session"].grid == (int(100 / config.patch_size + 0.5), 128 // config.patch_size)
    assert names["trace"].frame.grid == (config.grid, config.grid)
    names["session"].close()
    frame, unit, token = click.strip().splitlines()
    exec(frame, names)
    np.testing.assert_allclose(eval(unit, names), [[0.501953, 0.252604]], atol=1e-6)
    assert eval(token, names) == eval(token.split("#")[1], names)


def test_the_solutions_of_the_exercises_run_and_answer(capsys):
    names: dict = {}
    for block in python_blocks((DOCS / "teaching.md").read_text("utf-8")):
        exec(block, names)
    head, *masks, times, fed_back, alone = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"head \d+: the logits change by [\d.]+ in the mean", head)
    assert [line.split(": true IoU")[0] for line in masks] == [f"Mask {i}" for i in range(4)]
    assert re.fullmatch(r"[\d.]+ times", times)
    assert [line.split(":")[0] for line in (fed_back, alone)] == ["fed back True", "fed back False"]
