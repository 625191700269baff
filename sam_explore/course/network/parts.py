"""The network as components within components, derived from its own declarations.

The components are those of the modules' paths, their tensors the hook points, and the connections
are those of a run (`tracing.data_flow`). Blocks are grouped by the stages that the sizes declare.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from sam_explore.model import HookPoint, Sam, Step
from sam_explore.model.addresses import in_block
from sam_explore.tracing import data_flow
from sam_explore.tracing.data_flow import HINT_IN, PICTURE, PROMPTS_IN

INPUTS = (PICTURE, PROMPTS_IN, HINT_IN)
ABOUT_INPUTS = {
    PICTURE: "the picture as the model gets it: scaled and padded",
    PROMPTS_IN: "points and box, in the unit square of the model's input",
    HINT_IN: "logits of an earlier mask, where the prompts have them",
}
# Parts of a path whose words are not those that a reader knows.
_WORDS = {
    "vit": "vision transformer",
    "iou": "IoU",
    "mlp": "MLP",
    "q": "queries",
    "k": "keys",
    "v": "values",
    "blocks": "block",
    "layers": "layer",
    "token_heads": "MLP of a mask token",
}
_SEVERAL = {"MLP of a mask token": "MLPs of mask tokens"}
_OVER_PICTURE = {"row", "column", "place"}  # axes of a tensor that is laid out over the picture


@dataclass(frozen=True)
class Part:
    """A component of the network with its own parts, or a single tensor.

    Args:
        name: the path of a module or a hook point; of a stage "….stages.N"; an input's name.
        title: in words.
        hook: the hook point, or the input, whose tensor stands for it: its own, or its result.
        parts: what it unfolds to; empty for a tensor.
        opens: whether it is unfolded at first.
    """

    name: str
    title: str
    hook: str
    parts: tuple["Part", ...] = ()
    opens: bool = False

    @cached_property
    def hooks(self) -> tuple[str, ...]:
        """The hook points, or the input, in it, in the order of a run."""
        return tuple(each for part in self.parts for each in part.hooks) or (self.hook,)


class Network:
    """All parts of a network, and how their tensors depend on one another.

    Args:
        sam: the network.

    Attributes:
        sam, description: the network, and its description of itself.
        root: the whole network; its parts are the components.
        before: for each hook point, what it is computed from; see `data_flow`.
    """

    def __init__(self, sam: Sam):
        self.sam, self.description, self._points = sam, sam.description, sam.hook_points
        self._flows = {True: data_flow(sam.config), False: data_flow(sam.config, with_hint=False)}
        self.before = self._flows[True]
        self._stages = {
            f"{in_block(block)}": number
            for number, stage in enumerate(sam.config.stages)
            for block in stage
        }
        self._windows = sam.config.windows
        self.root = self._part("", "the network", list(self._paths()))
        self.parts = {part.name: part for part in _all(self.root)}

    @cached_property
    def after(self) -> dict[str, tuple[str, ...]]:
        """For each hook point and input, what is computed from it."""
        found: dict[str, list[str]] = {}
        for name, before in self.before.items():
            for each in before:
                found.setdefault(each, []).append(name)
        return {name: tuple(each) for name, each in found.items()}

    @cached_property
    def opened(self) -> frozenset[str]:
        """Names of the parts that are unfolded at first."""
        return frozenset(_opened(self.root))

    @cached_property
    def from_weights(self) -> frozenset[str]:
        """Hook points that no input reaches: the weights alone decide them."""
        return _unreached(self.before)

    def fixed(self, with_hint: bool) -> frozenset[str]:
        """The same in a run with a mask hint, or in one without."""
        return _unreached(self._flows[with_hint])

    def absent(self, with_hint: bool) -> frozenset[str]:
        """Hook points and inputs that a run, with or without a mask hint, does not have."""
        flow = self._flows[with_hint]
        known = {*flow, *(each for before in flow.values() for each in before)}
        return frozenset({*INPUTS, *self.before} - known)

    def about(self, hook: str) -> str:
        """What a tensor is, in a few words."""
        return ABOUT_INPUTS[hook] if hook in INPUTS else self._points[hook].meaning

    def point(self, hook: str) -> HookPoint | None:
        """The hook point of this name; None for an input."""
        return self._points.get(hook)

    def step_of(self, hook: str) -> Step:
        """The step in which a tensor is made; for an input, in which it is read."""
        readers = self.after.get(hook, ()) if hook in INPUTS else (hook,)
        return self.description.step_of(readers[0])

    def holder_of(self, hook: str, shown: Collection[str]) -> Part | None:
        """The innermost part, among those shown by name, that a tensor lies in."""
        names = (name for name in self._holders[hook] if name in shown)
        return next((self.parts[name] for name in names), None)

    def around(self, part: Part) -> tuple[Part, ...]:
        """The parts that a part lies in, the outermost first."""
        return _around(self.root, part)

    def sources(self, part: Part) -> tuple[str, ...]:
        """The tensors outside a part that something in it is computed from directly."""
        return self._outside(part, self.before)

    def targets(self, part: Part) -> tuple[str, ...]:
        """The tensors outside a part that are computed directly from something in it."""
        return self._outside(part, self.after)

    @staticmethod
    def _outside(part: Part, linked: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
        found = {each: None for hook in part.hooks for each in linked.get(hook, ())}
        return tuple(each for each in found if each not in part.hooks)

    @cached_property
    def _holders(self) -> dict[str, tuple[str, ...]]:
        """For each tensor the parts that it lies in, the innermost first."""
        found: dict[str, list[str]] = {}
        for part in _all(self.root):
            for hook in part.hooks:
                found.setdefault(hook, []).insert(0, part.name)
        return {hook: tuple(names) for hook, names in found.items()}

    def _paths(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """For each tensor the names of the parts around it, the outermost first, and its own."""
        given: set[str] = set()
        for hook, before in self.before.items():
            around = self._around(hook)
            for name in before:
                if name in INPUTS and name not in given:
                    given.add(name)
                    yield around[:-1], name  # next to the component that reads it
            yield around, hook

    def _around(self, hook: str) -> tuple[str, ...]:
        """The parts that a hook point lies in: the modules of its path, numbers with their list."""
        names: list[str] = []
        path = ""
        pieces = hook.split(".")[:-1]
        for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
            path = f"{path}.{piece}".lstrip(".")
            if following.isdigit():
                continue  # the list of blocks is no component of its own
            if path in self._stages:
                names.append(f"{path.rsplit('.', 2)[0]}.stages.{self._stages[path]}")
            names.append(path)
        return tuple(names)

    def _part(self, name: str, title: str, paths: list[tuple[tuple[str, ...], str]]) -> Part:
        """A part of these tensors, each with the names of the parts around it within this one."""
        grouped: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for around, hook in paths:
            inner = around[0] if around else hook
            grouped.setdefault(inner, []).append((around[1:], hook))
        parts = []
        for inner, within in grouped.items():
            if len(within) == 1:  # a component with a single tensor is shown as that tensor
                around, hook = within[0]
                parts.append(Part(inner, self._title(inner), hook))
            else:
                parts.append(self._part(inner, self._title(inner), within))
        parts = self._with_lists(parts)
        is_stage = any(part.name in self._stages for part in parts)
        # Of equal components in a list only the first is unfolded at first: it shows what all have.
        is_further = name.rsplit(".", 1)[-1].isdigit() and not name.endswith(".0")
        opens = any(part.parts for part in parts) and not is_stage and not is_further
        return Part(name, title, self._result([hook for _, hook in paths]), tuple(parts), opens)

    def _with_lists(self, parts: list[Part]) -> list[Part]:
        """The same with one part for the members of a list that hold nothing but tensors."""
        grouped: dict[str, list[Part]] = {}
        for part in parts:
            stem, _, number = part.name.rpartition(".")
            holds_tensors = bool(part.parts) and not any(each.parts for each in part.parts)
            is_member = number.isdigit() and holds_tensors and part.name not in self._stages
            grouped.setdefault(stem if is_member else part.name, []).append(part)
        return [
            Part(
                name,
                f"{len(each)} {_SEVERAL.get(self._title(name), self._title(name))}",
                self._result([hook for part in each for hook in part.hooks]),
                tuple(each),
            )
            if len(each) > 1
            else each[0]
            for name, each in grouped.items()
        ]

    def _result(self, hooks: list[str]) -> str:
        """The tensor that stands for several: one that others read and that inputs change.

        If possible one that lies over the picture.
        """
        inside = set(hooks)
        made = [hook for hook in hooks if hook not in INPUTS]
        leaving = [hook for hook in made if not set(self.after.get(hook, ())) <= inside]
        leaving = leaving or [hook for hook in made if hook not in self.after] or made
        leaving = [hook for hook in leaving if hook not in self.from_weights] or leaving
        seen = [hook for hook in leaving if _OVER_PICTURE & set(self._points[hook].axes)]
        return (seen or leaving)[-1]

    def _title(self, name: str) -> str:
        """Such as "block 3" or "stage 1: blocks 0 to 2"."""
        pieces = name.split(".")
        last = pieces[-1].removeprefix("hook_")
        if not last.isdigit():
            return _in_words(last)
        if pieces[-2] == "stages":
            blocks = [each for each, stage in self._stages.items() if stage == int(last)]
            first, end = (each.rsplit(".", 1)[1] for each in (blocks[0], blocks[-1]))
            return f"stage {int(last) + 1}: blocks {first} to {end}"
        title = f"{_in_words(pieces[-2])} {last}"
        if name in self._stages:
            title += ", windowed" if self._windows[int(last)] else ", global"
        return title


def _all(part: Part) -> Iterator[Part]:
    """A part and all parts in it, the outermost first."""
    yield part
    for each in part.parts:
        yield from _all(each)


def _around(whole: Part, part: Part) -> tuple[Part, ...]:
    """The parts from the whole down to the one that directly holds a part; none if it does not."""
    for each in whole.parts:
        if each is part:
            return (whole,)
        found = _around(each, part)
        if found:
            return (whole, *found)
    return ()


def _opened(part: Part) -> Iterator[str]:
    if part.opens:
        yield part.name
        for each in part.parts:
            yield from _opened(each)


def _unreached(flow: dict[str, tuple[str, ...]]) -> frozenset[str]:
    """Hook points that are computed from no input, neither directly nor through others."""
    reached = set(INPUTS)
    for name, before in flow.items():
        if not reached.isdisjoint(before):
            reached.add(name)
    return frozenset(flow.keys() - reached)


def _in_words(piece: str) -> str:
    if piece in _WORDS:
        return _WORDS[piece]
    return " ".join(_WORDS.get(word, word) for word in piece.split("_"))
