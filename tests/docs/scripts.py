"""The scripts in docs/phenomena as modules."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "phenomena"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "common")


def phenomenon(name: str) -> ModuleType:
    """One script, or what they share, imported as they import one another."""
    if str(FOLDER) not in sys.path:
        sys.path.append(str(FOLDER))
    return importlib.import_module(name)
