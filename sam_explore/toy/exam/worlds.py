"""The two worlds of the exam, each a fixed list of scenes and prompts."""

from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class World:
    """A fixed list of scenes, with how it is made and judged.

    name: for the command line.
    manifest: the file of its scenes.
    kinds: of scenes, in turn; see `held_out.DRAWN_BY`.
    first_seed, tuning_seed: where its scenes begin, and those that the baselines choose their
        tolerance on. Training begins at 1,000,000, and readers begin at 0.
    smallest_share: the smallest share of the picture that a target covers.
    complete: whether each scene has a target of every level.
    baselines_at_most: upper limit for the mean IoU of methods without a model.
    goals: the goal of each column of the report that has one.
    """

    name: str
    manifest: Path
    kinds: tuple[str, ...]
    scenes: int
    first_seed: int
    tuning_seed: int
    smallest_share: float
    complete: bool
    baselines_at_most: float
    goals: dict[str, float]


EXAM = World(
    name="exam",
    manifest=_FOLDER / "manifest.jsonl",
    kinds=("familiar", "familiar", "held-out shapes", "familiar", "held-out textures"),
    scenes=500,
    first_seed=700_000,
    tuning_seed=800_000,
    smallest_share=0.0025,  # 164 pixels of 256 x 256
    complete=False,
    baselines_at_most=0.5,
    goals={
        "one click, best of 3": 0.70,
        "one click, chosen": 0.55,
        "box": 0.82,
        "2 corrections": 0.80,
        "no worse": 0.90,
        "spearman": 0.5,
        "nested": 0.3,
    },
)
CLEAR = World(
    name="clear",
    manifest=_FOLDER / "clear.jsonl",
    kinds=("clear",),
    scenes=300,
    first_seed=600_000,
    tuning_seed=680_000,
    smallest_share=0.01,
    complete=True,
    baselines_at_most=0.55,
    goals={
        "one click, best of 3": 0.85,
        "one click, chosen": 0.75,
        "box": 0.92,
        "2 corrections": 0.88,
        "no worse": 0.95,
        "spearman": 0.6,
        "nested": 0.6,
    },
)
WORLDS = {world.name: world for world in (EXAM, CLEAR)}
