"""RunDescription: what a run is, as data, with one fingerprint of its content."""

from dataclasses import dataclass
from functools import cached_property

from sam_explore.fingerprints import fingerprint
from sam_explore.geometry import Prompts
from sam_explore.model import SamConfig
from sam_explore.preprocessing import Preprocessing


@dataclass(frozen=True)
class Change:
    """One intervention of a run, or one edit, in words and by its content.

    Args:
        words: such as "AblateHead(block=5, head=2, to='zero')".
        fingerprint: of its content; for a user's function, of the function.
        is_portable: whether another process would compute the same fingerprint.
    """

    words: str
    fingerprint: str
    is_portable: bool


@dataclass(frozen=True, eq=False)
class RunDescription:
    """Everything that the numbers of a run depend on, as plain, picklable data without the model.

    Two descriptions are equal when their fingerprints are.

        print(trace.description)
        trace.description.fingerprint

    Args:
        config: the model's configuration.
        weights: a fingerprint of the content of all its weights.
        picture: a fingerprint of the picture's pixels.
        image_size: height and width of the picture.
        preprocessing: how the picture becomes the model's input.
        prompts: one prompt set.
        windows: each block's window in tokens, 0 for global.
        relative_positions: what happens to tables of another size.
        changes: interventions and edits in the order in which they act.
    """

    config: SamConfig
    weights: str
    picture: str
    image_size: tuple[int, int]
    preprocessing: Preprocessing
    prompts: Prompts
    windows: tuple[int, ...]
    relative_positions: str
    changes: tuple[Change, ...] = ()

    @property
    def model(self) -> str:
        """The name of the model's configuration."""
        return self.config.name

    @cached_property
    def fingerprint(self) -> str:
        """32 hexadecimal digits, the same for the same run in every process.

        Except for a run with a user's function as an edit, which is identified by the function
        object; see `is_portable`.
        """
        changes = tuple(each.fingerprint for each in self.changes)
        settings = self.preprocessing, self.prompts, self.windows, self.relative_positions
        return fingerprint((self.config, self.weights, self.picture, settings, changes))

    @property
    def is_portable(self) -> bool:
        """Whether another process computes the same fingerprint for the same run."""
        return all(each.is_portable for each in self.changes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunDescription) and self.fingerprint == other.fingerprint

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __str__(self) -> str:
        height, width = self.image_size
        how = self.preprocessing
        side = "" if how.side is None else f" to {how.side} pixels"
        changes = "; ".join(each.words for each in self.changes) or "nothing changed"
        return (
            f"run {self.fingerprint[:12]}: model {self.model} (weights {self.weights[:12]}), "
            f"picture {width} wide and {height} high ({self.picture[:12]}), preprocessing "
            f'"{how.name}"{side}, {self.prompts!r}, windows {self.windows} with tables of relative '
            f"positions by {self.relative_positions!r}, {changes}"
        )
