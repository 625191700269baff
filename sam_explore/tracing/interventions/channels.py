"""Scale a channel, remove it, or set it to a number."""

from dataclasses import dataclass

from torch import Tensor

from sam_explore.model import HookPoint

from ..editing import Edits, Intervention
from ..listing import list_hooks
from ..steps import Run
from .positions import check_index

# The axes that hold channels; in the hidden layers of MLPs they are called neurons.
_AXES = ("channel", "neuron")


@dataclass(frozen=True)
class ScaleChannel(Intervention):
    """One channel is multiplied by a number at a hook point, or at all that match a pattern.

    Args:
        name: the hook point, as in `record`.
        channel: which one; in the hidden layer of an MLP, which neuron.
        factor: 0 removes it, 1 changes nothing.
    """

    name: str
    channel: int
    factor: float

    def edits(self, run: Run) -> Edits:
        _check_channel(run, self.name, self.channel, "scale")
        return ((self.name, _Scale(self.channel, self.factor)),)


@dataclass(frozen=True)
class SetChannel(Intervention):
    """One channel is the same number everywhere at a hook point, or at all that match a pattern.

    Args:
        name: the hook point, as in `record`.
        channel: which one; in the hidden layer of an MLP, which neuron.
        value: the number, in the unit of the hook point.
    """

    name: str
    channel: int
    value: float

    def edits(self, run: Run) -> Edits:
        _check_channel(run, self.name, self.channel, "set")
        return ((self.name, _Set(self.channel, self.value)),)


def _check_channel(run: Run, name: str, channel: int, to: str) -> None:
    """Refuse a hook point without channels, and a channel that isn't there."""
    for info in list_hooks(run.sam, name):
        lengths = [
            length for axis, length in zip(info.axes, info.shape, strict=True) if axis in _AXES
        ]
        if not lengths:
            raise ValueError(
                f"{info.name} has no channels to {to}; its axes are {', '.join(info.axes)}."
            )
        check_index("channel", channel, *lengths)


@dataclass(frozen=True)
class _Scale:
    """The edit of `ScaleChannel`."""

    channel: int
    factor: float

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        tensor.select(_axis_of(hook), self.channel).mul_(self.factor)
        return tensor


@dataclass(frozen=True)
class _Set:
    """The edit of `SetChannel`."""

    channel: int
    value: float

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        tensor.select(_axis_of(hook), self.channel).fill_(self.value)
        return tensor


def _axis_of(hook: HookPoint) -> int:
    """Which axis holds the channels."""
    (axis,) = (hook.axes.index(each) for each in _AXES if each in hook.axes)
    return axis
