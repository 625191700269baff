"""The checks that conftest.py adds to every test do check."""

import numpy as np
import pytest

import sam_explore as sx

pytest_plugins = ["pytester"]


def test_a_wrong_shape_is_refused_at_the_call():
    with pytest.raises(Exception, match="Type-check error"):
        sx.encode(None, np.zeros((4, 4, 3), np.uint8))


def test_an_exception_in_a_widget_callback_fails_the_test(pytester: pytest.Pytester, request):
    pytester.makeconftest((request.config.rootpath / "tests" / "conftest.py").read_text("utf-8"))
    pytester.makepyfile(
        """
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
    )
    outcome = pytester.runpytest_subprocess("-p", "no:playwright")
    outcome.assert_outcomes(passed=2, errors=1)
