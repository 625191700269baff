"""Rules for the whole package: allowed imports, public names, the cost of an import."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import sam_explore as sx

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sam_explore"
PARTS = {path.stem for path in PACKAGE.glob("*.py")}
PARTS |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
DRAWING = {"matplotlib", "ipywidgets", "ipycanvas"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after a statement."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def contracts() -> list[dict]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return settings["tool"]["importlinter"]["contracts"]


def sources_that_must_not_import(module: str) -> set[str]:
    """The parts of the package that some contract keeps from importing `module`."""
    return {
        source.removeprefix("sam_explore.").removesuffix(".**")
        for contract in contracts()
        if module in contract.get("forbidden_modules", [])
        for source in contract["source_modules"]
    }


def test_no_import_runs_against_the_arrows():
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    command = [sys.executable, "-c", lint, "--no-logo", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def type_checked(*what: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--no-error-summary", *what]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_all_types_agree():
    done = type_checked()
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_type_checker_sees_the_public_names_and_no_others(tmp_path: Path):
    names = [*sx.__all__, *(f"probes.{name}" for name in sx.probes.__all__)]
    program = tmp_path / "program.py"
    program.write_text(
        "import sam_explore as sx\n"
        "sx.Prompts(points=[(1, 2)]).points.tolist()\n"
        f"public = {', '.join(f'sx.{name}' for name in names)}\n"
        "sx.Prompts(colour=1)\n"
        "sx.predikt\n"
    )
    done = type_checked(str(program))
    assert re.findall(r":(\d+): error: .+ (\[.+\])", done.stdout) == [
        ("4", "[call-arg]"),
        ("5", "[attr-defined]"),
    ], done.stdout + done.stderr


@pytest.mark.parametrize("library", sorted(DRAWING))
def test_a_contract_keeps_each_part_that_does_not_draw_from_each_drawing_library(library: str):
    may_draw = {"__init__", "cli", "course", "plots", "widgets"}
    assert sources_that_must_not_import(library) >= PARTS - may_draw


def test_a_contract_keeps_plots_from_torch_as_soon_as_there_are_plots():
    assert sources_that_must_not_import("torch") >= PARTS & {"plots"}


def test_importing_the_package_loads_neither_torch_nor_a_drawing_library():
    assert not loaded_by("import sam_explore") & (DRAWING | {"torch", "numpy"})


@pytest.mark.parametrize("part", sorted(PARTS & {"model", "prediction", "tracing", "probes"}))
def test_what_computes_loads_no_drawing_library(part: str):
    loaded = loaded_by(f"import sam_explore.{part}")
    assert "torch" in loaded
    assert not loaded & DRAWING


def test_no_public_name_loads_how_the_toy_is_trained():
    every = "import sam_explore, sys; [getattr(sam_explore, name) for name in sam_explore.__all__]"
    code = f"{every}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "sam_explore.scenes" in done.stdout.split()
    assert "sam_explore.toy" not in done.stdout


@pytest.mark.parametrize("name", sx.__all__)
def test_a_public_name_is_there_and_comes_with_a_docstring(name: str):
    assert getattr(sx, name).__doc__.strip()


def test_there_are_at_most_28_public_names_and_no_function_is_also_a_module():
    assert len(sx.__all__) <= 28
    assert sx.__all__ == sorted((*sx._MODULE_OF, *sx._SUBPACKAGES))
    assert set(sx.__all__) & PARTS == set(sx._SUBPACKAGES)


def test_dir_lists_the_public_names_and_nothing_else():
    assert dir(sx) == sorted([*sx.__all__, "__version__"])


def test_an_unknown_name_is_an_error_that_lists_the_close_ones():
    with pytest.raises(AttributeError, match=r"no public name 'predikt'; did you mean predict"):
        sx.predikt  # noqa: B018
    with pytest.raises(AttributeError, match=r"no public name 'zzz'$"):
        sx.zzz  # noqa: B018


def test_editors_see_the_same_names_as_the_interpreter():
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    told = {
        alias.name: line.module.removeprefix("sam_explore.")
        for line in block.body
        for alias in line.names
    }
    assert told == sx._MODULE_OF | dict.fromkeys(sx._SUBPACKAGES, "sam_explore")


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_function_has_at_most_50_lines(path: Path):
    """A file may be as long as its subject."""
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert {
        each.name: each.end_lineno - each.lineno + 1
        for each in functions
        if each.end_lineno - each.lineno + 1 > 50
    } == {}


def test_the_wheel_carries_notebooks_weights_exam_model_card_and_the_type_marker(tmp_path: Path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wheel = zipfile.ZipFile(next(tmp_path.glob("*.whl")))
    names = set(wheel.namelist())
    notebooks = {f"sam_explore/notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb")}
    assert notebooks
    data = {"py.typed", "toy/weights.safetensors", "toy/exam/manifest.jsonl"}
    assert names >= notebooks | {f"sam_explore/{name}" for name in data}
    assert {name.partition("/")[0] for name in names} == {
        "sam_explore",
        f"sam_explore-{sx.__version__}.dist-info",
    }
    card = wheel.read("sam_explore/toy/model_card.md")
    assert card == (ROOT / "docs" / "toy_model.md").read_bytes()
    for picture in re.findall(r"!\[.+?\]\((.+?)\)", card.decode()):
        assert f"sam_explore/toy/{picture}" in names
    find = (
        "from sam_explore.cli.info import model_card\n"
        "from sam_explore.cli.notebooks import notebooks_source\n"
        "print(notebooks_source(), model_card(), sep='\\n')"
    )
    wheel.extractall(tmp_path / "installed")
    done = subprocess.run(
        [sys.executable, "-c", find],
        cwd=tmp_path / "installed",
        capture_output=True,
        text=True,
        check=True,
    )
    installed = tmp_path / "installed" / "sam_explore"
    assert done.stdout.split() == [
        str(installed / "notebooks"),
        str(installed / "toy" / "model_card.md"),
    ]
