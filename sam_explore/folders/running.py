"""run_folder: a question about thousands of pictures."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sam_explore.loading import NAMES, load
from sam_explore.paths import local_path
from sam_explore.preprocessing import Preprocessing, Side
from sam_explore.probes import Probe

from .extras import check_installed
from .job import Job, known_model
from .listing import folder_of, list_pictures
from .memory import memory_bound
from .nulls import checked_null
from .picture_prompts import prompts_given
from .questions import question_of

if TYPE_CHECKING:
    import sam_explore.folders.results

EXECUTORS = ("processes", "ray")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What `run_folder` can be told in addition.

    Args:
        device, dtype: of the model, as in `sx.load`.
        preprocessing, side, keep_aspect: as in `sx.encode`.
        seed: of the null.
        part_size: pictures of a file; by default the square root of all, but 8 to 1000.
        most_pixels: pictures with more get a row with an error.
        cache_bytes: the most memory that a probe's intermediate results may keep alive.
        ask_errors_again: ask again about pictures whose row holds an error.
    """

    device: str = "cpu"
    dtype: str = "float32"
    preprocessing: str = "original"
    side: Side = None
    keep_aspect: bool = False
    seed: int = 0
    part_size: int | None = None
    most_pixels: int = 2**25  # 33 million
    cache_bytes: int = 2**29
    ask_errors_again: bool = False


def run_folder(
    question: object,
    pictures: object,
    to: str | Path,
    *,
    prompts: object = None,
    weights: str | Path | None = None,
    null: str | None = None,
    workers: int | None = None,
    executor: str = "processes",
    progress: bool = True,
    **options: Any,
) -> "sam_explore.folders.results.FolderRun":
    """Ask a question about each picture of a folder, and keep the answers as Parquet files.

        run = sx.run_folder(sx.probes.HeadAtlas(), "photos", "answers", null="weights")
        print(run.summary())
        run.page("extremes.html")

    It can be stopped or killed at any moment: the same call goes on and ends with the same rows,
    whatever the executor and the number of workers. docs/folders.md has the columns.

    Args:
        question: a probe, "masks", "embedding", or `folders.Masks(...)`; also as text.
        pictures: a folder, with the folders in it, or a list of paths.
        to: the folder for the answers; each question gets a folder of its own in there.
        prompts: `sx.Prompts` of all pictures; "centre" for a click in the middle; a dict by name,
            or a .json or .csv file; or a function of a picture's name and its pixels.
        weights: of the model, as `sx.load` takes them.
        null: ask again with "weights", "pixels" or "prompts" shuffled; see `folders.nulls`.
        workers, executor: how many "processes" of this machine, or "ray"; one a processor if None.
        progress, options: whether to show a bar; and see `folders.Options`.

    Raises:
        ImportError: what the extra `folders` or `ray` installs is missing.
        TypeError, ValueError, OSError: an argument that is none of these.
        RuntimeError: another run is writing there, or workers died again and again.
    """
    check_installed("pyarrow", "cloudpickle", extra="folders")
    from .planned_run import PlannedRun  # needs pyarrow

    count = _checked_workers(workers, executor)
    given = Options(**options)
    source = prompts_given(prompts)
    shuffled = checked_null(null, given.seed, source)
    job, bound = _job(question_of(question), source, weights, local_path(to), given)
    names = list_pictures(pictures), folder_of(pictures)
    run = PlannedRun(job, *names, source, given.part_size, bound)
    return run.finished(shuffled, count, executor, progress)


def _job(
    question: Any, source: Any, weights: str | Path | None, to: Path, given: Options
) -> tuple[Job, int]:
    """What workers have to know, and the most memory that each takes."""
    place = _place(weights)
    sam = load(weights, device=given.device, dtype=given.dtype)
    how = Preprocessing(given.preprocessing, given.side, given.keep_aspect)
    how.check(sam.config)
    job = Job(
        question,
        source.without_table(),
        how,
        None,
        place,
        given.device,
        given.dtype,
        known_model(sam),
        to.absolute(),
        given.most_pixels,
        given.cache_bytes,
        given.ask_errors_again,
    )
    cache_bytes = given.cache_bytes if isinstance(question, Probe) else None
    return job, memory_bound(sam, given.most_pixels, cache_bytes)


def _place(weights: str | Path | None) -> str | Path | None:
    """A name, or a path that means the same in every process."""
    if weights is None or (isinstance(weights, str) and weights in NAMES):
        return weights
    if not isinstance(weights, str | os.PathLike):
        raise TypeError(
            "weights must be a name or a path, since each worker loads them, but are "
            f"{type(weights).__name__}. Save them as a file first."
        )
    return local_path(weights).absolute()


def _checked_workers(workers: int | None, executor: str) -> int:
    if executor not in EXECUTORS:
        raise ValueError(f"executor must be one of {', '.join(EXECUTORS)}, not {executor!r:.40}.")
    if workers is None:
        return os.cpu_count() or 1
    if not isinstance(workers, int) or workers < 1:
        raise ValueError(f"workers must be a number from 1 on, not {workers!r:.40}.")
    return workers
