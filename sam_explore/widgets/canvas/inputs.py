"""Input widgets for one value, and the choice of one for a knob."""

from collections.abc import Callable
from typing import Any

from ipywidgets import (
    BoundedFloatText,
    BoundedIntText,
    Checkbox,
    Dropdown,
    FloatText,
    IntSlider,
    IntText,
    Text,
    ToggleButtons,
    Widget,
)

from ...plots import style
from ...probes import Knob
from ...tracing import Trace
from .html import Html, element


class Control:
    """One or several input widgets that hold one value together.

    `inputs` are those that the user changes; `widgets` are those to lay out.
    """

    def __init__(self, *inputs: Widget, words: tuple[str, ...] = ()):
        self.inputs = inputs
        self.widgets = list(inputs)
        self._words = words
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

    def name(self, about: str) -> None:
        """Name all inputs without a description of their own, for tooltips and screen readers."""
        for place, each in enumerate(self.inputs):
            word = f", {self._words[place]}" if self._words else ""
            each.tooltip = f"{about}{word}"


class WideSlider(Control):
    """A slider over the usual part of a wide range of decimals, with a field for the whole range.

    The slider counts tenths. With decimals the page would add up steps to 1.4000000000000004, and
    report such numbers back for a value that it was sent. Linked views would then send a value back
    and forth forever, and move the handle while it is dragged.

    Args:
        value: the first value.
        low, high: the bounds of the field.
        reach: the slider's range at first, on both sides of zero.
    """

    def __init__(self, value: float, low: float, high: float, reach: float = 20.0):
        ends = max(low, -reach), min(high, reach)
        self.slider = IntSlider(min=_tenths(ends[0]), max=_tenths(ends[1]), readout=False)
        self.field = BoundedFloatText(value, min=low, max=high, step=0.1)
        self.slider.layout.width, self.field.layout.width = "120px", "66px"
        super().__init__(self.field)
        self.widgets = [self.slider, self.field]
        self.inputs = (self.field, self.slider)
        self.set(value)
        self.slider.observe(self._take_slider, "value")
        self.field.observe(self._take_field, "value")

    def get(self) -> float:
        return self.field.value

    def set(self, value: float) -> None:
        self.field.value = value
        self._take_field({"new": value})

    def observe(self, callback: Callable[[dict], None]) -> None:
        self.field.observe(callback, "value")

    def _take_slider(self, change: dict) -> None:
        # A typed value may be finer than the slider, which then shows the nearest tenth.
        if _tenths(self.field.value) != change["new"]:
            self.field.value = change["new"] / 10

    def _take_field(self, change: dict) -> None:
        # A slider would clip a value beyond its end.
        tenths = _tenths(change["new"])
        self.slider.max = max(self.slider.max, tenths)
        self.slider.min = min(self.slider.min, tenths)
        self.slider.value = tenths


class DecimalOrName(Control):
    """A slider with a field for decimals, and a box for the one value that has a name.

    While the box is ticked, slider and field show the number that the name stands for; moving them
    unticks it.

    Args:
        value: the first value.
        named: the value with a name, and the name.
        number: what the named value stands for.
        low, high: the bounds of the numbers.
    """

    def __init__(
        self, value: float, named: tuple[float, str], number: float, low: float, high: float
    ):
        self._named, self._number = named[0], number
        self.decimal = WideSlider(number, low, high)
        self.box = Checkbox(description=named[1], indent=False, layout={"width": "auto"})
        super().__init__(self.box)
        self.widgets = [*self.decimal.widgets, self.box]
        self.inputs = (self.box, *self.decimal.inputs)
        self._callbacks: list[Callable[[dict], None]] = []
        self.set(value)
        self.box.observe(self._take_box, "value")
        self.decimal.observe(self._take_decimal)

    def get(self) -> float:
        return self._named if self.box.value else self.decimal.get()

    def set(self, value: float) -> None:
        is_named = value == self._named
        self.box.value = is_named
        self.decimal.set(self._number if is_named else value)

    def observe(self, callback: Callable[[dict], None]) -> None:
        self._callbacks.append(callback)

    def _take_box(self, change: dict) -> None:
        if change["new"]:
            self.decimal.set(self._number)
        self._report(change)

    def _take_decimal(self, change: dict) -> None:
        if not self.box.value:
            self._report(change)
        elif change["new"] != self._number:
            self.box.value = False  # which is reported

    def _report(self, change: dict) -> None:
        for callback in self._callbacks:
            callback(change)


def control_for(knob: Knob, value: Any, run: Trace) -> Control:
    """A suitable control for a knob's values."""
    low, high = knob.bounds(run)
    if isinstance(value, bool):
        return Control(Checkbox(value, indent=False, layout={"width": "28px"}))
    if knob.choices:
        return Control(_choice([(str(each), each) for each in knob.choices], value))
    if low is not None and high is not None and low > high:
        nothing = Dropdown(options=[("none in this run", value)], value=value, disabled=True)
        return Control(nothing)
    if knob.stands_for is not None and low is not None and high is not None:
        (named,) = knob.named(run)
        return DecimalOrName(value, named, knob.stands_for(run), 0.0, high)
    if knob.names and low is not None and high is not None:
        names = dict(knob.named(run))
        numbers = range(int(low), int(high) + 1)
        return Control(_choice([(names.get(each, str(each)), each) for each in numbers], value))
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
        if low is None or high is None:
            return Control(FloatText(value))
        return WideSlider(value, low, high)
    return Control(Text(str(value)))


def _choice(options: list[tuple[str, Any]], value: Any) -> Widget:
    if len(options) > 3:
        longest = max(len(name) for name, _ in options)
        width = "170px" if longest <= 20 else "230px"
        return Dropdown(options=options, value=value, layout={"width": width})
    toggles = ToggleButtons(options=options, value=value, style={"button_width": "auto"})
    toggles.layout.width = "auto"
    return toggles


def _tenths(value: float) -> int:
    return round(10 * value)


def _word(word: str) -> Html:
    return Html(element("span", word, style=f"color:{style.FAINT_TEXT}"))
