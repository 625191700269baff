"""Buttons and sliders of the prompting view, all of which can be used from the keyboard."""

from collections.abc import Callable

from ipywidgets import Button, Checkbox, HBox, ToggleButton, ToggleButtons, VBox

from ...corrections import BEST, Choice
from ...plots import style
from ...scenes.ground_truth import LEVELS
from ..canvas.closing import close_all
from ..canvas.html import BREAK, NOTHING, Html, Markup, element
from ..canvas.inputs import WideSlider
from ..session import THRESHOLD, Session, Snapshot
from ..session.ipykernel_subshells import keep_order
from ..session.suppress_echo import SuppressEcho
from .mode_switch import ModeSwitch
from .typed_line import TypedLine

_PUBLISHED = "published"  # a button's value, since None would mean no button
_NO_TRUTH = -1
_REACH = 10.0  # of the threshold's slider at first, in logits


class Controls:
    """The main controls of a session.

    Args:
        session: the session that they show and change.
        modes: the switch whose first row is in the toolbar.
        on_typed: called with two or four numbers that were typed, x before y.

    Attributes:
        more: whether the other controls are shown.
        keep: whether the picture stays in view while the reader scrolls.
        line: the text field for typed prompts.
        toolbar, cut, rule, truth, typed, busy: the widgets, to be laid out.
    """

    def __init__(
        self, session: Session, modes: ModeSwitch, on_typed: Callable[[list[float]], None]
    ):
        self._session, self._on_typed = session, on_typed
        self._suppress_echo = SuppressEcho()
        self._undo = Button(description="Undo", tooltip="Take back the last change of the prompts")
        self._redo = Button(description="Redo", tooltip="Do again what was taken back")
        self._clear = Button(description="Clear", tooltip="Drop all prompts")
        self.more = ToggleButton(
            description="More", icon="sliders", tooltip="Remove, mask hint, zoom and view"
        )
        self.keep = ToggleButton(
            description="Keep in view",
            icon="thumb-tack",
            tooltip="While this is scrolled away, a small picture to prompt stays in a corner",
        )
        steps = HBox([self._undo, self._redo, self._clear, self.more, self.keep])
        self.toolbar = HBox([modes.main, steps])
        self.toolbar.add_class("sam-explore-toolbar")
        for button in (self.more, self.keep):
            button.add_class("sam-explore-not-in-corner")
        bounds = THRESHOLD.low, THRESHOLD.high
        self._threshold = WideSlider(session.threshold, *bounds, reach=_REACH)
        self._threshold.name("Threshold in logits")
        self.busy = Html()
        self.cut = HBox([label("Threshold (logits)"), *self._threshold.widgets])
        self.rule = self._make_rule(session.sam.config.mask_tokens)
        self._truth = ToggleButtons(
            options=[("off", _NO_TRUTH), *((name, i) for i, name in enumerate(LEVELS))],
            tooltips=[
                "Show no truth",
                *(f"Outline the {name} under the click, and compare" for name in LEVELS),
            ],
            style={"button_width": "auto"},
        )
        self.truth = HBox([label("Truth"), self._truth])
        self.line = TypedLine(
            "x, y   or   x0, y0, x1, y1",
            "Add",
            "As a click there, or a drag between the two",
            session.action(self._take_typed),
        )
        self.typed = HBox([label("Or type it"), *self.line.widgets])
        self._lay_out()
        keep_order(self._undo, self._redo, self._clear, self.more, self.keep)
        keep_order(self._choice, self._feeds_back, self._truth)
        keep_order(*self._threshold.inputs)
        self._listen()
        for observer, _ in self._observers:
            observer()

    def _make_rule(self, count: int) -> VBox:
        """The controls for how corrections are made and which mask is shown."""
        options, tooltips = _choices(count)
        self._choice = ToggleButtons(
            options=options, tooltips=tooltips, style={"button_width": "auto"}
        )
        self._feeds_back = Checkbox(description="Feed logits back", indent=False)
        self._feeds_back.tooltip = "The logits of the mask shown go back with the next click"
        self._feeds_back.layout.width = "auto"
        self._about_rule = Html()
        parts = [label("Which mask answers"), self._choice, self._feeds_back, self._about_rule]
        rule = VBox(parts)
        rule.layout.overflow = "visible"
        return rule

    def follow(self, change: dict | None = None) -> None:
        """Show the session's state."""
        with self._suppress_echo:
            self._show()

    def close(self) -> None:
        """Stop following and remove the widgets."""
        for observer, names in self._observers:
            self._session.unobserve(observer, names)
        answering = self._choice, self._feeds_back, self._truth
        for widget in (*self._threshold.inputs, *answering, self.line.field, self.more, self.keep):
            widget.unobserve_all()
        close_all(self.toolbar, self.cut, self.rule, self.truth, self.typed, self.busy)

    def _listen(self) -> None:
        session, act = self._session, self._session.action
        self._undo.on_click(act(lambda _: session.undo()))
        self._redo.on_click(act(lambda _: session.redo()))
        self._clear.on_click(act(lambda _: session.clear()))
        readers = self._suppress_echo.reader_only
        self._threshold.observe(readers(self._set_threshold, act))
        self._choice.observe(readers(self._set_chosen, act), "value")
        self._truth.observe(readers(self._set_truth_level, act), "value")
        self._feeds_back.observe(readers(self._set_feeds_back, act), "value")
        self._observers = [
            (session.guard(self.follow), _FOLLOWED),
            (session.guard(self._show_busy), "busy"),
        ]
        for observer, names in self._observers:
            session.observe(observer, names)

    def _show(self) -> None:
        session = self._session
        self._undo.disabled = not session.can_undo
        self._redo.disabled = not session.can_redo
        self._clear.disabled = session.prompts.is_empty
        options, tooltips = _choices(session.sam.config.mask_tokens)
        if self._choice.options != options:  # another model's masks
            self._choice.options, self._choice.tooltips = options, tooltips
        self._choice.value = _PUBLISHED if session.chosen is None else session.chosen
        self._feeds_back.value = session.feeds_back
        self._truth.value = _NO_TRUTH if session.truth_level is None else session.truth_level
        self._about_rule.value = _about_rule(session.now)
        if not self._suppress_echo.is_ahead(*self._threshold.inputs):
            self._threshold.set(session.threshold)

    def _show_busy(self, change: dict | None = None) -> None:
        # Separate from the others, since the worker sets it at any time, also while a slider is
        # dragged.
        self.busy.value = _busy(self._session.busy)

    def _set_threshold(self, change: dict) -> None:
        self._session.threshold = change["new"]

    def _set_chosen(self, change: dict) -> None:
        self._session.chosen = None if change["new"] == _PUBLISHED else change["new"]

    def _set_truth_level(self, change: dict) -> None:
        self._session.truth_level = None if change["new"] == _NO_TRUTH else change["new"]

    def _set_feeds_back(self, change: dict) -> None:
        self._session.feeds_back = change["new"]

    def _take_typed(self, line: str) -> None:
        try:
            self._on_typed(_numbers(line))
        except Exception:
            self.line.put_back()
            raise

    def _lay_out(self) -> None:
        for button in (self._undo, self._redo, self._clear, self.line.button):
            button.layout.width = "60px"
        self.more.layout.width, self.keep.layout.width = "76px", "118px"
        self.line.field.layout.width = "176px"
        self._choice.layout.width = "auto"
        for row in (self.toolbar, *self.toolbar.children[1:], self.cut, self.truth, self.typed):
            row.layout.align_items, row.layout.grid_gap = "center", "4px"
            row.layout.overflow = "visible"
        self.toolbar.layout.flex_flow = "row wrap"
        self.toolbar.layout.margin = "0 0 4px 0"
        self.cut.layout.margin = "6px 0 0 0"


