"""Ordinary controls for the knobs of a probe, one a row."""

from collections.abc import Callable
from typing import Any

from ipywidgets import Checkbox, HBox

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
    """A control for each knob, and for a linked one whether it follows the session.

    Args:
        knobs: what the fields of the probe may be, and what they are now.
        run: what bounds come from.
        on_change: called with a knob's name and its new value when the reader changes it.
        on_follow: called with a linked knob's name and whether it follows from now on.
    """

    def __init__(
        self,
        knobs: KnobValues,
        run: Trace,
        on_change: Callable[[str, Any], None],
        on_follow: Callable[[str, bool], None],
    ):
        self._suppress_echo = SuppressEcho()
        self._controls: dict[str, Control] = {}
        self._follows: dict[str, Checkbox] = {}
        rows = []
        values = knobs.now
        for name, knob in knobs.knobs.items():
            control = control_for(knob, values[name], run)
            control.observe(self._reporter(on_change, name, control))
            self._controls[name] = control
            keep_order(*control.inputs)
            row = HBox([_label(knob.about), *control.widgets])
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
            row.layout.width = f"{_ROW_CSS}px"
            row.layout.overflow = "visible"
            rows.append(row)
        self.widget = HBox(rows)
        self.widget.layout.flex_flow = "row wrap"
        self.widget.layout.grid_gap = "0 12px"
        self.widget.layout.overflow = "visible"

    def show(self, values: dict[str, Any]) -> None:
        """Show these values, without reporting them."""
        with self._suppress_echo:
            for name, value in values.items():
                self._controls[name].set(value)

    def close(self) -> None:
        """Remove all controls."""
        for control in self._controls.values():
            for widget in control.inputs:
                widget.unobserve_all()
        for follow in self._follows.values():
            follow.unobserve_all()
        close_all(self.widget)

    def __getitem__(self, name: str) -> Control:
        return self._controls[name]

    def follow_box(self, name: str) -> Checkbox:
        """The checkbox for whether a linked knob follows the session."""
        return self._follows[name]

    def _reporter(
        self, on_change: Callable[[str, Any], None], name: str, control: Control
    ) -> Callable[[dict], None]:
        return self._suppress_echo.reader_only(lambda change: on_change(name, control.get()))

    def _follow_reporter(
        self, on_follow: Callable[[str, bool], None], name: str
    ) -> Callable[[dict], None]:
        return lambda change: on_follow(name, change["new"])


def _label(about: str) -> Html:
    words = about[:1].upper() + about[1:]
    label = Html(element("div", words, style=f"line-height:1.3;color:{style.TEXT}"))
    label.layout.width, label.layout.flex = f"{_LABEL_CSS}px", "none"
    return label
