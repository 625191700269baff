"""The runs whose readings are recorded, and the files that hold them: one for each probe."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.probes import PROBES
from sam_explore.probes.common.probe import Probe
from sam_explore.tracing import Trace

from ...small import small_sam
from ..reading_arrays import all_words, arrays

_MOST, _MOST_KEPT = 4096, 256  # numbers of an array, and how many are kept of a larger one
FOLDER = Path(__file__).parent / "readings"
"""One file for each probe, so that branches that add probes change no file in common."""


def traces() -> dict[str, Trace]:
    """A wide picture with a click, and a high one with points and a box."""
    sam, chance = small_sam(), np.random.default_rng(7)
    wide, high = (chance.integers(0, 256, (*size, 3), np.uint8) for size in ((20, 40), (40, 28)))
    several = Prompts(points=[(12, 30), (20, 8)], labels=[1, 0], box=(4, 6, 24, 36))
    return {
        "wide": Trace(sam, wide, Prompts(points=[(30, 8)])),
        "high": Trace(sam, high, several),
    }


def readings(
    probes: Iterable[type[Probe]] = PROBES,
) -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """All arrays and all words, by picture, probe and number."""
    numbers, words, runs = {}, {}, traces()
    for probe in probes:
        for picture, trace in runs.items():
            reading = probe()(trace)
            key = f"{picture}/{probe.__name__}"
            numbers |= {f"{key}/{i}": thinned(each) for i, each in enumerate(arrays(reading))}
            words[key] = all_words(reading)
    return numbers, words


def thinned(array: np.ndarray) -> np.ndarray:
    """Every so many numbers of an array of pixels, so that its file stays small."""
    return array.ravel()[:: -(-array.size // _MOST_KEPT)] if array.size > _MOST else array


def record(names: Iterable[str] = ()) -> None:
    """Writes the files of the probes of these names, or of all; then no other file stays."""
    chosen = [probe for probe in PROBES if not names or probe.__name__ in names]
    numbers, words = readings(chosen)
    if not names:
        for file in FOLDER.glob("*.jsonl"):
            file.unlink()
    for probe in chosen:
        in_file = [key for key in (*words, *numbers) if key.split("/")[1] == probe.__name__]
        lines = [line(key, words[key] if key in words else numbers[key]) for key in in_file]
        (FOLDER / f"{probe.__name__}.jsonl").write_text("".join(lines), "utf-8")


def line(key: str, content: list[str] | np.ndarray) -> str:
    """One array or the words of one reading, as a line of JSON; numbers with six digits."""
    if isinstance(content, list):
        return json.dumps({"words": key, "are": content}, ensure_ascii=False) + "\n"
    values = [float(f"{value:.6g}") for value in content.ravel().tolist()]
    return json.dumps({"numbers": key, "shape": content.shape, "are": values}) + "\n"


def recorded() -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """What the files hold, as `readings` gives it."""
    numbers, words = {}, {}
    for file in FOLDER.glob("*.jsonl"):
        for text in file.read_text("utf-8").splitlines():
            entry = json.loads(text)
            if "words" in entry:
                words[entry["words"]] = entry["are"]
            else:
                numbers[entry["numbers"]] = np.reshape(entry["are"], entry["shape"])
    return numbers, words
