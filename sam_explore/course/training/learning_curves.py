"""What the small model learned when, as a chart."""

from pathlib import Path

from sam_explore.probes.common.intervals import band
from sam_explore.readings import Curve, Panel, Profile
from sam_explore.scenes.ground_truth import LEVELS

from ..facts.learning import (
    HEADS,
    POSITIONS,
    SCENES,
    Learned,
    learned,
    level_learned_first,
    settled_first,
)


def learning_curves(scenes: int = SCENES, folder: Path | str | None = None) -> Panel:
    """What the checkpoints of the training can do, by the number of scenes that they have seen.

        sx.draw(sx.course.learning_curves())

    It takes some seconds: each checkpoint is asked about each scene.

    Args:
        scenes: drawn scenes with a click that lies on a whole, a part and a sub-part; at least 1.
        folder: where the checkpoints lie, as in `TrainingTime`.

    Returns:
        A Panel of two Profiles over the number of scenes seen, on a logarithmic scale: the true IoU
        of the best of the three masks with each level, with 95 % intervals over the scenes, next to
        that of masks that answer other scenes' clicks; and how much position encodings and
        attention are like those of the last checkpoint.

    Raises:
        ValueError: fewer than 1 scene.
        FileNotFoundError: there are no checkpoints.
    """
    if scenes < 1:
        raise ValueError(f"learning_curves expects at least 1 scene, but got {scenes!r}.")
    found = learned(scenes, folder)
    levels = Profile(
        found.scenes,
        _by_level(found),
        title="True IoU, best of three masks",
        words=level_learned_first(found).words,
        x_name="scenes seen",
        y_name="true IoU",
        log="x",
        y_reach=(0.0, 1.0),
    )
    alike = Profile(
        found.scenes,
        (Curve(found.positions, POSITIONS), Curve(found.heads, HEADS)),
        title="Likeness to the end of the training",
        words=settled_first(found).words,
        x_name="scenes seen",
        y_name="correlation",
        log="x",
    )
    words = f"{levels.words} {alike.words}"
    return Panel((levels, alike), "What is learned when", words, across=2)


def _by_level(found: Learned) -> tuple[Curve, ...]:
    """The true IoU with each level, and then that by chance."""
    own = (band(found.levels[:, :, level].T, f"{name}s") for level, name in enumerate(LEVELS))
    chance = (
        Curve(found.chance[:, :, level].mean(axis=1), f"{name}s, chance", style="points")
        for level, name in enumerate(LEVELS)
    )
    return (*own, *chance)
