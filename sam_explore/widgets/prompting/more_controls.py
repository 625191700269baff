"""Less common controls: more modes, the mask hint, zoom, and the view's appearance."""

from collections.abc import Callable

from ipywidgets import Button, Checkbox, FileUpload, HBox, IntSlider, VBox, Widget

from ...geometry import Prompts
from ...images import picture_in
from ...plots import style
from ...truth import mask_in
from ..canvas.closing import close_all
from ..canvas.html import NOTHING, Html, element
from ..canvas.viewport import Viewport
from ..session import Session
from ..session.ipykernel_subshells import keep_order
from .controls import label
from .mark_controls import MarkControls
from .mode_switch import ModeSwitch
from .preview_runner import SLOW_S, PreviewRunner
from .prompt_editor import PromptEditor

_STEP = 2.0  # of a zoom
_PAN = 0.5  # of the visible part, for each press


class MoreControls:
    """A panel of controls that opens and closes.

    Args:
        session: what they change.
        modes: the switch whose second row is shown here.
        editor: changes the prompts.
        preview: the preview that they switch on and off.
        viewport: returns the part of the picture that is shown.
        look: called with the part of the picture to show.
        opacity: called with the opacity of the mask's colour, 0 to 1.
        brush: called with the brush's radius in CSS pixels.

    Attributes:
        panel: to be laid out.
    """

    def __init__(
        self,
        session: Session,
        modes: ModeSwitch,
        editor: PromptEditor,
        preview: PreviewRunner,
        viewport: Callable[[], Viewport],
        look: Callable[[Viewport], None],
        opacity: Callable[[float], None],
        brush: Callable[[float], None],
    ):
        self._session, self._editor, self._preview = session, editor, preview
        self._viewport, self._look = viewport, look
        self._brush = _slider("Width of the brush", 12, 2, 60)
        self._opacity = _slider(
            "Opacity of the mask's colour", round(100 * style.MASK_OPACITY), 0, 100
        )
        self._previews = Checkbox(preview.on, description="Preview at the pointer", indent=False)
        self._previews.tooltip = (
            "The dashed mask is that of a click there. Exhibits in sight that take less than 0.1 s "
            "follow it, too."
        )
        self._previews.layout.width = "auto"
        self._take = _button("From the shown mask", "The mask's logits, given back to the model")
        self._drop = _button("Drop", "Take the mask hint away")
        self._paint = _button("From the mask hint", "Take what was painted as the truth")
        self._load = FileUpload(accept="image/*", description="Load", tooltip=_ABOUT_LOAD)
        self._load.layout.width = "auto"
        self._forget = _button("Forget", "There is no truth of this picture")
        self._nothing = _button("Nothing", "Ask with no prompt token at all")
        self._padding = _button("The padding point", "Ask with the padding point alone")
        self._note, self._marks = Html(), MarkControls(session, editor)
        self._zooms = self._zoom_buttons()
        rows = [
            [label("Pointer"), modes.more],
            [label("Mask hint"), self._take, self._drop, label("Brush"), self._brush],
            [label("Truth"), self._paint, self._load, self._forget],
            [label("Ask without"), self._nothing, self._padding],
            [label("Zoom"), *self._zooms],
            [label("Mask's colour"), self._opacity, self._previews, self._note],
        ]
        self.panel = VBox([_row(row) for row in (*rows, self._marks.widgets)])
        self.panel.layout.display = "none"
        self.panel.layout.margin = "0 0 6px 0"
        keep_order(self._paint, self._load, self._forget)
        keep_order(self._brush, self._opacity, self._previews)
        keep_order(self._take, self._drop, self._nothing, self._padding, *self._zooms)
        self._listen(opacity, brush)
        self._follow()

    def show(self, shown: bool) -> None:
        """Open or close the panel."""
        self.panel.layout.display = "flex" if shown else "none"

    def follow(self, change: dict | None = None) -> None:
        """Show the possible actions on the session's mask hint, and the preview's switch."""
        self._take.disabled = self._session.prediction is None
        self._drop.disabled = self._session.prompts.mask_hint is None
        self._paint.disabled = self._drop.disabled
        self._forget.disabled = self._session.truth is None

    def show_slow(self) -> None:
        """Show that previews were switched off automatically, and why."""
        self._previews.value = False
        words = f"off: it took more than {1000 * SLOW_S:.0f} ms"
        self._note.value = element("span", words, style=f"color:{style.FAINT_TEXT}")

    def close(self) -> None:
        """Stop following and remove the widgets."""
        self._session.unobserve(self._follow, _FOLLOWED)
        for part in (self._brush, self._opacity, self._previews, self._load):
            part.unobserve_all()
        self._marks.close()
        close_all(self.panel)

    def _listen(self, opacity: Callable[[float], None], brush: Callable[[float], None]) -> None:
        act, guard, editor = self._session.action, self._session.guard, self._editor
        self._take.on_click(act(lambda _: editor.hint_from_shown_mask()))
        self._drop.on_click(act(lambda _: editor.drop_hint()))
        self._paint.on_click(act(lambda _: editor.truth_from_hint()))
        self._load.observe(act(self._load_truth), "value")
        self._forget.on_click(act(lambda _: setattr(self._session, "truth", None)))
        self._nothing.on_click(act(lambda _: editor.ask_without(Prompts.nothing())))
        self._padding.on_click(act(lambda _: editor.ask_without(Prompts.padding_point())))
        self._brush.observe(guard(lambda change: brush(change["new"])), "value")
        self._opacity.observe(guard(lambda change: opacity(change["new"] / 100)), "value")
        self._previews.observe(guard(self._switch), "value")
        self._follow = guard(self.follow)
        self._session.observe(self._follow, _FOLLOWED)

    def _load_truth(self, change: dict) -> None:
        if change["new"]:
            (file,) = change["new"]
            self._load.value = ()  # the next file may be the same
            picture = picture_in(bytes(file["content"]), file["name"])
            self._session.truth = mask_in(picture)

    def _switch(self, change: dict) -> None:
        if change["new"] != self._preview.on:
            self._note.value = NOTHING
            self._preview.switch(change["new"])

    def _zoom_buttons(self) -> list[Button]:
        def moves(x: float, y: float) -> Callable[[Viewport], Viewport]:
            return lambda view: view.moved(
                x * _PAN * view.canvas_size[1], y * _PAN * view.canvas_size[0]
            )

        what = [
            ("+", "Enlarge", lambda view: view.zoomed(_STEP)),
            ("−", "Make smaller", lambda view: view.zoomed(1 / _STEP)),
            ("Fit", "Show the whole picture", lambda view: view.zoomed(0)),
            ("←", "Show what lies to the left", moves(1, 0)),
            ("→", "Show what lies to the right", moves(-1, 0)),
            ("↑", "Show what lies above", moves(0, 1)),
            ("↓", "Show what lies below", moves(0, -1)),
        ]
        buttons = []
        for words, about, change in what:
            button = _button(words, about)
            look = self._session.action(
                lambda _, change=change: self._look(change(self._viewport()))
            )
            button.on_click(look)
            buttons.append(button)
        return buttons


def _slider(about: str, value: int, low: int, high: int) -> IntSlider:
    ends = {"min": low, "max": high}
    return IntSlider(value, **ends, tooltip=about, readout=False, layout={"width": "110px"})


def _button(words: str, about: str) -> Button:
    width = "auto" if len(words) > 3 else "40px"
    return Button(description=words, tooltip=about, layout={"width": width})


def _row(parts: list[Widget]) -> HBox:
    row = HBox(parts)
    row.layout.align_items, row.layout.grid_gap = "center", "4px"
    row.layout.flex_flow, row.layout.overflow = "row wrap", "visible"
    parts[0].layout.width = "96px"
    return row


_ABOUT_LOAD = "A black and white picture of this one's size: white is inside"
_FOLLOWED = ["prompts", "prediction", "truth"]
