"""oneDNN's matrix product: checked once, and not used where it is wrong or missing."""

import logging

import pytest
import torch
import torch.nn.functional as F

from sam_explore.model.kernels import products


@pytest.fixture(autouse=True)
def looks_again():
    """Each test has its own first use, and leaves one to the others."""
    products.has_onednn.cache_clear()
    yield
    products.has_onednn.cache_clear()


@pytest.mark.parametrize("with_bias", [True, False])
@pytest.mark.parametrize("gelu", [True, False])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 4, 33, 17), (130, 64, 65), (0, 4, 3)])
def test_a_product_is_that_of_a_linear_layer(shape, with_bias, gelu):
    *places, channels, out = shape
    vectors, weight = torch.randn(*places, channels), torch.randn(out, channels)
    bias = torch.randn(out) if with_bias else None

    expected = F.linear(vectors, weight, bias)
    expected = F.gelu(expected) if gelu else expected
    torch.testing.assert_close(
        products.linear(vectors, weight, bias, gelu), expected, rtol=1e-5, atol=1e-5
    )


def test_vectors_and_weights_may_have_any_memory_layout():
    vectors, weight = torch.randn(9, 40)[:, ::2], torch.randn(20, 15).T

    torch.testing.assert_close(products.linear(vectors, weight), vectors @ weight.T)


@pytest.mark.parametrize(
    ("instead", "level", "words"),
    [
        (lambda *_: 1 / 0, logging.INFO, "can't be used"),
        (lambda x, w, b, *_: 1.001 * F.linear(x, w, b), logging.WARNING, "off by"),
        (lambda x, w, b, *_: torch.nan * F.linear(x, w, b), logging.WARNING, "off by"),
    ],
    ids=["missing", "wrong", "not a number"],
)
def test_without_a_correct_operator_the_plain_form_runs_and_it_is_logged(
    monkeypatch, caplog, instead, level, words
):
    monkeypatch.setattr(products, "_onednn", instead)
    vectors, weight = torch.randn(4, 3), torch.randn(5, 3)

    with caplog.at_level(logging.INFO):
        for _ in range(3):
            assert torch.equal(products.linear(vectors, weight), F.linear(vectors, weight))

    (record,) = caplog.records
    assert record.levelno == level
    assert words in record.getMessage()


def test_the_operator_is_looked_at_once(monkeypatch):
    calls = []
    error = products._error
    monkeypatch.setattr(products, "_error", lambda *case: calls.append(case) or error(*case))
    for _ in range(3):
        products.linear(torch.randn(4, 3), torch.randn(5, 3))

    assert calls == products._CASES
