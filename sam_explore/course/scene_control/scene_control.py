"""A drawn scene to take hold of: drag an object, and picture, truth, mask and scores follow."""

from dataclasses import replace
from typing import Any

import numpy as np
from ipywidgets import Box, VBox, Widget

from sam_explore.number_text import text
from sam_explore.scenes import Scene
from sam_explore.widgets.canvas.closing import close_all
from sam_explore.widgets.canvas.connection import CanvasConnection
from sam_explore.widgets.canvas.html import Html
from sam_explore.widgets.canvas.paragraphs import alert, paragraph
from sam_explore.widgets.canvas.picture_drawing import Indices, Lines, Shape, Stage
from sam_explore.widgets.canvas.sight import Sight
from sam_explore.widgets.prompting.static_prompting import StaticPrompting
from sam_explore.widgets.prompting.truth_shown import compared_alone, edge_meant
from sam_explore.widgets.session import DRAWINGS, PROMPTS, UNSEEN, Snapshot
from sam_explore.widgets.session.rerun import replace_older

from ..questions.live_text import checked_session
from .dragging import Staged, changes_in_words, drawn_from, put_back, scene_of
from .scene_buttons import SceneButtons
from .scene_hand import KEYS, SceneHand
from .scene_runner import SceneRunner

_SHOWN = ["image", "prompts", "prediction", "encoded", "truth", "truth_level", "chosen"]
_SHOWN += ["threshold"]
_NO_SCENE = (
    "This picture is not a drawn scene, so nothing in it can be moved. Take one that is, such as "
    'session.image = sx.example("turtle") or session.image = sx.scene(0).image.'
)
_HINT = "Drag what you see; a click asks for the mask there."
_LATER = "The mask follows when you hold still."


