"""The rows: one a picture, with the same columns for every question."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sam_explore.geometry import Prompts
from sam_explore.saved_prompts import prompts_to_json

from .flat_readings import Numbers, form_of, numbers_of
from .questions import Answer

_NUMBERS = pa.struct(
    [
        ("name", pa.string()),
        ("axes", pa.string()),
        ("shape", pa.list_(pa.int32())),
        ("values", pa.list_(pa.float64())),
    ]
)
# docs/folders.md says what each column holds.
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("content", pa.string()),
        ("weights", pa.string()),
        ("code", pa.string()),
        ("prompts", pa.string()),
        ("run", pa.string()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("words", pa.string()),
        ("form", pa.string()),
        ("numbers", pa.list_(_NUMBERS)),
        ("masks", pa.list_(pa.string())),
        ("error", pa.string()),
    ]
)


def answer_columns(answer: Answer) -> dict[str, Any]:
    """The columns that hold an answer."""
    return {
        "run": answer.run,
        "words": answer.reading.words,
        "form": form_of(answer.reading),
        "numbers": list(map(_stored, numbers_of(answer.reading))),
        "masks": list(answer.masks),
    }


def prompt_columns(prompts: Prompts, image_size: tuple[int, int]) -> dict[str, Any]:
    """The columns of a picture's size and prompts."""
    height, width = image_size
    compact = json.dumps(json.loads(prompts_to_json(prompts, image_size)), separators=(",", ":"))
    return {"height": height, "width": width, "prompts": compact}


def row_of(columns: dict[str, Any]) -> pa.Table:
    """A table of one row; columns that are not given are null."""
    row = {name: [columns.get(name)] for name in SCHEMA.names}
    return pa.Table.from_pydict(row, schema=SCHEMA)


def numbers_in(stored: Sequence[dict[str, Any]] | None) -> list[Numbers]:
    """The numbers of a row, from its column."""
    return [
        Numbers(
            each["name"],
            each["axes"],
            np.asarray(each["values"], float).reshape(each["shape"]),
        )
        for each in stored or ()
    ]


def size_of(row: pa.Table) -> int:
    """About how many bytes a row has, the same whether it was just computed or read from a file."""
    numbers = pc.list_flatten(row["numbers"])
    values = pc.sum(pc.list_value_length(pc.struct_field(numbers, "values"))).as_py() or 0
    texts = sum(
        pc.sum(pc.binary_length(column)).as_py() or 0
        for column in (row["form"], pc.list_flatten(row["masks"]))
    )
    return 8 * values + texts


def _stored(numbers: Numbers) -> dict[str, Any]:
    return {
        "name": numbers.name,
        "axes": numbers.axes,
        "shape": list(numbers.values.shape),
        "values": numbers.values.ravel(),
    }
