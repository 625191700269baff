"""Hook points: named places in the network where a tensor can be seen or replaced."""

from collections.abc import Iterable

from torch import Tensor, nn


class HookPoint(nn.Module):
    """An identity with a name, put where a tensor is worth seeing.

    It has no parameters, so it leaves no trace in a state dict. Its name is its module path, as in
    `image_encoder.vit.blocks.3.attention.hook_q`, which Sam sets. Whatever `register_forward_hook`
    attaches sees the tensor, and replaces it by returning another.

    Args:
        axes: the names of the tensor's axes in order, separated by blanks.
        meaning: what the tensor is, in a few words.
    """

    def __init__(self, axes: str, meaning: str):
        super().__init__()
        self.name = ""
        self.axes = tuple(axes.split())
        self.meaning = meaning

    def forward(self, tensor: Tensor) -> Tensor:
        return tensor

    @property
    def is_watched(self) -> bool:
        """Whether anything is attached; fused steps then run in their explicit form."""
        return first_with_hooks([self]) is self

    def extra_repr(self) -> str:
        return f"{' '.join(self.axes)}: {self.meaning}"


def first_with_hooks(modules: Iterable[nn.Module]) -> nn.Module | None:
    """The first module that something is attached to, for its forward or its backward pass."""
    for module in modules:
        if (
            module._forward_hooks
            or module._forward_pre_hooks
            or module._backward_hooks
            or module._backward_pre_hooks
        ):
            return module
    return None
