"""One number over many cases and conditions: every head, block or token, or many pictures."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field, replace
from math import nan
from pathlib import Path

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from sam_explore.fingerprints import NoContentError, fingerprint, function_fingerprint
from sam_explore.mask_overlap import mask_iou
from sam_explore.read_only import ReadOnlyArrays

from .editing import Intervention
from .engine import Engine
from .step_callback import announce
from .sweep_file import SweepFile
from .trace import Trace

Measure = Callable[[Trace, Trace], float]
PLAIN = "as it is"

_RESAMPLES = 2000


def mask_kept(changed: Trace, plain: Trace) -> float:
    """The IoU of the mask that the plain run chooses with the same token's mask of the changed run.

    Two empty masks agree: 1.
    """
    mask = plain.prediction.chosen
    one, other = (run.prediction.masks()[mask] for run in (changed, plain))
    return mask_iou(one, other)


class Sweep:
    """A measure of many runs, each changed in many ways; it can be stopped and resumed.

        heads = {f"head {h}": [sx.interventions.AblateHead(5, h)] for h in range(6)}
        sweep = sx.Sweep(traces, heads, lambda changed, plain: changed.prediction.iou[1])
        print(f"about {sweep.estimate():.0f} s")
        print(sweep.run())

    Args:
        traces: the cases. They may come from a generator, so that only one holds its results
            at a time; `count` then says how many there are.
        conditions: named interventions; None measures the runs as they are.
        measure: the number to read of the changed run and of the run without the change; by
            default the IoU of the chosen mask in both.
        file: where each value is saved at once, so that the same sweep can be resumed, also in
            another process. It is resumed only for the same conditions, measure and runs, by their
            fingerprints. For these all weights are hashed when the sweep is made, and again when a
            case begins.
        count: how many cases there are; by default the length of `traces`.
        measure_name: identifies the measure in the file instead of its code and the data that it
            refers to; for one that encloses more than data.

    Raises:
        ValueError: no condition, no count, or a file of another sweep.
        TypeError: no list of traces, no lists of interventions; or, with a file, a measure or a
            change that another process can't tell from another.
        RuntimeError: with a file, weights that changed after a trace was made.
    """

    def __init__(
        self,
        traces: Iterable[Trace],
        conditions: Mapping[str, Sequence[Intervention]] | None,
        measure: Measure = mask_kept,
        *,
        file: str | Path | None = None,
        count: int | None = None,
        measure_name: str | None = None,
    ):
        _check_traces(traces)
        self.conditions = {PLAIN: ()} if conditions is None else _checked_conditions(conditions)
        if count is None:
            if not isinstance(traces, Sized):
                raise ValueError("Say how many traces there are: Sweep(..., count=...).")
            count = len(traces)
        self._traces, self._case = iter(traces), -1
        self._trace: Trace | None = None
        self._measure = measure
        self._values = np.full((len(self.conditions), count), np.nan)
        self._measured = np.zeros(self._values.shape, bool)
        self._file: SweepFile | None = None
        self._seconds = _Seconds()
        if file is not None:
            head = {"conditions": _known_conditions(self.conditions), "cases": count}
            head |= {"measure": measure_name or _known_measure(measure)}
            self._file = SweepFile(Path(file), head)
            if isinstance(traces, Sequence):  # others are checked as they are made
                _hash_weights(traces[:count])
                for case, trace in enumerate(traces[:count]):
                    self._read_saved_case(case, trace)

    @property
    def table(self) -> "SweepTable":
        """The measurements so far."""
        return SweepTable(tuple(self.conditions), self._values)

    @property
    def left(self) -> int:
        """How many numbers are still to be measured."""
        waiting = 0 if self._file is None else self._file.count(~self._measured)
        return int((~self._measured).sum()) - waiting

    def estimate(self) -> float:
        """About how many seconds the rest will take.

        The first call runs the next case once to warm up, on a copy, and then measures up to four
        numbers of it, which are kept: one that begins a case, and three others. Later calls go by
        the same seconds and measure nothing.
        """
        self._read_saved()
        if self.left and not self._seconds.are_known:
            self._take_time()
        if not self.left:
            return 0.0
        later = ~self._measured[:, self._case + 1 :]
        return self._seconds.of(self.left, begun=min(int(later.any(axis=0).sum()), self.left))

    def _take_time(self) -> None:
        case, condition = self._next()
        trace = self._trace_of(case)
        _alone(trace).prediction  # noqa: B018  the first run of a process is slower
        if self._measured[:, case].any():  # its first number was measured before
            started = time.perf_counter()
            _alone(trace).prediction  # noqa: B018
        else:
            started = time.perf_counter()
            self._measure_at(case, condition)
        self._seconds.first = time.perf_counter() - started
        # Of the others the first, the middle and the last: a change in a late block costs less.
        waiting = np.flatnonzero(~self._measured[:, case])
        for at in sorted({0, len(waiting) // 2, len(waiting) - 1} if len(waiting) else ()):
            started = time.perf_counter()
            self._measure_at(case, int(waiting[at]))
            self._seconds.others.append(time.perf_counter() - started)

    def run(self, progress: bool = True) -> "SweepTable":
        """Measure all that is left.

        Args:
            progress: show a bar. Callbacks of `between_steps` are called for each number anyway.

        Raises:
            Cancelled: by such a callback; `table` has the measurements so far, and `run` resumes.
        """
        total = self._values.size
        with tqdm(total=total, initial=total - self.left, disable=not progress) as bar:
            while self.left:
                announce(f"Sweep: {total - self.left + 1} of {total}")
                self._measure_at(*self._next())
                bar.update()
        self._read_saved()
        return self.table

    def _next(self) -> tuple[int, int]:
        """Case and condition of the next number that is neither measured nor in the file."""
        # Case by case, so that what a case's conditions have in common is computed once.
        while True:
            case, condition = map(int, np.argwhere(~self._measured.T)[0])
            self._trace_of(case)
            if not self._measured[condition, case]:  # else it was in the file
                return case, condition

    def _measure_at(self, case: int, condition: int) -> None:
        trace = self._trace_of(case)
        interventions = list(self.conditions.values())[condition]
        changed = trace.with_interventions(*interventions) if interventions else trace
        value = float(self._measure(changed, trace))
        if self._file is not None:
            self._file.add(case, condition, value, _known_run(trace, case))
        self._values[condition, case], self._measured[condition, case] = value, True

    def _read_saved(self) -> None:
        """Read the remaining values from the file, if they are of these runs."""
        while self._file is not None and self._file.count(~self._measured) and not self.left:
            self._trace_of(int(np.argwhere(~self._measured.T)[0][0]))

    def _trace_of(self, case: int) -> Trace:
        while self._trace is None or self._case < case:
            self._trace = None  # frees its results before the next is made
            try:
                self._trace = next(self._traces)
            except StopIteration:
                raise ValueError(
                    f"There are only {self._case + 1} traces, not {self._values.shape[1]}."
                ) from None
            self._case += 1
            if not isinstance(self._trace, Trace):
                raise TypeError(
                    f"Case {self._case} of the sweep must be a trace, but is {self._trace!r:.80}. "
                    "Make one of it: sx.Trace(sam, image, prompts)."
                )
            if self._file is not None:
                _hash_weights([self._trace])
                self._read_saved_case(self._case, self._trace)
        return self._trace

    def _read_saved_case(self, case: int, trace: Trace) -> None:
        """Read a case's values from the file. Raises ValueError if that was another run."""
        if self._file is None:
            return
        for condition, value in self._file.values_of(case, _known_run(trace, case)).items():
            self._values[condition, case], self._measured[condition, case] = value, True


