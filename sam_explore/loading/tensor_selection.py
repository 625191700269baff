"""Selects the tensors of a SAM from a file, under any prefix and among any other tensors."""

import re
import sys
import warnings
from collections import Counter
from collections.abc import Collection, Mapping

from torch import Tensor

from .printable_names import listed, several
from .related_networks import no_sam, refuse_others

# Every SAM v1 has one of these: in the official layout, in Hugging Face's, or in ours.
_ANCHOR = re.compile(
    r"((?:.*\.)?)(?:image_encoder\.pos_embed|vision_encoder\.pos_embed|"
    r"image_encoder\.position_encoder\.table)"
)
_COMPONENTS = (
    "image_encoder.",
    "vision_encoder.",
    "shared_image_embedding.",
    "coordinate_encoder.",
    "prompt_encoder.",
    "mask_decoder.",
)
# Inserted into names by torch.compile, DataParallel, DeepSpeed, FSDP and checkpointing.
_WRAPPED = re.compile(
    r"(?:(?<=\.)|^)(?:_orig_mod|module|_forward_module|_fsdp_wrapped_module|"
    r"_checkpoint_wrapped_module)\."
)


def find_sam(
    tensors: Mapping[str, Tensor], source: str, nested: Collection[str] = ()
) -> dict[str, Tensor]:
    """Select the tensors of the SAM, and remove their common prefix.

    Warns about tensors that are not part of it, with their names.

    Args:
        tensors: by name; the names of nested dicts are joined by dots.
        source: the file's name in errors.
        nested: the names of those dicts.

    Raises:
        ValueError: there is none, or a known variant, or there are two; then the message says how
            to choose.
    """
    tensors = _without_wrappers(tensors, source)
    found = {match[1] for name in tensors if (match := _ANCHOR.fullmatch(name))}
    if not found:
        raise no_sam(tensors, source)
    sams = {prefix: _under(tensors, prefix) for prefix in sorted(found)}
    prefix, *same = _the_one(sams, source, nested)
    refuse_others(sams[prefix], source)
    sam = {name: t for name, t in sams[prefix].items() if name.startswith(_COMPONENTS)}
    taken = {each + name for each in (prefix, *same) for name in sam}
    _warn_of([name for name in tensors if name not in taken], source)
    return sam


def _without_wrappers(tensors: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    plain = {_WRAPPED.sub("", name): tensor for name, tensor in tensors.items()}
    if len(plain) < len(tensors):
        times = Counter(_WRAPPED.sub("", name) for name in tensors)
        names = [name for name in tensors if times[_WRAPPED.sub("", name)] > 1]
        raise ValueError(
            f"{source} holds weights twice, with and without the name of a wrapper, such as "
            f"{listed(names)}. Take those that are meant out of it, and give them to load."
        )
    return plain


def _under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _the_one(
    sams: Mapping[str, Mapping[str, Tensor]], source: str, nested: Collection[str]
) -> list[str]:
    """The prefix of the only SAM, or of the only complete one; if one occurs twice, both."""
    whole = [prefix for prefix, weights in sams.items() if _is_whole(weights)] or list(sams)
    first = sams[whole[0]]
    if all(_are_the_same(first, sams[prefix]) for prefix in whole[1:]):
        return whole
    names = [prefix.rstrip(".") or "no prefix" for prefix in whole]
    last = names[-1]
    if last in nested:
        keys = "".join(f"[{key!r}]" for key in last.split("."))
        take = f"content = torch.load({source!r}, weights_only=True), sx.load(content{keys})"
    else:
        chosen = f'{{name: weights[name] for name in weights if name.startswith("{last}.")}}'
        take = f"with its state dict in `weights`, sx.load({chosen})"
    raise ValueError(
        f"{source} holds {len(whole)} SAMs, under {several(names)}. Which is meant? Take that one "
        f"out of the file, and give it to load, as in: {take}."
    )


def _is_whole(weights: Mapping[str, Tensor]) -> bool:
    parts = {name.partition(".")[0] for name in weights}
    return {"mask_decoder", "prompt_encoder"} <= parts


def _are_the_same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    """Whether these are the same tensors in memory, under two names."""
    return one.keys() == other.keys() and all(
        one[name].shape == other[name].shape and one[name].data_ptr() == other[name].data_ptr() != 0
        for name in one
    )


def _warn_of(names: list[str], source: str) -> None:
    if not names:
        return
    frame, level = sys._getframe(), 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame, level = frame.f_back, level + 1
    tensors = "tensor that is" if len(names) == 1 else "tensors that are"
    warnings.warn(
        f"Next to a SAM, {source} holds {len(names)} {tensors} no part of it and left out: "
        f"{listed(names, most=6)}.",
        stacklevel=level,
    )


# A warning points to the first caller outside these packages, which wrap our functions.
_OURS = {__name__.partition(".")[0], "torch", "jaxtyping", "beartype"}
