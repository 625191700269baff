"""What each mode means for a point, for a brush and for the right button."""

import pytest

from sam_explore.geometry import BACKGROUND, FOREGROUND
from sam_explore.widgets.prompting.modes import MAIN, MORE, Mode


def test_every_mode_has_a_button_in_one_of_the_two_rows():
    assert (*MAIN, *MORE) == tuple(Mode)


def test_buttons_have_words_and_hints_of_their_own_and_no_mode_is_told_by_a_colour_alone():
    assert len({mode.words for mode in Mode}) == len({mode.hint for mode in Mode}) == len(Mode)
    assert Mode.FOREGROUND.words.startswith("+")
    assert Mode.BACKGROUND.words.startswith("−")


@pytest.mark.parametrize("mode", list(Mode))
def test_points_are_foreground_in_every_mode_but_background(mode):
    assert mode.label == (BACKGROUND if mode is Mode.BACKGROUND else FOREGROUND)
    assert mode.adds_points == (mode in (Mode.FOREGROUND, Mode.BACKGROUND))
    assert mode.paints == (mode in (Mode.PAINT, Mode.ERASE))


@pytest.mark.parametrize(
    ("mode", "right"),
    [
        (Mode.FOREGROUND, Mode.BACKGROUND),
        (Mode.BACKGROUND, Mode.BACKGROUND),
        (Mode.BOX, Mode.BACKGROUND),
        (Mode.PAINT, Mode.ERASE),
        (Mode.ERASE, Mode.ERASE),
        (Mode.REMOVE, Mode.REMOVE),
        (Mode.ZOOM, Mode.ZOOM),
    ],
)
def test_the_right_button_asks_for_the_opposite_where_there_is_one(mode, right):
    assert mode.secondary is right
