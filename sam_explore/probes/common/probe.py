"""What every probe is: a frozen question with knobs, asked of a trace, answered by a reading."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar

from sam_explore.model import SamConfig
from sam_explore.prediction import Prediction
from sam_explore.readings import (
    Provenance,
    Reading,
    Underlay,
    over_picture,
    with_ends_in_words,
    with_provenance,
)
from sam_explore.tracing import Trace


@dataclass(frozen=True)
class Knob:
    """What a field of a probe may be.

    Args:
        about: a few words for a label or a tooltip.
        low, high: the bounds, both included; `high` may need the run's sizes, `Trace.config`.
        choices: the values to choose from, for a knob without bounds.
        names: whole numbers that stand for something else, with what that is: ((-1, "all"),).
        link: the session's trait that a live view fills it from, such as "token", or "".
    """

    about: str
    low: float | None = None
    high: float | Callable[[SamConfig], float] | None = None
    choices: tuple = ()
    names: tuple[tuple[int, str], ...] = ()
    link: str = ""

    def bounds(self, config: SamConfig) -> tuple[float | None, float | None]:
        """The lowest and the highest value in a run of these sizes."""
        return self.low, self.high(config) if callable(self.high) else self.high


def knob(default: Any, about: str, **about_values: Any) -> Any:
    """A field of a probe, with what `Knob` says of its values."""
    return field(default=default, metadata={"knob": Knob(about, **about_values)})


def block_knob(default: int = 0) -> Any:
    """A field that is a block of the image encoder."""
    return knob(default, "block", low=0, high=lambda config: config.encoder_depth - 1)


def token_knob() -> Any:
    """A field that is an image token (row, column), linked to the one picked in the session."""
    return knob(
        (0, 0), "token (row, column)", low=0, high=lambda config: config.grid - 1, link="token"
    )


def mask_knob() -> Any:
    """A field that is one of the four masks, linked to the one shown in the session.

    −1 stands for the model's own choice; `mask_shown` resolves it.
    """
    return knob(
        -1,
        "mask",
        low=-1,
        high=lambda config: config.mask_tokens - 1,
        names=((-1, "the model's choice"),),
        link="mask",
    )


def threshold_knob() -> Any:
    """A field that is the logit above which a pixel is inside, linked to the session's."""
    return knob(0.0, "threshold", low=-100.0, high=100.0, link="threshold")


def mask_shown(mask: int, prediction: Prediction) -> int:
    """The mask that a `mask_knob` means: itself, or the model's choice for −1."""
    return prediction.chosen if mask < 0 else mask


