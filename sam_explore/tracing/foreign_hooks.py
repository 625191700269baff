"""Traces refuse a model with hooks that they did not attach."""

from sam_explore.model import Sam
from sam_explore.model.hooks import first_with_hooks
from sam_explore.model.lock import lock_of
from sam_explore.model.modules import modules_of


def refuse_foreign_hooks(sam: Sam) -> None:
    """Raise RuntimeError if a hook is attached anywhere in the model.

    Hooks of a `record` or an `edit` in another thread are waited for.
    """
    with lock_of(sam):
        module = first_with_hooks(modules_of(sam))
    if module is not None:
        name = next(name for name, each in sam.named_modules() if each is module)
        raise RuntimeError(
            f"Something is attached to {name or 'the model'} (a record, an edit or a hook of "
            "PyTorch's), and a trace would run through it. Leave that context or remove the hook; "
            "inside a trace, use trace.read and trace.with_edit."
        )
