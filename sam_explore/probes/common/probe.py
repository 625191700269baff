"""The base class of all probes: a question with knobs about a trace, answered by a reading."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar, Protocol, runtime_checkable

from sam_explore.corrections import BEST, answering
from sam_explore.model import DecoderTokens, SamConfig
from sam_explore.model.autocast import without_autocast
from sam_explore.origins import Operation
from sam_explore.prediction import Prediction
from sam_explore.readings import (
    Cell,
    Provenance,
    Reading,
    Underlay,
    over_picture,
    value_at,
    with_ends_in_words,
    with_provenance,
)
from sam_explore.tracing import Trace

PUBLISHED_MASK, BEST_MASK = -1, -2  # values of a `mask_knob` that stand for a rule


@runtime_checkable
class RunSizes(Protocol):
    """The part of a `Trace` that the bounds of knobs depend on."""

    @property
    def config(self) -> SamConfig:
        """The model's sizes with the run's grid, of which the longer side counts."""

    @property
    def decoder_tokens(self) -> DecoderTokens:
        """The decoder's tokens with the run's prompts."""


Names = tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Knob:
    """What a field of a probe may be set to.

    Args:
        about: a few words for a label or a tooltip.
        low, high: the bounds, both included; `high` may be a function of the run.
        choices: the values to choose from, for a knob without bounds.
        names: integers with a special meaning, with its name: ((-1, "all"),); may also be a
            function of the run.
        stands_for: for a knob of decimals from 0 on whose lowest value has a name, the number that
            this value means in a run, such as a threshold that is the model's own.
        link: the session's trait that sets it in a live view, such as "token", or "".
        matters: a live view shows it at once, and folds away the others. If no knob of a probe has
            this, the first two are shown.
        when: whether it has an effect with the probe's other knobs as they are; else a live view
            hides it.
    """

    about: str
    low: float | None = None
    high: float | Callable[[RunSizes], float] | None = None
    choices: tuple[Any, ...] = ()
    names: Names | Callable[[RunSizes], Names] = ()
    stands_for: Callable[[RunSizes], float] | None = None
    link: str = ""
    matters: bool = False
    when: Callable[[Any], bool] | None = None

    def bounds(self, run: RunSizes) -> tuple[float | None, float | None]:
        """The lowest and the highest value in a run; with none, the lowest is the greater one."""
        return self.low, self.high(run) if callable(self.high) else self.high

    def named(self, run: RunSizes) -> Names:
        """The integers with a special meaning in a run, with its name."""
        return self.names(run) if callable(self.names) else self.names

    def check(self, name: str, value: Any, default: Any, run: RunSizes) -> None:
        """Refuse a value that a field can't have in a run.

        Args:
            name: of the field.
            value: its value.
            default: its default, whose type it must have.
            run: the run.

        Raises:
            ValueError: a value of another type, out of bounds, or not among the choices.
        """
        if self.choices:
            if value not in self.choices:
                names = ", ".join(repr(choice) for choice in self.choices)
                raise ValueError(f"{name} must be one of {names}, not {value!r}.")
            return
        called = _called(name, self)
        if not _alike(value, default):
            raise ValueError(f"{called} must be {_kind(default)}, but is {value!r}.")
        low, high = self.bounds(run)
        if low is not None and high is not None and low > high:
            raise ValueError(f"{called} can't be chosen, since this run has none.")
        for part in value if isinstance(value, tuple) else (value,):
            if not ((low is None or part >= low) and (high is None or part <= high)):  # NaN neither
                names = "".join(f", where {each} means {what}" for each, what in self.named(run))
                raise ValueError(
                    f"{called} must lie from {low} to {high} in this run{names}, but is {value!r}."
                )


def knob(default: Any, about: str, **about_values: Any) -> Any:
    """A field of a probe, with the arguments of `Knob`."""
    return field(default=default, metadata={"knob": Knob(about, **about_values)})


def block_knob(default: int = 0, **about_values: Any) -> Any:
    """A field that is a block of the image encoder, with other arguments of `Knob`."""
    about_values |= {"low": 0, "high": lambda run: run.config.encoder_depth - 1}
    return knob(default, "block", **about_values)


def token_knob(**about_values: Any) -> Any:
    """A field that is an image token (row, column), linked to the one picked in the session."""
    about_values |= {"low": 0, "high": lambda run: run.config.grid - 1, "link": "token"}
    return knob((0, 0), "token (row, column)", **about_values)


def mask_knob() -> Any:
    """A field that is one of the four masks, linked to the one shown in the session.

    −1 stands for the model's own choice, −2 for the best predicted IoU of all; `mask_shown`
    resolves them.
    """
    return knob(
        PUBLISHED_MASK,
        "mask",
        low=BEST_MASK,
        high=lambda run: run.config.mask_tokens - 1,
        names=((PUBLISHED_MASK, "the model's choice"), (BEST_MASK, "the best predicted")),
        link="mask",
    )


def decoder_token_knob(default: int = 0) -> Any:
    """A field that is one of the decoder's tokens: IoU, masks, then those of the run's prompts."""
    return knob(
        default,
        "decoder token",
        low=0,
        high=lambda run: len(run.decoder_tokens) - 1,
        names=lambda run: tuple(enumerate(run.decoder_tokens.names)),
    )


def prompt_token_knob() -> Any:
    """A field that is one of the prompt tokens; a run without any has no valid value."""
    return knob(
        0,
        "prompt token",
        low=0,
        high=lambda run: len(run.decoder_tokens.prompt_names) - 1,
        names=lambda run: tuple(enumerate(run.decoder_tokens.prompt_names)),
    )


def threshold_knob(**about_values: Any) -> Any:
    """A field that is the logit above which a pixel is inside, linked to the session's."""
    about_values |= {"low": -100.0, "high": 100.0, "link": "threshold"}
    return knob(0.0, "threshold", **about_values)


