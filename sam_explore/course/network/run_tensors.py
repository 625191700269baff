"""The tensors of a run that the map shows, and which of them are other than before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from sam_explore.corrections import Choice as MaskChoice
from sam_explore.corrections import answering
from sam_explore.model import HookPoint, Step
from sam_explore.readings import Gallery, Heatmap
from sam_explore.tracing import Trace, attention_row

from .input_maps import INPUT_MAPS
from .parts import INPUTS, Network
from .tensor_maps import UNITS, Choice, TensorMap, map_of


@dataclass(frozen=True, eq=False)
class RunTensors:
    """What the map shows of one run.

    Args:
        maps: by hook point or input; what the run does not have is missing.
        keys: for each step, a fingerprint of all that its result depends on.
        changed: the steps whose results are other than in the run before, in the order of a run.
        is_first: whether there was no run before.
        moving: hook points and inputs that depend on what goes into the run, not on weights alone.
        absent: hook points and inputs that the run does not have.
        words: which steps those are, in a sentence.
    """

    maps: Mapping[str, TensorMap]
    keys: Mapping[Step, str]
    changed: tuple[Step, ...]
    is_first: bool
    moving: frozenset[str]
    absent: frozenset[str]
    words: str

    def gallery(self, network: Network) -> Gallery:
        """The maps as readings, each with its own scale and unit."""
        maps = tuple(heatmap_of(network, name, each) for name, each in self.maps.items())
        return Gallery(maps, "Tensors of this run", self.words)


@dataclass(frozen=True)
class TensorsOfRun:
    """The question that the map asks of a run: what do these tensors hold?

    Called with a trace, it answers with `RunTensors`. Maps are kept by the keys of their steps, so
    after a click only those that the click can reach are made again.

    Args:
        names: of hook points and inputs.
        token: the image token whose attention is shown.
        choice: which mask is shown, as in `Session.chosen`.
        network: the network.
        kept: maps of earlier runs, by what they depend on; it is updated.
        before: the answer for the run before, or None.
    """

    names: tuple[str, ...]
    token: tuple[int, int]
    choice: MaskChoice
    network: Network = field(compare=False, repr=False)
    kept: dict[tuple, TensorMap] = field(compare=False, repr=False)
    before: RunTensors | None = field(compare=False, repr=False)

    def coarser(self, trace: Trace) -> tuple["TensorsOfRun", ...]:
        """There is no cheaper form."""
        return ()

    def __call__(self, trace: Trace) -> RunTensors:
        description = self.network.description
        keys = {link.step: trace.plan.key(link.step) for link in description.chain}
        with_hint = trace.prompts.mask_hint is not None
        absent = self.network.absent(with_hint)
        moving = frozenset(self.names) - self.network.fixed(with_hint) - absent
        maps = self._maps(trace, keys, [name for name in self.names if name not in absent])
        changed, is_first = self._changed(keys)
        words = _in_words(self.network, changed, is_first)
        return RunTensors(maps, keys, changed, is_first, moving, absent, words)

    def _changed(self, keys: dict[Step, str]) -> tuple[tuple[Step, ...], bool]:
        if self.before is None:
            return tuple(keys), True
        if self.before.keys == keys:  # more of the same run is shown
            return self.before.changed, self.before.is_first
        return tuple(step for step in keys if keys[step] != self.before.keys[step]), False

    def _maps(self, trace: Trace, keys: dict[Step, str], names: list[str]) -> dict[str, TensorMap]:
        """The maps that are kept, and the others in one pass over the steps."""
        mask = answering(trace.prediction, self.choice)
        marks = {name: self._mark(keys, name, mask) for name in names}
        missing = [name for name in names if marks[name] not in self.kept]
        inputs = [name for name in missing if name in INPUTS]
        made = {name: INPUT_MAPS[name](trace) for name in inputs}
        rows = [name for name in missing if self._is_row(name)]
        made |= {name: self._row(trace, name) for name in rows}
        rest = [name for name in missing if name not in made]
        if rest:
            made |= trace.read(rest, self._reduction(trace, mask))
        found = {name: made.get(name) or self.kept[marks[name]] for name in names}
        self.kept.clear()  # of earlier runs only what this one shares
        self.kept.update((marks[name], each) for name, each in found.items())
        return found

    def _mark(self, keys: dict[Step, str], name: str, mask: int) -> tuple:
        """What a map depends on: its step's key, and what is chosen of the tensor."""
        point = self.network.point(name)
        axes = () if point is None else point.axes
        chosen = mask if {"mask", "key"} & set(axes) else None
        token = self.token if self._is_row(name) else None
        return name, keys[self.network.step_of(name)], chosen, token

    def _is_row(self, name: str) -> bool:
        """Whether it is scores or weights of the image encoder, of which one row is shown."""
        point = self.network.point(name)
        is_attention = point is not None and {"query", "key"} <= set(point.axes)
        return is_attention and self.network.step_of(name).kind == "block"

    def _row(self, trace: Trace, name: str) -> TensorMap:
        """The attention of the picked token, without the matrix of all."""
        block = self.network.step_of(name).number or 0
        found = attention_row(trace, block, self.token)
        is_weights = name.endswith("pattern")
        values = (found.weights if is_weights else found.scores).mean(0).numpy()
        row, column = self.token
        how = f"of the token at row {row}, column {column}, the mean of the heads"
        rows, columns = trace.attended(block)
        heads, places = len(found.weights), rows * columns
        grid = trace.frame.grid
        windows = -(-grid[0] // rows) * -(-grid[1] // columns)
        return TensorMap(values, (windows, heads, places, places), how, is_map=True)

    def _reduction(self, trace: Trace, mask: int) -> Callable[[Tensor, HookPoint], TensorMap]:
        masks = trace.decoder_tokens.of_masks

        def reduce(tensor: Tensor, hook: HookPoint) -> TensorMap:
            side = _side(trace, self.network.step_of(hook.name))
            choice = Choice(trace.frame.grid, mask, masks.start + mask, side)
            return map_of(tensor, hook.axes, choice)

        return reduce


def heatmap_of(network: Network, name: str, found: TensorMap) -> Heatmap:
    """A map as a reading, with its hook point's meaning and its unit."""
    return found.heatmap(name, network.about(name), UNITS.get(name, ""))


def _side(trace: Trace, step: Step) -> tuple[int, int]:
    """Rows and columns of a window of a block; of nothing for another step."""
    if step.kind != "block" or step.number is None:
        return 0, 0
    return trace.attended(step.number)


def _in_words(network: Network, changed: tuple[Step, ...], is_first: bool) -> str:
    """Such as "6 of 17 steps ran: … The other 11 were kept"."""
    links = [network.description.link(step) for step in changed]
    count, ran = len(network.description.chain), len(links)
    if is_first:
        return f"All {count} steps of this run, from the picture to the masks."
    if not ran:
        return f"All {count} steps are as they were."
    components = ", ".join({link.component.lower(): None for link in links})
    kept = {link.component.lower(): None for link in network.description.chain if link not in links}
    words = f"Outlined: {ran} of {count} steps are other than before ({components})."
    if kept:
        words += f" The other {count - ran} were kept and not computed again: {', '.join(kept)}."
    return words
