"""Recognises files of networks related to SAM v1 by the names in them, with advice."""

import re
from collections.abc import Collection, Iterable

from .printable_names import listed, shown

_TINY_VIT = (
    "is of MobileSAM's family: its image encoder is a TinyViT ({name}), where this package has the "
    "vision transformer of the released SAM. Only its mask decoder is SAM's. MobileSAM's own code "
    'runs it; to look inside SAM here take load("vit_b"), or load() for a small and quick one.'
)
_SAM_HQ = (
    "is SAM-HQ: next to SAM's weights it has a further output token and the layers that refine its "
    "mask ({name}), which this package does not have. Its training left SAM's own weights as they "
    'were (arXiv 2306.01567), so load("vit_b"), "vit_l" or "vit_h", whichever it was '
    "made from, has the same inside, without the refined mask."
)
_SAM_2 = (
    "is SAM 2: another network, with a Hiera image encoder and a memory ({name}). This package is "
    "about SAM v1. Take an official ViT-B, L or H file; for SAM 2 there are its own package and "
    "Sam2Model in transformers."
)
_ADAPTED = (
    "is SAM with adapters or LoRA inside its blocks ({name}), which change what the blocks compute "
    "and which this package does not have. Merge them into the weights where they were made, as "
    "merge_and_unload() of peft does, and save that state dict; without them the network would be "
    'another than the one that was trained. load("vit_b") has the blocks as they were.'
)
# The first pattern that matches a name identifies the file.
_OTHERS: tuple[tuple[str, str], ...] = (
    (r"image_encoder\.(patch_embed\.seq|layers)\.", _TINY_VIT),
    (r"mask_decoder\.(hf_token|hf_mlp|compress_vit_feat|embedding_(encoder|maskfeature)|hq_\w+|"
     r"compress_vit_conv\d)\b", _SAM_HQ),
    (r"(image_encoder\.trunk|vision_encoder\.backbone|sam_mask_decoder|memory_attention|"
     r"memory_encoder|mask_decoder\.pred_obj_score_head)\b", _SAM_2),
    (r"(image_encoder\.blocks|image_encoder\.vit|vision_encoder\.layers|mask_decoder\.transformer)\."
     r".*(lora|adapter|base_layer|linear_[ab]_|qkv\.qkv\.)", _ADAPTED),
    (r"(image_encoder|vision_encoder)\.(prompt_generator|\w*adapter)", _ADAPTED),
)  # fmt: skip


def refuse_others(names: Iterable[str], source: str) -> None:
    """Raise ValueError if a state dict's names are those of a known network that is not SAM v1.

    Args:
        names: without prefixes such as `module.`.
        source: the file's name in errors.
    """
    if words := _words_of(names, prefix=""):
        raise ValueError(f"{source} {words}")


def no_sam(names: Collection[str], source: str) -> ValueError:
    """The error for tensors without a SAM among them, under any prefix."""
    if words := _words_of(names, prefix=r"(.*\.)?"):
        return ValueError(f"{source} {words}")
    return ValueError(
        f"{source} is no SAM v1 checkpoint in the official layout or Hugging Face's: it should "
        "hold 'image_encoder.pos_embed' or 'vision_encoder.pos_embed' and holds "
        f"{listed(names) or 'nothing'}. {_alone(names)}Other networks can't be loaded; take an "
        'official ViT-B, L or H file, such as that of load("vit_b").'
    )


def _alone(names: Collection[str]) -> str:
    """A hint that the tensors may be a part of SAM; or empty."""
    if any(re.fullmatch(r"(.*\.)?pos_embed", name) for name in names):
        return (
            "It may be an image encoder by itself, which answers no prompt: load the whole "
            "network that it was taken from, or put its weights into the state dict of one. "
        )
    return ""


def _words_of(names: Iterable[str], prefix: str) -> str:
    names = list(names)
    for pattern, words in _OTHERS:
        for name in names:
            if re.match(prefix + pattern, name, re.IGNORECASE):
                return words.format(name=f"such as {shown(name)}")
    return ""
