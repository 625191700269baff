"""Ordinary controls for the knobs of a probe, one a row."""

import threading
from collections.abc import Callable
from html import escape
from typing import Any

from ipywidgets import (
    HTML,
    BoundedFloatText,
    BoundedIntText,
    Checkbox,
    Dropdown,
    FloatSlider,
    FloatText,
    HBox,
    IntSlider,
    IntText,
    Text,
    ToggleButtons,
    Widget,
)

from ..model import SamConfig
from ..plots import style
from ..probes import Knob
from .drawing import close_all
from .knob_values import KnobValues
from .order import keep_order

_REACH = 20.0  # of a slider over decimals at first, to both sides of zero
_LABEL_CSS = 128
_ROW_CSS = 476


class KnobControls:
    """A control for each knob, and for a linked one whether it follows the session.

    Args:
        knobs: what the fields of the probe may be, and what they are now.
        config: the model's, from which bounds come.
        on_change: called with a knob's name and its new value when the reader changes it.
        on_follow: called with a linked knob's name and whether it follows from now on.
    """

    def __init__(
        self,
        knobs: KnobValues,
        config: SamConfig,
        on_change: Callable[[str, Any], None],
        on_follow: Callable[[str, bool], None],
    ):
        # While the controls are set from outside they report nothing.
        self._lock = threading.RLock()
        self._setting = False
        self._controls: dict[str, Control] = {}
        self._follows: dict[str, Checkbox] = {}
        rows = []
        values = knobs.now
        for name, knob in knobs.knobs.items():
            control = control_for(knob, values[name], config)
            control.observe(self._reporter(on_change, name, control))
            self._controls[name] = control
            keep_order(*control.inputs)
            row = HBox([_label("mask" if knob.link == "mask" else knob.about), *control.widgets])
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
        with self._lock:
            self._setting = True
            try:
                for name, value in values.items():
                    self._controls[name].set(value)
            finally:
                self._setting = False

    def close(self) -> None:
        """Remove all controls."""
        for control in self._controls.values():
            for widget in control.inputs:
                widget.unobserve_all()
        for follow in self._follows.values():
            follow.unobserve_all()
        close_all(self.widget)

    def __getitem__(self, name: str) -> "Control":
        return self._controls[name]

    def follow_box(self, name: str) -> Checkbox:
        """The box that says whether a linked knob follows the session."""
        return self._follows[name]

    def _reporter(
        self, on_change: Callable[[str, Any], None], name: str, control: "Control"
    ) -> Callable[[dict], None]:
        def report(change: dict) -> None:
            with self._lock:
                if self._setting:
                    return
            on_change(name, control.get())

        return report

    def _follow_reporter(
        self, on_follow: Callable[[str, bool], None], name: str
    ) -> Callable[[dict], None]:
        return lambda change: on_follow(name, change["new"])


class Control:
    """One input widget or several that hold one value together.

    `inputs` are those that the reader changes; `widgets` is what to lay out.
    """

    def __init__(self, *inputs: Widget, words: tuple[str, ...] = ()):
        self.inputs = inputs
        self.widgets = list(inputs)
        if words:
            pairs = zip(words, inputs, strict=True)
            self.widgets = [part for word, each in pairs for part in (_word(word), each)]

    def get(self) -> Any:
        values = tuple(each.value for each in self.inputs)
        return values if len(values) > 1 else values[0]

    def set(self, value: Any) -> None:
        for each, part in zip(
            self.inputs, value if len(self.inputs) > 1 else (value,), strict=True
        ):
            each.value = part

    def observe(self, callback: Callable[[dict], None]) -> None:
        for each in self.inputs:
            each.observe(callback, "value")


class WideSlider(Control):
    """A slider over the usual part of a wide range of decimals, with a field for all of it."""

    def __init__(self, value: float, low: float, high: float):
        self._slider = FloatSlider(
            min=max(low, -_REACH), max=min(high, _REACH), step=0.1, readout=False
        )
        self._field = BoundedFloatText(value, min=low, max=high, step=0.1)
        self._slider.layout.width, self._field.layout.width = "140px", "66px"
        super().__init__(self._field)
        self.widgets = [self._slider, self._field]
        self.inputs = (self._field, self._slider)
        self.set(value)
        self._slider.observe(self._take_slider, "value")
        self._field.observe(self._take_field, "value")

    def get(self) -> float:
        return self._field.value

    def set(self, value: float) -> None:
        self._field.value = value
        self._take_field({"new": value})

    def observe(self, callback: Callable[[dict], None]) -> None:
        self._field.observe(callback, "value")

    def _take_slider(self, change: dict) -> None:
        self._field.value = round(change["new"], 6)

    def _take_field(self, change: dict) -> None:
        # A slider would cut a value beyond its end.
        self._slider.max = max(self._slider.max, change["new"])
        self._slider.min = min(self._slider.min, change["new"])
        self._slider.value = change["new"]


def control_for(knob: Knob, value: Any, config: SamConfig) -> Control:
    """The control that suits a knob's values."""
    low, high = knob.bounds(config)
    if isinstance(value, bool):
        return Control(Checkbox(value, indent=False, layout={"width": "28px"}))
    if knob.choices:
        return Control(_choice([(str(each), each) for each in knob.choices], value))
    if knob.link == "mask":
        masks = [("the model's choice", -1), *((str(each), each) for each in range(high + 1))]
        return Control(_choice(masks, value))
    if isinstance(value, tuple):
        places = (BoundedIntText(each, min=low, max=high) for each in value)
        control = Control(*places, words=("row", "column"))
        for field in control.inputs:
            field.layout.width = "56px"
        return control
    if isinstance(value, int):
        if low is None or high is None:
            return Control(IntText(value))
        return Control(IntSlider(value, min=low, max=high, layout={"width": "240px"}))
    if isinstance(value, float):
        return Control(FloatText(value)) if None in (low, high) else WideSlider(value, low, high)
    return Control(Text(str(value)))


def _choice(options: list[tuple[str, Any]], value: Any) -> Widget:
    if len(options) > 3:
        return Dropdown(options=options, value=value, layout={"width": "170px"})
    toggles = ToggleButtons(options=options, value=value, style={"button_width": "auto"})
    toggles.layout.width = "auto"
    return toggles


def _label(about: str) -> HTML:
    label = HTML(
        f'<div style="line-height:1.3;color:{style.TEXT}">'
        f"{escape(about[:1].upper() + about[1:])}</div>"
    )
    label.layout.width, label.layout.flex = f"{_LABEL_CSS}px", "none"
    return label


def _word(word: str) -> HTML:
    return HTML(f'<span style="color:{style.FAINT_TEXT}">{escape(word)}</span>')
