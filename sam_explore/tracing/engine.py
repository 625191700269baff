"""The engine of traces: runs a model on one picture, step by step, with a cache of results.

It holds the model's lock for one step at a time, caches results by fingerprints of what they depend
on, and raises an error if the model's weights have changed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from sam_explore.fingerprints import fingerprint
from sam_explore.geometry import Prompts
from sam_explore.model import HookPoint, Sam, Step
from sam_explore.model.autocast import without_autocast
from sam_explore.model.description import ANSWER, PREPARE, PROJECT
from sam_explore.model.lock import lock_of
from sam_explore.model.weight_digests import all_weights_of, in_words, weights_of
from sam_explore.preprocessing import Preprocessing

from .cache import Store
from .detached_copies import detached_copies
from .editing import Edits, edit, edits_of_rows
from .finite import check_finite
from .foreign_hooks import refuse_foreign_hooks
from .input import GivenPicture
from .plan import Plan
from .recording import Reduction, find_hooks, record, reduced
from .step_callback import announce
from .steps import Output, Run, compute, decode, explicit_attention


class Engine:
    """Runs the steps of related traces, and caches the results.

    Args:
        sam: the model. Its weights must stay as they are now.
        given: the picture.
        store: the cache of results; several engines may share one.

    All methods raise RuntimeError if the weights have changed, and those that run a step also if
    the model has foreign hooks. A step that edits leave without finite numbers is a ValueError.
    """

    def __init__(self, sam: Sam, given: GivenPicture, store: Store):
        self.sam, self.given, self.store = sam, given, store
        self.config = sam.config
        self.encoder_weights = weights_of(sam.image_encoder)
        self.weights = all_weights_of(sam)

    @staticmethod
    def of(
        sam: Sam,
        image: UInt8[np.ndarray, "height width 3"],
        preprocessing: Preprocessing,
        cache_bytes: int,
        known: "Engine | None",
    ) -> "Engine":
        """The known engine if it has the same model and the same picture, else a new one."""
        if known is not None and known._is_for(sam, image, preprocessing, cache_bytes):
            return known
        given = GivenPicture.of(image, preprocessing, sam.config)
        return Engine(sam, given, Store(cache_bytes))

    @cached_property
    def origin(self) -> str:
        """A fingerprint of what all results depend on."""
        model, given = (self.config, self.weights.fingerprint), self.given
        return fingerprint((model, given.fingerprint, given.preprocessing))

    def plan(
        self, prompts: Prompts, windows: tuple[int, ...], relative_positions: str, changes: tuple
    ) -> Plan:
        """A run on this picture; see `Plan` for what is raised."""
        given = self.given
        run = Run(self.sam, given.pixels, given.frame, prompts, windows, relative_positions)
        # What edits hold must not depend on a caller's modes, since no key tells of them.
        with torch.inference_mode(False), without_autocast():
            return Plan(run, changes, self.origin)

    def refuse_changed_weights(self) -> None:
        """Raise RuntimeError if the model's weights have changed since the start."""
        now = all_weights_of(self.sam)
        if now is self.weights:
            return
        names = self.weights.changed(now)
        what = in_words(names) if names else "loaded or exchanged, though for the same numbers"
        raise RuntimeError(
            f"The model's weights changed after this trace was made ({what}), so what it holds is "
            "of another model. Make a new Trace."
        )

    def output(self, plan: Plan, step: Step) -> Output:
        """The result of a step: tokens, or the values that the mask decoder's steps pass on."""
        self.refuse_changed_weights()
        return self._output(plan, step)

    def read(
        self, plan: Plan, names: str | Iterable[str], reduce: Reduction | None = None
    ) -> dict[str, Any]:
        """Tensors at hook points, by names or patterns; see `Trace.read`."""
        self.refuse_changed_weights()
        hooks = {hook.name: hook for hook in find_hooks(self.sam, names)}
        by_step: dict[Step, dict[str, HookPoint]] = {}
        for name, hook in hooks.items():
            by_step.setdefault(plan.description.step_of(name), {})[name] = hook
        found: dict[str, object] = {}
        # In the order of the run, so that no block runs once for its result and again for its inner
        # tensors.
        for step in sorted(by_step, key=plan.description.order):
            found |= self._read_step(plan, step, by_step[step], reduce)
        for name in hooks:
            if name not in found:
                raise ValueError(
                    f"Nothing came past {name} in this run, so there is nothing to read. A mask "
                    "hint's features, for one, need a mask hint: trace.with_prompts(...)."
                )
        return {name: found[name] for name in hooks}

    def run(self, plan: Plan, step: Step, *inputs: Output, pixels: Tensor | None = None) -> Output:
        """The result of a step on other inputs than its own, without the cache.

        Args:
            plan: the run.
            step: which step.
            inputs: its inputs.
            pixels: the model's input, for the embedding.
        """
        run = plan.run if pixels is None else replace(plan.run, pixels=pixels)
        with self._at(plan, step), torch.no_grad():
            output = compute(step, run, *inputs)
        check_finite(plan, step, output)
        return output

    def run_together(self, plans: Sequence[Plan], steps: Sequence[Step], state: Output) -> Output:
        """The last result of some of the mask decoder's steps, for several plans in one batch.

        Nothing is cached, and nothing is checked: a caller asks for each plan's row.

        Args:
            plans: whose edits in these steps change their own row.
            steps: in their order.
            state: the result of the step before, with a row for each plan.
        """
        edits = edits_of_rows([plan.edits_of(steps) for plan in plans])
        with self._at(plans[0], *steps, edits=edits), torch.no_grad():
            for step in steps:
                state = compute(step, plans[0].run, state)
        return state

    def decode(self, plan: Plan, tokens: Tensor, prompts: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and predicted IoU of other image tokens than the run's; nothing is cached.

        Args:
            plan: the run.
            tokens: a row for each answer; one if the run has edits of the mask decoder, which may
                keep something from one hook point to the next.
            prompts: the run's prompt tokens, which all rows share.
        """
        with self._at(plan, *plan.description.mask_decoder), torch.no_grad():
            answer = decode(plan.run, tokens, prompts.expand(len(tokens), -1, -1))
        check_finite(plan, ANSWER, answer)
        return answer

    def backward(
        self,
        plan: Plan,
        steps: Sequence[Step],
        function: Callable[[Run, Tensor], Tensor],
        place: Tensor,
        upstream: Tensor | None = None,
    ) -> Tensor:
        """The chain rule for steps that are run in one go: from the gradient at their result to the
        one at their input.

        Args:
            plan: the run.
            steps: the steps that are run again.
            function: from the input to the result.
            place: the input at which the derivative is taken.
            upstream: the gradient at the result; None if that is the number itself.
        """
        with self._at(plan, *steps, backwards=True), torch.enable_grad():
            # A copy, since the cached tensor must never require gradients.
            place = place.detach().clone().requires_grad_()
            result = function(plan.run, place)
            if not result.requires_grad:  # an edit replaced it by a constant
                return torch.zeros_like(place)
            (found,) = torch.autograd.grad(
                result, place, upstream, allow_unused=True, materialize_grads=True
            )
            return found.detach()

    def kept(self, plan: Plan, step: Step, what: str, work: Callable[[], Tensor]) -> Tensor:
        """The result of `work` on a step, from the cache if possible.

        `what` is its name there. It must depend only on what the step's own result depends on. The
        caller has checked the weights already, so they are not checked again.
        """
        key = f"{plan.key(step)} {what}"
        found = self.store.get(key)
        if found is None:
            with without_autocast():
                found = work()
            self.store.put(key, found)
        return found

    def _is_for(
        self,
        sam: Sam,
        image: UInt8[np.ndarray, "height width 3"],
        preprocessing: Preprocessing,
        cache_bytes: int,
    ) -> bool:
        if sam is not self.sam or sam.config is not self.config or cache_bytes != self.store.limit:
            return False
        if preprocessing != self.given.preprocessing:
            return False
        return image is self.given.image or np.array_equal(image, self.given.image)

    @contextmanager
    def _at(
        self, plan: Plan, *steps: Step, backwards: bool = False, edits: Edits | None = None
    ) -> Iterator[None]:
        """Hold the model for some steps of a run, with its edits attached, or with others.

        They are announced, run without a caller's autocast, which no key tells of, and attention
        gives the same digits with and without hooks.
        """
        links = [plan.description.link(step) for step in steps]
        what = links[0].words if len(links) == 1 else links[0].component
        announce(f"Backwards through the {what[0].lower()}{what[1:]}" if backwards else what)
        # In a caller's inference_mode, cached tensors could not be used with gradients later.
        with lock_of(self.sam), torch.inference_mode(False), ExitStack() as attached:
            refuse_foreign_hooks(self.sam)
            # The model may have been trained between two long steps.
            if steps[0] in plan.description.image_encoder and (
                weights_of(self.sam.image_encoder) is not self.encoder_weights
            ):
                self.refuse_changed_weights()
            for name, fn in plan.edits_of(steps) if edits is None else edits:
                attached.enter_context(edit(self.sam, {name: fn}))
            attached.enter_context(without_autocast())
            attached.enter_context(explicit_attention(steps, self.sam, gradients=backwards))
            yield

    def _output(self, plan: Plan, step: Step) -> Output:
        output = self.store.get(plan.key(step))
        if output is not None:
            return output
        if step in plan.description.mask_decoder:
            return self._decode_to(plan, step)
        return self._run(plan, step)[0]

    def _decode_to(self, plan: Plan, last: Step) -> Output:
        """The result of a mask decoder's step, run together with earlier steps not in the cache.

        If no tensor in between is read, the masks come from one run of the whole decoder, and only
        they are cached, so that a click uses no more memory than its masks.
        """
        decoder = plan.description.mask_decoder
        steps: list[Step] = []
        known = None
        for step in reversed(decoder[: decoder.index(last) + 1]):
            known = self.store.get(plan.key(step))
            if known is not None:
                break
            steps.insert(0, step)
        if known is None:
            inputs = [self._output(plan, before) for before in plan.before(steps[0])]
        else:
            inputs = [known]
        at_once = tuple(steps) == decoder and not any(map(plan.edits_in, decoder))
        with self._at(plan, *steps), torch.no_grad():
            if at_once:
                return self._keep(plan, last, decode(plan.run, *inputs))
            for step in steps:
                inputs = [self._keep(plan, step, compute(step, plan.run, *inputs))]
        return inputs[0]

    def _run(
        self, plan: Plan, step: Step, names: Sequence[str] = (), reduce: Reduction | None = None
    ) -> tuple[Output, dict[str, Any]]:
        """Run a step on the results of those before. Returns its result and recorded tensors."""
        inputs = [self._output(plan, before) for before in plan.before(step)]
        with (
            self._at(plan, step),
            torch.no_grad(),
            record(self.sam, names, reduce) as recorded,
        ):
            output = compute(step, plan.run, *inputs)
        output = self._keep(plan, step, output)
        if reduce is None:
            with torch.inference_mode(False), torch.no_grad():
                is_edited = bool(plan.edits_in(step))
                recorded = detached_copies(recorded, self.sam, copy=is_edited)
            for name, tensor in recorded.items():
                if not plan.is_result(name):
                    self.store.put(f"{plan.key(step)} {name}", tensor, plan.prompts_of(step))
        return output, recorded

    def _keep(self, plan: Plan, step: Step, output: Output) -> Output:
        """Put a step's result into the store. Returns the stored value."""
        check_finite(plan, step, output)
        if plan.edits_in(step):  # an edit may have returned a tensor that the user still holds
            with torch.inference_mode(False), torch.no_grad():
                parts = (output,) if isinstance(output, Tensor) else output
                copies = tuple(part.clone() for part in parts)
                output = copies[0] if isinstance(output, Tensor) else copies
        grows = step in (PROJECT, PREPARE)
        self.store.put(plan.key(step), output, plan.prompts_of(step), grows)
        return output

    def _read_step(
        self, plan: Plan, step: Step, hooks: dict[str, HookPoint], reduce: Reduction | None
    ) -> dict[str, Any]:
        """Tensors inside one step, which runs only if some are not in the cache."""
        known = {name: self.store.get(f"{plan.key(step)} {name}") for name in hooks}
        unknown = [name for name, tensor in known.items() if tensor is None]
        if all(map(plan.is_result, unknown)):
            known |= {name: self._result(plan, name) for name in unknown}
            unknown = []
        found = {
            name: reduced(known[name], hook, reduce)
            for name, hook in hooks.items()
            if name not in unknown
        }
        return found | (self._run(plan, step, unknown, reduce)[1] if unknown else {})

    def _result(self, plan: Plan, name: str) -> Tensor:
        link = plan.link_at(name)
        return self._output(plan, *(link.reads if name == link.takes else (link.step,)))
