"""A folder of small pictures, a file of small weights, and runs without other processes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from sam_explore.folders import planned_run
from sam_explore.folders.job import Job
from sam_explore.folders.parts import PartWriter

from ..checkpoints import official_weights


def save_pictures(folder: Path, count: int) -> list[str]:
    """Pictures of several sizes, formats and folders, one of them broken. Returns their names."""
    chance = np.random.default_rng(0)
    names = []
    for number in range(count - 1):
        size = 20 + number % 3, 40 - number % 5
        name = f"{'deep/' if number % 4 == 0 else ''}p{number:02d}.{'png' if number % 2 else 'bmp'}"
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(chance.integers(0, 256, (*size, 3), dtype=np.uint8)).save(folder / name)
        names.append(name)
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    return sorted([*names, "broken.jpg"])


def save_weights(path: Path) -> Path:
    save_file(official_weights(), path)
    return path


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_weights(tmp_path_factory.mktemp("weights") / "small.safetensors")


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    save_pictures(folder, 12)
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Parts are written in this process. Returns the reports of all parts."""
    reports: list[dict] = []

    def run(job: Job, items: list, workers: int, bound: int) -> Iterator[tuple[str, object]]:
        write = PartWriter(job)
        for item in items:
            reports.append(write(item))
            yield "rows", reports[-1]["pictures"]
            yield "done", reports[-1]

    monkeypatch.setitem(planned_run._RUNNERS, "processes", run)
    return reports
