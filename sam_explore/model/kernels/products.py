"""Matrix products through oneDNN, which is faster on many processors than what PyTorch calls."""

import logging
from functools import cache, partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_LOG = logging.getLogger(__name__)
_TOLERANCE = 1e-5  # of the largest value; both sum in fp32, in different orders


def linear(
    vectors: Float[Tensor, "*place channel_in"],
    weight: Float[Tensor, "channel_out channel_in"],
    bias: Float[Tensor, "channel_out"] | None = None,
    gelu: bool = False,
) -> Float[Tensor, "*place channel_out"]:
    """`Linear.forward`, with an optional GELU. It has no gradient: see `use_fast`.

    Weights are not repacked, so nothing gets stale when they change.
    """
    if vectors.numel() and weight.dtype is vectors.dtype and has_onednn():
        return _onednn(vectors, weight, bias, gelu)
    product = F.linear(vectors.to(weight.dtype), weight, bias).to(vectors.dtype)
    return F.gelu(product) if gelu else product


@cache
def has_onednn() -> bool:
    """Whether oneDNN's product exists and agrees with PyTorch's; checked once.

    The operator is private, so it may change or disappear. Then `F.linear` is used instead, and the
    reason is logged.
    """
    try:
        error = max(_error(*case) for case in _CASES)
    except Exception as reason:
        _LOG.info("oneDNN's matrix product can't be used, so F.linear takes its place: %s", reason)
        return False
    if not error <= _TOLERANCE:  # NaN too
        _LOG.warning(
            "oneDNN's matrix product is off by %.1e of the largest value, so F.linear takes its "
            "place.",
            error,
        )
        return False
    return True


def _onednn(vectors: Tensor, weight: Tensor, bias: Tensor | None, gelu: bool) -> Tensor:
    # Non-contiguous weights are accepted, but take a hundred times as long.
    activation, algorithm = ("gelu", "none") if gelu else ("none", "")
    vectors, weight = vectors.contiguous(), weight.contiguous()
    return torch.ops.mkldnn._linear_pointwise(vectors, weight, bias, activation, [], algorithm)


# Rows, channels in, channels out, whether there is a bias, whether GELU follows.
_CASES = [
    (1, 1, 1, True, False),
    (7, 3, 5, False, True),
    (33, 64, 129, False, False),
    (65, 130, 64, True, True),
    (196, 80, 48, True, False),
]


def _error(rows: int, channels: int, out: int, with_bias: bool, gelu: bool) -> float:
    chance = torch.Generator("cpu").manual_seed(rows)
    draw = partial(torch.randn, generator=chance, device="cpu", dtype=torch.float32)
    vectors, weight = draw(2, rows, channels), draw(out, channels)
    bias = draw(out) if with_bias else None
    expected = F.linear(vectors, weight, bias)
    expected = F.gelu(expected) if gelu else expected
    found = _onednn(vectors, weight, bias, gelu)
    return float((found - expected).abs().max() / expected.abs().max())
