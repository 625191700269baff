"""An operation as text and as Markdown."""

from dataclasses import replace

import pytest

from sam_explore.origins import Operand, Operation

A, B = Operand("a", (0, 1), 2.0, "one"), Operand("b.weight", (), -3.0, "another")
PRODUCT = Operation(
    "Product",
    "w · x",
    (A, " · ", B),
    -6.0,
    6.0,
    name="the product",
    address="c",
    index=(4,),
    model=-6.0,
)


def test_it_is_written_with_its_numbers():
    assert PRODUCT.numbers == "2 · (−3) = −6"
    assert str(PRODUCT).splitlines() == [
        "Product: the product",
        "  w · x",
        "  = 2 · (−3) = −6",
        "  The model's own number is −6.",
        "    2  one  (a[0, 1])",
        "    −3  another  (b.weight)",
    ]
    assert repr(PRODUCT) == str(PRODUCT)


def test_as_markdown_every_operand_is_a_row():
    written = PRODUCT._repr_markdown_()
    assert "| 2 | one | `a[0, 1]` |" in written
    assert "**Product**: the product" in written


def test_markdown_is_not_changed_by_names():
    named = replace(PRODUCT, name="a_b|c*d")
    assert "a\\_b\\|c\\*d" in named._repr_markdown_()


def test_a_name_is_no_tag():
    named = replace(PRODUCT, name="the edit <lambda>")
    assert "the edit &lt;lambda>" in named._repr_markdown_()


def test_an_operand_that_stands_twice_is_listed_once():
    squared = replace(PRODUCT, expression=(A, " · ", A))
    assert squared.operands == (A,)


@pytest.mark.parametrize(
    ("model", "error", "agrees"),
    [(-6.0, 0.0, True), (-6.0003, 0.0003 / 6.0003, True), (-5.0, 1 / 6, False), (None, None, True)],
)
def test_the_error_counts_in_parts_of_the_greatest(model, error, agrees):
    found = replace(PRODUCT, model=model)
    assert found.error == (None if error is None else pytest.approx(error))
    assert found.agrees == agrees
