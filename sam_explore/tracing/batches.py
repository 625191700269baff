"""The answers of many runs that differ in prompts or in the mask decoder, decoded together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby, islice

import torch
from jaxtyping import Float
from torch import Tensor

from sam_explore.geometry import Frame
from sam_explore.model import Step
from sam_explore.model.description import ANSWER, PREPARE, PROJECT, PROMPTS
from sam_explore.prediction import Prediction, prediction_from

from .engine import Engine
from .finite import check_finite
from .plan import Plan
from .steps import Output
from .trace import Trace

_PLACES = 8192  # image tokens in a batch: more saves no time, and takes memory


def answers(traces: Iterable[Trace]) -> list[Prediction]:
    """The four masks of each of these runs: their `prediction`, up to single precision's rounding.

        variants = [trace.with_interventions(each) for each in changes]
        for prediction in answers(variants): ...

    Nothing of it is cached but the encoded picture, so that a question about many variants leaves
    the results of the reader's own prompts where they are. Runs on one picture begin where they
    first differ, and go through the rest of the mask decoder as one batch, of which each run's
    edits change its own row.

    Raises:
        ValueError, RuntimeError: as for `Trace.prediction`.
    """
    found: list[Prediction] = []
    for _, alike in groupby(traces, key=lambda trace: id(trace.engine)):
        runs = list(alike)
        outputs = _Decoding(runs[0].engine, [run.plan for run in runs]).outputs()
        for run, (logits, iou) in zip(runs, outputs, strict=True):
            found.append(prediction_from(logits[0], iou[0], run.prompts, run.frame))
    return found


def most_at_once(frame: Frame) -> int:
    """How many answers on a picture are best decoded in one batch."""
    rows, columns = frame.grid
    return max(1, _PLACES // (rows * columns))


class _Decoding:
    """Decodes plans of one engine, without the cache.

    Args:
        engine: runs the steps.
        plans: of the runs.
    """

    def __init__(self, engine: Engine, plans: Sequence[Plan]):
        self._engine, self._plans = engine, plans
        self._known: dict[str, Output] = {}
        self._steps = (PROMPTS, *engine.sam.description.mask_decoder)
        self._times = Counter(plan.key(step) for plan in plans for step in self._steps)

    def outputs(self) -> list[tuple[Tensor, Tensor]]:
        """Logits and predicted IoU of each plan."""
        self._engine.refuse_changed_weights()
        alike: dict[tuple, list[tuple[Plan, Output]]] = {}
        encodings: list[Tensor] = []
        for plan in self._plans:
            step = self._start(plan)
            state = self._state(plan, step)
            if step != ANSWER:
                shapes = tuple(part.shape for part in state)
                kind = step, shapes, _number_of(state[-1], encodings)
                alike.setdefault(kind, []).append((plan, state))
        most = most_at_once(self._engine.given.frame)
        for (step, *_), begun in alike.items():
            left = iter(begun)
            while batch := list(islice(left, most)):
                self._decode(step, batch)
        return [self._state(plan, ANSWER) for plan in self._plans]

    def _start(self, plan: Plan) -> Step:
        """The last step whose result is cached or shared by plans; else the decoder's input."""
        for step in reversed(self._steps[1:]):
            key = plan.key(step)
            if self._times[key] > 1 or self._engine.store.get(key) is not None:
                return step
        return PREPARE

    def _state(self, plan: Plan, step: Step) -> Output:
        """The result of a step, run by itself if it has to be."""
        key = plan.key(step)
        found = self._known.get(key)
        if found is None:
            found = self._engine.store.get(key)
        if found is None:
            earlier = [self._steps[: self._steps.index(step)][-1]] if step != PROMPTS else []
            inputs = [self._state(plan, each) for each in earlier]
            if step == PREPARE:
                inputs.insert(0, self._engine.output(plan, PROJECT))
            found = self._engine.run(plan, step, *inputs)
        self._known[key] = found
        return found

    def _decode(self, start: Step, begun: Sequence[tuple[Plan, Output]]) -> None:
        """Run the steps after one, for some plans with its results in one batch."""
        plans, states = zip(*begun, strict=True)
        steps = self._steps[self._steps.index(start) + 1 :]
        *parts, encoding = zip(*states, strict=True)
        rows = [_below_each_other(each) for each in parts]
        if start == PREPARE and _are_one(parts[1]):
            rows[1] = parts[1][0]  # one image serves all, with what is cached for it
        logits, iou = self._engine.run_together(plans, steps, (*rows, encoding[0]))
        for row, plan in enumerate(plans):
            answer = logits[row : row + 1], iou[row : row + 1]
            check_finite(plan, ANSWER, answer)
            self._known[plan.key(ANSWER)] = answer


def _are_one(tensors: Sequence[Tensor]) -> bool:
    return all(each is tensors[0] for each in tensors)


def _below_each_other(tensors: Sequence[Tensor]) -> Float[Tensor, "batch *any"]:
    if _are_one(tensors):
        return tensors[0].expand(len(tensors), *tensors[0].shape[1:])
    return torch.cat(list(tensors))


def _number_of(encoding: Tensor, known: list[Tensor]) -> int:
    """Which of the known position encodings of the image this one equals; it may be a new one."""
    for number, each in enumerate(known):
        if each is encoding or torch.equal(each, encoding):
            return number
    known.append(encoding)
    return len(known) - 1
