"""The prompts of each picture: the same for all, from a table, or from a function."""

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sam_explore.fingerprints import NoContentError, fingerprint, function_fingerprint
from sam_explore.geometry import Prompts
from sam_explore.paths import local_path
from sam_explore.saved_prompts import prompts_from_json

PromptFunction = Callable[[str, np.ndarray], Prompts]
_FIELDS = ("points", "labels", "box", "unprompted")
_BOX = ("x0", "y0", "x1", "y1")
_COLUMNS = ("path", "x", "y", "label", *_BOX)


@dataclass(frozen=True)
class PromptSource:
    """Where the prompts come from.

    Args:
        known: identifies the function, or the prompts that all pictures have. Those of a table are
            compared picture by picture.
        fixed: the prompts of all pictures.
        function: from a picture's name and its pixels to its prompts.
        table: prompts by the names of pictures, not yet checked.
    """

    known: str
    fixed: Prompts | None = None
    function: PromptFunction | None = None
    table: Mapping[str, Any] | None = field(default=None, repr=False)

    def without_table(self) -> "PromptSource":
        """The same for a worker, which gets the entries of its own pictures."""
        return self if self.table is None else replace(self, table={})

    def prompts(self, name: str, image: np.ndarray, entry: Any) -> Prompts:
        """The prompts of a picture.

        Args:
            name: of the picture.
            image: its pixels.
            entry: of the table, if there is one.

        Raises:
            ValueError: none in the table, or numbers that are no prompts.
        """
        if self.fixed is not None:
            return self.fixed
        if self.function is None:
            return prompts_of_entry(name, entry, image.shape[:2])
        prompts = self.function(name, image)
        if not isinstance(prompts, Prompts):
            raise TypeError(f"The function of prompts must return sx.Prompts, not {prompts!r:.80}.")
        return prompts


def centre(name: str, image: np.ndarray) -> Prompts:
    """A click in the middle of each picture."""
    height, width = image.shape[:2]
    return Prompts(points=[(width / 2, height / 2)])


def prompts_given(given: object) -> PromptSource:
    """Where prompts come from.

    Args:
        given: None for no prompts; `sx.Prompts` for the same ones in each picture; "centre" for a
            click in the middle; a function of a picture's name and its pixels; a dict by names; or
            the path of a .json or .csv file.

    Raises:
        TypeError: something else, or a function that can't be known by its code and data.
        ValueError: a file of another kind.
    """
    if given is None:
        given = Prompts()
    if isinstance(given, Prompts):
        return PromptSource(fingerprint(given), fixed=given)
    if isinstance(given, str) and given == "centre":
        given = centre
    if isinstance(given, Mapping):
        return PromptSource("table", table=given)
    if callable(given):
        return PromptSource(_known_function(given), function=given)
    if isinstance(given, str | Path):
        return PromptSource("table", table=_table(local_path(given)))
    raise TypeError(
        'prompts must be sx.Prompts, "centre", a function of name and picture, a dict by name or '
        f"the path of a .json or .csv file, but is {given!r:.80}."
    )


def _known_function(function: Callable) -> str:
    try:
        return f"{function.__module__}.{function.__qualname__} {function_fingerprint(function)}"
    except AttributeError:
        return fingerprint(function)  # a frozen dataclass that can be called
    except NoContentError as error:
        raise TypeError(
            f"The function of prompts can't be known by its code and data: {error} Give a table "
            "instead, or a function that uses plain data."
        ) from error


def prompts_of_entry(name: str, entry: Any, image_size: tuple[int, int]) -> Prompts:
    """Prompts of a table's entry: `sx.Prompts`, their fields in a dict, or saved prompts.

    Raises:
        ValueError: no entry, or no valid prompts.
    """
    if isinstance(entry, Prompts):
        return entry
    if isinstance(entry, Mapping) and "format" in entry:
        return prompts_from_json(json.dumps(entry), image_size)
    if not isinstance(entry, Mapping) or not set(entry) <= set(_FIELDS):
        what = "has no prompts" if entry is None else f"has {entry!r:.80}"
        raise ValueError(
            f"Expected prompts for {name} in the table, under some of {', '.join(_FIELDS)}; it "
            f"{what}."
        )
    return Prompts(**entry)


def _table(path: Path) -> Mapping[str, Any]:
    if path.suffix.lower() == ".csv":
        return _of_csv(path)
    if path.suffix.lower() != ".json":
        raise ValueError(f"A table of prompts is a .json or a .csv file, not {path.name}.")
    try:
        content = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no JSON: {error}.") from error
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} must hold an object with prompts under each picture's name, such as "
            f'{{"a.jpg": {{"points": [[12, 8]]}}}}, not {content!r:.80}.'
        )
    return content


def _of_csv(path: Path) -> dict[str, dict[str, Any]]:
    """A row is a point (x, y, label), a box (x0, y0, x1, y1), or both; several make one set."""
    table: dict[str, dict[str, Any]] = {}
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        columns = set(rows.fieldnames or ())
        if "path" not in columns or not columns <= set(_COLUMNS):
            raise ValueError(
                f"{path} must have a column path and some of {', '.join(_COLUMNS[1:])}, but has "
                f"{', '.join(map(str, rows.fieldnames or ())) or 'none'}."
            )
        for row in rows:
            entry = table.setdefault(row["path"], {})
            try:
                _add_row(entry, row)
            except ValueError as error:
                raise ValueError(f"{path}, line {rows.line_num}: {error}.") from error
    return table


def _add_row(entry: dict[str, Any], row: dict[str, str]) -> None:
    if row.get("x") or row.get("y"):
        entry.setdefault("points", []).append(
            [float(row.get(name) or "nan") for name in ("x", "y")]
        )
        entry.setdefault("labels", []).append(int(row.get("label") or 1))
    if any(map(row.get, _BOX)):
        if "box" in entry:
            raise ValueError("a picture has one box at most")
        entry["box"] = [float(row.get(name) or "nan") for name in _BOX]
