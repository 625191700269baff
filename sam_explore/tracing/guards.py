"""What a trace insists on: nobody else's hooks, and memory of its own."""

from torch import Tensor

from sam_explore.model import Sam
from sam_explore.model.hooks import first_with_hooks
from sam_explore.model.modules import modules_of, tensors_of


def refuse_foreign_hooks(sam: Sam) -> None:
    """Raise RuntimeError if anything is attached anywhere in the model."""
    module = first_with_hooks(modules_of(sam))
    if module is not None:
        name = next(name for name, each in sam.named_modules() if each is module)
        raise RuntimeError(
            f"Something is attached to {name or 'the model'} (a record, an edit or a hook of "
            "PyTorch's), and a trace would run through it. Leave that context or remove the hook; "
            "inside a trace, use trace.read and trace.with_edit."
        )


def own(tensors: dict[str, Tensor], sam: Sam, copy: bool = False) -> dict[str, Tensor]:
    """The tensors in memory of their own: no weights, and no small parts of something large.

    Args:
        tensors: by name.
        sam: the model whose weights are meant.
        copy: whether each is copied in any case.
    """
    if not tensors:
        return {}
    places = {weight.untyped_storage().data_ptr() for weight in tensors_of(sam)}

    def owned(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        is_part = memory.nbytes() > tensor.nbytes
        is_foreign = copy or is_part or memory.data_ptr() in places
        return tensor.detach().clone() if is_foreign else tensor

    return {name: owned(tensor) for name, tensor in tensors.items()}
