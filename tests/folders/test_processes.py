"""Workers as processes: the same rows, within their memory, whoever is killed and when."""

import json
import pickle
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import sam_explore as sx
from sam_explore.folders import FolderRun, Masks, Options, processes
from sam_explore.folders.job import Asked, Job, Part
from sam_explore.folders.memory import memory_bound
from sam_explore.folders.picture_prompts import prompts_given
from sam_explore.loading import load
from sam_explore.preprocessing import Preprocessing

from .conftest import save_pictures

MANY = 2**21  # pixels of the largest picture


def bytes_of(run: FolderRun) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.folder.glob("[!.]*")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Small pictures, one that is as large as may be, and one that is larger."""
    folder = tmp_path_factory.mktemp("pictures")
    save_pictures(folder, 14)
    for name, height in (("large.png", 1024), ("too_large.png", 1025)):
        Image.new("RGB", (MANY // 1024, height), "green").save(folder / name)
    return folder


@pytest.fixture(scope="module")
def runs(folder, weights, tmp_path_factory) -> list[FolderRun]:
    """The same with one and with two workers, and with a worker that is no fork."""
    x = 0.25

    def asked(workers: int) -> FolderRun:
        return sx.run_folder(
            "masks",
            folder,
            tmp_path_factory.mktemp("answers"),
            prompts=lambda name, image: sx.Prompts(points=[(x * image.shape[1], 0)]),
            weights=weights,
            workers=workers,
            progress=False,
            most_pixels=MANY,
        )

    found = [asked(1), asked(2)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "starter_for", processes.PlainStarter)
        found.append(asked(1))
    return found


def test_how_many_workers_there_are_and_how_they_start_changes_no_byte(runs):
    first, *others = map(bytes_of, runs)
    assert len(first) == 3
    assert all(each == first for each in others)


def test_a_function_that_no_module_holds_gets_to_the_workers(runs):
    row = next(row for row in runs[0].rows() if row["path"] == "large.png")
    assert '"points":[[512.0,0.0]]' in row["prompts"]


def test_a_worker_stays_within_its_memory(runs, weights):
    bound = memory_bound(load(weights), MANY, None)
    for run in runs:
        assert 100 * 2**20 < run.peak_bytes < bound
    assert list(runs[0].errors()) == ["broken.jpg", "too_large.png"]
    assert "pixels" in runs[0].errors()["too_large.png"]


def test_the_bound_is_added_up_from_its_parts():
    sam = sx.load()
    config = sam.config
    base = memory_bound(sam, 0, None)
    assert memory_bound(sam, 10, None) == base + 400
    attention = 2 * 4 * config.encoder_heads * config.grid**4
    assert memory_bound(sam, 0, 1000) == base + attention + 1000
    numbers = sum(each.numel() for each in sam.state_dict().values())
    layers = 24 * 4 * config.encoder_dim * config.grid**2
    assert base == pytest.approx(600 * 2**20 + 2.5 * 4 * numbers + layers, abs=1)
    assert Options().most_pixels == 2**25


def test_a_run_that_is_killed_at_ten_random_moments_ends_with_the_same_files(weights, tmp_path):
    (tmp_path / "pictures").mkdir()
    save_pictures(tmp_path / "pictures", 24)
    script = Path(__file__).with_name("killing.py")
    command = [sys.executable, script, weights, tmp_path / "pictures", tmp_path / "answers"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    trials = list(map(json.loads, done.stdout.splitlines()))
    assert [each["victim"] for each in trials] == 5 * ["worker", "main"]
    assert all(each["same"] and each["status"] == 0 for each in trials), done.stdout + done.stderr
    assert not any(each["left"] for each in trials)  # no process outlives its main process
    assert sum(each["struck"] and each["parts"] < each["of"] for each in trials) >= 5, done.stdout


class Stub:
    """A starter whose workers do as they are told: write a part, or die after some rows."""

    def __init__(self, *fates: int | None, memory: int = 0, parts: int = 1):
        self.fates, self.memory, self.parts = list(fates), memory, parts
        self.started = self.ended = 0

    def start(self) -> processes.Worker:
        self.started += 1
        fate = self.fates.pop(0)
        said = [("row", None)] * (2 if fate is None else fate)
        report = {"file": "f", "pictures": 2, "asked": 2, "memory": self.memory, "peak": 7}
        said += [("done", report)] * (fate is None)
        stream = BytesIO(b"".join(map(pickle.dumps, said * self.parts)))
        return processes.Worker(BytesIO(), stream, self._note_end)

    def _note_end(self) -> None:
        self.ended += 1

    def end(self) -> None:
        pass


def events_of(stub: Stub, monkeypatch, parts: int = 1, bound: int = 10) -> list:
    monkeypatch.setattr(processes, "starter_for", lambda job: stub)
    part = Part("f", (Asked("a.png", "/a.png"), Asked("b.png", "/b.png")))
    items = [{"part": pickle.dumps(part)}] * parts
    job = Job(
        Masks(), prompts_given(None), Preprocessing(), None, None, "cpu", "", "", Path(), 1, 1
    )
    return list(processes.run_in_processes(job, items, 1, bound))


def test_rows_of_a_worker_that_died_are_taken_back(monkeypatch):
    events = events_of(Stub(1, None), monkeypatch)
    rows = [value for kind, value in events if kind == "rows"]
    assert rows == [0, 1, -1, 1, 1, 0]
    assert sum(rows) == 2
    assert [kind for kind, _ in events].count("done") == 1


def test_three_deaths_at_one_part_end_the_run_with_the_picture(monkeypatch):
    stub = Stub(0, 0, 1)
    with pytest.raises(RuntimeError, match=r"3 workers died .+ the last at the picture b\.png"):
        events_of(stub, monkeypatch)
    assert stub.ended == stub.started == 3


@pytest.mark.parametrize(("memory", "started"), [(10, 1), (11, 2)])
def test_a_worker_that_holds_more_than_its_bound_is_replaced(monkeypatch, memory, started):
    stub = Stub(None, None, memory=memory, parts=2)
    events = events_of(stub, monkeypatch, parts=2, bound=10)
    assert [kind for kind, _ in events].count("done") == 2
    assert stub.started == started


def test_why_workers_can_not_start_is_said(weights, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("sam_explore.folders.running.known_model", lambda sam: "another model")
    with pytest.raises(RuntimeError, match=r"(?s)changed since the run began.+two models"):
        sx.run_folder("masks", folder, tmp_path, weights=weights, workers=1, progress=False)
