"""What a trace insists on: nobody else's hooks, the weights it began with, memory of its own."""

from collections.abc import Iterator
from operator import is_not
from typing import NamedTuple

from torch import Tensor, nn

from sam_explore.model import Sam
from sam_explore.model.hooks import first_with_hooks


def refuse_foreign_hooks(sam: Sam) -> None:
    """Raise RuntimeError if anything is attached anywhere in the model."""
    module = first_with_hooks(_modules(sam))
    if module is not None:
        name = next(name for name, each in sam.named_modules() if each is module)
        raise RuntimeError(
            f"Something is attached to {name or 'the model'} (a record, an edit or a hook of "
            "PyTorch's), and a trace would run through it. Leave that context or remove the hook; "
            "inside a trace, use trace.read and trace.with_edit."
        )


class Versions(NamedTuple):
    """What a model is made of, down to the state of each weight.

    To see that all this is still there takes a fraction of a walk through the modules, and is asked
    before everything that a trace answers.

    Args:
        sam: the model.
        tables: every module's tables of its parts, and what they held.
        stamps: every weight, where it lies, and how often it was changed there.
    """

    sam: Sam
    tables: tuple[tuple[dict, tuple], ...]
    stamps: tuple[tuple[Tensor, int, int], ...]


def versions_of(sam: Sam) -> Versions:
    """The state that the model is in."""
    tables = (
        table
        for module in _modules(sam)
        for table in (module._modules, module._parameters, module._buffers)
    )
    return Versions(
        sam,
        tuple((table, tuple(table.values())) for table in tables if table),
        tuple((weight, weight.data_ptr(), weight._version) for weight in _weights(sam)),
    )


def refuse_changed_weights(sam: Sam, versions: Versions) -> None:
    """Raise RuntimeError if the model's weights are not those that had these versions."""
    if sam is not versions.sam or _are_changed(versions):
        raise RuntimeError(
            "The model's weights changed after this trace was made, so what it holds is of "
            "another model. Make a new Trace."
        )


def _are_changed(versions: Versions) -> bool:
    for table, parts in versions.tables:
        if len(table) != len(parts) or any(map(is_not, table.values(), parts)):
            return True
    for weight, place, version in versions.stamps:
        if weight._version != version or weight.data_ptr() != place:
            return True
    return False


def own(tensor: Tensor, sam: Sam) -> Tensor:
    """The tensor in memory of its own: no weight, and no small part of something large."""
    storage = tensor.untyped_storage()
    places = {weight.untyped_storage().data_ptr() for weight in _weights(sam)}
    is_part = storage.nbytes() > tensor.numel() * tensor.element_size()
    return tensor.detach().clone() if is_part or storage.data_ptr() in places else tensor


def _weights(sam: Sam) -> Iterator[Tensor]:
    for module in _modules(sam):
        for tensor in (*module._parameters.values(), *module._buffers.values()):
            if tensor is not None:
                yield tensor


def _modules(sam: Sam) -> list[nn.Module]:
    """All modules. Torch's own walk also names them, which takes as long as a small decoder."""
    modules: list[nn.Module] = [sam]
    for module in modules:  # grows meanwhile
        modules.extend(child for child in module._modules.values() if child is not None)
    return modules
