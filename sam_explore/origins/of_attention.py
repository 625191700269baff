"""How an attention's numbers are computed: scores, weights and mixes, wherever it is."""

from typing import Any

from ..model import HookPoint
from ..tracing import list_hooks
from .rules import ALL, At, Source
from .sums import Softmax, SoftmaxSum, Total, WeightedSum
from .wiring import Wiring


def wire_attention(
    wiring: Wiring, attention: Any, terms: tuple[tuple[HookPoint, Source], ...] = ()
) -> None:
    """The rules from queries, keys and values to each head's result.

    Args:
        wiring: where they go.
        attention: a module with the hook points of an attention.
        terms: hook points whose numbers are added to a score, and where: of the distances.
    """
    path, channels = wiring.path(attention), _channels(wiring, attention)
    query = " ".join(attention.hook_scores.axes[:3])
    content = WeightedSum(
        "Product of query and key",
        "q · k / √d",
        Source(attention.hook_q.name, lambda at: (*at[:3], ALL)),
        Source(attention.hook_k.name, lambda at: (*at[:2], at[3], ALL)),
        divisor=(channels**0.5, f"√{channels}"),
        length=attention.heads,
    )
    scores = attention.hook_scores
    if terms:
        meaning = "content: the product of query and key"
        source = wiring.put(f"{path}.content", content, meaning, f"{query} key")
        parts = [("q · k / √d", source)]
        symbols = ("r", "c")
        parts += [(symbol, term) for symbol, (_, term) in zip(symbols, terms, strict=True)]
        wiring.set(scores, Total("Attention score: content, and a term for each distance", parts))
    else:
        wiring.set(scores, content)
    row = Source(scores.name, lambda at: (*at[:3], ALL))
    summed = "sum of the exponentials of a row of scores"
    wiring.put(f"{path}.softmax_sum", SoftmaxSum(row, "", ()), summed, query)
    total = Source(f"{path}.softmax_sum", lambda at: at[:3])
    wiring.set(attention.hook_pattern, Softmax(row, total))
    mix = WeightedSum(
        "Mix of the values by their attention weights",
        "Σ a · v",
        Source(attention.hook_pattern.name, lambda at: (*at[:3], ALL)),
        Source(attention.hook_v.name, lambda at: (*at[:2], ALL, at[3])),
    )
    wiring.set(attention.hook_out_per_head, mix)


def head_channel(wiring: Wiring, attention: Any, part: int = 0) -> Any:
    """The row of a linear layer's weights that makes a head's channel.

    Args:
        wiring: of the run.
        attention: the module.
        part: how many blocks of as many rows are before, as in one layer for q, k and v.
    """
    channels = _channels(wiring, attention)
    whole = part * attention.heads * channels

    def row(at: At) -> int:
        return whole + at[1] * channels + at[3]

    return row


def _channels(wiring: Wiring, attention: Any) -> int:
    """How many channels a head has, whatever layers it has."""
    (info,) = list_hooks(wiring.trace.sam, attention.hook_q.name)
    return info.shape[-1]
