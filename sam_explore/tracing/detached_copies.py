"""Tensors that a trace caches share no memory with the model or with larger tensors."""

from torch import Tensor

from sam_explore.model import Sam
from sam_explore.model.modules import tensors_of


def detached_copies(tensors: dict[str, Tensor], sam: Sam, copy: bool = False) -> dict[str, Tensor]:
    """The tensors, copied if they are weights or a part of a larger tensor.

    Args:
        tensors: by name.
        sam: the model.
        copy: copy each in any case.
    """
    if not tensors:
        return {}
    weights = {weight.untyped_storage().data_ptr() for weight in tensors_of(sam)}

    def detached(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        is_part = memory.nbytes() > tensor.nbytes
        is_foreign = copy or is_part or memory.data_ptr() in weights
        return tensor.detach().clone() if is_foreign else tensor

    return {name: detached(tensor) for name, tensor in tensors.items()}