def label(words: str) -> Html:
    """Words before a control, in one line."""
    return Html(element("span", words, style="white-space:nowrap"))


def _numbers(text: str) -> list[float]:
    try:
        numbers = [float(part) for part in text.replace(",", " ").split()]
    except ValueError:
        numbers = []
    if len(numbers) not in (2, 4):
        what = f"; this is {text!r}" if text else ""
        raise ValueError(
            "Type a point as x, y or a box as x0, y0, x1, y1, in pixels of the picture, such as "
            f"120, 80{what}."
        )
    return numbers


def _about_rule(now: Snapshot) -> Markup:
    """The choices for corrections and masks, in words."""
    rules: dict[Choice, str] = {
        None: "Of one click or one box, the best predicted of masks 1–3 answers; of more, mask 0.",
        BEST: "The mask of the best predicted IoU of all answers.",
    }
    which = rules.get(now.chosen, f"Mask {now.chosen} answers, whatever is asked.")
    if now.picked_over is not None:
        which = f"You look at mask {now.chosen} of this answer; the next goes by the rule again."
    back = (
        "A further click corrects the mask that is shown: its logits go back with the click."
        if now.feeds_back
        else "Clicks are asked together, as sx.predict does; nothing goes back."
    )
    look = f"font-size:12px;line-height:1.4;color:{style.FAINT_TEXT}"
    return element("div", which, BREAK, back, style=look)


def _busy(words: str) -> Markup:
    if not words:
        return NOTHING
    spinner = element("i", class_="fa fa-spinner fa-spin")
    look = f"color:{style.TEXT};white-space:nowrap"
    return element("span", spinner, f"\u2002{words}", role="status", style=look)


def _choices(count: int) -> tuple[tuple, tuple]:
    """Which of so many masks may answer: names with values, and what each means."""
    numbers = range(count)
    options = (("published", _PUBLISHED), ("best", BEST), *((str(each), each) for each in numbers))
    tooltips = (
        "Of one click or one box, the best predicted of masks 1–3; of more, mask 0",
        "The mask with the best predicted IoU of all",
        *(f"Always mask {each}" for each in numbers),
    )
    return options, tooltips


_FOLLOWED = ["sam", "prompts", "feeds_back", "truth_level", "chosen", "threshold"]