def mask_shown(mask: int, prediction: Prediction) -> int:
    """The number of the mask that a `mask_knob` means: also for −1 and −2."""
    return answering(prediction, {PUBLISHED_MASK: None, BEST_MASK: BEST}.get(mask, mask))


@dataclass(frozen=True)
class Probe(ABC):
    """One question about one run. Subclasses are frozen dataclasses whose fields are knobs.

    A question about two runs has the other one as a field that is not a knob, None by default.

        sx.probes.BlockNorms()(trace)

    Calling a probe is pure: the same probe and trace give the same reading, without side effects.
    The reading's `provenance` says where it came from.

    Attributes:
        title: the question in words, as the heading of a live view.
        reads_prompts: whether other prompts can change the reading. If not, a live view doesn't run
            the probe again at each click, and calls it with a trace without prompts.
        about_picture: whether the reading depends on the picture. Its maps are then drawn over the
            picture by default.
        makes_a_click: whether it uses a click of its own if there is no prompt, and says so.
        runs_encoder: whether it runs the image encoder again; live views run it after the others.
        is_sweep: whether it runs the image encoder several times, or reads the attention of every
            block; live views run it last.
    """

    title: ClassVar[str] = ""
    reads_prompts: ClassVar[bool] = True
    about_picture: ClassVar[bool] = True
    makes_a_click: ClassVar[bool] = False
    runs_encoder: ClassVar[bool] = False
    is_sweep: ClassVar[bool] = False

    @without_autocast()  # the same probe and trace give the same reading
    def __call__(self, trace: Trace) -> Reading:
        """Answer the question for this trace.

        Raises:
            ValueError: a knob out of its bounds.
            RuntimeError: the model's weights have changed since the trace was made.
        """
        trace.engine.refuse_changed_weights()  # a probe of weights alone reads nothing of the run
        self.check(trace)
        self._check_tokens(trace.frame.grid)
        reading: Reading = with_ends_in_words(self.read(trace))
        reading = over_picture(reading, self._underlays(trace))
        return with_provenance(reading, self._provenance(trace))

    def check(self, run: RunSizes) -> None:
        """Raise ValueError for a knob with an impossible value in a run."""
        knobs = self.knobs()
        for each in fields(self):
            if each.name in knobs:
                value = getattr(self, each.name)
                knobs[each.name].check(each.name, value, each.default, run)

    def _check_tokens(self, grid: tuple[int, int]) -> None:
        """Check tokens on a grid that is not square: bounds are those of its longer side."""
        for name, each in self.knobs().items():
            token = getattr(self, name)
            if each.link == "token" and not (token[0] < grid[0] and token[1] < grid[1]):
                raise ValueError(
                    f"{_called(name, each)} must lie from (0, 0) to {(grid[0] - 1, grid[1] - 1)} "
                    f"in this run, but is {token}."
                )

    def _underlays(self, trace: Trace) -> dict[str, Underlay]:
        """The picture to draw below maps, by their frame."""
        grey, frame, wanted = trace.small_grey, trace.frame, self.about_picture
        cells = {"tokens": frame.cells_shown(), "logits": frame.cells_shown(4), "picture": (1, 1)}
        return {name: Underlay(grey, *shown, wanted) for name, shown in cells.items()}

    def _provenance(self, trace: Trace) -> Provenance:
        """The probe, the run, and the other runs in its fields."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        others = {name: each for name, each in given.items() if isinstance(each, Trace)}
        described = tuple((name, each.description.fingerprint) for name, each in others.items())
        run = trace.description
        return Provenance(self.code, str(run), run.fingerprint, described)

    @abstractmethod
    def read(self, trace: Trace) -> Reading:
        """Compute the reading; knobs have been checked."""

    def origin(self, trace: Trace, cell: Cell) -> Operation | None:
        """How the number in a cell of the reading comes from numbers of the run; see `explain`.

        None where the probe does not say it.
        """
        return None

    def explain(self, trace: Trace, cell: Cell, reading: Reading | None = None) -> Operation:
        """Where the number in a cell of the reading comes from, as `sx.explain` has it.

        Where the probe does not say it, it is the function that computes it and what that reads.

        Args:
            trace: the run.
            cell: which number.
            reading: the probe's reading of this run, if it is known.
        """
        found = self.origin(trace, cell)
        if found is not None:
            return found
        value = value_at(self(trace) if reading is None else reading, cell)
        place = f"{type(self).__module__}.{type(self).__name__}.read"
        about = " ".join(
            (self.__doc__ or "").partition("Reads:")[2].partition("Returns:")[0].split()
        )
        return Operation(
            "Computed by this exhibit's own function",
            f"{place}(trace)",
            (f"{self.code}(trace)",),
            value,
            abs(value),
            name=self.title,
            note=f"It reads {about}" if about else "",
        )

    def coarser(self, trace: Trace) -> "tuple[Probe, ...]":
        """Cheaper forms of the question, the cheapest first, for this run.

        A live view answers them on its way to the full answer, so that something is seen soon.
        """
        return ()

    @classmethod
    def knobs(cls) -> dict[str, Knob]:
        """The knobs by field name, in order."""
        about = {each.name: each.metadata.get("knob") for each in fields(cls)}
        return {name: knob for name, knob in about.items() if knob}

    @classmethod
    def main_knobs(cls) -> tuple[str, ...]:
        """Names of the knobs that matter most: those declared so, else the first two."""
        knobs = cls.knobs()
        return tuple(name for name, each in knobs.items() if each.matters) or tuple(knobs)[:2]

    @property
    def idle_knobs(self) -> frozenset[str]:
        """Names of the knobs without an effect, with the others as they are."""
        knobs = self.knobs().items()
        return frozenset(name for name, each in knobs if each.when and not each.when(self))

    @property
    def code(self) -> str:
        """Python that creates this probe: knobs with their defaults are left out.

        Other fields are written by name, such as `other=other`.
        """
        knobs = self.knobs()
        changed = [
            f"{each.name}={repr(getattr(self, each.name)) if each.name in knobs else each.name}"
            for each in fields(self)
            if each.default is MISSING or getattr(self, each.name) != each.default
        ]
        return f"sx.probes.{type(self).__name__}({', '.join(changed)})"


def _called(name: str, each: Knob) -> str:
    """The field's name, with its description if that says more."""
    return each.about if each.about.startswith(name) else f"{name} ({each.about})"


def _alike(value: Any, default: Any) -> bool:
    """Whether a value has the default's type; an integer is also valid for a float."""
    if isinstance(default, tuple):
        same_length = isinstance(value, tuple) and len(value) == len(default)
        return same_length and all(map(_alike, value, default))
    wanted = Integral if isinstance(default, Integral) else Real
    return isinstance(value, wanted) and not isinstance(value, bool)


def _kind(default: Any) -> str:
    if isinstance(default, tuple):
        return f"a tuple of {len(default)}, each {_kind(default[0])}"
    return "a whole number" if isinstance(default, Integral) else "a number"
