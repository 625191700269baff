"""The report: what was verified, on what, and the rows, as Markdown for an issue."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from sam_explore.loading import OFFICIAL, sha256_of
from sam_explore.model import VIT_B, VIT_H, VIT_L, SamConfig

from .peers import version
from .rows import Row

_PACKAGES = ("sam_explore", "torch", "numpy", "safetensors", "segment_anything", "transformers")
RELEASED = (VIT_B, VIT_L, VIT_H)
_HOLDS = {True: "yes", False: "**no**", None: ""}
_WHAT_CLAIMS_ARE = (
    "A claim is a sentence about the released models (ViT-B, L and H as trained by the authors), "
    "from the course or from another description of SAM, such as: windows of another size hardly "
    "change the mask."
)
_NOT_PUT = "This network has other sizes, so its figures are listed and nothing is judged."
_ON_ONE_PICTURE = (
    "Each is measured on one drawn picture, whose mask is known: one row proves nothing either "
    "way, and a claim that does not hold is no fault of the file."
)


@dataclass(frozen=True)
class File:
    """Identifies a file of weights, without its folder."""

    name: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "File":
        """The identity of a file; reads all of it."""
        return cls(path.name, path.stat().st_size, sha256_of(path))

    @property
    def origin(self) -> str:
        """Whether it is one of the official files."""
        official = (name for name, each in OFFICIAL.items() if each.sha256 == self.sha256)
        name = next(official, None)
        return f"the official {name}" if name else "none of the three official files"


@dataclass(frozen=True, eq=False)
class Report:
    """What `verify` found.

    Args:
        file: the file.
        config: the network in it.
        device: where it ran.
        load_seconds: how long reading and building took.
        parts: does each part give finite numbers?
        peers: how far are other implementations from ours?
        checks: what holds by the computation alone, whatever the weights are.
        claims: what is said of the released models, measured.
    """

    file: File
    config: SamConfig
    device: str
    load_seconds: float
    parts: Sequence[Row]
    peers: Sequence[Row]
    checks: Sequence[Row]
    claims: Sequence[Row]

    @property
    def is_sound(self) -> bool:
        """Whether every part runs and every comparison agrees; claims may hold or not."""
        return all(row.holds is not False for row in (*self.parts, *self.peers))

    @property
    def summary(self) -> str:
        """The report in a sentence."""
        compared = [row for row in self.peers if row.holds is not None]
        peers = f"{_held(compared)} comparisons agree" if compared else "there was no comparison"
        parts = f"{_held(self.parts)} parts give finite numbers, {peers}"
        checks = f"{_held(self.checks)} checks of the computation agree"
        if self.is_judged:
            return f"{parts}, {checks}, and {_held(self.claims)} claims hold."
        return f"{parts}, and {checks}. {len(self.claims)} more figures were measured."

    @property
    def is_judged(self) -> bool:
        """Whether the claims are about this network: it has the sizes of a released one."""
        return self.config in RELEASED

    @property
    def about_claims(self) -> str:
        """What the claims are, and what one that does or doesn't hold says of this file."""
        return f"{_WHAT_CLAIMS_ARE} {_ON_ONE_PICTURE if self.is_judged else _NOT_PUT}"

    def markdown(self) -> str:
        """The whole report. It names the file, and no folder, user or host."""
        head = ("measured", "figure", "expected", "holds")
        return "\n".join(
            [
                f"# sam-explore verify: {_as_text(self.file.name)}",
                "",
                self.summary,
                "",
                *_table([("", ""), *self._circumstances()]),
                "",
                "## Every part",
                "",
                *_table([("part", *head[1:]), *(_cells(row)[:-1] for row in self.parts)]),
                "",
                "## Compared with other implementations",
                "",
                "The largest difference as a fraction of the largest value. Embeddings are of the "
                "same pixels; logits and predicted IoU, of all four masks, of the same embedding.",
                "",
                *_table([head, *(_cells(row)[:-1] for row in self.peers)]),
                "",
                "## Checks of the computation",
                "",
                "What must hold whatever the weights are.",
                "",
                *_table([head, *(_cells(row)[:-1] for row in self.checks)]),
                "",
                "## Claims about the released models",
                "",
                f"{self.about_claims} The scripts in docs/phenomena measure many of these on as "
                "many scenes as wanted, with `--weights FILE`.",
                "",
                *_table([(*head, "said in"), *map(self._claim, self.claims)]),
                "",
            ]
        )

    def _claim(self, row: Row) -> tuple[str, ...]:
        *cells, holds, where = _cells(row)
        is_open = row.expected and row.holds is None and not self.is_judged
        return (*cells, "not judged" if is_open else holds, where)

    def _circumstances(self) -> list[tuple[str, str]]:
        config = self.config
        blocks = f"{config.encoder_depth} blocks of {config.encoder_heads} heads"
        return [
            ("file", f"{_as_text(self.file.name)}, {self.file.bytes:,} bytes, {self.file.origin}"),
            ("SHA-256", self.file.sha256),
            ("network", f"{config.name}: {config.encoder_dim} channels, {blocks}, MLP "
             f"{config.encoder_mlp_dim}, input {config.image_size}, global blocks "
             f"{', '.join(map(str, config.global_blocks)) or 'none'}"),
            ("versions", ", ".join(f"{name} {version(name)}" for name in _PACKAGES)),
            ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
            ("machine", f"{_processor()}, {os.cpu_count()} processors, {torch.get_num_threads()} "
             f"threads; device {self.device}"),
            ("loading", f"{self.load_seconds:.2f} s"),
        ]  # fmt: skip


def _as_text(name: str) -> str:
    """A name in Markdown, with markup characters escaped."""
    return "".join(
        f"&#{ord(each)};" if each in r"<>&[]()!*`\#|~" or not each.isprintable() else each
        for each in name
    )


def _held(rows: Iterable[Row]) -> str:
    judged = [row.holds for row in rows if row.holds is not None]
    return f"{sum(judged)} of {len(judged)}"


def _processor() -> str:
    """The processor's name if the system reports it."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.is_file() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, row.measured, row.expected, _HOLDS[row.holds], row.where


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table with a header row; characters that would end a cell or a line are replaced."""
    lines = ["| " + " | ".join(map(_cell, row)) + " |" for row in rows]
    return [lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())
