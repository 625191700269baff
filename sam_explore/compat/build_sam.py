"""`sam_model_registry` and the functions that it holds."""

from collections.abc import Callable, Mapping
from os import PathLike

from sam_explore.loading import load
from sam_explore.model import VIT_B, VIT_H, VIT_L, SamConfig
from sam_explore.model import Sam as Network

from .modeling import Sam

Checkpoint = str | PathLike | Mapping | None


def _build(config: SamConfig, checkpoint: Checkpoint = None) -> Sam:
    """A model of this size, with the weights of a file, or with random ones.

    Raises:
        ValueError: the file is of another size, or not a SAM v1 network.
        FileNotFoundError: there is no such file.
    """
    if checkpoint is None:
        return Sam(Network(config).eval().requires_grad_(False))
    network = load(checkpoint)
    sizes = ((each.encoder_depth, each.encoder_dim) for each in (network.config, config))
    if len(set(sizes)) > 1:
        raise ValueError(
            f"The checkpoint is not {config.name}: its image encoder has "
            f"{network.config.encoder_depth} blocks of {network.config.encoder_dim} channels, and "
            f"{config.name}'s has {config.encoder_depth} of {config.encoder_dim}. sx.load(path) "
            "tells the size by itself."
        )
    return Sam(network)


def build_sam_vit_h(checkpoint: Checkpoint = None) -> Sam:
    """ViT-H, with the weights of a file, or with random ones."""
    return _build(VIT_H, checkpoint)


def build_sam_vit_l(checkpoint: Checkpoint = None) -> Sam:
    """ViT-L, with the weights of a file, or with random ones."""
    return _build(VIT_L, checkpoint)


def build_sam_vit_b(checkpoint: Checkpoint = None) -> Sam:
    """ViT-B, with the weights of a file, or with random ones."""
    return _build(VIT_B, checkpoint)


def build_sam_toy(checkpoint: Checkpoint = None) -> Sam:
    """The small model that ships with this package, which the original has not."""
    return Sam(load(checkpoint))


build_sam = build_sam_vit_h

sam_model_registry: dict[str, Callable[..., Sam]] = {
    "default": build_sam,
    "vit_h": build_sam_vit_h,
    "vit_l": build_sam_vit_l,
    "vit_b": build_sam_vit_b,
    "toy": build_sam_toy,
}
