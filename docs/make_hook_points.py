"""Writes docs/hook_points.md from the declarations in sam_explore/model.

python docs/make_hook_points.py
"""

import re
from pathlib import Path

import torch

from sam_explore.model import VIT_B, Sam
from sam_explore.tracing import HookInfo, list_hooks

PAGE = Path(__file__).with_name("hook_points.md")
INTRODUCTION = (
    "# Hook points\n\n"
    "The places where tensors can be seen and replaced: `sx.record`, `sx.edit`, `trace[name]`, "
    "`trace.with_edit(name, fn)`. `python docs/make_hook_points.py` writes this page from the "
    "declarations in `sam_explore/model`, and a test keeps it current.\n\n"
    "Shapes and memory (fp32) are those of ViT-B for one picture and one foreground point; "
    "`sx.list_hooks(sam)` has them for any model. `N` is a number from 0. In patterns `*` stands "
    "for any part between dots and `**` for any number of them: "
    "`image_encoder.vit.blocks.*.hook_residual_post`.\n\n"
    "Attention scores and patterns are put together only when something is attached to them. On "
    "the CPU in fp32 without gradients that changes no digit of the result. Elsewhere, explicit "
    "attention then runs in place of PyTorch's fused kernel; the two agree to 1e-5, and a trace "
    "always runs the explicit form there.\n"
)
_BLOCK = re.compile(r"(?<=\.)(blocks|layers|token_heads)\.(\d+)(?=\.)")


def page() -> str:
    """The page as it should be."""
    with torch.device("meta"):
        infos = list_hooks(Sam(VIT_B))
    sections: dict[str, dict[str, list[HookInfo]]] = {}
    for info in infos:
        name = _BLOCK.sub(r"\1.N", info.name)
        sections.setdefault(_section(name), {}).setdefault(name, []).append(info)
    return INTRODUCTION + "".join(
        f"\n## {title}\n\n{_table(names)}" for title, names in sections.items()
    )


def _section(name: str) -> str:
    """The component that a hook point is listed under; blocks and layers have their own."""
    parts = name.split(".")
    if "N" in parts:
        return ".".join(parts[: parts.index("N") + 1])
    return ".".join(parts[:2]) if len(parts) > 2 else parts[0]


def _table(names: dict[str, list[HookInfo]]) -> str:
    numbered = any(".N." in name for name in names)
    lines = ["| name | N | axes | memory | meaning |", "|---|---|---|---|---|"]
    for name, infos in names.items():
        # Windowed and global blocks lay the same tensor out in different ways.
        variants: dict[tuple, list[HookInfo]] = {}
        for info in infos:
            variants.setdefault((info.axes, info.shape, info.meaning), []).append(info)
        lines += [_row(name, same) for same in variants.values()]
    if not numbered:
        lines = [re.sub(r"^(\|[^|]+\|)[^|]+\|", r"\1", line) for line in lines]
    return "\n".join(lines) + "\n"


def _row(name: str, infos: list[HookInfo]) -> str:
    info = infos[0]
    axes = " × ".join(
        axis if axis == "1" else f"{axis} {length}"
        for axis, length in zip(info.axes, info.shape, strict=True)
    )
    numbers = _numbers(infos) if ".N." in name else " "
    return f"| `{name}` | {numbers} | {axes} | {_memory(info.bytes)} | {info.meaning} |"


def _numbers(infos: list[HookInfo]) -> str:
    numbers = [int(_BLOCK.search(info.name)[2]) for info in infos]
    last = numbers[-1]
    return f"0–{last}" if len(numbers) == last + 1 else ", ".join(map(str, numbers))


def _memory(size: int) -> str:
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:.3g} {unit}"
    return f"{size} B"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
