"""The checkpoints of one training from nothing, and the weights that ship."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sam_explore.automatic.kept import Kept
from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.model.weight_digests import Weights, all_weights_of
from sam_explore.provenance import Origin, note_model, origin_of_model

from .packing import unpack

FOLDER = Path(__file__).parents[3] / "docs" / "training"
_END = ".safetensors.xz"


@dataclass(frozen=True)
class Checkpoint:
    """The small model at one time of its training.

    Args:
        scenes: seen until then, in a training from nothing; None for the weights that ship, which
            come from other and longer runs.
        path: its file; None for the weights that ship.
        written: when the file was written, in nanoseconds, so that another one counts as another.
    """

    scenes: int | None
    path: Path | None
    written: int = 0

    @property
    def name(self) -> str:
        """Such as "after 3,000 scenes"."""
        return "as it ships" if self.scenes is None else f"after {self.scenes:,} scenes"

    @property
    def code(self) -> str:
        """Python that loads it, `sx` being sam_explore."""
        if self.path is None or self.scenes is None:
            return "sx.load()"
        folder = "" if self.path.parent == FOLDER else f", {str(self.path.parent)!r}"
        return f"sx.course.checkpoint({self.scenes}{folder})"

    def is_of(self, sam: Sam) -> bool:
        """Whether this network was loaded from it, and from nowhere else."""
        origin = origin_of_model(sam)
        return origin is not None and origin.code == self.code

    def load(self) -> Sam:
        """The network, in inference mode; the same object each time, unless it was changed.

        Raises:
            FileNotFoundError, ValueError: no such file, or none that can be read.
        """
        key = self.path, self.written
        sam, _ = _kept.get(key, partial(_loaded, self.path), _is_unchanged)
        note_model(sam, Origin(self.code))
        return sam


def checkpoints(folder: Path | str | None = None) -> tuple[Checkpoint, ...]:
    """All checkpoints by the number of scenes seen; the weights that ship are the last.

    Args:
        folder: where they lie; by default the repository's docs/training.

    Raises:
        FileNotFoundError: none are there, as in an installed package.
    """
    place = FOLDER if folder is None else Path(folder)
    paths = sorted(place.glob(f"*{_END}"), key=_scenes) if place.is_dir() else []
    if not paths:
        raise FileNotFoundError(
            f"expected checkpoints of the small model's training in {place}, but there are none. "
            "They are in the repository of sam_explore, in docs/training, and not in the installed "
            "package: clone it, and give that folder."
        )
    return (*(_checkpoint(path) for path in paths), Checkpoint(None, None))


def checkpoint(scenes: int, folder: Path | str | None = None) -> Sam:
    """The small model as it was after so many scenes of its training.

        sam = sx.course.checkpoint(1000)

    Args:
        scenes: one of the numbers for which there are checkpoints.
        folder: as in `checkpoints`.

    Raises:
        FileNotFoundError: none are there.
        ValueError: there is none for this number; the message lists the numbers.
    """
    found = checkpoints(folder)[:-1]
    for each in found:
        if each.scenes == scenes:
            return each.load()
    numbers = ", ".join(str(each.scenes) for each in found)
    raise ValueError(f"There are checkpoints after {numbers} scenes, and none after {scenes!r}.")


def named(scenes: int) -> str:
    """The file's name of a checkpoint."""
    return f"{scenes:09d}{_END}"


def _checkpoint(path: Path) -> Checkpoint:
    return Checkpoint(_scenes(path), path, path.stat().st_mtime_ns)


def _scenes(path: Path) -> int:
    digits = path.name.removesuffix(_END)
    if not digits.isdecimal():
        raise FileNotFoundError(
            f"expected names such as {named(3000)} in {path.parent}, but got {path.name}; move it "
            "away."
        )
    return int(digits)


_kept: Kept[tuple[Sam, Weights]] = Kept(most=16)


def _loaded(path: Path | None) -> tuple[Sam, Weights]:
    """A network, and its weights as they were loaded."""
    sam = load() if path is None else _unpacked(path)
    return sam, all_weights_of(sam)


def _unpacked(path: Path) -> Sam:
    try:
        return load(unpack(path.read_bytes()))
    except ValueError as error:
        raise ValueError(f"{path.name} holds no weights of the small model: {error}") from None


def _is_unchanged(kept: tuple[Sam, Weights]) -> bool:
    sam, weights = kept
    return all_weights_of(sam).fingerprint == weights.fingerprint
