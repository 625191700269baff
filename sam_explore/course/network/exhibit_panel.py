"""Below the map: which exhibits read a part's tensors, and the one that was opened."""

from collections.abc import Callable
from typing import Any

from ipywidgets import Box, Dropdown, VBox

from sam_explore.probes import Probe
from sam_explore.widgets import Explorer, Session, explore
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.html import Html, element
from sam_explore.widgets.canvas.paragraphs import code_block, paragraph
from sam_explore.widgets.session.ipykernel_subshells import keep_order
from sam_explore.widgets.session.suppress_echo import SuppressEcho

from .exhibits import exhibits_of, knobs_for
from .parts import INPUTS, Network, Part

_CHOOSE = "Open an exhibit that reads it …"


class ExhibitPanel:
    """The exhibits of a part: a list to choose from, and the chosen one.

    Args:
        session: the session of the exhibits.
        guard: wraps callbacks of the page, so that no exception gets lost.

    Attributes:
        opened: the exhibit that is open, or None.
        widget: to be laid out.
    """

    def __init__(
        self, session: Session, guard: Callable[[Callable[..., None]], Callable[..., None]]
    ):
        self._session = session
        self._part: Part | None = None
        self._network: Network | None = None
        self.opened: Explorer | None = None
        self._suppress_echo = SuppressEcho()
        self._words, self._place = Html(), Box([])
        self.list = Dropdown(options=[(_CHOOSE, None)], tooltip="An exhibit of this part")
        self.list.layout.width, self.list.layout.display = "auto", "none"
        self.list.layout.max_width = "100%"
        keep_order(self.list)
        self._place.layout.overflow = "visible"
        self.widget = VBox([self._words, self.list, self._place])
        self.widget.layout.overflow = "visible"
        self.widget.layout.align_items = "flex-start"
        self.list.observe(self._suppress_echo.reader_only(self._chosen, guard), "value")

    def show(self, network: Network, part: Part) -> None:
        """List the exhibits that read a part."""
        self._network, self._part = network, part
        probes = exhibits_of(part.hooks)
        title = element("b", part.title[0].upper() + part.title[1:])
        code = "" if part.hook in INPUTS else f'session.trace["{part.hook}"]'
        count = f"{len(probes)} exhibit{'s' * (len(probes) != 1)} read" + "s" * (len(probes) == 1)
        words = f" · {count} it." if probes else " · No exhibit reads it yet."
        self._words.value = paragraph(title, words, code_block(code) if code else "")
        options = [(_CHOOSE, None), *((_called(probe), probe) for probe in probes)]
        with self._suppress_echo:
            self.list.options = options
            self.list.value = None
        self.list.layout.display = None if probes else "none"

    def open(self, probe: type[Probe], **knobs: Any) -> Explorer:
        """Open an exhibit in place of the earlier one."""
        self.close_exhibit()
        self.opened = explore(probe, self._session, **knobs)
        self._place.children = [self.opened]
        return self.opened

    def close_exhibit(self) -> None:
        """Close the exhibit that is open."""
        self._place.children = []
        if self.opened is not None:
            self.opened.close()
        self.opened = None

    def close(self) -> None:
        """Remove the panel."""
        self.close_exhibit()
        close_all(self.widget)

    def _chosen(self, change: dict) -> None:
        probe = change["new"]
        if probe is None or self._network is None or self._part is None:
            return
        step = self._network.step_of(self._part.hook)
        self.open(probe, **knobs_for(probe, step.kind, step.number))


def _called(probe: type[Probe]) -> str:
    return f"{probe.title or probe.__name__} ({probe.__name__})"