@dataclass
class _Seconds:
    """What a number took: one that begins a case, and those that follow in it."""

    first: float | None = None
    others: list[float] = field(default_factory=list)

    @property
    def are_known(self) -> bool:
        return self.first is not None

    def of(self, left: int, begun: int) -> float:
        """Seconds of `left` numbers, of which `begun` begin a case."""
        first = nan if self.first is None else self.first
        other = sum(self.others) / len(self.others) if self.others else first
        return begun * first + (left - begun) * other


def _alone(trace: Trace) -> Trace:
    """The same run, which shares no result with others."""
    given = trace.engine.given
    alone = Engine.of(trace.sam, given.image, given.preprocessing, trace.cache_bytes, known=None)
    return replace(trace, engine=alone)


def _check_traces(traces: object) -> None:
    if isinstance(traces, Trace):
        raise TypeError(
            "traces must be a list of traces, or another iterable of them, but is a single trace. "
            "Put it into a list: sx.Sweep([trace], conditions)."
        )
    if not isinstance(traces, Iterable):
        raise TypeError(
            "traces must be a list of traces, or another iterable of them, but is "
            f"{traces!r:.80}. Make a trace of each case: sx.Trace(sam, image, prompts)."
        )


def _checked_conditions(conditions: object) -> dict[str, Sequence[Intervention]]:
    if not isinstance(conditions, Mapping):
        raise TypeError(
            "conditions must be a dict with a list of interventions under each name, such as "
            '{"without head 2": [sx.interventions.AblateHead(block=5, head=2)]}, but is '
            f"{conditions!r:.80}."
        )
    if not conditions:
        raise ValueError("A sweep needs at least one condition, or None to read runs as is.")
    for name, each in conditions.items():
        if isinstance(each, Intervention):
            raise TypeError(
                f"Under each name a sweep takes a list of interventions, but under {name!r} is a "
                f"single one. Put it into a list: {{{name!r}: [{each!r}]}}."
            )
        if not (isinstance(each, Sequence) and all(isinstance(one, Intervention) for one in each)):
            raise TypeError(
                f"Under each name a sweep takes a list of interventions, but under {name!r} is "
                f"{each!r:.80}. sx.interventions holds those that there are."
            )
    return dict(conditions)


