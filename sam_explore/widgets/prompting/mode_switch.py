"""The buttons for the pointer's mode: two rows, with one pressed button in all."""

from collections.abc import Callable

from ipywidgets import ToggleButtons

from ..session.ipykernel_subshells import keep_order
from .modes import MAIN, MORE, Mode


class ModeSwitch:
    """The most common modes in one row, the others in another.

    Args:
        on_change: called when another mode was chosen.

    Attributes:
        main, more: the rows, to be laid out.
    """

    def __init__(self, on_change: Callable[[], None]):
        self._on_change = on_change
        self.main, self.more = _buttons(MAIN), _buttons(MORE)
        self.main.value = MAIN[0]
        for row, other in ((self.main, self.more), (self.more, self.main)):
            row.observe(lambda change, other=other: self._press(change["new"], other), "value")
        keep_order(self.main, self.more)

    @property
    def mode(self) -> Mode:
        """The pointer's current mode."""
        return self.more.value or self.main.value or MAIN[0]

    def leave_more(self) -> None:
        """Go back to the first mode, unless a mode of the first row is chosen."""
        self.more.value = None

    def close(self) -> None:
        """Stop listening. The owner of the layout closes the rows."""
        self.main.unobserve_all()
        self.more.unobserve_all()

    def _press(self, mode: Mode | None, other: ToggleButtons) -> None:
        if mode is not None:
            other.value = None
            self._on_change()
        elif other.value is None:  # no button is pressed in either row
            self.main.value = MAIN[0]


def _buttons(modes: tuple[Mode, ...]) -> ToggleButtons:
    return ToggleButtons(
        options=[(mode.words, mode) for mode in modes],
        value=None,
        tooltips=[mode.hint for mode in modes],
        style={"button_width": "auto"},
        layout={"width": "auto"},
    )
