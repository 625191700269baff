"""The plan of a run: the edits of each step, and the cache key of its result."""

import hashlib
from collections.abc import Iterable
from functools import cached_property

from sam_explore.fingerprints import fingerprint
from sam_explore.model import Step
from sam_explore.model.description import EMBED, PROMPTS, Link

from .editing import Edits, Intervention, check_edit
from .recording import find_hooks
from .steps import Run


class Plan:
    """A run with the edits of its interventions, and a key for the result of each step.

    Args:
        run: what it starts from.
        interventions: interventions, and pairs of a hook point and an edit.
        origin: a fingerprint of the weights, the picture and the preprocessing.

    Raises:
        ValueError: an intervention that is impossible in any run of the model.
        TypeError: an edit that can't be hashed.
    """

    def __init__(self, run: Run, interventions: tuple, origin: str):
        self.run = run
        self.description = run.sam.description
        self._origin = origin
        self._keys: dict[Step, str] = {}
        found = []
        for each in interventions:
            edits = each.edits(run) if isinstance(each, Intervention) else (each,)
            for name, fn in edits:
                check_edit(fn)
                found += [(hook.name, fn) for hook in find_hooks(run.sam, name)]
        self.edits: Edits = tuple(found)

    def edits_in(self, step: Step) -> Edits:
        """The edits of single hook points in a step, in the order in which they act."""
        return self._edits_by_step.get(step, ())

    def edits_of(self, steps: Iterable[Step]) -> Edits:
        """The edits in all of these steps, step by step."""
        return tuple(each for step in steps for each in self.edits_in(step))

    def before(self, step: Step) -> tuple[Step, ...]:
        """The steps whose results this one reads."""
        return self.description.link(step).reads

    def key(self, step: Step) -> str:
        """A fingerprint of everything that the result of a step depends on."""
        if step not in self._keys:
            choice = ""
            if step.kind == "block" and step.number is not None:
                choice = self._window_choice(step.number)
            choice = self.prompts_key if step == PROMPTS else choice
            choice = self._origin if step == EMBED else choice
            edits = self.edits_in(step) and fingerprint(self.edits_in(step), within_process=True)
            before = [self.key(each) for each in self.before(step)]
            content = repr((str(step), choice, edits, before))
            self._keys[step] = hashlib.sha256(content.encode()).hexdigest()[:32]
        return self._keys[step]

    @cached_property
    def prompts_key(self) -> str:
        """A fingerprint of the prompts."""
        return fingerprint((self._origin, self.run.prompts))

    def prompts_of(self, step: Step) -> str | None:
        """The prompts that a step depends on, None for one that doesn't."""
        return None if step in self.description.image_encoder else self.prompts_key

    def is_result(self, name: str) -> bool:
        """Whether the tensor at a hook point is itself the result of a step."""
        link = self.link_at(name)
        return name == link.gives or (name == link.takes and name not in self._edited)

    def link_at(self, name: str) -> Link:
        """The step that a hook point belongs to, with its place in the chain."""
        return self.description.link(self.description.step_of(name))

    @cached_property
    def _edited(self) -> set[str]:
        return {name for name, _ in self.edits}

    @cached_property
    def _edits_by_step(self) -> dict[Step, Edits]:
        by_step: dict[Step, Edits] = {}
        for name, fn in self.edits:
            step = self.description.step_of(name)
            by_step[step] = (*by_step.get(step, ()), (name, fn))
        return by_step

    def _window_choice(self, block: int) -> str:
        """The block's window; in the trained one, `relative_positions` changes nothing."""
        run, config = self.run, self.run.sam.config
        trained = config.side(config.windows[block])
        is_trained = run.attended(block) == (trained, trained)
        return repr((run.windows[block], None if is_trained else run.relative_positions))
