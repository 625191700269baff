"""Which probes read a hook point, by what their docstrings declare under "Reads:"."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sam_explore.model.addresses import LOGITS, PREDICTED_IOU
from sam_explore.probes import PROBES, Probe
from sam_explore.tracing.data_flow import PICTURE, PROMPTS_IN

_READS = re.compile(r"Reads:(.*?)Returns:", re.DOTALL)
_NAME = re.compile(r"\.?[a-z][\w*]*(?:\.[\w*]+)*")
_NUMBER = re.compile(r"(?<=\.)(?:N|\*)(?=\.|$)")
# What a declaration calls these in words.
_IN_WORDS = {
    "prediction": (LOGITS, PREDICTED_IOU),
    "predictions": (LOGITS, PREDICTED_IOU),
    "the model's input": (PICTURE,),
    "the picture": (PICTURE,),
    "click": (PROMPTS_IN,),
    "prompts": (PROMPTS_IN,),
}


def exhibits_of(hooks: Iterable[str]) -> tuple[type[Probe], ...]:
    """The probes that read any of these hook points or inputs, those that read least first.

    A probe that looks into a single tensor says more about it than one that reads many.
    """
    wanted = set(hooks)
    found = []
    for probe in PROBES:
        patterns = declared(probe)
        if any(pattern.fullmatch(hook) for pattern in patterns for hook in wanted):
            found.append((len(patterns), probe.__name__, probe))
    return tuple(probe for _, _, probe in sorted(found, key=lambda each: each[:2]))


@cache
def declared(probe: type[Probe]) -> tuple[re.Pattern[str], ...]:
    """The hook points and inputs that a probe declares to read, as patterns of their names."""
    reads = _READS.search(probe.__doc__ or "")
    words = " ".join(reads[1].split()) if reads else ""
    names = dict.fromkeys([*_paths(words), *_of_words(words)])
    return tuple(map(_pattern, names))


def _paths(words: str) -> Iterator[str]:
    """Names of hook points; one that lacks its beginning belongs to the modules that are named."""
    names = [name.rstrip(".") for name in _NAME.findall(words)]
    modules = [name for name in names if "." in name.strip(".") and "hook_" not in name]
    module = ""
    for name in names:
        if "hook_" not in name:
            continue
        if name.startswith("."):
            yield f"{module}{name}"
        elif name.startswith("hook_") or not _is_whole(name):
            around = modules or ([module] if module else [])
            yield from (f"{each.removesuffix('.*')}.**.{name}" for each in around)
        else:
            module = name.rpartition(".")[0]
            yield name


def _is_whole(name: str) -> bool:
    return name.startswith(
        ("image_encoder", "coordinate_encoder", "prompt_encoder", "mask_decoder")
    )


def _of_words(words: str) -> Iterator[str]:
    positive = words.split("not the picture")[0].split("Not the picture")[0]
    for phrase, names in _IN_WORDS.items():
        if re.search(rf"\b{phrase}\b", positive):
            yield from names


def _pattern(name: str) -> re.Pattern[str]:
    """`N` and `*` stand for a number, `**` for any number of parts, also for none."""
    name = re.escape(_NUMBER.sub("\0", name.replace(".**.", "\1")))
    return re.compile(name.replace("\0", r"\d+").replace("\1", r"(?:\.[\w.]+)?\."))


def knobs_for(probe: type[Probe], kind: str, number: int | None) -> dict[str, Any]:
    """Knobs that let a probe look where a tensor is made: the block or the layer, if it has one."""
    return {} if number is None or kind not in probe.knobs() else {kind: number}
