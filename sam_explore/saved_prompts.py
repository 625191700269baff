"""Prompts as JSON, and back again, also onto the same picture in another size."""

import json
from base64 import b64decode, b64encode
from dataclasses import replace
from io import BytesIO

import numpy as np
from jaxtyping import Float32

from .geometry import Prompts

_FORMAT, _VERSION = "sam_explore prompts", 1


def prompts_to_json(prompts: Prompts, image_size: tuple[int, int]) -> str:
    """Prompts as text.

    A mask hint goes in as an .npy file in base64: some 350 kB for the released models.

    Args:
        prompts: what to save.
        image_size: height and width of the picture that they are for.
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
    return json.dumps(content, indent=1)


def prompts_from_json(text: str, image_size: tuple[int, int] | None = None) -> Prompts:
    """Prompts out of what `prompts_to_json` gave.

    Args:
        text: the whole of it.
        image_size: height and width of the picture that they are wanted for. If they were for one
            of another size, points and box move in proportion. None leaves them as they are.

    Raises:
        ValueError: text of another kind or a newer version, numbers that are no prompts, or a mask
            hint for a picture of another shape.
    """
    content = _read(text)
    try:
        was = int(content["image_size"]["height"]), int(content["image_size"]["width"])
        hint = None if content["mask_hint"] is None else _unpacked(content["mask_hint"])
        prompts = Prompts(content["points"], content["labels"], content["box"], hint)
    except (KeyError, TypeError, ValueError, EOFError) as error:
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"These saved prompts are damaged: {missing}") from error
    return prompts if image_size is None else _moved(prompts, was, image_size)


def _read(text: str) -> dict:
    """The content of saved prompts, once it is sure that they are some."""
    try:
        content = json.loads(text)
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


def _packed(hint: Float32[np.ndarray, "row column"]) -> str:
    file = BytesIO()
    np.save(file, hint, allow_pickle=False)
    return b64encode(file.getvalue()).decode("ascii")


def _unpacked(text: str) -> np.ndarray:
    return np.load(BytesIO(b64decode(text, validate=True)), allow_pickle=False)


def _moved(prompts: Prompts, was: tuple[int, int], wanted: tuple[int, int]) -> Prompts:
    """Prompts for a picture of one height and width, on the same picture in another size."""
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
