"""The prompting view: click on a picture, and see the predicted masks."""

from ipywidgets import Box, HBox, VBox
from traitlets import link

from ...plots import style
from ...plots.outlines import outlines
from ..canvas.closing import close_all
from ..canvas.connection import CanvasConnection
from ..canvas.html import Html, Markup, element
from ..canvas.paragraphs import paragraph
from ..canvas.picture_drawing import Lines, Stage
from ..canvas.sight import Sight
from ..canvas.viewport import Viewport
from ..canvas.words import EXAMPLE, INVITATION, WAITING, describe
from ..session import DRAWINGS, PROMPTS, UNSEEN, Session, Snapshot
from ..session.rerun import replace_older
from .brush import px_from_cells
from .controls import Controls
from .keyboard import Keyboard
from .logits_map import LogitsMap
from .mode_switch import ModeSwitch
from .modes import MAIN, Mode
from .more_controls import MoreControls
from .pointer import Pointer
from .preview_runner import PreviewRunner
from .prompt_editor import PromptEditor
from .session_panel import SessionPanel
from .static_prompting import StaticPrompting
from .thumbnails import Thumbnails
from .truth_shown import Compared, compared

_GAP_CSS = 16
_CONTROLS_CSS = 320  # the width of a row of controls


class PromptCanvas(StaticPrompting, VBox):
    """A picture to click on, with the predicted masks.

    A click adds a point, of the kind that the buttons above the picture show; a drag draws a box,
    or moves the mark that it starts on. The right button, or Ctrl, adds a background point. The
    dashed line at the pointer is the mask that a click there would give. Two fingers, or the wheel
    with Ctrl, zoom into the picture. A picture with the focus takes keys, which "?" lists. There is
    a control for each of these actions, too; "More" opens the rarer ones. Next to the picture are
    the raw logits of the mask shown, and below it all four masks: click on one to show it. Folded
    up at the bottom are controls for another picture or model, masks and prompts as files, and the
    code that does the same. Several canvases may share a session. If its cell is run again, the new
    canvas replaces the old one, which is closed.

    Args:
        session: picture, prompts and prediction, which the canvas follows.
        width: of the picture in CSS pixels, from 192.
        keep_in_view: while the picture is scrolled away, a small copy of it stays in a corner and
            takes clicks and keys. "Keep in view" above the picture turns that on and off.

    Raises:
        ValueError: a smaller width.
    """

    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, session: Session, width: int = 512, keep_in_view: bool = True):
        if width < 192:
            raise ValueError(f"width must be at least 192 CSS pixels, not {width}.")
        self.session = session
        self._connection = CanvasConnection()
        self._stage = Stage(self._connection, width)
        self._make_controls()
        self._sight = Sight(session.reconsider)
        self._controls.keep.value = keep_in_view
        link((self._controls.keep, "value"), (self._sight, "keeps"))
        for kept in (self._controls.toolbar, self._stage.widget):
            kept.add_class("sam-explore-kept")
        self._error = Html()
        self._session_panel = SessionPanel(session, self._controls.busy, self._error)
        count = session.sam.config.mask_tokens
        choose = session.action(self._choose)
        self._thumbnails = Thumbnails(self._connection, width, count, choose)
        self._logits = LogitsMap(width * 5 // 8, session.map_opacity)
        self._pointed = Html(_pointed(MAIN[0].hint))
        self._status = Html()
        self._announced = INVITATION
        above = [self._controls.toolbar, self._more.panel]
        super().__init__([*above, self._lay_out(width), self._session_panel.widget])
        self.layout.overflow = "visible"
        self.add_class("sam-explore-prompting")
        self._open = True
        self._follow()
        session.run_in_turn(self._show_image)
        session.run_in_turn(self._show_error)
        self._render_soon()
        replace_older(self)

    def close(self) -> None:
        """Stop following the session, and remove the view from the page. The session goes on."""
        if not self._open:
            return
        self._open = False
        for observer, names in self._observers:
            self.session.unobserve(observer, names)
        self.session.run_in_turn(self._remove)

    def _remove(self) -> None:
        self._preview.close()
        self._sight.keeps = False  # so that the page puts everything back before it is removed
        self._stage.canvas.on_client_ready(self._redraw_soon, remove=True)
        self._thumbnails.canvas.on_client_ready(self._redraw_soon, remove=True)
        self._modes.close()
        self._controls.close()
        self._more.close()
        self._session_panel.close()
        for part in (self._connection, self._stage, self._thumbnails, self._logits):
            part.close()
        parts = self.children
        super().close()
        close_all(*parts, self.layout)

    def __enter__(self) -> "PromptCanvas":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _make_controls(self) -> None:
        session = self.session
        self._modes = ModeSwitch(session.guard(self._begin_mode))
        self._editor = PromptEditor(session, lambda: self._stage.image)
        self._preview = PreviewRunner(
            session, f"preview {id(self)}", self._show_preview, lambda: self._more.show_slow()
        )
        self._pointer = Pointer(
            self._stage, session, self._editor, self._preview, lambda: self._modes.mode, self._look
        )
        self._controls = Controls(session, self._modes, self._take_typed)
        self._more = MoreControls(
            session,
            self._modes,
            self._editor,
            self._preview,
            viewport=lambda: self._stage.viewport,
            look=self._look,
            opacity=self._set_opacity,
            brush=lambda radius_css: setattr(self._pointer, "brush_css", radius_css),
        )
        self._controls.more.observe(session.guard(self._show_more), "value")
        self._keyboard = Keyboard(
            self._stage,
            session,
            self._editor,
            self._preview,
            self._pointer,
            lambda: self._modes.mode,
        )

    def _lay_out(self, width: int) -> HBox:
        place = Box([self._stage.widget, self._sight])
        place.layout.overflow = "visible"
        place.add_class("sam-explore-stage-place")
        left = VBox([place, self._pointed, self._thumbnails.widget])
        # Parts whose height changes are at the end, so that nothing moves under the pointer.
        choices = [self._controls.cut, self._controls.rule, self._controls.truth]
        choices += [self._controls.typed]
        # An error is shown below the field that may have caused it.
        words = [self._error, self._session_panel.encode_row.widget, self._status]
        right = VBox([self._logits.widget, *choices, *words])
        left.layout.width = f"{width}px"
        right.layout.width = f"{max(width * 5 // 8, _CONTROLS_CSS)}px"
        for column in (left, right):
            column.layout.align_items = "flex-start"
            column.layout.overflow = "visible"
            column.layout.flex, column.layout.max_width = "none", "100%"
        self._pointed.layout.width, self._pointed.layout.margin = "100%", "2px 0"
        for canvas, name in (
            (self._stage.canvas, "sam-explore-stage"),
            (self._thumbnails.canvas, "sam-explore-thumbnails"),
        ):
            canvas.add_class(name)
        columns = HBox([left, right])
        columns.layout.align_items = "flex-start"
        columns.layout.flex_flow = "row wrap"
        columns.layout.grid_gap = f"{_GAP_CSS}px"
        columns.layout.overflow = "visible"
        return columns

    def _follow(self) -> None:
        # Guarded, so that a view that can't draw does not stop the others.
        guard = self.session.guard
        self._observers = [
            (guard(self._show_image), "image"),
            (guard(self._show_prompts), "prompts"),
            (guard(self._render_soon), _DRAWN),
            (guard(self._fade), "map_opacity"),
            (self._show_error, "error"),
        ]
        for observer, names in self._observers:
            self.session.observe(observer, names)
        # After a reload, the page's canvases are empty.
        self._stage.canvas.on_client_ready(self._redraw_soon)
        self._thumbnails.canvas.on_client_ready(self._redraw_soon)

    def _begin_mode(self) -> None:
        self._stage.area.zooms = self._modes.mode is Mode.ZOOM
        self._label()
        self._preview.want(None)
        self._stage.clear_band()
        self._show_preview([], "")

    def _show_more(self, change: dict) -> None:
        self._more.show(change["new"])
        if not change["new"]:  # so that no hidden mode stays chosen
            self._modes.leave_more()

    def _take_typed(self, numbers: list[float]) -> None:
        mode = self._modes.mode
        reach = self._pointer.brush_px if mode.paints else self._pointer.reach_px
        self._editor.typed(mode, numbers, reach)

    def _look(self, viewport: Viewport) -> None:
        self._stage.look(viewport)
        show = self.session.guard(self._show_again)
        self.session.submit(f"look {self.model_id}", show, DRAWINGS)

    def _set_opacity(self, opacity: float) -> None:
        self._stage.opacity = opacity
        self._render_soon()

    def _fade(self, change: dict) -> None:
        if self._open:
            self._logits.fade(change["new"])

    def _show_again(self) -> None:
        if self._open:
            self._stage.show_again()

    def _show_preview(self, lines_px: Lines, words: str) -> None:
        """Show a preview on the stage and its words; without lines, the mode's instructions."""
        if self._open:
            self._stage.show_preview(lines_px)
            self._pointed.value = _pointed(words or self._modes.mode.hint)

    def _choose(self, mask: int) -> None:
        self.session.pick_mask(mask)

    def _show_image(self, change: dict | None = None) -> None:
        if self._open:
            image = self.session.image
            self._stage.show_photo(image)
            self._thumbnails.fit(self.session.sam.config.mask_tokens)
            self._thumbnails.show_photo(image)
            self._logits.show_picture(image)
        self._show_prompts()

    def _show_prompts(self, change: dict | None = None) -> None:
        """Draw the prompts' marks, on their own picture."""
        now = self.session.now
        if self._open and self._stage.image is now.image:
            self._stage.show_prompts(now.prompts, _hint_px(now), now.dialogue.is_example)
            if now.prediction is None:
                self._say_what_can_be_done()

    def _show_error(self, change: dict | None = None) -> None:
        if self.session.error:
            self._stage.area.announce(f"That did not work. {self.session.error}")

    def _render_soon(self, change: dict | None = None) -> None:
        self.session.submit(f"render {self.model_id}", self._render, self._rank)

    def _rank(self) -> int:
        """The priority: views on the screen come before views that are scrolled away."""
        return PROMPTS if self._sight.is_seen or not self._open else UNSEEN

    def _redraw_soon(self) -> None:
        self.session.submit(f"redraw {self.model_id}", self._redraw, DRAWINGS)

    def _redraw(self) -> None:
        self.session.guard(self._preview.forget)()  # a page that is gone has not said so
        self.session.guard(self._show_image)()
        self._render()

    def _render(self) -> None:
        """In the worker: update everything that depends on the prediction."""
        now = self.session.now
        if now.prediction is None:
            self.session.guard(self._show_nothing)()
            return
        # The slowest part is computed here, before the turn for drawing.
        words = describe(now.prediction, now.chosen, now.threshold, now.is_fed_back)
        words = f"{EXAMPLE} {words}" if now.answers_example else words
        truth = compared(now)
        self.session.guard(self._show_answer)(now, " ".join([words, *truth.words]), truth)

    def _show_answer(self, now: Snapshot, words: str, truth: Compared) -> None:
        """Draw the prediction of a snapshot, unless its picture is no longer shown."""
        prediction, shown = now.prediction, now.shown_mask
        if not self._open or now.image is not self._stage.image:
            return
        if prediction is None or shown is None:
            return
        self._stage.show_mask(
            lambda rows, columns: prediction.upscaled_at(rows, columns, shown) > now.threshold
        )
        self._logits.show(prediction, shown, now.threshold)
        self._thumbnails.fit(len(prediction.iou))
        self._thumbnails.show(prediction, now.threshold, shown, truth.ious)
        self._stage.show_truth(truth.lines_px)
        self._say(words)

    def _show_nothing(self) -> None:
        if not self._open:
            return
        self._stage.show_mask(None)
        self._stage.show_truth(())
        self._logits.show_nothing(self.session.image.shape[:2])
        self._thumbnails.fit(self.session.sam.config.mask_tokens)
        self._thumbnails.show_nothing()
        self._say_what_can_be_done()

    def _say_what_can_be_done(self) -> None:
        waiting = self.session.encoded is None and not self.session.prompts.is_empty
        self._say(WAITING if waiting else INVITATION)

    def _say(self, words: str) -> None:
        """Describe what is shown, below the picture and for screen readers."""
        if words != self._announced:
            self._stage.area.announce(words)
        self._announced = words
        self._status.value = paragraph(words)
        self._label()

    def _label(self) -> None:
        height, width = self.session.image.shape[:2]
        mode = self._modes.mode.words
        self._stage.area.label = (
            f"Picture, {width} pixels wide and {height} high. Mode: {mode}. {self._announced} "
            "Question mark: the keys."
        )


_DRAWN = ["prediction", "chosen", "threshold", "encoded", "truth", "truth_level"]


def _hint_px(now: Snapshot) -> Lines:
    """The edge of the mask hint, in pixels of the picture."""
    hint = now.prompts.mask_hint
    if hint is None:
        return []
    return [px_from_cells(line, now.source.frame, hint.shape) for line in outlines(hint, 0.0)]


def _pointed(words: str) -> Markup:
    # Always two lines high, so that nothing moves when the pointer enters and leaves.
    look = "line-height:18px;height:36px;overflow:hidden;font-size:12px;"
    return element("div", words, style=f"{look}color:{style.FAINT_TEXT}")
