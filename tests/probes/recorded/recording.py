"""The runs whose readings are recorded, and the file that holds them."""

import json
from pathlib import Path

import numpy as np

from sam_explore.geometry import Prompts
from sam_explore.probes import PROBES
from sam_explore.tracing import Trace

from ...small import small_sam
from ..reading_arrays import all_words, arrays

FOLDER = Path(__file__).parent
ARRAYS, WORDS = FOLDER / "arrays.npz", FOLDER / "words.json"


def traces() -> dict[str, Trace]:
    """A wide picture with a click, and a high one with points and a box."""
    sam, chance = small_sam(), np.random.default_rng(7)
    wide, high = (chance.integers(0, 256, (*size, 3), np.uint8) for size in ((20, 40), (40, 28)))
    several = Prompts(points=[(12, 30), (20, 8)], labels=[1, 0], box=(4, 6, 24, 36))
    return {
        "wide": Trace(sam, wide, Prompts(points=[(30, 8)])),
        "high": Trace(sam, high, several),
    }


def readings() -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """All arrays and all words, by picture, probe and number."""
    numbers, words = {}, {}
    for picture, trace in traces().items():
        for probe in PROBES:
            reading = probe()(trace)
            key = f"{picture}/{probe.__name__}"
            numbers |= {f"{key}/{index}": each for index, each in enumerate(arrays(reading))}
            words[key] = all_words(reading)
    return numbers, words


def record() -> None:
    numbers, words = readings()
    np.savez_compressed(ARRAYS, **{name: each.astype(np.float32) for name, each in numbers.items()})
    WORDS.write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n", "utf-8")


def recorded() -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    with np.load(ARRAYS) as file:
        numbers = {name: file[name] for name in file.files}
    return numbers, json.loads(WORDS.read_text("utf-8"))
