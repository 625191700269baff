"""Writes the table of sizes in docs/toy_model.md from the shipped weights.

python docs/make_sizes.py [--weights FILE]
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch

from sam_explore.loading import load, shipped_weights
from sam_explore.model import VIT_B, Sam, SamConfig
from sam_explore.toy.exam.tables import markdown, write_between_marks

PAGE = Path(__file__).with_name("toy_model.md")
MARK = "sizes"
_ROWS: dict[str, Callable[[SamConfig], str]] = {
    "picture": lambda config: square(config.image_size),
    "patch": lambda config: square(config.patch_size),
    "image tokens": lambda config: square(config.grid),
    "encoder": lambda config: (
        f"{config.encoder_dim} channels, {config.encoder_depth} blocks, "
        f"{config.encoder_heads} heads"
    ),
    "window": lambda config: f"{config.window_size} tokens{padding(config)}",
    "global blocks": lambda config: ", ".join(map(str, config.global_blocks)),
    "decoder": lambda config: f"{config.token_dim} channels",
    "logits": lambda config: square(config.mask_size),
}


def square(side: int) -> str:
    """Such as "16 x 16"."""
    return f"{side} x {side}"


def padding(config: SamConfig) -> str:
    """To how many tokens the windows fill up the grid, if they don't fit."""
    filled = -(-config.grid // config.window_size) * config.window_size
    return f" (pads the grid to {filled})" if filled > config.grid else ""


def lines(sam: Sam, megabytes: float) -> list[str]:
    """The table, next to ViT-B's sizes. A released file holds fp32, the small one fp16."""
    with torch.device("meta"):
        large = Sam(VIT_B)
    millions = [sum(each.numel() for each in of.parameters()) / 1e6 for of in (sam, large)]
    rows = [[name, cell(sam.config), cell(VIT_B)] for name, cell in _ROWS.items()]
    return markdown([
        ["", "toy", "ViT-B"],
        *rows,
        ["parameters", *(f"{number:.3g} million" for number in millions)],
        ["file", f"{megabytes:.1f} MB, safetensors in fp16", f"{4 * millions[1]:.0f} MB"],
    ])  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", type=Path, default=shipped_weights(), metavar="FILE")
    parser.add_argument("--write", type=Path, default=PAGE, help="default: docs/toy_model.md")
    options = parser.parse_args(arguments)
    megabytes = options.weights.stat().st_size / 1e6
    write_between_marks(options.write, MARK, lines(load(options.weights), megabytes))


if __name__ == "__main__":
    main()
