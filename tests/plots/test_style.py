import itertools

from sam_explore.plots import style


def test_a_colour_becomes_red_green_blue_and_opacity():
    assert style.rgba("#0072B2") == (0, 114, 178, 255)
    assert style.rgba("#FF8000", 0.5) == (255, 128, 0, 128)
    assert style.css("#0072B2", 0.2) == "#0072B233"
    assert style.css("#0072B2") == "#0072B2FF"


def test_the_marks_on_a_picture_differ_in_lightness_or_hue_from_one_another():
    marks = [style.FOREGROUND, style.BACKGROUND, style.BOX, style.MASK]
    for one, other in itertools.combinations(marks, 2):
        distance = sum(abs(a - b) for a, b in zip(style.rgba(one), style.rgba(other), strict=True))
        assert distance > 100
