"""What a logit is read from, or comes from: decoder tokens by name, and regions of the picture."""

import numpy as np
from jaxtyping import Bool, Float

_MOST = 24  # tokens by themselves; the rest is one group


def token_groups(
    names: tuple[str, ...], shares: list[Float[np.ndarray, "key"]]
) -> dict[str, np.ndarray]:
    """Numbers of the tokens by name; of many, those with the smallest shares are one group."""
    order = np.argsort(-np.abs(shares).sum(axis=0), kind="stable")
    groups = {names[token]: np.array([token]) for token in sorted(order[:_MOST])}
    rest = np.sort(order[_MOST:])
    return groups | ({f"{len(rest)} others": rest} if len(rest) else {})


def regions_of(
    inside: Bool[np.ndarray, "row column"], is_padding: Bool[np.ndarray, "row column"]
) -> dict[str, np.ndarray]:
    """Numbers of the image tokens in each region, as far as it has any."""
    inside = inside & ~is_padding
    regions = {
        "inside the mask": inside,
        "outside": ~inside & ~is_padding,
        "padding": is_padding,
    }
    found = {name: np.flatnonzero(region) for name, region in regions.items()}
    return {name: numbers for name, numbers in found.items() if len(numbers)}
