"""A view that is shown once a question is answered."""

from typing import Any

from ipywidgets import Button, HBox, VBox, Widget

from sam_explore.plots import style
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.html import Html
from sam_explore.widgets.canvas.paragraphs import paragraph
from sam_explore.widgets.canvas.static_view import Bundle, StaticView
from sam_explore.widgets.session.ipykernel_subshells import keep_order
from sam_explore.widgets.session.rerun import replace_older

from .question import Question

_HIDDEN = "This view shows the answer. It opens when you have answered the question above."


class After(StaticView, VBox):
    """Keeps a view closed until a question is answered, so that it does not give the answer away.

        question = sx.course.Estimate(session, "How much?", truth=how_much)
        sx.course.After(question, sx.explore(sx.probes.PatchGrid, session))

    A button opens it without an answer. A page without a kernel shows it.

    Args:
        question: the question.
        view: what is shown after it, as `sx.explore` returns it.

    Raises:
        TypeError: something else.
    """

    children: Any
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, question: Any, view: Any):
        if not isinstance(question, Question):
            raise TypeError(
                "After expects a question first, such as question = sx.course.Choice(…), but got a "
                f"{type(question).__name__}."
            )
        self.question, self.session = question, question.session
        self.view = _checked_view(view)
        super().__init__()
        self.button = Button(description="Show it anyway")
        self.button.layout.width = "auto"
        self.button.on_click(self.session.action(lambda _: self.show()))
        keep_order(self.button)
        self._hint = HBox([Html(paragraph(_HIDDEN, colour=style.FAINT_TEXT)), self.button])
        self._hint.layout.flex_flow, self._hint.layout.align_items = "row wrap", "center"
        self._hint.layout.grid_gap, self._hint.layout.overflow = "4px 10px", "visible"
        self.view.layout.display = "none"
        self.children = [self._hint, self.view]
        self.layout.overflow = "visible"
        self._open = True
        question.on_answer(self.show)
        replace_older(self)

    @property
    def is_shown(self) -> bool:
        """Whether the view is open."""
        return self.view.layout.display is None

    def show(self) -> None:
        """Open the view."""
        if self._open:
            self._hint.layout.display, self.view.layout.display = "none", None

    @property
    def is_up_to_date(self) -> bool:
        """Whether the view is."""
        is_up_to_date: bool = self.view.is_up_to_date
        return is_up_to_date

    def still(self) -> Bundle:
        """That of the view."""
        still: Bundle = self.view.still()
        return still

    def close(self) -> None:
        """Remove the view from the page, and stop it. The session goes on."""
        if not self._open:
            return
        self._open = False
        self.view.close()
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "After":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _remove(self) -> None:
        super().close()
        close_all(self._hint, self.layout)


def _checked_view(view: Any) -> Any:
    """A view of ours.

    Raises:
        TypeError: something else.
    """
    if isinstance(view, StaticView) and isinstance(view, Widget):
        return view
    raise TypeError(
        "After expects the view to show after it, such as sx.explore(sx.probes.PatchGrid, "
        f"session), but got a {type(view).__name__}."
    )
