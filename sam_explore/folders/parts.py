"""PartWriter: writes the rows of one part of the pictures, completely or not at all."""

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from sam_explore.fingerprints import fingerprint
from sam_explore.saved_prompts import prompts_from_json
from sam_explore.writing import publish

from .asking import AskPicture
from .job import Asked, Job, Part, content_of
from .memory import memory_now, peak_memory
from .picture_prompts import prompts_of_entry
from .rows import SCHEMA, size_of

ROWS_IN_MEMORY = 4 * 2**20  # bytes, before they are written
_VALUES = "numbers.list.element.values.list.element"
_KEYS = ["path", "content", "prompts", "height", "width", "error"]


class PartWriter:
    """Answers the question for the pictures of one part after the other. Both executors use it.

    Args:
        job: the question.
    """

    def __init__(self, job: Job):
        self._job = job
        self._ask = AskPicture(job)

    def __call__(
        self, item: dict[str, bytes], finished: Callable[[], None] = lambda: None
    ) -> dict[str, Any]:
        """Write the file of a part, with rows of earlier files where they are of the same pictures.

        Args:
            item: the part, pickled under "part".
            finished: called after each row.

        Returns:
            "file", "pictures", how many of them were "asked", and the worker's memory in bytes:
            "memory" now, and "peak". 0 where the system doesn't say.
        """
        part: Part = pickle.loads(item["part"])
        contents = [_content(each.path) for each in part.pictures]
        earlier = _EarlierRows(self._job, part.earlier)
        kept = list(map(earlier.holds, part.pictures, contents))
        target = self._job.folder / part.file
        if not (all(kept) and part.file in earlier.names):
            with _rows_of(target) as write:
                for asked, content, is_kept in zip(part.pictures, contents, kept, strict=True):
                    write(earlier.row(asked.name) if is_kept else self._ask(asked, content))
                    finished()
        return {
            "file": part.file,
            "pictures": len(part.pictures),
            "asked": len(kept) - sum(kept),
            "memory": memory_now(),
            "peak": peak_memory(),
        }


def _content(path: str) -> str | None:
    try:
        return content_of(path)
    except OSError:
        return None  # reading the picture will say why


@contextmanager
def _rows_of(target: Path) -> Iterator[Callable[[pa.Table], None]]:
    """A function that adds a row. The file gets its name when all are there."""
    private = NamedTemporaryFile(  # noqa: SIM115  it is renamed when it is whole
        dir=target.parent, prefix=f".{target.name}.", delete=False
    )
    waiting: list[pa.Table] = []
    try:
        encoding = {_VALUES: "BYTE_STREAM_SPLIT"}
        texts = [name for name in SCHEMA.names if name not in ("numbers", "masks")]
        texts += [f"numbers.list.element.{name}" for name in ("name", "axes")]
        options: dict[str, Any] = {"compression": "zstd", "column_encoding": encoding}
        with private, pq.ParquetWriter(private, SCHEMA, use_dictionary=texts, **options) as file:

            def write(row: pa.Table) -> None:
                waiting.append(row)
                if sum(map(size_of, waiting)) > ROWS_IN_MEMORY:
                    flush()

            def flush() -> None:
                if waiting:
                    file.write_table(pa.concat_tables(waiting).combine_chunks())
                    waiting.clear()

            yield write
            flush()
        publish(Path(private.name), target)
    except BaseException:
        Path(private.name).unlink(missing_ok=True)
        raise


class _EarlierRows:
    """Rows that were written before, by the names of the pictures.

    Args:
        job: the question.
        names: of the files. One that can't be read is left out: its rows are computed again.
    """

    def __init__(self, job: Job, names: Sequence[str]):
        self._job = job
        self._files: list[pq.ParquetFile] = []
        self._keys: dict[str, tuple[dict[str, Any], int, int, int]] = {}
        self._group: tuple[tuple[int, int], pa.Table] | None = None
        self.names = set()
        for name in names:
            try:
                file = pq.ParquetFile(job.folder / name)
                self._add(file)
            except (OSError, pa.ArrowException):
                continue
            self.names.add(name)

    def _add(self, file: pq.ParquetFile) -> None:
        for group in range(file.num_row_groups):
            keys = file.read_row_group(group, columns=_KEYS).to_pylist()
            for row, key in enumerate(keys):
                self._keys[key["path"]] = key, len(self._files), group, row
        self._files.append(file)

    def holds(self, asked: Asked, content: str | None) -> bool:
        """Whether there is a row of this picture, with the same content and prompts."""
        if asked.name not in self._keys or content is None or self._has_new_prompts(asked):
            return False
        key = self._keys[asked.name][0]
        if key["error"] is not None and self._job.asks_errors_again:
            return False
        return key["content"] == content

    def row(self, name: str) -> pa.Table:
        """The row of a picture."""
        _, file, group, row = self._keys[name]
        if self._group is None or self._group[0] != (file, group):
            self._group = (file, group), self._files[file].read_row_group(group)
        return self._group[1].slice(row, 1)

    def _has_new_prompts(self, asked: Asked) -> bool:
        """Whether the table has other prompts than those in the row; a function's are known."""
        if asked.other is not None:
            return True  # prompts of another picture, which may have changed, or be another one
        if self._job.prompts.table is None:
            return False
        key = self._keys[asked.name][0]
        if key["prompts"] is None:
            return True  # no valid ones
        size = key["height"], key["width"]
        try:
            now = prompts_of_entry(asked.name, asked.entry, size)
        except (TypeError, ValueError):
            return True
        return fingerprint(now) != fingerprint(prompts_from_json(key["prompts"]))