class SceneControl(StaticPrompting, VBox):
    """A drawn scene whose objects and parts can be dragged, painted and covered.

        session = sx.Session(sx.load(), sx.example("turtle"))
        sx.course.SceneControl(session)

    While you drag, the scene is drawn again with what is under the pointer moved, and the model
    answers the prompts for it: picture, truth, mask, predicted and true IoU follow. All else in the
    scene stays the same to the last bit. When you let go, the session gets the new picture with its
    truth, and all its exhibits follow. A click asks for the mask there. A picture with the focus
    takes keys, which "?" lists.

    With a model that needs longer, the picture follows at once, and the mask when you hold still.
    If the session shows no truth, it shows that of the whole from now on.

    Args:
        session: with a scene that `sx.example`, `sx.scene` or `sx.course.changed_scene` drew.
        width: of the picture in CSS pixels, from 192.

    Attributes:
        words: what is shown: predicted and true IoU of the mask, and what is changed.

    Raises:
        TypeError: no session.
        ValueError: a picture that is not a drawn scene, or a smaller width.
    """

    children: Any
    _open = False  # before and after, so that a widget whose construction failed is closed too

    def __init__(self, session: Any, width: int = 400):
        self.session = checked_session(session, type(self).__name__)
        if width < 192:
            raise ValueError(f"width must be at least 192 CSS pixels, not {width}.")
        if scene_of(session.now) is None:
            raise ValueError(_NO_SCENE)
        self._connection = CanvasConnection()
        self._stage = Stage(self._connection, width, KEYS, "grab", enlarges=True)
        self._runner = SceneRunner(session, f"scene {id(self)}", self._show)
        self._buttons = SceneButtons(session, self._paint, self._take_board, self._put_back)
        self._shown: Snapshot | None = None
        self._hand = SceneHand(
            self._stage, session, self._runner, self._buttons, lambda: self._shown
        )
        self._sight = Sight(session.reconsider)
        self._error, self._status, self.words = Html(), Html(), ""
        super().__init__(self._lay_out(width))
        self.layout.overflow = "visible"
        self.add_class("sam-explore-prompting")
        self._open = True
        if session.truth_level is None:
            session.truth_level = 0
        self._follow()
        replace_older(self)

    def close(self) -> None:
        """Stop following the session, and remove the view from the page. The session goes on."""
        if not self._open:
            return
        self._open = False
        for observer, names in self._observers:
            self.session.unobserve(observer, names)
        self.session.run_in_turn(self._remove)

    def __enter__(self) -> "SceneControl":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _lay_out(self, width: int) -> list[Widget]:
        place = Box([self._stage.widget, self._sight])
        place.layout.overflow = "visible"
        place.add_class("sam-explore-stage-place")
        self._stage.canvas.add_class("sam-explore-scene")
        self._status.layout.width = f"{width}px"
        self._status.layout.min_height = "80px"  # so that nothing below moves while dragging
        return [*self._buttons.rows, place, self._status, self._error]

    def _follow(self) -> None:
        guard = self.session.guard
        self._observers = [
            (guard(self._render_soon), _SHOWN),
            (guard(self._show_error), "error"),
        ]
        for observer, names in self._observers:
            self.session.observe(observer, names)
        self._stage.canvas.on_client_ready(self._redraw_soon)  # after a reload it is empty
        self.session.run_in_turn(self._show_error)
        self._render_soon()

    def _remove(self) -> None:
        self._stage.canvas.on_client_ready(self._redraw_soon, remove=True)
        self._buttons.close()
        self._stage.close()
        self._connection.close()
        parts = self.children
        super().close()
        close_all(*parts, self.layout)

    def _paint(self, kind: str | None) -> None:
        staged = self._runner.staged
        if staged is not None:
            changes = staged.changes.textured(self._object(), kind)
            self._runner.want(replace(staged, changes=changes), is_final=True)

    def _take_board(self) -> None:
        staged = self._runner.staged
        if staged is not None:
            changes = replace(staged.changes, cover_px=None)
            self._runner.want(replace(staged, changes=changes), is_final=True)

    def _put_back(self) -> None:
        scene = scene_of(self.session.now)
        staged: Staged | None = self._runner.staged
        if scene is not None and staged is not None:
            self._runner.want(put_back(scene, staged), is_final=True)

    def _object(self) -> str:
        """The whole whose texture is changed: taken hold of last, else the largest."""
        now = self._shown or self.session.now
        scene = scene_of(now)
        if scene is None:
            return ""
        names = [region.name for region in scene.regions if region.level == 0]
        if self._hand.name in names or not names:
            return self._hand.name if self._hand.name in names else ""
        return max(names, key=lambda name: scene.mask(scene.index(name)).sum())

    def _render_soon(self, change: dict | None = None) -> None:
        self.session.submit(f"scene view {self.model_id}", self._render, self._rank)

    def _rank(self) -> int:
        """The priority: views on the screen come before views that are scrolled away."""
        return PROMPTS if self._sight.is_seen or not self._open else UNSEEN

    def _redraw_soon(self) -> None:
        def redraw() -> None:
            self.session.guard(self._stage.show_photo)(self.session.image)
            self._render()

        self.session.submit(f"scene again {self.model_id}", redraw, DRAWINGS)

    def _render(self) -> None:
        """In the worker: show the session's state, unless something is being dragged."""
        if self._hand.held is None or scene_of(self.session.now) is None:
            self.session.guard(self._show)(self.session.now)

    def _show(self, now: Snapshot) -> None:
        """Show a state: the session's, or what it would be."""
        if not self._open:
            return
        self._shown, scene = now, scene_of(now)
        shape, about_truth, edge = _answered(now)
        with self._connection.batch():
            if self._stage.image is not now.image:
                self._stage.show_photo(now.image)
            self._stage.show_prompts(now.prompts, (), now.dialogue.is_example)
            self._stage.show_mask(shape)
            self._stage.show_truth(edge)
        self._buttons.show(None if scene is None else drawn_from(scene).changes, self._object())
        self._say(self._in_words(now, scene, about_truth))

    def _in_words(self, now: Snapshot, scene: Scene | None, about_truth: tuple[str, ...]) -> str:
        if scene is None:
            return _NO_SCENE
        said = [_HINT]
        if now.prediction is not None and now.shown_mask is not None:
            iou = text(now.prediction.iou[now.shown_mask], decimals=2)
            said = [f"Mask {now.shown_mask}: predicted IoU {iou}.", *about_truth]
        elif not now.prompts.is_empty:
            said = [_LATER]
        return " ".join([*said, changes_in_words(drawn_from(scene).changes)]).strip()

    def _say(self, words: str) -> None:
        if words == self.words:
            return
        self.words, self._status.value = words, paragraph(words)
        height, width = self.session.image.shape[:2]
        self._stage.area.label = (
            f"Scene, {width} pixels wide and {height} high. {words} Question mark: the keys."
        )
        if self._hand.held is None:
            self._stage.area.announce(words)

    def _show_error(self, change: dict | None = None) -> None:
        self._error.value = alert(self.session.error)


def _answered(now: Snapshot) -> tuple[Shape | None, tuple[str, ...], Lines]:
    """The mask that is shown, its true IoU in words, and the edge of what is meant."""
    prediction, shown = now.prediction, now.shown_mask
    if prediction is None or shown is None:
        return None, (), edge_meant(now)
    places = prediction.sampled_places
    mask = prediction.upscaled_at(*places, shown) > now.threshold

    def shape(rows: Indices, columns: Indices) -> np.ndarray:
        is_same = np.array_equal(rows, places[0]) and np.array_equal(columns, places[1])
        return mask if is_same else prediction.upscaled_at(rows, columns, shown) > now.threshold

    truth = compared_alone(now, mask)
    return shape, truth.words, truth.lines_px