@dataclass(frozen=True)
class Probe(ABC):
    """One question about one run. Subclasses are frozen dataclasses whose fields are knobs.

    A question about two runs has the other one as a field that is no knob, None by default.

        sx.probes.BlockNorms()(trace)

    Calling one is pure: the same probe and trace give the same reading, and nothing stays behind.
    The reading says where it came from, in its `provenance`.

    Attributes:
        reads_prompts: whether other prompts can change the reading. Where they can't, a live view
            doesn't ask again at each click, and gives the probe a trace without prompts.
        about_picture: whether what it answers depends on the picture, so that its maps are drawn
            over it where nobody says anything else.
        runs_encoder: whether it runs the image encoder anew; live views ask it after the others.
        is_sweep: whether it runs the image encoder several times, or works through the attention of
            every block; live views ask it last.
    """

    reads_prompts: ClassVar[bool] = True
    about_picture: ClassVar[bool] = True
    runs_encoder: ClassVar[bool] = False
    is_sweep: ClassVar[bool] = False

    def __call__(self, trace: Trace) -> Reading:
        """Answer the question for this trace. Raises ValueError for a knob out of its bounds."""
        self.check(trace.config)
        self._check_tokens(trace.frame.grid)
        reading = with_ends_in_words(self.read(trace))
        reading = over_picture(reading, self._underlays(trace))
        return with_provenance(reading, self._provenance(trace))

    def check(self, config: SamConfig) -> None:
        """Raise ValueError for a knob that means nothing in a run of these sizes."""
        knobs = self.knobs()
        for each in fields(self):
            if each.name in knobs:
                value = getattr(self, each.name)
                _check(each.name, value, each.default, knobs[each.name], config)

    def _check_tokens(self, grid: tuple[int, int]) -> None:
        """Bounds are those of the longer side; the shorter one has fewer rows, or columns."""
        for name, each in self.knobs().items():
            token = getattr(self, name)
            if each.link == "token" and not (token[0] < grid[0] and token[1] < grid[1]):
                raise ValueError(
                    f"{_called(name, each)} must lie from (0, 0) to {(grid[0] - 1, grid[1] - 1)} "
                    f"in this run, but is {token}."
                )

    def _underlays(self, trace: Trace) -> dict[str, Underlay]:
        """The picture below maps, by their frame."""
        grey, frame, wanted = trace.small_grey, trace.frame, self.about_picture
        cells = {"tokens": frame.cells_shown(), "logits": frame.cells_shown(4), "picture": (1, 1)}
        return {name: Underlay(grey, *shown, wanted) for name, shown in cells.items()}

    def _provenance(self, trace: Trace) -> Provenance:
        """The question, the run that it is asked of, and the other runs that it was given."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        others = {name: each for name, each in given.items() if isinstance(each, Trace)}
        described = tuple((name, each.description.fingerprint) for name, each in others.items())
        run = trace.description
        return Provenance(self.code, str(run), run.fingerprint, described)

    @abstractmethod
    def read(self, trace: Trace) -> Reading:
        """The answer; knobs have been checked."""

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """The knobs by field name, in order."""
        about = {each.name: each.metadata.get("knob") for each in fields(cls)}
        return {name: knob for name, knob in about.items() if knob}

    @property
    def code(self) -> str:
        """Python that makes this probe: knobs that have their defaults are left out.

        What is no knob stands there by its name, such as `other=other`.
        """
        knobs = self.knobs()
        changed = [
            f"{each.name}={repr(getattr(self, each.name)) if each.name in knobs else each.name}"
            for each in fields(self)
            if each.default is MISSING or getattr(self, each.name) != each.default
        ]
        return f"sx.probes.{type(self).__name__}({', '.join(changed)})"


def _check(name: str, value: Any, default: Any, each: Knob, config: SamConfig) -> None:
    if each.choices:
        if value not in each.choices:
            names = ", ".join(repr(choice) for choice in each.choices)
            raise ValueError(f"{name} must be one of {names}, not {value!r}.")
        return
    if not _alike(value, default):
        raise ValueError(f"{_called(name, each)} must be {_kind(default)}, but is {value!r}.")
    low, high = each.bounds(config)
    for part in value if isinstance(value, tuple) else (value,):
        if not ((low is None or part >= low) and (high is None or part <= high)):  # NaN neither
            names = "".join(f", where {number} means {what}" for number, what in each.names)
            raise ValueError(
                f"{_called(name, each)} must lie from {low} to {high} in this model{names}, "
                f"but is {value!r}."
            )


def _called(name: str, each: Knob) -> str:
    """The field's name, and what it is if that says more."""
    return each.about if each.about.startswith(name) else f"{name} ({each.about})"


def _alike(value: Any, default: Any) -> bool:
    """Whether a value is of the default's kind; a whole number also does for any number."""
    if isinstance(default, tuple):
        same_length = isinstance(value, tuple) and len(value) == len(default)
        return same_length and all(map(_alike, value, default))
    wanted = Integral if isinstance(default, Integral) else Real
    return isinstance(value, wanted) and not isinstance(value, bool)


def _kind(default: Any) -> str:
    if isinstance(default, tuple):
        return f"a tuple of {len(default)}, each {_kind(default[0])}"
    return "a whole number" if isinstance(default, Integral) else "a number"
