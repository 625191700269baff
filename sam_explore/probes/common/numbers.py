"""Shared by all probes: from torch to numpy, and from numpy to words."""

import numpy as np
from jaxtyping import Float
from torch import Tensor


def array(tensor: Float[Tensor, "*any"]) -> Float[np.ndarray, "*any"]:
    """The same numbers in double precision; nothing is shared with the tensor."""
    return tensor.detach().cpu().double().numpy().copy()


def counted(number: int, thing: str) -> str:
    """A number with its noun, such as "1 token" or "3 tokens"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def place_of_greatest(values: Float[np.ndarray, "row column"]) -> str:
    """The position of a map's largest value, such as "row 3, column 5"."""
    row, column = np.unravel_index(np.nanargmax(values), values.shape)
    return f"row {row}, column {column}"
