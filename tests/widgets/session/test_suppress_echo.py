"""Controls that show a state don't report it back, and the user's changes are always reported."""

import threading

from ipywidgets import IntSlider

from sam_explore.widgets.session.suppress_echo import SuppressEcho

from ...patience import PATIENCE_SECONDS


def followed_slider() -> tuple[IntSlider, SuppressEcho, list[int]]:
    slider, echo, heard = IntSlider(), SuppressEcho(), []
    hear = echo.reader_only(lambda change: heard.append(change["new"]), lambda callback: callback)
    slider.observe(hear, "value")
    return slider, echo, heard


def test_what_is_set_inside_is_not_reported_and_what_is_set_outside_is():
    slider, echo, heard = followed_slider()
    slider.value = 1
    with echo:
        slider.value = 2
    slider.value = 3
    assert heard == [1, 3]
    slider.close()


def test_it_may_be_nested_and_ends_with_the_outermost():
    slider, echo, heard = followed_slider()
    with echo:
        with echo:
            slider.value = 1
        slider.value = 2
    assert heard == []
    slider.value = 3
    assert heard == [3]
    slider.close()


def test_it_ends_after_an_exception():
    slider, echo, heard = followed_slider()
    try:
        with echo:
            raise ValueError
    except ValueError:
        slider.value = 4
    assert heard == [4]
    slider.close()


def test_a_reader_in_another_thread_is_heard_meanwhile():
    slider, echo, heard = followed_slider()
    with echo:
        reader = threading.Thread(target=lambda: setattr(slider, "value", 5))
        reader.start()
        reader.join(PATIENCE_SECONDS)
        slider.value = 6
    assert heard == [5]
    slider.close()


def test_two_groups_of_controls_do_not_silence_each_other():
    slider, _, heard = followed_slider()
    with SuppressEcho():
        slider.value = 7
    assert heard == [7]
    slider.close()


def test_a_control_is_ahead_from_the_readers_change_until_the_last_callback_has_begun():
    slider, other, echo, posted, seen = IntSlider(), IntSlider(), SuppressEcho(), [], []

    def later(callback):
        return lambda *args: posted.append(lambda: callback(*args))

    slider.observe(echo.reader_only(lambda _: seen.append(echo.is_ahead(slider)), later), "value")
    slider.value = 1
    slider.value = 2
    assert echo.is_ahead(other, slider)
    assert not echo.is_ahead(other)
    for run in posted:
        run()
    assert seen == [True, False]
    with echo:
        slider.value = 3
    assert not echo.is_ahead(slider)
    slider.close()
    other.close()
