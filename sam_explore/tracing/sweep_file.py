"""The file of a sweep: a header line, and one line for each value."""

import json
from pathlib import Path

import numpy as np


class SweepFile:
    """Values that a sweep has measured, each with a fingerprint of its run.

    Args:
        path: the file, created if needed. An incomplete last line is dropped.
        head: the header, which identifies the sweep.

    Raises:
        ValueError: a file of another sweep, which is left as it is.
    """

    def __init__(self, path: Path, head: dict):
        self._path = path
        self._runs: dict[int, str] = {}
        self._values: dict[int, dict[int, float]] = {}
        line = json.dumps(head)
        if not path.exists():
            path.write_text(line + "\n")
            return
        whole = path.read_text().rpartition("\n")[0].split("\n")
        if whole[0] != line:
            raise ValueError(
                f"{path} belongs to another sweep: expected {line}, it begins with "
                f"{whole[0][:200]!r}. Give another file."
            )
        for kept in map(json.loads, whole[1:]):
            self._runs[kept["case"]] = kept["run"]
            self._values.setdefault(kept["case"], {})[kept["condition"]] = kept["value"]
        path.write_text("\n".join(whole) + "\n")

    def count(self, wanted: np.ndarray) -> int:
        """How many of these pairs of condition and case it holds."""
        return sum(
            bool(wanted[condition, case])
            for case, values in self._values.items()
            for condition in values
        )

    def values_of(self, case: int, run: str) -> dict[int, float]:
        """The values of a case by condition. Raises ValueError if they are of another run."""
        if self._runs.get(case, run) != run:
            raise ValueError(
                f"{self._path} holds values of another model, picture, prompt or setting for case "
                f"{case}: give the same traces in the same order, or another file."
            )
        return self._values.get(case, {})

    def add(self, case: int, condition: int, value: float, run: str) -> None:
        """Append a value."""
        line = {"case": case, "condition": condition, "value": value, "run": run}
        with open(self._path, "a") as file:
            file.write(json.dumps(line) + "\n")
