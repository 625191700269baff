"""Controls for the picture below a view's maps: whether it is drawn, and the maps' opacity."""

from collections.abc import Callable

from ipywidgets import Checkbox, HBox, IntSlider

from ...plots import style
from ..canvas.closing import close_all
from ..canvas.html import Html, element
from ..session import Session
from ..session.ipykernel_subshells import keep_order
from ..session.suppress_echo import SuppressEcho


class PictureBelow:
    """A box that draws one view's maps over the picture, and a slider for the opacity of all maps.

    Args:
        session: the session with the opacity, which all of its views share.
        guard: wraps callbacks of the page, so that no exception gets lost.
        on_change: called when the maps have to be drawn with another opacity.

    Attributes:
        widget: to be laid out; hidden as long as there is no picture.
        box: whether the maps are drawn over the picture.
        slider: the opacity in per cent.
    """

    def __init__(
        self,
        session: Session,
        guard: Callable[[Callable[..., None]], Callable[..., None]],
        on_change: Callable[[], None],
    ):
        self._session, self._on_change = session, on_change
        self._suppress_echo = SuppressEcho()
        self._wanted: bool | None = None  # the reading's default; None before the first reading
        self.box = Checkbox(False, description="over the picture", indent=False)
        self.box.layout.width = "auto"
        self.slider = IntSlider(_per_cent(session), min=0, max=100, readout=False)
        self.slider.layout.width = "150px"
        self.slider.tooltip = "How opaque all maps on this page are over the picture"
        words = f"white-space:nowrap;color:{style.TEXT}"
        label = Html(element("span", "Maps' opacity", style=words))
        self.widget = HBox([self.box, label, self.slider])
        self.widget.add_class("sam-explore-picture-below")
        self.widget.layout.align_items, self.widget.layout.grid_gap = "center", "8px"
        self.widget.layout.display = "none"
        keep_order(self.box, self.slider)
        self.box.observe(self._suppress_echo.reader_only(self._boxed, guard), "value")
        self.slider.observe(self._suppress_echo.reader_only(self._slid, guard), "value")
        self._follow = guard(self._show)
        session.observe(self._follow, "map_opacity")

    @property
    def opacity(self) -> float:
        """The opacity of this view's maps."""
        return self._session.map_opacity if self.box.value else 1.0

    @property
    def asked(self) -> float | None:
        """The `map_opacity` for `sam_explore.draw`; None for the reading's default."""
        by_default = self._session.map_opacity == _DEFAULT or not self.box.value
        return None if self.box.value == bool(self._wanted) and by_default else self.opacity

    def follow(self, wanted: bool | None) -> None:
        """Take a reading's default for its maps over the picture; None if it has no picture.

        A choice by the user is kept.
        """
        if wanted is not None and self._wanted is None:
            with self._suppress_echo:
                self.box.value = wanted
        self._wanted = wanted if self._wanted is None else self._wanted
        self.widget.layout.display = "none" if wanted is None else "flex"

    def close(self) -> None:
        """Stop following and remove the controls."""
        self._session.unobserve(self._follow, "map_opacity")
        self.box.unobserve_all()
        self.slider.unobserve_all()
        close_all(self.widget)

    def _boxed(self, change: dict) -> None:
        self._show()

    def _slid(self, change: dict) -> None:
        self._session.map_opacity = change["new"] / 100

    def _show(self, change: dict | None = None) -> None:
        if not self._suppress_echo.is_ahead(self.slider):
            with self._suppress_echo:
                self.slider.value = _per_cent(self._session)
        self.slider.disabled = not self.box.value
        self._on_change()


def _per_cent(session: Session) -> int:
    return round(100 * session.map_opacity)


_DEFAULT = Session.map_opacity.default_value
