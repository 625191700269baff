"""How the image encoder's numbers are computed, from the picture to the image tokens."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..model import HookPoint
from ..tracing.attention_block import BlockAttention
from .of_attention import head_channel, wire_attention
from .pointwise import Gelu
from .rules import ALL, At, Slice, Source, always, same
from .sums import Copy, Total, WeightedSum
from .wiring import Wiring


def wire_image_encoder(wiring: Wiring) -> None:
    """The rules of all its parts, in the order of the run."""
    encoder = wiring.trace.sam.image_encoder
    _wire_patches(wiring, encoder.patch_embedding)
    _wire_positions(wiring, encoder.position_encoder)
    stream: tuple[Source, ...] = (
        Source(encoder.patch_embedding.hook_out.name, same),
        Source(encoder.position_encoder.hook_encoding.name, same),
    )
    for number, block in enumerate(encoder.vit.blocks):
        _wire_block(wiring, number, block, stream)
        stream = (Source(_hook(block, "hook_residual_post").name, same),)
    _wire_projection(wiring, encoder.channel_projection, stream[0].address)


def _wire_patches(wiring: Wiring, embedding: Any) -> None:
    side = wiring.trace.sam.config.patch_size

    def patch(at: At) -> Slice:
        row, column = at[1:3]
        return (ALL, *(range(side * each, side * each + side) for each in (row, column)))

    rule = wiring.linear(
        embedding.projection,
        Source("pixels", patch),
        lambda at: at[3],
        (ALL, ALL, ALL),
        "Dot product of a patch's pixels with a kernel",
    )
    wiring.set(embedding.hook_out, rule)


def _wire_positions(wiring: Wiring, encoder: Any) -> None:
    path, grid = wiring.path(encoder), wiring.trace.frame.grid
    table = f"{path}.table"
    learned = encoder.table.shape[1:3]
    if learned == grid:
        rule: Any = Copy("Learned position encoding", always(Source(table, same)))
    else:
        shares = _shares_of_grid(learned, grid)
        axes = "row column learned_row learned_column"
        wiring.give(f"{path}.shares", shares, "share in the bicubic interpolation", axes)
        rule = WeightedSum(
            "Position encoding, interpolated for this grid",
            "Σ share · learned",
            Source(f"{path}.shares", lambda at: (*at[1:3], ALL, ALL)),
            Source(table, lambda at: (0, ALL, ALL, at[3])),
        )
    wiring.set(encoder.hook_encoding, rule)


def _shares_of_grid(learned: Sequence[int], wanted: Sequence[int]) -> Tensor:
    """By how much each learned place counts for each wanted one."""
    down, across = (
        F.interpolate(_each_alone(before)[:, :, :, None], (after, 1), mode="bicubic")[0, :, :, 0]
        for before, after in zip(learned, wanted, strict=True)
    )
    return torch.einsum("ir,jc->rcij", down, across)


def _each_alone(count: int) -> Tensor:
    """For each of `count` places a line in which it is 1 and the others are 0, as one batch."""
    return torch.eye(count, dtype=torch.float32, device="cpu")[None]


def _wire_block(wiring: Wiring, number: int, block: Any, stream: tuple[Source, ...]) -> None:
    axes = block.hook_residual_pre.axes
    if len(stream) == 1:
        before: Any = Copy("The stream of the block before", always(stream[0]))
    else:
        before = Total("Patch token and position", list(zip("xp", stream, strict=True)))
    wiring.set(block.hook_residual_pre, before)
    entry, middle = (
        Source(each.name, same) for each in (block.hook_residual_pre, block.hook_residual_mid)
    )
    wiring.set(block.hook_norm1, wiring.norm(block.norm1, entry, 3, axes))
    _wire_self_attention(wiring, number, block)
    attended = Source(block.attention.hook_out.name, same)
    title = "Residual stream: what was there, and what is added"
    wiring.set(block.hook_residual_mid, Total(title, [("x", entry), ("attention", attended)]))
    wiring.set(block.hook_norm2, wiring.norm(block.norm2, middle, 3, axes))
    _wire_mlp(wiring, block.mlp, block.hook_norm2)
    added = Source(block.mlp.hook_out.name, same)
    wiring.set(block.hook_residual_post, Total(title, [("x", middle), ("MLP", added)]))


def _wire_mlp(wiring: Wiring, mlp: Any, reads: HookPoint) -> None:
    def channels(at: At) -> Slice:
        return (*at[:3], ALL)

    expand = wiring.linear(mlp.expand, Source(reads.name, channels), lambda at: at[3])
    address, meaning = wiring.path(mlp.expand), "hidden neuron before GELU"
    inner = wiring.put(address, expand, meaning, "batch row column neuron")
    wiring.set(mlp.hook_hidden, Gelu(inner, expand.tolerance))
    contract = wiring.linear(mlp.contract, Source(mlp.hook_hidden.name, channels), lambda at: at[3])
    wiring.set(mlp.hook_out, contract)


def _wire_self_attention(wiring: Wiring, number: int, block: Any) -> None:
    attention, places = block.attention, BlockAttention(wiring.trace, number)
    regions = tuple(places.regions())
    down, across = places.sides

    def token(at: At) -> Slice | None:
        """The token of the grid that a window's token is; None for padding."""
        region, inside = regions[at[0]], at[2]
        row, column = divmod(inside, across)
        if row >= region.rows or column >= region.columns:
            return None
        return (0, region.row + row, region.column + column, ALL)

    empty = "This token is padding of its window: what it reads is 0, so the bias alone remains."
    reads = Source(block.hook_norm1.name, token)
    for part, hook in enumerate((attention.hook_q, attention.hook_k, attention.hook_v)):
        linear = wiring.linear(attention.qkv, reads, head_channel(wiring, attention, part))
        wiring.set(hook, replace(linear, empty=empty))
    terms = (
        (attention.hook_relative_rows, lambda at: (*at[:3], at[3] // across)),
        (attention.hook_relative_columns, lambda at: (*at[:3], at[3] % across)),
    )
    _wire_distances(wiring, attention, (down, across))
    sources = tuple((hook, Source(hook.name, where)) for hook, where in terms)
    wire_attention(wiring, attention, sources)

    def all_heads(at: At) -> Slice:
        region = places.region_of(at[1:3])
        return (region.index, ALL, region.number_of(at[1:3]), ALL)

    mixed = Source(attention.hook_out_per_head.name, all_heads)
    projection = wiring.linear(attention.projection, mixed, lambda at: at[3])
    wiring.set(attention.hook_out, projection)


def _wire_distances(wiring: Wiring, attention: Any, sides: tuple[int, int]) -> None:
    across = sides[1]
    kinds = (
        (attention.hook_relative_rows, "relative_rows", sides[0], lambda query: query // across),
        (attention.hook_relative_columns, "relative_columns", across, lambda query: query % across),
    )
    for hook, name, length, line in kinds:
        table, shift = _table(wiring, attention, name, length)

        def vector(at: At, line: Any = line, shift: int = shift) -> Slice:
            return (line(at[2]) - at[3] + shift, ALL)

        rule = WeightedSum(
            "Product of the query with the learned vector of a distance",
            "Σ q · d",
            Source(attention.hook_q.name, lambda at: (*at[:3], ALL)),
            Source(table, vector),
        )
        wiring.set(hook, rule)


def _table(wiring: Wiring, attention: Any, name: str, length: int) -> tuple[str, int]:
    """The address of a table of distances for a line of tokens, and its entry of the distance 0."""
    address, learned = f"{wiring.path(attention)}.{name}", len(getattr(attention, name))
    wanted = 2 * length - 1
    is_cropped = wiring.trace.relative_positions == "crop"
    if learned == wanted or is_cropped:
        return address, (learned - wanted) // 2 + length - 1
    shares = F.interpolate(_each_alone(learned), size=wanted, mode="linear")[0].T
    meaning = "share in the linear interpolation"
    wiring.give(f"{address}.shares", shares, meaning, "distance learned")
    rule = WeightedSum(
        "Vector of a distance, interpolated for this window",
        "Σ share · learned",
        Source(f"{address}.shares", lambda at: (at[0], ALL)),
        Source(address, lambda at: (ALL, at[1])),
        length=getattr(attention, name).shape[1],
    )
    meaning = "vector of a distance, interpolated"
    return wiring.put(f"{address}.interpolated", rule, meaning, "distance channel").address, (
        length - 1
    )


def _wire_projection(wiring: Wiring, projection: Any, stream: str) -> None:
    axes, (rows, columns) = projection.hook_out.axes, wiring.trace.frame.grid
    first = wiring.linear(
        projection.conv1,
        Source(stream, lambda at: (0, at[2], at[3], ALL)),
        lambda at: at[1],
        (ALL, 0, 0),
        "1 x 1 convolution",
    )
    wiring.set(projection.hook_conv1, first)
    hooks = projection.hook_conv1, projection.hook_conv2
    conv1, conv2 = (Source(each.name, same) for each in hooks)
    wiring.set(projection.hook_norm1, wiring.norm(projection.norm1, conv1, 1, axes))

    def near(place: Any, length: int) -> range:
        return range(max(0, place - 1), min(length, place + 2))

    def around(at: At) -> Slice:
        return (0, ALL, near(at[2], rows), near(at[3], columns))

    def kernel(at: At) -> Slice:
        offsets = zip(at[2:], (rows, columns), strict=True)
        inside = ((place, near(place, length)) for place, length in offsets)
        return (at[1], ALL, *(range(n.start - p + 1, n.stop - p + 1) for p, n in inside))

    second = wiring.foreign(projection.conv2) or WeightedSum(
        "3 x 3 convolution",
        "Σ w · x",
        wiring.weight(projection.conv2, kernel, "weight"),
        Source(projection.hook_norm1.name, around),
        length=len(projection.conv2.weight),
    )
    wiring.set(projection.hook_conv2, second)
    wiring.set(projection.hook_out, wiring.norm(projection.norm2, conv2, 1, axes))


def _hook(block: Any, name: str) -> HookPoint:
    found: HookPoint = getattr(block, name)
    return found
