"""Hook points: named places in the network where a tensor can be seen or replaced."""

from collections.abc import Iterable

from torch import Tensor, nn


class HookPoint(nn.Module):
    """An identity module with a name, at a tensor that is worth seeing.

    It has no parameters, so it does not appear in a state dict. Its name is its module path, as in
    `image_encoder.vit.blocks.3.attention.hook_q`, which Sam sets. A hook from
    `register_forward_hook` receives the tensor, and replaces it by returning another.

    Args:
        axes: the names of the tensor's axes in order, separated by spaces.
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
        """Whether a hook is attached; fused steps then run in their explicit form."""
        return first_with_hooks([self]) is self

    def extra_repr(self) -> str:
        return f"{' '.join(self.axes)}: {self.meaning}"


def first_with_hooks(modules: Iterable[nn.Module]) -> nn.Module | None:
    """The first module with a hook on its forward or its backward pass."""
    for module in modules:  # of a whole model, before each step of a run
        if (
            module._forward_hooks
            or module._forward_pre_hooks
            or module._backward_hooks
            or module._backward_pre_hooks
        ):
            return module
    return None
