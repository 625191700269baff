"""Prompts to JSON and back, also for the same picture at another size."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from .corrections import BEST, Choice, Dialogue
from .geometry import Prompts
from .paths import at_home

_FORMAT, _VERSION = "sam_explore prompts", 1
MOST_BYTES = 64 * 2**20  # of a file; a hint of 256 x 256 takes 350 kB
_LONGEST_SIDE = 2**31
_LONGEST_HEADER = 256  # of an .npy file; numpy writes 128 bytes


@dataclass(frozen=True, eq=False)
class SavedPrompts:
    """Prompts in the order in which they were given, and which answer was chosen.

    Args:
        dialogue: the prompts, without logits that are fed back.
        feeds_back: whether logits are fed back with corrections.
        choice: which mask answers.
        has_choices: whether these two were saved; files of older versions have neither.
    """

    dialogue: Dialogue
    feeds_back: bool = True
    choice: Choice = None
    has_choices: bool = True


def prompts_to_json(
    prompts: Prompts, image_size: tuple[int, int], saved: SavedPrompts | None = None
) -> str:
    """Prompts as text.

    A mask hint goes in as an .npy file in base64: some 350 kB for the released models.

    Args:
        prompts: what to save, as the model gets it.
        image_size: height and width of their picture.
        saved: how they came about; see `saved_from_json`.
    """
    height, width = image_size
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "image_size": {"height": height, "width": width},
        "points": prompts.points.tolist(),
        "labels": prompts.labels.tolist(),
        "box": None if prompts.box is None else prompts.box.tolist(),
        "mask_hint": None if prompts.mask_hint is None else _packed(prompts.mask_hint),
    }
    if prompts.unprompted is not None:  # what older versions ignore
        content["unprompted"] = prompts.unprompted
    if saved is not None:
        content["asked"] = {
            "feeds_back": saved.feeds_back,
            "mask": saved.choice,
            "hint_is_fed_back": saved.feeds_back and saved.dialogue.feeds_back,
            "corrections": [
                {"points_before": count, "mask": choice}
                for count, choice in saved.dialogue.corrected
            ],
        }
    return json.dumps(content, indent=1)


def prompts_from_json(text: str, image_size: tuple[int, int] | None = None) -> Prompts:
    """Prompts from the text that `prompts_to_json` returned.

    Args:
        text: the whole text.
        image_size: height and width of the picture to use them on. If they were saved for another
            size, points and box are scaled. None leaves them as they are.

    Raises:
        ValueError: text of another kind or a newer version, numbers that are not valid prompts, or
            a mask hint for a picture of another shape.
    """
    prompts, was, _ = _parsed(text)
    return prompts if image_size is None else _moved(prompts, was, image_size)


def saved_from_json(text: str, image_size: tuple[int, int] | None = None) -> SavedPrompts:
    """Prompts as from `prompts_from_json`, in the order in which they were given.

    Logits that were fed back are left out, since the model computes them again. So a file with such
    logits can be used on a picture of another shape.

    Raises:
        ValueError: as `prompts_from_json`.
    """
    _, was, saved = _parsed(text)
    prompts = saved.dialogue.prompts
    prompts = prompts if image_size is None else _moved(prompts, was, image_size)
    return replace(saved, dialogue=replace(saved.dialogue, prompts=prompts))


def text_of_file(path: str | Path) -> str:
    """The text of a file of saved prompts, for `prompts_from_json`.

    Raises:
        OSError: there is no such file.
        ValueError: no regular file, or one of more than 64 MiB.
    """
    path = at_home(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no regular file. Saved prompts are in one.")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(
            f"{path} has {path.stat().st_size / 1e6:,.0f} MB, and saved prompts have at most "
            f"{MOST_BYTES / 1e6:,.0f}."
        )
    return path.read_text("utf-8", errors="replace")


def _read(text: str) -> dict:
    """The content of a file of saved prompts, after checks that it is one."""
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(
            "Saved prompts are lists of numbers, and this is nested deeper than can be read."
        ) from error
    except ValueError as error:
        raise ValueError(f"Saved prompts are JSON, and this is not: {error}.") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise ValueError(
            f'This is JSON of another kind: in saved prompts, "format" is "{_FORMAT}".'
        )
    if content.get("version") != _VERSION:
        raise ValueError(
            f"These prompts were saved in version {content.get('version')} of their format, and "
            f"this sam_explore reads version {_VERSION}. Take a newer one."
        )
    return content


def _parsed(text: str) -> tuple[Prompts, tuple[int, int], SavedPrompts]:
    """The prompts that the model got, the picture's size, and how the prompts came about."""
    content = _read(text)
    try:
        was = _side(content, "height"), _side(content, "width")
        hint = None if content["mask_hint"] is None else _unpacked(content["mask_hint"])
        points, labels, box = (content[name] for name in ("points", "labels", "box"))
        prompts = Prompts(points, labels, box, hint, content.get("unprompted"))
        return prompts, was, _saved(prompts, content.get("asked"))
    except (KeyError, TypeError, ValueError, EOFError, AttributeError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"These saved prompts are damaged: {missing}") from error


