"""What is different in a drawn scene, as data; `changed_scenes` draws it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite

from .textures import KINDS

Shift = tuple[float, float]  # to the right and down, in pixels of the picture
PLAIN = "none"  # in place of a texture


@dataclass(frozen=True)
class Changes:
    """What is different in a drawn scene; without any, it is the same scene bit for bit.

    Args:
        moved_px: for names of regions, such as "turtle" and "turtle/head", how far they are moved
            to the right and down, in pixels of the picture. What belongs to a region moves with
            it, and a whole takes its shadow along.
        textures: for names of wholes, one of `textures.KINDS`, or "none" to take theirs off.
        cover_px: the middle of a board in front of everything, in pixels of the picture; None for
            no board. It is not labelled, so the truth loses what it covers.
        hue: how far all colours of the background are turned on the circle of hues, 1 being once
            around.
    """

    moved_px: Mapping[str, Shift] = field(default_factory=dict)
    textures: Mapping[str, str] = field(default_factory=dict)
    cover_px: Shift | None = None
    hue: float = 0.0

    def __post_init__(self) -> None:
        shifts = {name: _shift(each, f"moved_px[{name!r}]") for name, each in self.moved_px.items()}
        moved = {name: each for name, each in shifts.items() if each != (0.0, 0.0)}
        for kind in self.textures.values():
            if kind != PLAIN and kind not in KINDS:
                known = ", ".join((PLAIN, *KINDS))
                raise ValueError(f"no texture is named {kind!r}; choose one of: {known}")
        if self.cover_px is not None:
            object.__setattr__(self, "cover_px", _shift(self.cover_px, "cover_px"))
        if not isfinite(self.hue):
            raise ValueError(f"hue must be a number, not {self.hue}")
        object.__setattr__(self, "moved_px", moved)
        object.__setattr__(self, "textures", dict(self.textures))

    def moved(self, name: str, shift_px: Shift) -> "Changes":
        """With a region moved further, to the right and down in pixels of the picture."""
        x, y = self.moved_px.get(name, (0.0, 0.0))
        both = x + shift_px[0], y + shift_px[1]
        return replace(self, moved_px={**self.moved_px, name: both})

    def textured(self, name: str, kind: str | None) -> "Changes":
        """With another texture on a whole; None for the one that it was drawn with."""
        others = {one: each for one, each in self.textures.items() if one != name}
        return replace(self, textures=others if kind is None else {**others, name: kind})

    @property
    def code(self) -> str:
        """As arguments in Python, those that differ from the defaults."""
        given = {
            "moved_px": self.moved_px,
            "textures": self.textures,
            "cover_px": self.cover_px,
            "hue": self.hue,
        }
        return "".join(f", {name}={value!r}" for name, value in given.items() if value)


def _shift(given: Shift, what: str) -> Shift:
    numbers = tuple(float(each) for each in given)
    if len(numbers) != 2 or not all(map(isfinite, numbers)):
        raise ValueError(f"{what} must be two numbers, x and y in pixels, not {given!r}")
    return numbers[0], numbers[1]
