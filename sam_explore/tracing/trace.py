"""Trace: one run of the model, of which any tensor can be asked for, and any other run be made."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from sam_explore.geometry import Frame, Prompts
from sam_explore.images import Picture, as_picture
from sam_explore.model import HookPoint, Sam, SamConfig
from sam_explore.model.config import attended
from sam_explore.prediction import EncodedImage, Prediction, check_model, prediction_from
from sam_explore.preprocessing import Preprocessing, Side

from .editing import Edit, Edits, Intervention, check_edit
from .family import Family
from .guards import own, refuse_changed_weights
from .listing import list_hooks
from .recording import Reduction, find_hooks, record, reduced
from .running import running
from .steps import DECODE, PROJECT, PROMPTS, Run, Step, compute, inputs_of, order_of, step_of
from .variants import Variants

DEFAULT_CACHE_BYTES = 2 * 2**30


@dataclass(frozen=True, eq=False)
class Trace(Variants):
    """One picture, one prompt set, one run; immutable, and nothing is computed before it is asked.

        trace = sx.Trace(sam, image, sx.Prompts(points=[(120, 80)]))
        trace["image_encoder.vit.blocks.3.attention.hook_pattern"]
        trace.with_edit("image_encoder.position_encoder.hook_encoding", sx.zero).prediction

    The run is a chain of steps: embedding, each block, channel projection, prompts, decoder. The
    steps' results are kept; what is inside a step is computed again from the step before when it is
    asked for. Traces made from one another share every result that their difference can't reach.
    All compute attention in a way that looking inside does not change, so that an edit that changes
    nothing changes nothing, exactly.

    Args:
        sam: the model.
        image: as in `encode`; here it is RGB from 0 to 255 afterwards.
        prompts: one prompt set, in pixels of the picture.
        windows: each block's window in tokens, 0 for global; the trained ones if None.
        relative_positions: "interpolate" or "crop" for tables of another size; see `with_windows`.
        preprocessing, side, keep_aspect: as in `encode`.
        cache_bytes: the most memory that results of this and all derived traces may take. Those
            of the prompt encoder and the mask decoder are kept for the latest 16 prompt sets.
    """

    sam: Sam = field(repr=False)
    image: Picture = field(repr=False)
    prompts: Prompts = field(default_factory=Prompts)
    windows: tuple[int, ...] | None = None
    relative_positions: str = "interpolate"
    preprocessing: str = "original"
    side: Side = None
    keep_aspect: bool = False
    cache_bytes: int = DEFAULT_CACHE_BYTES
    _edits: tuple[tuple[str, Edit] | Intervention, ...] = field(default=(), repr=False)
    _family: Family | None = field(default=None, repr=False)

    def __post_init__(self):
        check_model(self.sam, "sx.Trace(sam, image, prompts)")
        if not isinstance(self.prompts, Prompts):
            raise TypeError(
                "prompts must be sx.Prompts(points=[(x, y)], labels=[1]), one set for a run, but "
                f"is {self.prompts!r:.80}."
            )
        object.__setattr__(self, "image", as_picture(self.image))
        how = Preprocessing(self.preprocessing, self.side, self.keep_aspect)
        origin = (self.sam, self.image, how, self.cache_bytes)
        object.__setattr__(self, "_family", Family.of(*origin, known=self._family))
        windows = self.sam.config.windows if self.windows is None else tuple(self.windows)
        self.sam.config.check_windows(windows, self.relative_positions, self.frame.grid)
        object.__setattr__(self, "windows", windows)
        self.frame.check(self.prompts)
        self._all_edits  # noqa: B018  what can't be done is refused at once

    def __repr__(self) -> str:
        count = len(self._edits)
        changed = f", {count} change{'s' * (count > 1)}" if count else ""
        if self.windows != self.sam.config.windows:
            changed += f", windows={self.windows}"
        (height, width), (rows, columns) = self.frame.image_size, self.frame.grid
        return (
            f"Trace({self.sam.config.name}, picture {width} wide and {height} high, "
            f"{rows} x {columns} tokens, {self.prompts!r}{changed})"
        )

    def __getitem__(self, name: str) -> Tensor:
        """The tensor at a hook point; see `list_hooks` for the names. It must not be changed."""
        return self.read([name])[name]

    def read(
        self, names: str | Iterable[str], reduce: Reduction | None = None
    ) -> dict[str, object]:
        """Tensors at several hook points, by names or patterns as in `record`.

        What lies in one step is computed in one go. Reduced values are not kept.

        Raises ValueError for an unknown name, or one that this run's prompts don't reach.
        """
        refuse_changed_weights(self.sam, self._family.versions)
        hooks = {hook.name: hook for hook in find_hooks(self.sam, names)}
        by_step: dict[Step, dict[str, HookPoint]] = {}
        for name, hook in hooks.items():
            by_step.setdefault(step_of(name), {})[name] = hook
        found: dict[str, object] = {}
        # In the order of the run, so that a block is not run for its result and then again for
        # what is inside.
        for step in sorted(by_step, key=lambda step: order_of(step, self._depth)):
            found |= self._read_step(step, by_step[step], reduce)
        for name in hooks:
            if name not in found:
                raise ValueError(
                    f"Nothing came past {name} in this run, so there is nothing to read. A mask "
                    "hint's features, for one, need a mask hint: trace.with_prompts(...)."
                )
        return {name: found[name] for name in hooks}

    @property
    def frame(self) -> Frame:
        """How the picture lies in the model's input."""
        return self._family.frame

    @property
    def config(self) -> SamConfig:
        """The model's sizes with this run's grid, which knobs take their bounds from.

        A grid that is not square counts by its longer side.
        """
        return replace(self.sam.config, image_size=max(self.frame.side))

    def attended(self, block: int) -> tuple[int, int]:
        """Rows and columns of what a block attends to at once: its window, or the whole grid."""
        return attended(self.windows[block], self.frame.grid)

    @property
    def encoded(self) -> EncodedImage:
        """The encoded picture of this run."""
        refuse_changed_weights(self.sam, self._family.versions)
        return EncodedImage(self._output(PROJECT), self.frame)

    @property
    def prediction(self) -> Prediction:
        """The four masks of this run."""
        refuse_changed_weights(self.sam, self._family.versions)
        return self._prediction

    @cached_property
    def _prediction(self) -> Prediction:
        logits, iou = self._output(DECODE)
        return prediction_from(logits[0], iou[0], self.prompts, self.frame)

    @property
    def edits(self) -> tuple[str, ...]:
        """Names of the edited hook points, in the order of the edits."""
        return tuple(name for name, _ in self._all_edits)

    def estimate_bytes(
        self, names: str | Iterable[str] = "image_encoder.vit.blocks.*.hook_residual_pre"
    ) -> int:
        """Memory of the tensors at some hook points in fp32; by default, of every block's input.

        Those are most of what a whole run keeps. Beside them it keeps the last block's output, the
        image tokens, the prompt tokens, the logits and the predicted IoU.
        """
        wanted = {hook.name for hook in find_hooks(self.sam, names)}
        hooks = list_hooks(self.sam, input_size=self.frame.side)
        return sum(info.bytes for info in hooks if info.name in wanted)

    @property
    def _depth(self) -> int:
        return self.sam.config.encoder_depth

    def _read_step(
        self, step: Step, hooks: dict[str, HookPoint], reduce: Reduction | None
    ) -> dict[str, object]:
        """What lies in one step; the step runs only if something of that is not known."""
        known = {name: self._family.store.get((self._key(step), name)) for name in hooks}
        unknown = [name for name, tensor in known.items() if tensor is None]
        if all(self._is_result(name) for name in unknown):
            known |= {name: self._result(name) for name in unknown}
            unknown = []
        found = {
            name: reduced(known[name], hook, reduce)
            for name, hook in hooks.items()
            if name not in unknown
        }
        return found | (self._run(step, unknown, reduce)[1] if unknown else {})

    def _is_result(self, name: str) -> bool:
        """Whether the tensor is the very result of a step."""
        is_input = name.endswith(".hook_residual_pre") and name not in self.edits
        return is_input or name.endswith(".hook_residual_post")

    def _result(self, name: str) -> Tensor:
        step = step_of(name)
        before = name.endswith(".hook_residual_pre")
        return self._output(*inputs_of(step, self._depth)) if before else self._output(step)

    def _output(self, step: Step) -> Tensor | tuple[Tensor, Tensor]:
        output = self._family.store.get(self._key(step))
        return self._run(step)[0] if output is None else output

    def _run(
        self, step: Step, names: Sequence[str] = (), reduce: Reduction | None = None
    ) -> tuple[Tensor | tuple[Tensor, Tensor], dict[str, object]]:
        """Run one step on the results of those before. Returns its result and what was asked."""
        inputs = [self._output(before) for before in inputs_of(step, self._depth)]
        with (
            running(self, step) as run,
            torch.no_grad(),
            record(self.sam, names, reduce) as recorded,
        ):
            output = compute(step, run, *inputs)
        key, prompts = self._key(step), self.prompts if step in (PROMPTS, DECODE) else None
        self._family.store.put(key, output, prompts)
        if reduce is None:
            recorded = {name: own(tensor, self.sam) for name, tensor in recorded.items()}
            for name, tensor in recorded.items():
                if not self._is_result(name):
                    self._family.store.put((key, name), tensor, prompts)
        return output, recorded

    @cached_property
    def _start(self) -> Run:
        """What the steps start from, and what interventions are worked out for."""
        settings = self.prompts, self.windows, self.relative_positions
        return Run(self.sam, self._family.pixels, self.frame, *settings)

    @cached_property
    def _all_edits(self) -> Edits:
        """The edits of single hook points in their order, those of interventions for this run."""
        found = []
        for each in self._edits:
            edits = each.edits(self._start) if isinstance(each, Intervention) else (each,)
            for name, fn in edits:
                check_edit(fn)
                found += [(hook.name, fn) for hook in find_hooks(self.sam, name)]
        return tuple(found)

    @cached_property
    def _edits_by_step(self) -> dict[Step, Edits]:
        by_step: dict[Step, Edits] = {}
        for name, fn in self._all_edits:
            by_step[step_of(name)] = (*by_step.get(step_of(name), ()), (name, fn))
        return by_step

    def _edits_in(self, step: Step) -> Edits:
        return self._edits_by_step.get(step, ())

    def _key(self, step: Step) -> Hashable:
        """All that the result of a step depends on, within the family."""
        before = tuple(self._key(each) for each in inputs_of(step, self._depth))
        choice = self._window_key(step) if isinstance(step, int) else None
        choice = self.prompts if step == PROMPTS else choice
        return step, choice, self._edits_in(step), before

    def _window_key(self, block: int) -> Hashable:
        """The block's window; in the trained one, `relative_positions` changes nothing."""
        config = self.sam.config
        trained = config.side(config.windows[block])
        is_trained = self.attended(block) == (trained, trained)
        return self.windows[block], None if is_trained else self.relative_positions