def _saved(prompts: Prompts, asked: dict | None) -> SavedPrompts:
    """How the prompts came about, according to the file; older files don't say."""
    if asked is None:
        return SavedPrompts(Dialogue(prompts), has_choices=False)
    corrected = tuple((each["points_before"], each["mask"]) for each in asked["corrections"])
    counts = [count for count, _ in corrected]
    first = 1 if prompts.box is None else 0
    if not all(type(count) is int and first <= count < len(prompts.points) for count in counts):
        raise ValueError(f"corrections must follow on points that there are, not on {counts!r:.80}")
    if any(one >= next_one for one, next_one in pairwise(counts)):
        raise ValueError(f"corrections must be in their order, not {counts!r:.80}")
    for mask in (asked["mask"], *(mask for _, mask in corrected)):
        if not (mask is None or mask == BEST or (type(mask) is int and mask >= 0)):
            raise ValueError(f'a mask must be its number, "{BEST}" or null, not {mask!r:.40}')
    for name in ("feeds_back", "hint_is_fed_back"):
        if type(asked[name]) is not bool:
            raise ValueError(f"{name} must be true or false, not {asked[name]!r:.40}")
    own = prompts.with_mask_hint(None) if asked["hint_is_fed_back"] else prompts
    return SavedPrompts(Dialogue(own, corrected), asked["feeds_back"], asked["mask"])


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON's")


def _side(content: dict, name: str) -> int:
    """The height or width of the prompts' picture."""
    side = content["image_size"][name]
    if type(side) is not int or not 0 < side < _LONGEST_SIDE:
        raise ValueError(f"the picture's {name} must be a whole number of pixels, not {side!r:.40}")
    return side


def _packed(hint: Float32[np.ndarray, "row column"]) -> str:
    file = BytesIO()
    np.save(file, hint, allow_pickle=False)
    return b64encode(file.getvalue()).decode("ascii")


def _unpacked(text: str) -> np.ndarray:
    """The array in a text of `_packed`. It takes no more memory than the text holds.

    The size in the header is trusted only if the content has that length.
    """
    content = b64decode(text, validate=True)
    file = BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("the mask hint is no .npy file of version 1.0")
    header = np.lib.format.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
    (rows, columns), by_column, kind = header
    if kind.kind != "f" or by_column or min(rows, columns) < 1:
        raise ValueError("the mask hint must be rows of floats")
    if rows * columns * kind.itemsize != len(content) - file.tell():
        raise ValueError(
            f"the mask hint says that it has {rows} x {columns} logits, but is not as long"
        )
    return np.frombuffer(content, kind, offset=file.tell()).reshape(rows, columns)


def _moved(prompts: Prompts, was: tuple[int, int], wanted: tuple[int, int]) -> Prompts:
    """Prompts for a picture of one height and width, scaled to another size of the picture."""
    if was == wanted:
        return prompts
    (height, width), (new_height, new_width) = was, wanted
    down, across = new_height / height, new_width / width
    # Sizes are whole pixels, so a scaled picture may have another shape by one.
    same_shape = min(abs(width * down - new_width), abs(height * across - new_height)) <= 1
    if prompts.mask_hint is not None and not same_shape:
        raise ValueError(
            f"The mask hint was saved for a picture {width} wide and {height} high, and fits none "
            f"of another shape; this one is {new_width} wide and {new_height} high."
        )
    box = None if prompts.box is None else prompts.box * (across, down, across, down)
    return replace(prompts, points=prompts.points * (across, down), box=box)