def _hash_weights(traces: Sequence[Trace]) -> None:
    """Hash every weight, since what goes into a file must not depend on a sample.

    Raises RuntimeError if weights changed after a trace was made.
    """
    for sam in {id(trace.sam): trace.sam for trace in traces}.values():
        sam.refresh()
    for trace in traces:
        trace.engine.refuse_changed_weights()


def _known_run(trace: Trace, case: int) -> str:
    description = trace.description
    if not description.is_portable:
        names = ", ".join(each.words for each in description.changes if not each.is_portable)
        raise TypeError(
            f"Case {case} of the sweep is edited by a function ({names}), which another process "
            "can't tell from another one, so its values can't be kept in a file. Write the edit as "
            "a frozen dataclass that extends sx.interventions.Intervention, or give no file."
        )
    return description.fingerprint


def _known_conditions(conditions: Mapping[str, Sequence[Intervention]]) -> dict[str, str]:
    try:
        return {name: fingerprint(tuple(each)) for name, each in conditions.items()}
    except NoContentError as error:
        raise TypeError(
            f"A condition can't be known by what it holds: {error} Write it as a frozen dataclass "
            "of data that extends sx.interventions.Intervention, or give no file."
        ) from error


def _known_measure(measure: Measure) -> str:
    try:
        return f"{measure.__module__}.{measure.__qualname__} {function_fingerprint(measure)}"
    except (NoContentError, AttributeError) as error:
        raise TypeError(
            f"The measure can't be known by its code and data: {error} Say what it is known by in "
            'the file: Sweep(..., measure_name="IoU of mask 1").'
        ) from error


@dataclass(frozen=True, eq=False)
class SweepTable(ReadOnlyArrays):
    """What a sweep has measured.

    Args:
        conditions: their names.
        values: the numbers; NaN where nothing was measured yet, or the measure itself was NaN,
            which is ignored.
    """

    conditions: tuple[str, ...]
    values: Float[np.ndarray, "condition case"]

    def __post_init__(self) -> None:
        values = self.values.copy()
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def count(self) -> np.ndarray:
        """Number of cases of each condition."""
        return np.isfinite(self.values).sum(axis=1)

    @property
    def mean(self) -> Float[np.ndarray, "condition"]:
        """Mean over the cases; NaN without one."""
        return np.array([row.mean() if len(row) else np.nan for row in self._rows()])

    def interval(self, share: float = 0.95) -> Float[np.ndarray, "condition 2"]:
        """The interval of the mean with this probability: percentiles of the bootstrap over cases.

        NaN with fewer than two cases. Source: Efron, "Bootstrap methods" (1979).
        """
        rng = np.random.default_rng(0)  # the same table has the same interval
        ends = [(1 - share) / 2, (1 + share) / 2]
        intervals = []
        for row in self._rows():
            if len(row) < 2:
                intervals.append((np.nan, np.nan))
            else:
                means = row[rng.integers(len(row), size=(_RESAMPLES, len(row)))].mean(axis=1)
                intervals.append(tuple(np.quantile(means, ends)))
        return np.array(intervals)

    def __str__(self) -> str:
        width = max(len(name) for name in (*self.conditions, "condition"))
        lines = [f"{'condition':{width}}  {'mean':>10}  {'95 % interval':>23}  cases"]
        for name, mean, (low, high), count in zip(
            self.conditions, self.mean, self.interval(), self.count, strict=True
        ):
            interval = "–" if np.isnan(low) else f"{low:.4g} to {high:.4g}"
            lines.append(f"{name:{width}}  {mean:10.4g}  {interval:>23}  {count:5}")
        return "\n".join(lines)

    def _rows(self) -> list[np.ndarray]:
        return [row[np.isfinite(row)] for row in self.values]
