"""Each part of a session's state: what is kept of a good value, and the bounds of bad ones.

`test_session_refusals` shows the same refusals through a session, which stays as it was.
"""

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.preprocessing import Preprocessing
from sam_explore.tracing import zero
from sam_explore.tracing.interventions import AblateMlp
from sam_explore.widgets.session.checks import CHECKS
from sam_explore.widgets.session.source import Source, source_of

WIDE = np.zeros((32, 64, 3), np.uint8)  # 2 rows and 4 columns of tokens
POSITIONS = "image_encoder.position_encoder.hook_encoding"


@pytest.fixture
def source(sam) -> Source:
    return source_of(sam, WIDE, Preprocessing("stretch", keep_aspect=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("chosen", None),
        ("chosen", 0),
        ("chosen", 3),
        ("threshold", -100.0),
        ("threshold", 100.0),
        ("windows", None),
        ("windows", (2, 0)),
        ("edits", ()),
        ("edits", ((POSITIONS, zero), AblateMlp(1))),
        ("prompts", Prompts([(64.0, 32.0)], [0])),
        ("preprocessing", Preprocessing("stretch")),
    ],
)
def test_a_good_value_is_kept_as_it_is(source, name, value):
    assert CHECKS[name](source, value) is value


def test_a_name_becomes_the_preprocessing_of_that_name(source):
    assert CHECKS["preprocessing"](source, "medsam") == Preprocessing("medsam")


def test_a_token_becomes_two_plain_numbers(source):
    row, column = CHECKS["token"](source, (np.int64(1), np.int32(3)))
    assert (row, column) == (1, 3)
    assert type(row) is type(column) is int


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("chosen", 4, "or None for the model's own choice, not 4"),
        ("chosen", -1, "not -1"),
        ("threshold", 100.5, "from -100 to 100, not 100.5"),
        ("threshold", float("nan"), "not nan"),
        ("token", (2, 0), "row from 0 to 1 and a column from 0 to 3"),
        ("token", (0, 4), r"not \(0, 4\)"),
        ("token", (-1, 0), r"not \(-1, 0\)"),
        ("token", (0, 1, 2), "whole numbers"),
        ("token", (), "whole numbers"),
        ("token", ("0", 1), "whole numbers"),
        ("prompts", Prompts([(3.0, 33.0)], [1]), "outside the picture"),
        ("windows", (2,), "each of the 2 blocks"),
        ("edits", (AblateMlp(2),), "block must be 0 to 1"),
        ("edits", ((POSITIONS, 3),), "pairs of a hook point's name and a function"),
        ("edits", ((POSITIONS, zero, zero),), "pairs"),
        ("edits", (("hook_nowhere", zero),), "hook_nowhere"),
        ("preprocessing", "squeeze", "original, stretch, medsam"),
    ],
)
def test_a_bad_value_is_refused_with_what_was_expected_and_what_came(source, name, value, words):
    with pytest.raises(ValueError, match=words):
        CHECKS[name](source, value)
