"""The buttons of a scene that can be dragged: what a drag moves, textures, and back again."""

from collections.abc import Callable

from ipywidgets import Button, Checkbox, Dropdown, HBox, ToggleButtons

from sam_explore.scenes import Changes
from sam_explore.scenes.changes import PLAIN
from sam_explore.scenes.textures import KINDS
from sam_explore.widgets.canvas.html import Html, element
from sam_explore.widgets.session import Session
from sam_explore.widgets.session.ipykernel_subshells import keep_order
from sam_explore.widgets.session.suppress_echo import SuppressEcho

from .dragging import Dragged

_AS_DRAWN = ""  # a value, since the page shows None as no choice at all


class SceneButtons:
    """What a drag moves, and the changes that are not made by dragging.

    Args:
        session: guards the callbacks.
        on_texture: called with the name of a texture, or None for the one it was drawn with.
        on_no_board: called to take the board away.
        on_back: called to take all changes back.

    Attributes:
        what: the buttons for what a drag moves.
        along: whether prompts go along.
        texture: of the object named next to it.
        no_board, back: buttons.
        rows: the widgets, to be laid out.
    """

    def __init__(
        self,
        session: Session,
        on_texture: Callable[[str | None], None],
        on_no_board: Callable[[], None],
        on_back: Callable[[], None],
    ):
        self._echo = SuppressEcho()
        self.what = ToggleButtons(
            options=[(each.value, each) for each in Dragged],
            tooltips=[
                "A drag moves the whole object under the pointer",
                "A drag moves the part under the pointer",
                "A drag puts a board there, in front of everything",
            ],
            style={"button_width": "auto"},
            layout={"width": "auto"},
        )
        self.along = Checkbox(True, description="Prompts go along", indent=False)
        self.along.layout.width = "auto"
        self.texture = Dropdown(
            options=[("as drawn", _AS_DRAWN), *((each, each) for each in (PLAIN, *KINDS))],
            style={"description_width": "auto"},
            layout={"width": "auto"},
        )
        self.no_board = Button(description="No board", tooltip="Take the board away")
        self.back = Button(description="As drawn", tooltip="Take all changes back")
        changed = session.action(lambda change: on_texture(change["new"] or None))
        self.texture.observe(self._echo.reader_only(changed, session.guard), "value")
        self.no_board.on_click(session.action(lambda button: on_no_board()))
        self.back.on_click(session.action(lambda button: on_back()))
        for button in (self.no_board, self.back):
            button.layout.width = "auto"
        keep_order(self.what, self.along, self.texture, self.no_board, self.back)
        self.rows = [
            HBox([Html(element("span", "Drag")), self.what, self.along]),
            HBox([self.texture, self.no_board, self.back]),
        ]
        for row in self.rows:
            row.layout.flex_flow, row.layout.grid_gap = "row wrap", "4px 12px"

    def show(self, changes: Changes | None, name: str) -> None:
        """Show these changes, and the texture of this object; None for no scene."""
        everything = self.what, self.along, self.texture
        for each in everything:
            each.disabled = changes is None
        changes = changes or Changes()
        self.no_board.disabled = changes.cover_px is None
        self.back.disabled = changes == Changes()
        self.texture.description = f"Texture of {name}" if name else "Texture"
        if not self._echo.is_ahead(self.texture):
            with self._echo:
                self.texture.value = changes.textures.get(name, _AS_DRAWN)

    def close(self) -> None:
        """Stop listening. The owner of the layout closes the rows."""
        self.texture.unobserve_all()
