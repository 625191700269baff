"""Whether a view is on the screen, as reported by the page."""

from sam_explore.widgets.canvas.sight import Sight


def tell(sight: Sight, *kinds: str, view: str = "a") -> None:
    for kind in kinds:
        sight._handle_custom_msg({"kind": kind, "view": view}, [])


def test_what_no_page_has_spoken_of_is_seen_and_else_what_one_of_its_views_says():
    told = []
    sight = Sight(lambda: told.append(sight.is_seen))
    assert sight.is_seen
    for kind, view in (("page", ""), ("seen", "a"), ("seen", "b"), ("unseen", "a")):
        sight._handle_custom_msg({"kind": kind, "view": view}, [])
    assert told == [False, True]
    sight._handle_custom_msg({"kind": "unseen", "view": "b"}, [])
    assert told == [False, True, False]
    tell(sight, "seen", "page")  # reloaded: what the page before it saw is gone
    assert told == [False, True, False, True, False]
    sight.close()


def test_a_second_page_lets_the_first_one_say_again_what_it_sees():
    sight, told = Sight(lambda: None), []
    sight.send = told.append
    tell(sight, "page", "seen")
    tell(sight, "page", view="")  # of the other page, where the view is scrolled away
    assert told == [{"kind": "report"}] * 2
    tell(sight, "seen")  # what the first one answers
    assert sight.is_seen
    sight.close()
