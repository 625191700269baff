"""PlannedRun: cuts the pictures into parts, has them written, and notes what was done."""

import json
import pickle
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock, Timeout
from tqdm.auto import tqdm

from sam_explore.writing import write_whole

from .job import Asked, Job, Part
from .listing import cut
from .nulls import Null, others
from .picture_prompts import PromptSource
from .processes import run_in_processes
from .results import MANIFEST, FolderRun
from .with_ray import run_with_ray

_RUNNERS = {"processes": run_in_processes, "ray": run_with_ray}


@dataclass(frozen=True)
class PlannedRun:
    """A question about pictures, with and without a null.

    Args:
        job: the question, without a null; its folder is that of all questions.
        paths: of the pictures, by their names.
        pictures_in: the folder that the names are seen from, or "".
        source: where the prompts come from.
        part_size: pictures of a file, or None.
        bound: the most bytes that a worker takes.
    """

    job: Job
    paths: Mapping[str, str] = field(repr=False)
    pictures_in: str
    source: PromptSource
    part_size: int | None
    bound: int

    def finished(self, null: Null | None, workers: int, executor: str, progress: bool) -> FolderRun:
        """Have all parts written that are not there yet, also those of the null."""
        run = self._finished(None, workers, executor, progress)
        if null is None:
            return run
        return replace(run, null=self._finished(null, workers, executor, progress))

    def _finished(
        self, null: Null | None, workers: int, executor: str, progress: bool
    ) -> FolderRun:
        known = replace(self.job, null=null).known(version("sam-explore"))
        folder = self.job.folder / f"question={_name(self.job, null)}-{known[:8]}"
        folder.mkdir(parents=True, exist_ok=True)
        job = replace(self.job, null=null, folder=folder)
        with _alone(folder):
            parts = list(self._parts(job))
            self._note(job, known, parts, is_finished=False)
            items = [{"part": pickle.dumps(each)} for each in parts]
            events = _RUNNERS[executor](job, items, workers, self.bound)
            peak = _follow(events, len(self.paths), self._words(job, workers), progress)
            _remove_others(folder, {each.file for each in parts})
            self._note(job, known, parts, is_finished=True)
        return FolderRun(folder, peak_bytes=peak)

    def _words(self, job: Job, workers: int) -> str:
        """What stands before the bar."""
        null = "" if job.null is None else f", {job.null.kind} shuffled"
        return f"{_short(job)}{null} ({workers} x {self.bound / 2**30:.1f} GiB at most)"

    def _parts(self, job: Job) -> Iterator[Part]:
        """The parts with what their workers need: prompts, and files with rows of before."""
        names = list(self.paths)
        shuffles = job.null is not None and job.null.kind == "prompts"
        other = others(names, job.null.seed) if job.null is not None and shuffles else {}
        spans = _spans(job.folder)
        for file, some in cut(names, self.part_size):
            asked = tuple(self._asked(name, other.get(name)) for name in some)
            yield Part(file, asked, (file,) if file in spans else _overlapping(spans, some))

    def _asked(self, name: str, other: str | None = None) -> Asked:
        entry = None if self.source.table is None else self.source.table.get(name)
        return Asked(name, self.paths[name], entry, None if other is None else self._asked(other))

    def _note(self, job: Job, known: str, parts: Sequence[Part], is_finished: bool) -> None:
        content = {
            "format": "sam_explore folder run",
            "version": 1,
            "question": job.question.code,
            "null": None if job.null is None else job.null.kind,
            "seed": None if job.null is None else job.null.seed,
            "weights": str(job.source or "toy"),
            "model": job.model,
            "known": known,
            "versions": {name: version(name) for name in ("sam-explore", "torch", "pyarrow")},
            "pictures": len(self.paths),
            "pictures_in": self.pictures_in,
            "parts": [each.file for each in parts],
            "is_finished": is_finished,
        }
        write_whole(job.folder / MANIFEST, json.dumps(content, indent=1).encode())


def _name(job: Job, null: Null | None) -> str:
    return _short(job) if null is None else f"{_short(job)}-{null.kind}"


def _short(job: Job) -> str:
    return type(job.question).__name__


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder, so that no other run writes there, and remove what a killed one left."""
    lock = FileLock(folder / ".lock")
    try:
        with lock.acquire(blocking=False):
            for leftover in folder.glob(".part-*.parquet.*"):
                leftover.unlink(missing_ok=True)
            yield
    except Timeout as error:
        raise RuntimeError(
            f"Another run is writing to {folder}. Wait until it has ended, or end it."
        ) from error


def _spans(folder: Path) -> dict[str, tuple[str, str]]:
    """The first and the last picture of each file of parts that is there and can be read."""
    spans = {}
    for path in sorted(folder.glob("part-*.parquet")):
        try:
            names = pq.read_table(path, columns=["path"], partitioning=None)["path"]
        except (OSError, pa.ArrowException):
            continue
        if len(names):
            spans[path.name] = names[0].as_py(), names[-1].as_py()
    return spans


def _overlapping(spans: Mapping[str, tuple[str, str]], names: Sequence[str]) -> tuple[str, ...]:
    """The files that may hold rows of some of these pictures, after others were added."""
    return tuple(
        file for file, (first, last) in spans.items() if first <= names[-1] and last >= names[0]
    )


def _follow(events: Iterator[Any], count: int, words: str, progress: bool) -> int:
    """Show how far a run is. Returns the most bytes that a worker ever held."""
    peak = 0
    with tqdm(total=count, desc=words, unit=" pictures", disable=not progress) as bar:
        for kind, value in events:
            if kind == "rows":
                bar.update(value)
            else:
                peak = max(peak, int(value["peak"]))
    return peak


def _remove_others(folder: Path, wanted: set[str]) -> None:
    """Remove files of an earlier list of pictures; their rows are in the new ones."""
    for path in folder.glob("part-*.parquet"):
        if path.name not in wanted:
            path.unlink()
