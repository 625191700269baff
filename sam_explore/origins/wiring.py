"""The rules of a run: collected by address, with what the parts of the network share."""

from collections.abc import Callable
from dataclasses import replace

from torch import Tensor, nn

from ..model import HookPoint
from ..tracing import Trace
from .foreign import Foreign
from .norms import Deviation, Mean, Norm
from .rules import ALL, At, Rule, Slice, Source, same
from .sums import WeightedSum

IN_BF16 = 1e-2  # the error that products in bf16 explain


class Wiring:
    """Collects the rules of a run, and what was given.

    Args:
        trace: the run.

    Attributes:
        rules: by address.
        given: what no rule makes, by address: the tensor, its meaning and the names of its axes.
    """

    def __init__(self, trace: Trace):
        self.trace = trace
        self.rules: dict[str, Rule] = {}
        self.given: dict[str, tuple[Tensor, str, tuple[str, ...]]] = {}
        self._paths = {module: path for path, module in trace.sam.named_modules()}
        self._learned = {name for name, _ in trace.sam.named_parameters()}

    def path(self, module: nn.Module) -> str:
        """The address of a module."""
        return self._paths[module]

    def set(self, hook: HookPoint, rule: Rule) -> None:
        """The rule of a hook point, which says what it means and what its axes are."""
        self.rules[hook.name] = replace(  # type: ignore[type-var]
            rule, meaning=hook.meaning, axes=hook.axes
        )

    def put(self, address: str, rule: Rule, meaning: str, axes: str) -> Source:
        """The rule of a quantity that no hook point has. Returns it as a source."""
        self.rules[address] = replace(  # type: ignore[type-var]
            rule, meaning=meaning, axes=tuple(axes.split())
        )
        return Source(address, same)

    def give(self, address: str, tensor: Tensor, meaning: str, axes: str) -> None:
        """Put in what is given, not computed."""
        self.given[address] = tensor, meaning, tuple(axes.split())

    def weight(self, module: nn.Module, where: Callable[[At], Slice], name: str) -> Source:
        """A learned tensor of a module."""
        return Source(f"{self.path(module)}.{name}", where)

    def foreign(self, layer: nn.Module, *more: str) -> Foreign | None:
        """The rule of a layer that lacks "weight", or more of its weights; else None."""
        path = self.path(layer)
        has_all = all(f"{path}.{name}" in self._learned for name in ("weight", *more))
        return None if has_all else Foreign(type(layer).__name__)

    def linear(
        self,
        layer: nn.Module,
        inputs: Source,
        output: Callable[[At], int],
        rest: Slice = (ALL,),
        title: str = "Linear layer",
    ) -> WeightedSum | Foreign:
        """A linear layer, or one that was put in its place.

        Args:
            layer: it.
            inputs: what is multiplied with a row of its weights.
            output: the number of that row, from the index of the result.
            rest: the place along the other axes of its weights.
            title: what it is.
        """
        foreign, path = self.foreign(layer), self.path(layer)
        if foreign is not None:
            return foreign
        weight: Tensor = layer.weight  # type: ignore[assignment]
        is_single = weight.dtype.itemsize >= 4
        has_bias = f"{path}.bias" in self._learned
        return WeightedSum(
            title,
            "Σ w · x + b" if has_bias else "Σ w · x",
            self.weight(layer, lambda at: (output(at), *rest), "weight"),
            inputs,
            self.weight(layer, lambda at: (output(at),), "bias") if has_bias else None,
            length=len(weight),
            tolerance=1e-4 if is_single else IN_BF16,
        )

    def norm(
        self, layer: nn.Module, inputs: Source, axis: int, axes: tuple[str, ...]
    ) -> Norm | Foreign:
        """A layer norm, with the mean and the deviation that it needs, or what is in its place.

        Args:
            layer: it.
            inputs: what it reads, with the axes of its result.
            axis: which of them is the channel.
            axes: their names.
        """
        foreign, path = self.foreign(layer, "bias"), self.path(layer)
        if foreign is not None:
            return foreign
        eps: float = layer.eps  # type: ignore[assignment]

        def every(at: At) -> Slice | None:
            return inputs.where((*at[:axis], ALL, *at[axis:]))

        def without(at: At) -> Slice:
            return (*at[:axis], *at[axis + 1 :])

        row, left = Source(inputs.address, every), " ".join(axes[:axis] + axes[axis + 1 :])
        mean = Mean(row, "", ())
        self.put(f"{path}.mean", mean, "mean over the channels", left)
        deviation = Deviation(row, Source(f"{path}.mean", same), eps, "", ())
        self.put(f"{path}.deviation", deviation, "standard deviation over the channels", left)
        return Norm(
            inputs,
            Source(f"{path}.mean", without),
            Source(f"{path}.deviation", without),
            self.weight(layer, lambda at: (at[axis],), "weight"),
            self.weight(layer, lambda at: (at[axis],), "bias"),
            axis,
            eps,
        )
