"""Look inside the Segment Anything Model, live.

    import sam_explore as sx
    sam = sx.load()
    session = sx.Session(sam, sx.example("turtle"))
    sx.PromptCanvas(session)

Importing this package runs nothing: each public name is fetched from its module when first used.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_MODULE_OF = {
    "EncodedImage": "prediction",
    "Prediction": "prediction",
    "PromptCanvas": "widgets",
    "Prompts": "geometry",
    "Sam": "model",
    "SamConfig": "model",
    "Session": "widgets",
    "Sweep": "tracing",
    "Trace": "tracing",
    "channel": "tracing",
    "draw": "plots.drawing",
    "edit": "tracing",
    "encode": "prediction",
    "encoder_seconds": "tracing",
    "example": "scenes",
    "explain": "origins",
    "explore": "widgets",
    "interventions": "tracing",
    "list_hooks": "tracing",
    "load": "loading",
    "norm": "tracing",
    "predict": "prediction",
    "record": "tracing",
    "run_folder": "folders",
    "scene": "scenes",
    "zero": "tracing",
}

_SUBPACKAGES = ("course", "probes")  # public as a whole

# Spelled out, since type checkers read it.
__all__ = [
    "EncodedImage",
    "Prediction",
    "PromptCanvas",
    "Prompts",
    "Sam",
    "SamConfig",
    "Session",
    "Sweep",
    "Trace",
    "channel",
    "course",
    "draw",
    "edit",
    "encode",
    "encoder_seconds",
    "example",
    "explain",
    "explore",
    "interventions",
    "list_hooks",
    "load",
    "norm",
    "predict",
    "probes",
    "record",
    "run_folder",
    "scene",
    "zero",
]

if TYPE_CHECKING:
    from sam_explore import course, probes
    from sam_explore.folders import run_folder
    from sam_explore.geometry import Prompts
    from sam_explore.loading import load
    from sam_explore.model import Sam, SamConfig
    from sam_explore.origins import explain
    from sam_explore.plots.drawing import draw
    from sam_explore.prediction import EncodedImage, Prediction, encode, predict
    from sam_explore.scenes import example, scene
    from sam_explore.tracing import (
        Sweep,
        Trace,
        channel,
        edit,
        encoder_seconds,
        interventions,
        list_hooks,
        norm,
        record,
        zero,
    )
    from sam_explore.widgets import PromptCanvas, Session, explore


if not TYPE_CHECKING:  # a type checker would take any name for a public one

    def __getattr__(name: str) -> object:
        """Fetch a public name from its module and keep it; an unknown name lists the close ones."""
        if name in _SUBPACKAGES:
            return import_module(f"{__name__}.{name}")
        if name not in _MODULE_OF:
            close = get_close_matches(name, __all__, n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            raise AttributeError(
                f"sam_explore has no public name {name!r}{hint}", name=name, obj=None
            )
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
