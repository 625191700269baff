"""The values of a live view's knobs: its own, or the session's for knobs that follow it."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from ...corrections import BEST
from ...probes import Probe
from ...probes.common.probe import BEST_MASK, PUBLISHED_MASK
from ...tracing import Trace
from ..session import Session, Snapshot


class KnobValues:
    """The values of a probe's knobs.

    Args:
        probe: the class of the probe.
        session: the session that linked knobs follow.
        given: initial values; a linked knob that is given does not follow. Fields of the probe that
            are not knobs, such as another run, are given here too.

    Raises:
        ValueError: an unknown knob, or a value out of its bounds.
    """

    def __init__(self, probe: type[Probe], session: Session, given: dict[str, Any]):
        self._class, self._session = probe, session
        self.knobs = probe.knobs()
        self.linked = {name: LINKS[knob.link] for name, knob in self.knobs.items() if knob.link}
        # A dict, since one thread may set a value while another one reads all of them.
        self._follows = {name: name not in given for name in self.linked}
        self._own = self._defaults()
        self._fixed: dict[str, Any] = {}
        self.check(given)
        for name, value in given.items():
            self._keep(name, value)

    @property
    def traits(self) -> list[str]:
        """The session's traits that linked knobs are bound to."""
        return sorted({link.trait for link in self.linked.values()})

    @property
    def filled(self) -> dict[str, str]:
        """Fields that are no knobs and are filled from the session: by name, what of it.

        One that was given is not filled.
        """
        from_where = {each.name: each.metadata.get("filled_from") for each in fields(self._class)}
        return {name: of for name, of in from_where.items() if of and name not in self._fixed}

    @property
    def filling(self) -> list[str]:
        """The session's traits that such fields are filled from."""
        return [trait for of in self.filled.values() for trait in _TRAITS_OF[of]]

    @property
    def code_of_filled(self) -> str:
        """Python that makes what the code of `probe` calls by name: a line for each field."""
        now = self._session.now
        filled = {name: of for name, of in self.filled.items() if getattr(now, of) is not None}
        return "".join(f"{name} = session.{of}\n" for name, of in filled.items())

    @property
    def following(self) -> set[str]:
        """Names of the linked knobs that follow the session."""
        return {name for name, follows in self._follows.copy().items() if follows}

    @property
    def now(self) -> dict[str, Any]:
        """Each knob's value."""
        return self._at(self._session.now)

    @property
    def main(self) -> tuple[str, ...]:
        """Names of the main knobs."""
        return self._class.main_knobs()

    @property
    def idle(self) -> frozenset[str]:
        """Names of the knobs without an effect, with the others as they are."""
        return self.probe.idle_knobs

    @property
    def run(self) -> Trace:
        """The run that bounds depend on: with the user's prompts.

        No bound depends on logits that are fed back, which would have to be computed first.
        """
        session = self._session
        if not self._class.reads_prompts:
            return session.unprompted
        return session.unprompted.with_prompts(session.prompts)

    @property
    def limits(self) -> dict[str, tuple]:
        """Each knob's bounds in that run, its special values' names, and what they stand for."""
        run = self.run
        return {
            name: (knob.bounds(run), knob.named(run), knob.stands_for and knob.stands_for(run))
            for name, knob in self.knobs.items()
        }

    @property
    def probe(self) -> Probe:
        """The probe with these values."""
        return self._class(**self.now, **self._others(self._session.now))

    def probe_for(self, now: Snapshot, run: Trace) -> Probe:
        """The probe with these values, or the default where a value is out of the run's bounds.

        The prompts may have changed since the values were fitted to them.

        Args:
            now: the session's state, from which the fields are filled that are no knobs.
            run: the run of this state that the probe is asked of.
        """
        return self._class(**self._within(run, now), **self._others(now))

    def refilled(self, probe: Probe, now: Snapshot) -> Probe:
        """The probe with the fields that are filled from a session, filled from this state."""
        return replace(probe, **{name: getattr(now, of) for name, of in self.filled.items()})

    def check(self, changes: dict[str, Any]) -> None:
        """Raise ValueError for knobs that the probe does not have, or values out of bounds."""
        for name in changes:
            if name not in self._class.__dataclass_fields__:
                close = get_close_matches(name, self.knobs, n=1)
                hint = f" Did you mean {close[0]}?" if close else ""
                raise ValueError(
                    f"{self._class.__name__} has no knob {name!r}; it has "
                    f"{', '.join(self.knobs) or 'none'}.{hint}"
                )
        defaults, run = self._defaults(), self.run
        for name in changes.keys() & self.knobs.keys():
            self.knobs[name].check(name, changes[name], defaults[name], run)

    def turn(self, name: str, value: Any) -> None:
        """Set one knob, or the session's trait if the knob follows it."""
        if name in self.following:
            self.linked[name].write(self._session, value)
        else:
            self._keep(name, value)

    def follow(self, name: str, follows: bool) -> None:
        """Let a linked knob follow the session, or keep its current value."""
        value = self.now[name]
        self._own[name] = value
        self._follows[name] = follows

    def fit(self) -> None:
        """Reset knobs that are out of the bounds of a new model, input size or prompts."""
        now = self.now
        for name, value in self._within(self.run, self._session.now).items():
            if value != now[name]:
                self._own[name] = value

    def _at(self, now: Snapshot) -> dict[str, Any]:
        """Each knob's value in a state of the session."""
        return self._own | {name: self.linked[name].read(now) for name in self.following}

    def _within(self, run: Trace, now: Snapshot) -> dict[str, Any]:
        """Each knob's value, or its default if the value is out of the run's bounds."""
        values = self._at(now)
        for name, default in self._defaults().items():
            try:
                self.knobs[name].check(name, values[name], default, run)
            except ValueError:
                values[name] = default
        return values

    def _keep(self, name: str, value: Any) -> None:
        """Set what does not follow the session; a field that is no knob, as the probe has it."""
        if name in self.knobs:
            self._own[name] = value
        else:
            self._fixed[name] = getattr(self._class(**{name: value}), name)

    def _others(self, now: Snapshot) -> dict[str, Any]:
        """The fields that are no knobs: those given, and those that the session fills."""
        return self._fixed | {name: getattr(now, of) for name, of in self.filled.items()}

    def _defaults(self) -> dict[str, Any]:
        probe = self._class()
        return {name: getattr(probe, name) for name in self.knobs}


@dataclass(frozen=True)
class Link:
    """A trait of the session, with functions that convert its values to a knob's and back."""

    trait: str
    to_knob: Callable[[Any], Any] = lambda value: value
    to_trait: Callable[[Any], Any] = lambda value: value

    def read(self, now: Snapshot) -> Any:
        """The session's value, converted to the knob's."""
        return self.to_knob(getattr(now, self.trait))

    def write(self, session: Session, value: Any) -> None:
        """Set the session's trait to a knob's value; the session refuses a bad one."""
        setattr(session, self.trait, self.to_trait(value))


_TRAITS_OF = {"shown_truth": ("truth", "truth_level")}
LINKS = {
    "token": Link("token"),
    "threshold": Link("threshold"),
    "mask": Link(
        "chosen",
        to_knob=lambda chosen: {None: PUBLISHED_MASK, BEST: BEST_MASK}.get(chosen, chosen),
        to_trait=lambda mask: {PUBLISHED_MASK: None, BEST_MASK: BEST}.get(mask, mask),
    ),
}
