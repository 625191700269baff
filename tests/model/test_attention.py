"""Relative positions and attention, computed by hand."""

import math

import pytest
import torch

from sam_explore.model import HookPoint
from sam_explore.model.attention import attend, relative_vectors


def test_relative_vectors_belong_to_the_distance_from_key_to_query():
    table = torch.tensor([[-1.0], [0.0], [1.0]])  # distances -1, 0, 1

    assert relative_vectors(table, 2)[..., 0].tolist() == [[0, -1], [1, 0]]


def test_a_table_of_another_length_is_stretched_linearly():
    table = torch.tensor([[0.0], [10.0], [20.0]])  # for 2 places; 3 places have 5 distances

    vectors = relative_vectors(table, 3)[..., 0]

    # Distance -2 to 2 lies at -0.2, 0.4, 1, 1.6 and 2.2 of the table, cut at its ends.
    expected = [[10, 4, 0], [16, 10, 4], [20, 16, 10]]
    torch.testing.assert_close(vectors, torch.tensor(expected, dtype=torch.float32))


def test_attention_weighs_values_by_the_softmax_of_scaled_products():
    q = torch.tensor([[2.0, 0, 0, 0]])[None, None]  # 4 channels: products are halved
    k = torch.tensor([[0.0, 7, 0, 0], [math.log(3), 0, 5, 0]])[None, None]
    v = torch.tensor([[0.0, 1, 0, 0], [4, 1, 0, 0]])[None, None]

    out = attend(q, k, v, *_hook_points())

    torch.testing.assert_close(out, torch.tensor([[3.0, 1, 0, 0]])[None, None])


@pytest.mark.parametrize("fused", [True, False])
def test_terms_of_row_and_column_are_added_after_the_scaling(fused):
    """Keys on a grid of one row and two columns, whose scores end as ln 3 + ln 2 and ln 6."""
    q = torch.tensor([[2.0, 0, 0, 0]])[None, None]
    k = torch.tensor([[0.0, 0, 0, 0], [math.log(3), 0, 0, 0]])[None, None]
    v = torch.tensor([[0.0, 0, 0, 0], [4, 0, 0, 0]])[None, None]
    row_terms = torch.tensor([[math.log(2)]])[None, None]
    column_terms = torch.tensor([[math.log(3), 0.0]])[None, None]
    hooks = _hook_points()
    if not fused:
        hooks[0].register_forward_hook(lambda *_: None)

    out = attend(q, k, v, *hooks, row_terms, column_terms)

    assert out[0, 0, 0, 0].item() == pytest.approx(2)


def test_scores_are_products_and_a_term_for_each_direction(sam):
    """Of the windowed block, spelled out for each pair of tokens in a window that has padding."""
    attention = sam.image_encoder.vit.blocks[0].attention
    seen = {}
    for name in ("q", "k", "relative_rows", "relative_columns", "scores"):
        hook = getattr(attention, f"hook_{name}")
        hook.register_forward_hook(
            lambda module, inputs, out, name=name: seen.update({name: out[1]})
        )

    attention(torch.randn(1, 5, 5, 24), window=3)

    q, k, scores = seen["q"], seen["k"], seen["scores"]  # of the window at the top right
    for query in range(9):
        for key in range(9):
            rows = attention.relative_rows[query // 3 - key // 3 + 2]
            columns = attention.relative_columns[query % 3 - key % 3 + 2]
            row_term = q[:, query] @ rows
            column_term = q[:, query] @ columns
            product = (q[:, query] * k[:, key]).sum(dim=-1) / math.sqrt(12)
            torch.testing.assert_close(seen["relative_rows"][:, query, key // 3], row_term)
            torch.testing.assert_close(seen["relative_columns"][:, query, key % 3], column_term)
            torch.testing.assert_close(
                scores[:, query, key], product + row_term + column_term, rtol=1e-5, atol=1e-5
            )


def test_padding_in_a_window_is_attended_to_with_the_bias_as_key(sam):
    """As in the original: padding is not masked, its key and value are the bias."""
    attention = sam.image_encoder.vit.blocks[0].attention
    seen = {}
    for name in ("k", "v", "pattern"):
        hook = getattr(attention, f"hook_{name}")
        hook.register_forward_hook(
            lambda module, inputs, out, name=name: seen.update({name: out[1]})
        )

    attention(torch.randn(1, 5, 5, 24), window=3)

    _, key_bias, value_bias = attention.qkv.bias.view(3, 2, 12)
    padded = [2, 5, 8]  # the third column of the window at the top right
    for place in padded:
        torch.testing.assert_close(seen["k"][:, place], key_bias)
        torch.testing.assert_close(seen["v"][:, place], value_bias)
    assert (seen["pattern"][..., padded] > 0).all()


def _hook_points() -> tuple[HookPoint, HookPoint]:
    axes = "batch head query key"
    return HookPoint(axes, "scores"), HookPoint(axes, "pattern")
