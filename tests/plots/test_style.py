"""Colours that people with a colour vision deficiency can tell apart, by simulation."""

from itertools import combinations

import numpy as np
import pytest

from sam_explore.plots import raster, style

# From linear RGB to what is seen of it, for the strongest form of each deficiency.
# Source: Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of Color
# Vision Deficiency, 2009, table 1; https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/
SEEN = {
    "all colours": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# sRGB (IEC 61966-2-1) to CIE XYZ, relative to its white, D65.
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
) / [[0.95047], [1.0], [1.08883]]
TOLD_APART = 15.0  # in CIELAB, where about 2.3 is the least difference that is seen side by side


def linear(colour: tuple) -> np.ndarray:
    share = np.array(colour[:3]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    x, y, z = (np.cbrt(v) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in XYZ @ light)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(one: tuple, other: tuple, seen: np.ndarray) -> float:
    first, second = (lab(np.clip(seen @ linear(colour), 0, 1)) for colour in (one, other))
    return float(np.linalg.norm(first - second))


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 defines it."""
    first, second = (XYZ[1] @ linear(style.rgba(colour)) + 0.05 for colour in (one, other))
    return max(first, second) / min(first, second)


def test_a_colour_becomes_red_green_blue_and_opacity():
    assert style.rgba("#0072B2") == (0, 114, 178, 255)
    assert style.rgba("#FF8000", 0.5) == (255, 128, 0, 128)
    assert style.css("#0072B2", 0.2) == "#0072B233"
    assert style.css("#0072B2") == "#0072B2FF"


def test_the_distance_is_that_of_cielab():
    # Black and white differ by 100 in lightness and in nothing else; red is (53.2, 80.1, 67.2).
    assert distance((0, 0, 0), (255, 255, 255), np.eye(3)) == pytest.approx(100, abs=0.01)
    assert lab(linear((255, 0, 0))) == pytest.approx([53.24, 80.09, 67.20], abs=0.02)


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_marks_and_masks_on_a_picture_can_be_distinguished(seen):
    colours = [style.FOREGROUND, style.BACKGROUND, style.BOX, style.HINT, style.MASK]
    for one, other in combinations(colours, 2):
        assert distance(style.rgba(one), style.rgba(other), np.array(seen)) > TOLD_APART


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_foreground_and_background_differ_by_twice_as_much(seen):
    pair = style.rgba(style.FOREGROUND), style.rgba(style.BACKGROUND)
    assert distance(*pair, np.array(seen)) > 2 * TOLD_APART


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_both_sides_of_a_threshold_can_be_distinguished_from_a_tenth_of_the_range_on(seen):
    table = raster.lookup_table(style.DIVERGING)
    for low, high in ((128 - 26, 127 + 26), (64, 191), (0, 255)):
        assert distance(tuple(table[low]), tuple(table[high]), np.array(seen)) > TOLD_APART


@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_sequential_colours_grow_lighter_for_everybody(seen):
    table = raster.lookup_table(style.SEQUENTIAL)[::8]
    lightness = [lab(np.clip(np.array(seen) @ linear(tuple(each)), 0, 1))[0] for each in table]
    assert (np.diff(lightness) > 0).all()


@pytest.mark.parametrize("name", [style.SEQUENTIAL, style.DIVERGING])
def test_numbers_are_read_on_every_colour_of_a_table(name):
    for colour in raster.lookup_table(name):
        ink = style.ink_on(tuple(colour / 255))
        ground = "#{:02X}{:02X}{:02X}".format(*colour[:3])
        assert contrast(ink, ground) >= 4.5
    assert style.ink_on((0, 0, 0)) == style.SIGN
    assert style.ink_on((1, 1, 0)) == style.HALO


def test_signs_and_ink_are_read_on_their_ground():
    assert contrast(style.INK, style.SIGN) >= 7
    assert contrast(style.FAINT_INK, style.SIGN) >= 4.5
    for ground in (style.FOREGROUND, style.BACKGROUND):
        assert contrast(style.SIGN, ground) >= 3  # WCAG's limit for signs
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
