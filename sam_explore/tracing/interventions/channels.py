"""Scale a channel, or remove it."""

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
        for info in list_hooks(run.sam, self.name):
            lengths = [
                length for axis, length in zip(info.axes, info.shape, strict=True) if axis in _AXES
            ]
            if not lengths:
                raise ValueError(
                    f"{info.name} has no channels to scale; its axes are {', '.join(info.axes)}."
                )
            check_index("channel", self.channel, *lengths)
        return ((self.name, _Scale(self.channel, self.factor)),)


@dataclass(frozen=True)
class _Scale:
    """The edit of `ScaleChannel`."""

    channel: int
    factor: float

    def __call__(self, tensor: Tensor, hook: HookPoint) -> Tensor:
        (axis,) = (hook.axes.index(each) for each in _AXES if each in hook.axes)
        tensor.select(axis, self.channel).mul_(self.factor)
        return tensor
