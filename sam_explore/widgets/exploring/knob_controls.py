"""Controls for the knobs of a probe: the main ones, and the others folded away."""

from collections.abc import Callable
from typing import Any

from ipywidgets import Checkbox, HBox, ToggleButton

from ...plots import style
from ...tracing import Trace
from ..canvas.closing import close_all
from ..canvas.html import Html, element
from ..canvas.inputs import Control, control_for
from ..session.ipykernel_subshells import keep_order
from ..session.suppress_echo import SuppressEcho
from .knob_values import KnobValues

_LABEL_CSS = 128
_ROW_CSS = 476


class KnobControls:
    """A control for each knob, and a box for each linked one that makes it follow the session.

    The main ones are shown, and a button opens the others. A knob without an effect is hidden.

    Args:
        knobs: the knobs of the probe and their values.
        run: the run that bounds depend on.
        on_change: called with a knob's name and its new value when the user changes it.
        on_follow: called with a linked knob's name and whether it now follows the session.
        guard: wraps callbacks of the page, so that no exception gets lost.
    """

    def __init__(
        self,
        knobs: KnobValues,
        run: Trace,
        on_change: Callable[[str, Any], None],
        on_follow: Callable[[str, bool], None],
        guard: Callable[[Callable[..., None]], Callable[..., None]],
    ):
        self._guard, self._suppress_echo = guard, SuppressEcho()
        self._controls: dict[str, Control] = {}
        self._follows: dict[str, Checkbox] = {}
        self._rows: dict[str, HBox] = {}
        values = knobs.now
        for name, knob in knobs.knobs.items():
            control = control_for(knob, values[name], run)
            control.observe(self._reporter(on_change, name, control))
            self._controls[name] = control
            keep_order(*control.inputs)
            about = knob.about[:1].upper() + knob.about[1:]
            control.name(about)
            row = HBox([_label(about), *control.widgets])
            if knob.link:
                follow = Checkbox(name in knobs.following, description="follows session")
                follow.indent, follow.layout.width = False, "126px"
                follow.tooltip = "Untick to keep this value while that of the session changes"
                follow.observe(self._follow_reporter(on_follow, name), "value")
                self._follows[name] = follow
                keep_order(follow)
                row.children = [*row.children, follow]
            row.layout.align_items = "center"
            row.layout.grid_gap = "0 6px"
            row.layout.width, row.layout.max_width = f"{_ROW_CSS}px", "100%"
            row.layout.flex_flow = "row wrap"
            row.layout.overflow = "visible"
            self._rows[name] = row
        self._folded = frozenset(self._rows) - frozenset(knobs.main)
        self._idle = knobs.idle
        self.more = _more_button(knobs, self._folded)
        self.more.observe(guard(lambda change: self._fold()), "value")
        keep_order(self.more)
        first = [self._rows[name] for name in knobs.main]
        others = [row for name, row in self._rows.items() if name in self._folded]
        self.widget = HBox([*first, self.more, *others])
        self.widget.layout.flex_flow = "row wrap"
        self.widget.layout.align_items = "center"
        self.widget.layout.grid_gap = "0 12px"
        self.widget.layout.overflow = "visible"
        self._fold()

    def show(self, values: dict[str, Any], idle: frozenset[str] = frozenset()) -> None:
        """Show these values, without reporting them, and hide the knobs without an effect."""
        with self._suppress_echo:
            for name, value in values.items():
                if not self._suppress_echo.is_ahead(*self._controls[name].inputs):
                    self._controls[name].set(value)
        self._idle = idle
        self._fold()

    def is_shown(self, name: str) -> bool:
        """Whether a knob's control is visible."""
        return name not in self._idle and (self.more.value or name not in self._folded)

    def _fold(self) -> None:
        for name, row in self._rows.items():
            row.layout.display = None if self.is_shown(name) else "none"
        self.more.layout.display = None if self._folded - self._idle else "none"

    def close(self) -> None:
        """Remove all controls."""
        for control in self._controls.values():
            for widget in control.inputs:
                widget.unobserve_all()
        for follow in self._follows.values():
            follow.unobserve_all()
        self.more.unobserve_all()
        close_all(self.widget)

    def __getitem__(self, name: str) -> Control:
        return self._controls[name]

    def follow_box(self, name: str) -> Checkbox:
        """The checkbox for whether a linked knob follows the session."""
        return self._follows[name]

    def _reporter(
        self, on_change: Callable[[str, Any], None], name: str, control: Control
    ) -> Callable[[dict], None]:
        return self._suppress_echo.reader_only(
            lambda change: on_change(name, control.get()), self._guard
        )

    def _follow_reporter(
        self, on_follow: Callable[[str, bool], None], name: str
    ) -> Callable[[dict], None]:
        return self._guard(lambda change: on_follow(name, change["new"]))


def _more_button(knobs: KnobValues, folded: frozenset[str]) -> ToggleButton:
    names = ", ".join(knobs.knobs[name].about for name in knobs.knobs if name in folded)
    button = ToggleButton(description="More", icon="sliders", tooltip=f"Also: {names}")
    button.layout.width = "76px"
    return button


def _label(about: str) -> Html:
    label = Html(element("div", about, style=f"line-height:1.3;color:{style.TEXT}"))
    label.layout.width, label.layout.flex = f"{_LABEL_CSS}px", "none"
    return label
