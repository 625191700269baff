"""The checks that conftest.py adds to every test do check."""

import shutil
from dataclasses import dataclass

import numpy as np
import pytest
from jaxtyping import Float

import sam_explore as sx

from .checked_calls import checked

Row, Square = Float[np.ndarray, "n"], Float[np.ndarray, "n n"]
pytest_plugins = ["pytester"]


def test_a_wrong_shape_is_refused_at_the_call():
    with pytest.raises(TypeError, match="sam"):
        sx.encode(None, np.zeros((4, 4, 3), np.uint8))


def multiply(square: Square, row: Row | None = None, times: float = 1) -> Row:
    return times * (square[0] if row is None else square @ row)


def test_an_axis_has_one_length_in_a_call_and_any_in_the_next():
    for side in (2, 3):
        checked(multiply)(np.ones((side, side)), np.ones(side))
    with pytest.raises(TypeError, match="row"):
        checked(multiply)(np.ones((2, 2)), np.ones(3))


def test_what_is_returned_is_checked_and_so_are_types_without_shapes():
    @checked
    def first(square: Square) -> Row:
        return square

    with pytest.raises(TypeError, match="return"):
        first(np.ones((2, 2)))
    with pytest.raises(TypeError, match="times"):
        checked(multiply)(np.ones((2, 2)), times="2")


def test_a_call_like_one_that_was_right_is_right_and_any_other_is_looked_at():
    @checked
    def product(square: Square, row: Row | None = None) -> Row:
        return square[0] if row is None else (square @ row)[: len(row) - int(row[0] < 0)]

    for _ in range(2):
        assert len(product(np.ones((2, 2)), np.ones(2))) == 2
        assert len(product(square=np.ones((3, 3)))) == 3
        with pytest.raises(TypeError, match="row"):
            product(np.ones((2, 2)), row=np.ones(3))
        with pytest.raises(TypeError, match="row"):
            product(np.ones((2, 2)), np.ones(2, int))
        with pytest.raises(TypeError, match="return"):
            product(np.ones((2, 2)), -np.ones(2))
        with pytest.raises(TypeError, match="square"):
            product([[1.0]])
        with pytest.raises(TypeError, match="missing"):
            product()


def test_a_tuple_of_arrays_is_as_long_as_it_says_and_each_is_checked():
    @checked
    def doubled(pair: tuple[Row, Square]) -> tuple[Row, Row]:
        return 2 * pair[0], np.concatenate(pair[1])[: len(pair[0])]

    for _ in range(2):
        assert len(doubled((np.ones(2), np.ones((2, 2))))[1]) == 2
        for wrong in ((np.ones(2), np.ones((3, 3))), (np.ones(2),), [np.ones(2), np.ones((2, 2))]):
            with pytest.raises(TypeError, match="pair"):
                doubled(wrong)


def test_arrays_inside_something_else_and_several_at_once_are_checked_too():
    def longest(rows: list[Row], *more: Row, **named: Row) -> tuple[Row, ...]:
        return (max([*rows, *more, *named.values()], key=len),)

    assert len(checked(longest)([np.ones(2)], np.ones(2), other=np.ones(2))[0]) == 2
    for wrong in ([np.ones((2, 2))],), ([np.ones(2)], np.ones(3)):
        with pytest.raises(TypeError, match="longest"):
            checked(longest)(*wrong)


def test_a_dataclass_checks_what_it_is_made_of():
    @checked
    @dataclass
    class Product:
        square: Square
        row: Row

    assert Product(np.ones((2, 2)), np.ones(2)).row.tolist() == [1, 1]
    with pytest.raises(TypeError, match="row"):
        Product(np.ones((2, 2)), row=np.ones(3))


def test_each_call_has_axes_of_its_own_inside_another():
    @checked
    def halved(square: Square) -> Row:
        return np.concatenate([checked(multiply)(square[:1, :1]) for _ in square])

    assert halved(np.ones((2, 2))).tolist() == [1, 1]


def test_an_exception_in_a_widget_callback_fails_the_test(pytester: pytest.Pytester, request):
    package = pytester.mkpydir("tests")
    for name in ("conftest.py", "checked_calls.py"):
        shutil.copy(request.config.rootpath / "tests" / name, package)
    (package / "test_presses.py").write_text(PRESSES, "utf-8")
    outcome = pytester.runpytest_subprocess("-p", "no:playwright")
    outcome.assert_outcomes(passed=2, errors=1)


PRESSES = """
import ipywidgets, pytest

def press():
    button = ipywidgets.Button()
    button.on_click(lambda _: 1 / 0)
    button.click()

def test_unmarked():
    press()

@pytest.mark.raising_callback
def test_marked():
    press()
"""
