"""What the pointer is on is marked and told once, and again when another reading is shown."""

from sam_explore.plots import style
from sam_explore.widgets.exploring.paper import EDGE_CSS, PointedView

from ..screen import send


class Halves(PointedView):
    """Its left half is 0 and its right half 1, for which numbers are told."""

    numbers = (5, 7)

    def _at(self, x, y):
        return int(x >= self._width / 2)

    def _mark(self, canvas, pointed):
        canvas.fill_rect(pointed, 0, 1, 1)

    def _in_words(self, pointed):
        return f"It is {self.numbers[pointed]}."


def test_a_place_is_told_once_and_with_its_value_of_now(screen):
    view = Halves(2, 212, "Point at it.", lambda callback: callback, lambda: None)
    view._fit(200, 100)
    assert (view.canvas.width, view.canvas.height) == (400, 200)
    assert view.widget.children[0].layout.border_top == f"{EDGE_CSS}px solid {style.SIGN}"
    send(view.canvas, "mouse_move", 300, 10)
    assert "It is 7." in view.value.value
    batches = screen.batches
    send(view.canvas, "mouse_move", 310, 20)
    assert screen.batches == batches  # the same half
    view.numbers = (5, 8)
    view._show_pointed()
    assert "It is 8." in view.value.value
    send(view.canvas, "mouse_move", 10, 10)
    assert "It is 5." in view.value.value
    send(view.canvas, "mouse_out")
    assert "Point at it." in view.value.value
    assert not screen.drawn(view.canvas[1])
    view.close()


def test_a_canvas_that_is_made_smaller_keeps_its_pixels(screen):
    view = Halves(2, 212, "Point at it.", lambda callback: callback, lambda: None)
    view._fit(400, 100, scale=0.5)
    assert view.canvas.layout.width == "200px"
    assert view.canvas.width == 800
    view.close()
