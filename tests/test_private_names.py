"""No file uses another one's private names; those of libraries that are used are listed."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "sam_explore"

# Names of libraries that are private and have no public twin. Each is used in one place, which says
# what happens where a version of the library lacks it, or is part of how the library is extended.
OF_LIBRARIES = {
    "cli/app.py": {"_SubParsersAction"},
    "cli/download.py": {"_SubParsersAction"},
    "cli/export.py": {"_SubParsersAction"},
    "cli/forking.py": {"_forkserver", "_forkserver_alive_fd"},
    "cli/info.py": {"_SubParsersAction"},
    "cli/lab.py": {"_SubParsersAction"},
    "cli/onnx.py": {"_SubParsersAction"},
    "cli/run_folder.py": {"_SubParsersAction"},
    "cli/verify.py": {"_SubParsersAction"},
    "folders/worker.py": {"_exit"},
    "sixteen_bit_pictures.py": {"_replace"},
    "loading/tensor_selection.py": {"_getframe"},
    "model_checks.py": {"_parameters", "_buffers"},
    "model/hooks.py": {
        "_forward_hooks",
        "_forward_pre_hooks",
        "_backward_hooks",
        "_backward_pre_hooks",
    },
    "model/modules.py": {"_modules", "_parameters", "_buffers"},
    "model/weight_digests.py": {"_modules", "_parameters", "_buffers", "_version"},
    "model/kernels/cross_attention.py": {"_version"},
    "model/kernels/tensor_cache.py": {"_version"},
    "model/kernels/products.py": {"_linear_pointwise"},
    "model/kernels/dispatch.py": {
        "_C",
        "_functorch",
        "_current_level",
        "_has_any_global_hook",
        "_modules",
        "_parameters",
        "_buffers",
    },
    "toy/exam/report.py": {"_asdict"},
    "tracing/attribution/memory.py": {"_cdata"},
    "widgets/canvas/ipycanvas_internals.py": {
        "_CanvasManager",
        "_canvas_manager",
        "_canvases",
        "_current_canvas",
        "_caching",
        "_commands_cache",
        "_buffers_cache",
    },
    "widgets/canvas/ipywidgets_registry.py": {"_instances"},
}

FILES = sorted(PACKAGE.rglob("*.py"))


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def defined_in(tree: ast.Module) -> set[str]:
    """Names that a file defines: functions, classes, variables, fields and attributes of self."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own(node):
            names.add(node.attr)
    return names


def reached_into(tree: ast.Module) -> set[str]:
    """Private names that a file takes from elsewhere than itself."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names if is_private(alias.name)}
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and not is_own(node):
            found.add(node.attr)
    return found - defined_in(tree)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_takes_no_private_name_but_those_that_are_listed(path: Path):
    name = path.relative_to(PACKAGE).as_posix()
    assert reached_into(ast.parse(path.read_text("utf-8"))) == OF_LIBRARIES.get(name, set())


def test_every_listed_file_is_there():
    names = {path.relative_to(PACKAGE).as_posix() for path in FILES}
    assert OF_LIBRARIES.keys() <= names


def test_no_file_imports_the_package_as_a_whole():
    """The contracts can't see what they would reach through it."""
    found = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            whole = isinstance(node, ast.Import) and any(
                alias.name == "sam_explore" for alias in node.names
            )
            public = isinstance(node, ast.ImportFrom) and node.module == "sam_explore"
            if (whole or public) and path.name != "__init__.py":
                found.add(path.relative_to(PACKAGE).as_posix())
    assert found == set()


def test_what_is_reached_into_is_found():
    """The search itself: of another object, imported, and of a superclass; but not one's own."""
    tree = ast.parse(
        "from library import _secret\n"
        "class Own(Base):\n"
        "    def _mine(self): self._kept = other._kept, other._mine()\n"
        "    def ask(self): return trace._store, super()._base, self._inherited, x.__class__\n"
    )
    assert reached_into(tree) == {"_secret", "_store", "_base"}
