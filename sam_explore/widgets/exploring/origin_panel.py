"""The panel below a picture: a number's formula with its numbers, which can be asked again."""

from collections.abc import Callable

from ipywidgets import Button, HBox, ToggleButton, VBox

from ...number_text import text
from ...origins import Operand, Operation
from ...plots import style
from ..canvas.closing import close_all
from ..canvas.html import NOTHING, Html, Markup, element, together
from ..canvas.paragraphs import alert, code_block, paragraph
from ..session.ipykernel_subshells import keep_order

_HINT = "Click on a cell, or a place of a chart, to see where its number comes from."
_NUMBER_CSS = 96
_DIGITS = 4

_Key = tuple[tuple[str, str], bool]  # an operand's identity, and whether it can be asked

Guard = Callable[[Callable[..., None]], Callable[..., None]]


class OriginPanel:
    """A button that opens the panel, the formula of what was asked, and the way there.

    Args:
        guard: wraps callbacks of the page, so that no exception gets lost.
        ask: called with an operand, and how many steps led to the operation it is of; it is
            answered elsewhere, and `show` gets the answer.
        went_back: called with how many steps lead to the operation that is shown again.
        toggled: called when the panel was opened or closed.

    Attributes:
        widget: to be laid out.
        button: opens and closes the panel.
        trail: the operations from the first one asked to the one that is shown.
    """

    def __init__(
        self,
        guard: Guard,
        ask: Callable[[Operand, int], None],
        went_back: Callable[[int], None],
        toggled: Callable[[], None],
    ):
        self._guard, self._ask, self._went_back, self._toggled = guard, ask, went_back, toggled
        self.trail: tuple[Operation, ...] = ()
        self._rows: dict[_Key, HBox] = {}
        self.button = ToggleButton(description="Where does this number come from?", icon="question")
        self.button.layout.width, self.button.layout.align_self = "auto", "flex-start"
        self.button.tooltip = "Then click on any cell"
        self.button.observe(guard(self._open), "value")
        keep_order(self.button)
        self._crumbs = HBox([])
        self._formula = Html(paragraph(_HINT, colour=style.FAINT_TEXT))
        self._operands = VBox([])
        self._code = Html()
        for box in (self._crumbs, self._operands):
            box.layout.overflow = "visible"
        self._crumbs.layout.flex_flow = "row wrap"
        self._panel = VBox([self._crumbs, self._formula, self._operands, self._code])
        self._panel.layout.border_left = f"4px solid {style.FRAME}"
        self._panel.layout.padding = "4px 10px"
        self._panel.layout.display = "none"
        self.widget = VBox([self.button, self._panel])
        self.widget.add_class("sam-explore-origin")
        for box in (self._panel, self.widget):
            box.layout.overflow = "visible"

    @property
    def is_open(self) -> bool:
        """Whether clicks on the reading ask where its numbers come from."""
        return bool(self.button.value)

    def show(self, trail: tuple[Operation, ...]) -> None:
        """Show the last of these operations, and the others as the way to it.

        The buttons of what is shown already stay, so that a click on one is not lost when the same
        is answered again, about a later run.
        """
        self.trail = trail
        operation = trail[-1]
        self._set(self._crumbs, [self._crumb(number) for number in range(len(trail))])
        self._formula.value = formula(operation)
        self._rows = {_key(each): self._row(each) for each in operation.operands}
        self._set(self._operands, list(self._rows.values()))
        self._code.value = code_of(operation)

    def show_error(self, words: str) -> None:
        """Say what went wrong instead of an answer."""
        self._empty()
        self._formula.value = alert(words)

    def forget(self) -> None:
        """Show that nothing is asked, and keep no run alive."""
        self._empty()
        self._formula.value = paragraph(_HINT, colour=style.FAINT_TEXT)

    def close(self) -> None:
        """Remove the panel."""
        self.button.unobserve_all()
        close_all(self.widget)

    def _open(self, change: dict) -> None:
        self._panel.layout.display = None if change["new"] else "none"
        if not change["new"]:
            self.forget()
        self._toggled()

    def _empty(self) -> None:
        self.trail, self._rows = (), {}
        self._set(self._crumbs, [])
        self._set(self._operands, [])
        self._code.value = NOTHING

    def _go_on(self, key: _Key) -> None:
        """Ask for an operand of what is shown now: the run may be a later one than the button."""
        there = self.trail[-1].operands if self.trail else ()
        operand = next((each for each in there if _key(each) == key), None)
        if operand is not None:
            self._ask(operand, len(self.trail) - 1)

    def _go_back(self, number: int) -> None:
        self.show(self.trail[: number + 1])
        self._went_back(number)

    def _crumb(self, number: int) -> Button:
        """A step of the way, which goes back to it; the last one is where we are."""
        there = self._crumbs.children
        crumb = there[number] if number < len(there) else self._new_crumb(number)
        operation = self.trail[number]
        arrow = "" if not number else "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
        crumb.description = f"{arrow}{_short(operation.title)}"
        crumb.disabled = number == len(self.trail) - 1
        crumb.tooltip = operation.at
        return crumb

    def _new_crumb(self, number: int) -> Button:
        crumb = Button()
        crumb.layout.width = "auto"
        crumb.on_click(self._guard(lambda _: self._go_back(number)))
        keep_order(crumb)
        return crumb

    def _row(self, operand: Operand) -> HBox:
        """An operand: its number, which can be asked, and what it is."""
        row = self._rows.get(_key(operand)) or self._new_row(operand)
        row.children[0].description = text(operand.value, _DIGITS)
        return row

    def _new_row(self, operand: Operand) -> HBox:
        number = Button(disabled=not operand.can_be_asked)
        number.layout.width, number.layout.flex = f"{_NUMBER_CSS}px", "none"
        number.tooltip = operand.at if operand.can_be_asked else f"{operand.at}: not computed"
        key = _key(operand)
        number.on_click(self._guard(lambda _: self._go_on(key)))
        keep_order(number)
        about = element("span", operand.at, style=f"color:{style.FAINT_TEXT};font-size:11px")
        row = HBox([number, Html(paragraph(operand.name, " \u2002", about))])
        row.layout.align_items = "center"
        row.layout.grid_gap = "8px"
        row.layout.overflow = "visible"
        return row

    def _set(self, box: HBox | VBox, parts: list) -> None:
        """Lay out these parts, and close the earlier ones that are not among them."""
        earlier, staying = box.children, set(parts)
        if list(earlier) != parts:
            box.children = parts
        close_all(*(each for each in earlier if each not in staying))


def formula(operation: Operation) -> Markup:
    """The formula of an operation in symbols and in numbers, with what is to be known of it."""
    title = paragraph(element("b", f"{operation.title}: "), operation.name)
    symbols = element("i", operation.formula)
    numbers = paragraph(symbols, f"\u2002=\u2002{operation.numbers}")
    notes = " ".join(each for each in (operation.check, operation.note) if each)
    return together(title, numbers, paragraph(notes, colour=style.FAINT_TEXT))


def code_of(operation: Operation) -> Markup:
    """Python that asks for the same number; nothing for one that only an exhibit has."""
    if not operation.address:
        return NOTHING
    return code_block(f'sx.explain(session.trace, "{operation.address}", {operation.index})')


def _key(operand: Operand) -> _Key:
    return operand.identity, operand.can_be_asked


def _short(title: str) -> str:
    return title.partition(":")[0]
