"""Readings on one scale, over their picture, and with words on values beyond their colours."""

import numpy as np
import pytest

from sam_explore.readings import (
    Curve,
    Gallery,
    Heatmap,
    Matrix,
    Panel,
    Profile,
    Scale,
    Underlay,
    common_scales,
    on_scale,
    over_picture,
    picture_wanted,
    with_ends_in_words,
)

GREY = np.zeros((4, 8), np.uint8)
LOGIT = Scale("logit", centre=0.0)
NARROW = Scale("logit", centre=0.0, low=-2.0, high=2.0)


def flat(*values: float, scale: Scale = LOGIT, frame: str = "") -> Heatmap:
    return Heatmap(np.array([values]), "A map", "Some.", scale, frame=frame)


def profile() -> Profile:
    return Profile(np.arange(2.0), (Curve(np.ones(2), "c"),), "p", "w.", "x", "y")


def test_each_map_gets_the_picture_of_its_frame():
    below = {"tokens": Underlay(GREY, 2, 4), "picture": Underlay(GREY, 1, 1, wanted=False)}
    whole = flat(1.0, 2.0, 3.0, frame="picture")
    panel = Panel(
        (flat(1.0, frame="tokens"), Gallery((whole, flat(1.0)), "g", "w."), profile()), "p", "w."
    )
    tokens, gallery, chart = over_picture(panel, below).readings
    assert (tokens.underlay.rows, tokens.underlay.columns) == (2, 4)
    assert tokens.underlay.grey is GREY
    picture, none = gallery.maps
    assert (picture.underlay.rows, picture.underlay.columns) == (1, 3)  # all of its cells
    assert not picture.underlay.wanted
    assert none.underlay is None
    assert chart is panel.readings[2]
    assert panel.readings[0].underlay is None  # the one before stays as it was


def test_a_map_in_colours_of_its_own_gets_no_picture_and_has_no_scale():
    colours = np.zeros((1, 2, 3), np.uint8)
    one = Heatmap(np.ones((1, 2)), "a", "A.", frame="tokens", colours=colours)
    below = Underlay(np.zeros((2, 2), np.uint8), 1, 2)
    assert over_picture(one, {"tokens": below}).underlay is None
    assert common_scales(one) == ()
    assert not one.colours.flags.writeable
    with pytest.raises((TypeError, ValueError), match="colours"):
        Heatmap(np.ones((1, 2)), "a", "A.", colours=colours[:, :1])


def test_a_picture_is_wanted_if_a_map_wants_it():
    wanted, unwanted = (Underlay(GREY, 1, 1, each) for each in (True, False))
    one, other = (
        over_picture(flat(1.0, frame="tokens"), {"tokens": each}) for each in (wanted, unwanted)
    )
    assert picture_wanted(one)
    assert picture_wanted(other) is False
    assert picture_wanted(Panel((other, one), "p", "w."))
    assert picture_wanted(Panel((flat(1.0), profile()), "p", "w.")) is None


def test_a_common_scale_holds_all_values_of_its_kind():
    table = Matrix(np.array([[5.0]]), ("r",), ("c",), "t", "w.", "row", "column", LOGIT)
    other = flat(100.0, scale=Scale("score", centre=0.0))
    logits, scores = common_scales(flat(-14.0, 1.0), Panel((other, table), "p", "w."), profile())
    # Of −14, 1 and 5: half of the nearer side reach 3.
    assert logits == Scale("logit", centre=0.0, low=-14.0, high=14.0, near=3.0)
    assert scores == Scale("score", centre=0.0, low=-100.0, high=100.0, near=100.0)
    assert common_scales(profile()) == ()


def test_stated_ends_stay_the_ends_of_a_common_scale_as_far_as_the_farthest():
    wide = Scale("logit", centre=0.0, low=-3.0, high=3.0)
    (scale,) = common_scales(flat(-9.0, scale=NARROW), flat(1.0, scale=wide))
    assert (scale.low, scale.high, scale.near) == (-3, 3, None)


def test_a_given_scale_is_used_by_maps_of_its_kind_only():
    (scale,) = common_scales(flat(-14.0, 7.0))
    gallery = Gallery((flat(1.0), flat(2.0)), "g", "w.")
    other = flat(1.0, scale=Scale("score", centre=0.0))
    on = on_scale(Panel((flat(1.0), gallery, other), "p", "w."), scale)
    assert on.readings[0].scale == scale
    assert on.readings[1].shared == scale
    assert on.readings[2] is other


def test_what_lies_beyond_the_colours_is_said():
    assert with_ends_in_words(flat(-9.0, 1.0, 1.0, 3.0, scale=NARROW)).words == (
        "Some. Colours end at −2 and 2 logit; 25 % of the values lie below and 25 % above."
    )
    assert with_ends_in_words(flat(*[1.0] * 400, 3.0, scale=NARROW)).words == (
        "Some. Colours end at −2 and 2 logit; none of the values lie below and less than 1 % above."
    )
    assert with_ends_in_words(flat(-1.0, 2.0, scale=NARROW)).words == "Some."
    assert with_ends_in_words(flat(-100.0, 2.0)).words == "Some."  # all are drawn


def test_of_several_maps_it_is_said_which():
    panel = Panel((flat(-9.0, scale=NARROW), flat(1.0, scale=NARROW)), "p", "Two.")
    assert with_ends_in_words(panel).words == (
        "Two. In “A map”, colours end at −2 and 2 logit; 100 % of the values lie below and none "
        "above."
    )
    many = Gallery((*[flat(-9.0, scale=NARROW)] * 2, *[flat(1.0)] * 4), "g", "Six.")
    assert with_ends_in_words(many).words == (
        "Six. In 2 of 6 maps some values lie beyond the last colours."
    )
