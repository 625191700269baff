"""Shared by both scripts: memory of a process, a table of it, and the command."""

import argparse
import gc
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from ipywidgets.widgets.widget import _instances

from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine

PACKAGES = ("torch", "jupyterlab", "ipycanvas", "ipywidgets", "ipykernel")
Row = dict[str, object]


def resident_mib(process: int | str = "self") -> float:
    """Memory of a process that is in RAM, from Linux' /proc."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def look_at_kernel() -> Row:
    """What this process holds after a garbage collection."""
    gc.collect()
    return {
        "kernel, MiB": round(resident_mib()),
        "Python objects": len(gc.get_objects()),
        "widgets": len(_instances),
        "threads": threading.active_count(),
    }


def read_arguments(about: str, counts: dict[str, tuple[int, str]]) -> argparse.Namespace:
    """Numbers of the run by name, each with its default and what it counts, and --write."""
    parser = argparse.ArgumentParser(description=about)
    for name, (default, counted) in counts.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{counted} ({default})")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def report(rows: Sequence[Row], words: str, mark: str, page: Path | None) -> None:
    """Print a table with its words, and write it between the marks of a page."""
    head = list(rows[0])
    lines = [words, "", *markdown([head, *([row[name] for name in head] for row in rows)])]
    lines += ["", f"{machine(PACKAGES)}."]
    print("\n".join(lines), flush=True)
    if page:
        write_between_marks(page, mark, lines)
