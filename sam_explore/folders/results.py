"""FolderRun: the answers of a run, read from its files."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from sam_explore.readings import Reading
from sam_explore.writing import write_whole

from .flat_readings import Numbers, reading_of
from .page import page_of
from .rows import SCHEMA, numbers_in
from .summary import Summary, summarise

MANIFEST = "_run.json"  # libraries that read folders of Parquet leave out what begins with _
_AT_ONCE = 256  # rows


@dataclass(frozen=True)
class FolderRun:
    """The answers to one question about many pictures.

        run = FolderRun("answers/question=HeadAtlas-1f0c2a7b")
        run.table(["path", "error"])
        [sx.draw(reading) for path, reading in run.readings()]

    Args:
        folder: where its files are.
        null: the same with one input shuffled, which summaries compare with.
        peak_bytes: the most memory that a worker held, if that was measured.
    """

    folder: Path
    null: "FolderRun | None" = None
    peak_bytes: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))

    @cached_property
    def notes(self) -> dict[str, Any]:
        """What was noted about the run: its question, its model, versions, whether it is finished.

        Raises ValueError for a folder without a run.
        """
        try:
            return dict(json.loads((self.folder / MANIFEST).read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise ValueError(
                f"There is no run in {self.folder}: expected the file {MANIFEST} there, as "
                f"sx.run_folder writes it. {error}"
            ) from error

    def __len__(self) -> int:
        return sum(pq.read_metadata(each).num_rows for each in self._files())

    def __repr__(self) -> str:
        return f"FolderRun({str(self.folder)!r})"

    def __str__(self) -> str:
        errors = self.errors()
        words = (
            f"{self.notes['question']} of {self.notes['pictures']} pictures, {len(errors)} with "
        )
        words += f"an error, in {self.folder}"
        return words if self.notes["is_finished"] else f"{words}; not finished"

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows, or some columns of them, in the order of the pictures' names."""
        tables = [pq.read_table(each, columns=columns, partitioning=None) for each in self._files()]
        schema = SCHEMA if columns is None else pa.schema([SCHEMA.field(each) for each in columns])
        return pa.concat_tables(tables) if tables else schema.empty_table()

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Each row as a dict; only some are in memory at a time."""
        for file in self._files():
            for batch in pq.ParquetFile(file).iter_batches(_AT_ONCE, columns=columns):
                yield from batch.to_pylist()

    def readings(self) -> Iterator[tuple[str, Reading]]:
        """Each picture's name and reading, without a picture below its maps."""
        for row in self.rows(["path", "form", "numbers"]):
            if row["form"] is not None:
                yield (
                    row["path"],
                    reading_of(row["form"], [n.values for n in numbers_in(row["numbers"])]),
                )

    def errors(self) -> dict[str, str]:
        """The errors by the names of their pictures."""
        table = self.table(["path", "error"])
        bad = table.filter(pc.is_valid(table["error"]))
        return dict(zip(bad["path"].to_pylist(), bad["error"].to_pylist(), strict=True))

    def numbers(self) -> Iterator[tuple[str, list[Numbers]]]:
        """Each picture's name and numbers; none where there was an error."""
        for row in self.rows(["path", "numbers"]):
            yield row["path"], numbers_in(row["numbers"])

    def summary(self, share: float = 0.95) -> Summary:
        """The mean over the pictures with its interval, next to the null's if there is one.

        Args:
            share: the probability of the intervals.
        """
        null = None if self.null is None else self.null.numbers()
        kind = None if self.null is None else self.null.notes["null"]
        return summarise(self.numbers(), null, self._form(), share, kind)

    def page(self, file: str | Path, by: str | None = None, count: int = 8) -> Path:
        """Write one HTML file with the summary, and the pictures with extreme numbers.

        Args:
            file: where to write.
            by: the number, by the name that the summary has for it; the first if None.
            count: how many pictures of each end.

        Raises:
            ValueError: no picture with an answer, or an unknown name, with those that there are.
        """
        path = Path(file)
        write_whole(path, page_of(self, by, count).encode())
        return path

    def picture(self, name: str) -> str:
        """The path of a picture, if its folder is still where it was."""
        return str(Path(self.notes["pictures_in"], name))

    def _form(self) -> str | None:
        forms = (row["form"] for row in self.rows(["form"]))
        return next((form for form in forms if form is not None), None)

    def _files(self) -> list[Path]:
        paths = (self.folder / name for name in self.notes["parts"])
        return [path for path in paths if path.exists()]
