"""Saving weights for `sam_explore.load`, with the number of scenes seen, and averaging them."""

from pathlib import Path

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from sam_explore.model import Sam


def save_weights(sam: Sam, path: Path, seen: int = 0) -> None:
    """Write the weights as safetensors in fp16, under this package's names.

    seen: scenes seen in training, stored in the file for `scenes_seen`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    half = {name: tensor.half().contiguous() for name, tensor in sam.state_dict().items()}
    notes = {"format": "pt", "config": sam.config.name, "scenes": str(seen)}
    partial = path.with_name(path.name + ".part")
    safetensors.torch.save_file(half, partial, metadata=notes)
    partial.replace(path)


def scenes_seen(path: Path) -> int:
    """The number of scenes seen in training when this file was written; 0 if it isn't stored."""
    with safetensors.safe_open(path, "pt") as file:
        return int((file.metadata() or {}).get("scenes", 0))


class Average:
    """The exponential moving average of a network's weights, after each step."""

    def __init__(self, sam: Sam, decay: float):
        self.decay = decay
        self.steps = 0
        self.weights = {name: each.detach().clone() for name, each in _tensors(sam).items()}

    @torch.no_grad()
    def take(self, sam: Sam) -> None:
        """Add the current weights. The first steps count more, so that the initial weights fade."""
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 10))
        present = _tensors(sam)
        for name, weight in self.weights.items():
            weight.lerp_(present[name], share)

    def state_dict(self) -> dict[str, object]:
        """The complete state, for a checkpoint."""
        return {"steps": self.steps, "weights": self.weights}

    def load_state_dict(self, state: dict) -> None:
        """Restore the state from a checkpoint."""
        self.steps, self.weights = state["steps"], dict(state["weights"])

    def network(self, like: Sam) -> Sam:
        """A network with these weights, in inference mode."""
        averaged = Sam(like.config)
        averaged.load_state_dict(self.weights)
        return averaged.eval().requires_grad_(False)


def _tensors(sam: Sam) -> dict[str, Tensor]:
    return {name: each.detach() for name, each in sam.state_dict().items()}
