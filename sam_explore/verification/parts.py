"""Does every part of the network give finite numbers for every kind of prompt?"""

import time
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, nn

from sam_explore.geometry import Prompts
from sam_explore.model import HookPoint, Sam
from sam_explore.prediction import encode, predict
from sam_explore.tracing import record

from .rows import Row, Subject

# Scores and patterns of a released encoder would take gigabytes.
_HUGE = ("hook_scores", "hook_pattern", "hook_relative_rows", "hook_relative_columns")


def every_part(subject: Subject) -> list[Row]:
    """A row for each part of the network: how many of its hook points had finite numbers only."""
    sam = subject.sam
    names = _inspected_hooks(sam)
    begun = time.perf_counter()
    with record(sam, names, _is_finite) as found:
        encoded = encode(sam, subject.image)
    seconds = time.perf_counter() - begun
    found = dict(found)
    begun = time.perf_counter()
    for prompts in every_kind(subject):
        with record(sam, names, _is_finite) as flags:
            predict(sam, encoded, prompts)
        for name, is_finite in flags.items():
            found[name] = found.get(name, True) and is_finite
    kinds = len(every_kind(subject))
    return [
        *(_row(part, names, found) for part in _parts(names)),
        Row("seconds for the picture", f"{seconds:.2f}"),
        Row("seconds a prompt", f"{(time.perf_counter() - begun) / kinds:.3f}"),
    ]


def every_kind(subject: Subject) -> list[Prompts]:
    """Each kind of prompt set for the object in the picture."""
    click, box, side = subject.click, subject.box, subject.sam.config.mask_size
    hint = np.broadcast_to(np.linspace(-8, 8, side), (side, side))
    corner = click.with_point((0.0, 0.0), 0)
    with_box = click.with_box(box.box)
    return [click, corner, box, with_box, Prompts(mask_hint=hint), click.with_mask_hint(hint)]


def pixels_of(subject: Subject) -> Tensor:
    """The model's input for the picture."""
    seen = []

    def inspect(module: nn.Module, inputs: tuple) -> tuple:
        seen.append(inputs[0])
        raise _Seen

    handle = subject.sam.image_encoder.register_forward_pre_hook(inspect)
    try:
        encode(subject.sam, subject.image)
    except _Seen:
        pass
    finally:
        handle.remove()
    return seen[0]


class _Seen(Exception):
    """Stops the run: the input was recorded, and the encoder need not run."""


def _inspected_hooks(sam: Sam) -> list[str]:
    return [
        name
        for name in sam.hook_points
        if not (name.startswith("image_encoder.") and name.endswith(_HUGE))
    ]


def _is_finite(tensor: Tensor, hook: HookPoint) -> bool:
    return bool(torch.isfinite(tensor).all())


def _part(name: str) -> str:
    """The component that a hook point belongs to, such as image_encoder.vit."""
    first, second, *_ = name.split(".")
    return first if second.startswith("hook_") else f"{first}.{second}"


def _parts(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(map(_part, names)))


def _row(part: str, names: Iterable[str], found: dict[str, bool]) -> Row:
    inside = [name for name in names if _part(name) == part]
    good = sum(found.get(name, False) for name in inside)
    bad = next((name for name in inside if not found.get(name, False)), None)
    where = f"; the first that is not: {bad}" if bad else ""
    words = f"{good} of {len(inside)} tensors finite{where}"
    return Row(part, words, "all finite", good == len(inside))
