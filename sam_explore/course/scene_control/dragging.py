"""What a drag in a drawn scene means: which changes it makes, and where the prompts go."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from sam_explore.corrections import Dialogue
from sam_explore.geometry import Prompts
from sam_explore.number_text import text
from sam_explore.scenes import Changes, DrawnFrom, Scene
from sam_explore.scenes.ground_truth import truth_of
from sam_explore.widgets.session import Snapshot

PointPx = tuple[float, float]


class Dragged(Enum):
    """What a drag moves, in words."""

    OBJECT = "object"
    PART = "part"
    BOARD = "board in front"


@dataclass(frozen=True, eq=False)
class Staged:
    """A scene with its changes, and the prompts that are asked about it.

    Args:
        of: which scene is changed, as `drawn_as` returns it.
        changes: of the scene.
        dialogue: the prompts.
    """

    of: DrawnFrom
    changes: Changes
    dialogue: Dialogue


@dataclass(frozen=True, eq=False)
class Held:
    """What was taken hold of, and the state at that moment.

    Args:
        name: of the region; "" for the board.
        at_px: where.
        scene: as it was drawn then.
        staged: its changes and prompts then.
    """

    name: str
    at_px: PointPx
    scene: Scene
    staged: Staged

    def dragged(self, to_px: PointPx, goes_along: bool) -> Staged:
        """The state when the pointer has come to a place.

        Args:
            to_px: x, y in pixels of the picture.
            goes_along: whether prompts on what is moved move with it. They stay in the picture.
        """
        if not self.name:
            return replace(self.staged, changes=replace(self.staged.changes, cover_px=to_px))
        shift = to_px[0] - self.at_px[0], to_px[1] - self.at_px[1]
        changes = self.staged.changes.moved(self.name, shift)
        dialogue = self.staged.dialogue
        if goes_along:
            dialogue = along(dialogue, self.scene, {self.name: shift})
        return replace(self.staged, changes=changes, dialogue=dialogue)


def take_hold(scene: Scene, staged: Staged, what: Dragged, at_px: PointPx) -> Held | None:
    """Take hold of what is at a place; None if there is nothing of this kind.

    The middle of the board goes to the place, wherever it was.
    """
    if what is Dragged.BOARD:
        return Held("", at_px, scene, staged)
    found = scene.at(*_inside(at_px, scene))
    number = 0 if what is Dragged.OBJECT else 1
    if len(found) <= number:
        return None
    return Held(scene.regions[found[number]].name, at_px, scene, staged)


def along(dialogue: Dialogue, scene: Scene, shifts_px: Mapping[str, PointPx]) -> Dialogue:
    """Prompts after regions were moved: points on one, and a box with its middle on it, move too.

    As far as the picture's edge.

    Args:
        dialogue: the prompts.
        scene: as it was before.
        shifts_px: how far each region was moved; what lies on several moves by all of them.
    """
    height, width = scene.labels.shape[1:]
    prompts = dialogue.prompts

    def shift_at(place: np.ndarray) -> np.ndarray:
        here = scene.at(*_inside((place[0], place[1]), scene))
        names = [scene.regions[index].name for index in here]
        return sum((np.array(shifts_px[name]) for name in names if name in shifts_px), np.zeros(2))

    points = np.array([point + shift_at(point) for point in prompts.points]).reshape(-1, 2)
    box = prompts.box
    if box is not None:
        shift = shift_at(box.reshape(2, 2).mean(axis=0))
        most = np.array([width, height]) - box[2:]
        box = box + np.tile(np.clip(shift, np.minimum(-box[:2], 0), np.maximum(most, 0)), 2)
    points = np.clip(points, 0, (width, height))
    return replace(dialogue, prompts=replace(prompts, points=points, box=box))


def put_back(scene: Scene, staged: Staged) -> Staged:
    """All changes taken back; prompts on what had been moved go back with it."""
    back = {name: (-x, -y) for name, (x, y) in staged.changes.moved_px.items()}
    return replace(staged, changes=Changes(), dialogue=along(staged.dialogue, scene, back))


def without_hint(dialogue: Dialogue) -> Dialogue:
    """Prompts without a mask hint, which would be of the picture before."""
    return replace(dialogue, prompts=dialogue.prompts.with_mask_hint(None))


def scene_of(now: Snapshot) -> Scene | None:
    """The drawn scene that a session's picture shows; None for any other picture."""
    if _is_of(now.truth, now):
        return now.truth
    known = truth_of(now.image)
    return known if _is_of(known, now) else None


def _is_of(scene: Scene | None, now: Snapshot) -> bool:
    if scene is None or scene.drawn_from is None:
        return False
    return scene.image is now.image or np.array_equal(scene.image, now.image)


def drawn_from(scene: Scene) -> DrawnFrom:
    """How a scene is drawn.

    Raises:
        ValueError: a scene that is not drawn by name or seed.
    """
    if scene.drawn_from is None:
        raise ValueError("expected a scene that sx.example or sx.scene draws")
    return scene.drawn_from


def drawn_as(scene: Scene) -> DrawnFrom:
    """How a scene is drawn without its changes, which is the same for all that a drag makes of it.

    Raises:
        ValueError: as `drawn_from`.
    """
    return replace(drawn_from(scene), changes=Changes())


def changes_in_words(changes: Changes) -> str:
    """What is different, in a sentence; "" for nothing."""
    parts = [
        f"{name} moved by {text(round(x))}, {text(round(y))} pixels"
        for name, (x, y) in changes.moved_px.items()
    ]
    parts += [
        f"{name} without texture" if kind == "none" else f"{name} with {kind}"
        for name, kind in changes.textures.items()
    ]
    if changes.cover_px is not None:
        parts.append("a board in front")
    if changes.hue:
        parts.append(f"the background's hues turned by {text(changes.hue)}")
    return f"Changed: {'; '.join(parts)}." if parts else ""


def _inside(place: PointPx, scene: Scene) -> PointPx:
    """The nearest place inside the picture, as `Scene.at` wants it."""
    height, width = scene.labels.shape[1:]
    x, y = place
    return min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)


def prompts_at(point_px: PointPx) -> Prompts:
    """One foreground point."""
    return Prompts().with_point(point_px)
