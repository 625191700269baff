"""The second run of a view with `against`, which the session's run is compared with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary, ref

from ...geometry import Prompts
from ...images import as_picture
from ...origins import Operation, difference
from ...preprocessing import Preprocessing
from ...probes import Probe
from ...readings import Cell, Panel, Reading, compare
from ...scenes.ground_truth import truth_of
from ...tracing import Cancelled, Trace, names_of_two
from ...tracing.interventions import Intervention
from ..session import Session, Snapshot
from ..session.source import Question, Source

CHANGES = ("sam", "image", "preprocessing", "windows", "edits", "prompts")
_FED_BACK = (
    "# The logits that are fed back are those of A here; in the view each run has its own.\n"
)
_LONGEST_EDITS = 160  # characters


@dataclass(frozen=True)
class Comparison:
    """A probe of two runs; it is called with the first one.

    It does not keep runs alive, and equals another one with equal probes and the same second run.

    Args:
        probe: the probe.
        of_other: the probe of the second run: the same, with what is true there.
        other: returns the second run.
    """

    probe: Probe
    of_other: Probe
    other: ref[Trace]

    def coarser(self, trace: Trace) -> tuple["Comparison", ...]:
        """Cheaper forms of it, as `Probe.coarser`."""
        pairs = zip(self.probe.coarser(trace), self.of_other.coarser(trace), strict=True)
        return tuple(replace(self, probe=one, of_other=other) for one, other in pairs)

    def explain(self, trace: Trace, cell: Cell, reading: Reading | None = None) -> Operation:
        """Where the number in a cell comes from, as `Probe.explain`: of A, of B, or of B − A."""
        other = self.other()
        if other is None:
            raise Cancelled
        part, which = divmod(cell.part, 3)
        cell = replace(cell, part=part)
        if which == 0:
            return self.probe.explain(trace, cell)
        if which == 1:
            return self.of_other.explain(other, cell)
        return difference(
            self.of_other.explain(other, cell), self.probe.explain(trace, cell), ("B", "A")
        )

    def __call__(self, trace: Trace) -> Panel:
        other = self.other()
        if other is None:  # it was replaced by another, for which a new job is queued
            raise Cancelled
        names = names_of_two(trace, other)
        return compare(self.probe(trace), self.of_other(other), names)


class Against:
    """Derives the second run from the session's, or takes it from another session.

    Args:
        given: a dict of the session's traits that differ in the second run, such as {"windows": [4]
            * 8}; or another session; or a trace.
        now: the session's current state.

    Raises:
        TypeError: something else.
        ValueError: a dict with other names, or with values that the session can't have now.
    """

    def __init__(self, given: Any, now: Snapshot):
        if not isinstance(given, Mapping | Session | Trace):
            raise TypeError(
                'against expects a dict of what is different, such as {"windows": [4] * 8}, '
                f"another session, or a trace, not a {type(given).__name__}."
            )
        self._given = _checked(given) if isinstance(given, Mapping) else given
        # Cached by what they were derived from, as long as that exists.
        self._sources: WeakKeyDictionary[Source, Source] = WeakKeyDictionary()
        self._runs: WeakKeyDictionary[Question, Trace] = WeakKeyDictionary()
        if isinstance(self._given, dict):
            run = self._source(self._given, now).run
            run.with_prompts(self._given.get("prompts", Prompts()))

    @property
    def session(self) -> Session | None:
        """The other session, if one was given."""
        return self._given if isinstance(self._given, Session) else None

    def code(self, now: Snapshot) -> str:
        """Python code for the second run, `other`."""
        if isinstance(self._given, Session):
            return "other = against.trace"
        if isinstance(self._given, Trace):
            return "other = against"
        is_fed = now.question.feeds_back and "prompts" not in self._given
        return f"{_FED_BACK if is_fed else ''}other = {_run_in_python(self._given, now)}"

    def code_of_probe(self, fields: Iterable[str], now: Snapshot) -> str:
        """Python code for the second run's probe, `of_other`; "" where it is the first one's.

        Args:
            fields: names of the fields that `state` fills.
            now: the session's current state.
        """
        if "truth" not in fields or self.state(now).shown_truth == now.shown_truth:
            return ""
        found = "against.truth" if self.session else "sx.scenes.ground_truth.truth_of(other.image)"
        return (
            "from dataclasses import replace\n"
            "from sam_explore.truth import Truth\n"
            f"of_other = replace(probe, truth=Truth({found}, session.truth_level))\n"
        )

    def run(self, now: Snapshot, is_prompted: bool) -> Trace:
        """The second run for this state of the session.

        Args:
            now: the session's state.
            is_prompted: whether the probe depends on prompts.

        Raises:
            ValueError: a change that this model or picture can't have.
        """
        if isinstance(self._given, Trace):
            return self._given
        if isinstance(self._given, Session):
            self._given.renew()
            return self._given.trace if is_prompted else self._given.unprompted
        source = self._source(self._given, now)
        if not is_prompted:
            return source.run
        known = self._runs.get(now.question)
        if known is None:
            known = self._answering(self._given, source, now)
            known = self._runs.setdefault(now.question, known)
        return known

    def state(self, now: Snapshot) -> Snapshot:
        """The state that fields of the second run's probe are filled from, such as its truth.

        Another session's truth may be a painted one. Given the truth of the first picture, a probe
        finds that of another one itself; only where the first has none it is looked up here.
        """
        if self.session is not None:
            return self.session.now.with_trait("truth_level", now.truth_level)
        image = self._given.get("image") if isinstance(self._given, dict) else None
        if image is None or now.shown_truth is not None or truth_of(image) is None:
            return now
        return now.with_trait("image", image)

    def comparison(
        self, probe: Probe, of_other: Probe, now: Snapshot, is_prompted: bool
    ) -> Comparison:
        """The computation for this state of the session, with the probe of each run."""
        return Comparison(probe, of_other, ref(self.run(now, is_prompted)))

    def _answering(self, given: dict[str, Any], source: Source, now: Snapshot) -> Trace:
        """The run with the prompts; with corrections it feeds back its own logits."""
        if "prompts" in given:
            return source.run.with_prompts(given["prompts"])
        return Question(source, now.dialogue, now.feeds_back).run

    def _source(self, given: dict[str, Any], now: Snapshot) -> Source:
        known = self._sources.get(now.source)
        if known is not None and known.is_outdated:  # as of a model in training
            known = None
            self._sources.clear()
            self._runs.clear()
        if known is None:
            changed = now
            for name in CHANGES[:-1]:  # in this order, since setting one may reset later ones
                if name in given:
                    changed = changed.with_trait(name, given[name])
            known = self._sources.setdefault(now.source, changed.source)
        return known


def _checked(given: Mapping[str, Any]) -> dict[str, Any]:
    unknown = [name for name in given if name not in CHANGES]
    if unknown or not given:
        raise ValueError(
            f"against expects what is different in the second run, of {', '.join(CHANGES)}, but "
            f"got {', '.join(map(repr, unknown)) or 'nothing'}."
        )
    return {name: _CONVERTED.get(name, lambda value: value)(given[name]) for name in given}


def _windows(windows: Any) -> tuple[int, ...] | None:
    return None if windows is None else tuple(windows)


def _run_in_python(given: dict[str, Any], now: Snapshot) -> str:
    """Python code for a trace with the given values, and the rest as in the session.

    Values that are too long, or no literals, are written by name, such as `image`.
    """
    is_inside = "sam" not in given  # another model starts with its trained windows, without edits
    of_session = "session.trace" if now.question.feeds_back else "session"
    places = {"sam": "session", "image": "session", "prompts": of_session}
    arguments = [name if name in given else f"{place}.{name}" for name, place in places.items()]
    for name, argument in (("windows", "windows"), ("edits", "interventions")):
        if name in given:
            arguments.append(f"{argument}={_literal(name, given[name])}")
        elif is_inside and getattr(now, name):
            arguments.append(f"{argument}=session.{name}")
    how = given.get("preprocessing", now.preprocessing)
    if how != Preprocessing():
        whose = "preprocessing" if "preprocessing" in given else "session.preprocessing"
        arguments += [f"preprocessing={whose}.name", f"side={whose}.side"]
        arguments.append(f"keep_aspect={whose}.keep_aspect")
    return f"sx.Trace({', '.join(arguments)})"


def _literal(name: str, value: Any) -> str:
    if name == "windows":
        return repr(value)
    written = [f"sx.interventions.{each!r}" for each in value if _tells_all(each)]
    is_short = len(written) == len(value) and sum(map(len, written)) <= _LONGEST_EDITS
    return f"({''.join(f'{each}, ' for each in written).rstrip()})" if is_short else name


def _tells_all(edit: Any) -> bool:
    """Whether the representation of an edit makes it again: it has no field that it leaves out."""
    is_ours = isinstance(edit, Intervention) and is_dataclass(edit)
    return is_ours and all(each.repr for each in fields(edit) if each.init)


_CONVERTED: dict[str, Callable[[Any], Any]] = {
    "image": as_picture,
    "windows": _windows,
    "edits": tuple,
    "preprocessing": lambda how: how if isinstance(how, Preprocessing) else Preprocessing(how),
}
