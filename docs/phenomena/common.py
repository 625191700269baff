"""What the phenomena share: scenes with prompts, random weights, intervals, tables, the command."""

import argparse
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Bool, Float
from tqdm import tqdm

from sam_explore.geometry import Prompts
from sam_explore.loading import load, shipped_weights
from sam_explore.model import Sam, SamConfig
from sam_explore.number_text import text
from sam_explore.scenes.composition import scene
from sam_explore.scenes.ground_truth import Scene
from sam_explore.toy.exam.tables import markdown, write_between_marks
from sam_explore.toy.training.scene_cache import FIRST_TRAINING_SEED
from sam_explore.toy.training.starting import initialise

# Training draws from FIRST_TRAINING_SEED on, and the exam from 700,000: these are of neither.
FIRST_SEED = 500_000
SMALLEST_SHARE = 0.05  # of the picture
_RESAMPLES = 2000
_FEWEST = 5  # cases from which anything is concluded


@dataclass(frozen=True, eq=False)
class Case:
    """One whole object of a scene, and a click on one of its visible pixels, all as likely."""

    seed: int
    drawn: Scene
    index: int
    point: tuple[int, int]

    @property
    def truth(self) -> Bool[np.ndarray, "height width"]:
        return self.drawn.mask(self.index)

    @property
    def click(self) -> Prompts:
        return Prompts(points=[self.point])


def cases(side: int, count: int, fits: Callable[[Case], bool] | None = None) -> Iterator[Case]:
    """The first `count` scenes with a large object, of those that fit; the same every time."""
    found = 0
    with tqdm(total=count, unit="scene", disable=None) as bar:
        for seed in range(FIRST_SEED, FIRST_TRAINING_SEED):
            case = _case(seed, side)
            if case is not None and (fits is None or fits(case)):
                yield case
                bar.update()
                found += 1
                if found == count:
                    return
    raise SystemExit(f"There are only {found} such scenes set aside; ask for fewer.")


def _case(seed: int, side: int) -> Case | None:
    drawn, rng = scene(seed, side), np.random.default_rng((seed, 2))
    large = [
        index
        for index, region in enumerate(drawn.regions)
        if region.level == 0 and drawn.mask(index).mean() >= SMALLEST_SHARE
    ]
    if not large:
        return None
    index = int(rng.choice(large))
    y, x = divmod(int(rng.choice(np.flatnonzero(drawn.mask(index)))), side)
    return Case(seed, drawn, index, (x, y))


def untrained(config: SamConfig, seed: int) -> Sam:
    """Random weights, as a training run begins with them: the null of most phenomena."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return initialise(Sam(config)).eval().requires_grad_(False)


def interval(values: Float[np.ndarray, "case"]) -> tuple[float, float]:
    """The ends of the 95 % interval of the mean, by drawing the cases again and again."""
    drawn = np.random.default_rng(0).integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def sign(values: Float[np.ndarray, "case"]) -> int:
    """1 or -1 where the interval of the mean lies on one side of 0 and the cases are enough."""
    low, high = interval(values)
    return int(low > 0) - int(high < 0) if len(values) >= _FEWEST else 0


@dataclass(frozen=True, eq=False)
class Row:
    """One measurement: a number a case, and what chance or the other way gives in that case."""

    measured: str
    values: Float[np.ndarray, "case"]
    against: str
    null: Float[np.ndarray, "case"]

    @property
    def sign(self) -> int:
        """1 where the effect is greater than the null, -1 where it is smaller, 0 for undecided."""
        return sign(self.values - self.null)

    def cells(self) -> list[str | int]:
        """What stands in the table."""
        differences = self.values - self.null
        by = float(differences.mean())
        return [
            self.measured,
            text(float(self.values.mean())),
            _ends(interval(self.values)),
            self.against,
            text(float(self.null.mean())),
            ("+" if by > 0 else "") + text(by),
            _ends(interval(differences)),
            len(self.values),
        ]


def _ends(ends: tuple[float, float]) -> str:
    return " to ".join(map(text, ends))


def table(rows: Sequence[Row]) -> list[str]:
    """The rows in markdown."""
    head = ["measured", "effect", "95 %", "null", "its value", "effect − null", "95 %", "cases"]
    return markdown([head, *(row.cells() for row in rows)])


def sentence(claims: dict[str, int]) -> str:
    """What the toy shows and what not; a claim goes on after "that", its sign says if it holds."""
    words = {
        1: "**shows** that",
        -1: "**shows the opposite** of this: that",
        0: "**leaves open** whether",
    }
    parts = []
    for holds, begin in words.items():
        found = [claim for claim, sign_of_it in claims.items() if sign_of_it == holds]
        if found:
            parts.append(f"{'It' if parts else 'The toy'} {begin} {'; '.join(found)}.")
    return " ".join(parts)


def run(
    script: str,
    about: str,
    measure: Callable[[Sam, argparse.Namespace], list[Row]],
    claims: Callable[[list[Row]], dict[str, int]],
    arguments: list[str] | None = None,
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
    scenes: int = 60,
) -> None:
    """The command of one phenomenon: measure, print, and write between the marks of a page.

    On so many scenes, unless others are asked for.
    """
    name = Path(script).stem
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped toy")
    parser.add_argument(
        "--scenes", type=_count, default=scenes, metavar="N", help=f"default: {scenes}"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    if add_options:
        add_options(parser)
    options = parser.parse_args(arguments)
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    try:
        sam = load(options.weights)
        page = options.write.read_text("utf-8") if options.write else begin + end
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if begin not in page or end not in page:  # said before a minute's work, not after it
        parser.error(f"{options.write} should hold the lines {begin} and {end}; put them in first.")
    rows = measure(sam, options)
    lines = [*table(rows), "", sentence(claims(rows)), "", sources(options)]
    print("\n".join(lines))
    if options.write:
        write_between_marks(options.write, name, lines)


def sources(options: argparse.Namespace) -> str:
    """Which weights the figures are of."""
    name = options.weights.name if options.weights else "the shipped weights"
    words = f"Measured with {name} (SHA-256 {digest(options.weights or shipped_weights())})"
    other = getattr(options, "random_start", None)
    return f"{words} and {other.name} ({digest(other)})." if other else f"{words}."


def digest(path: Path) -> str:
    """The beginning of a file's SHA-256, which tells one training run from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _count(argument: str) -> int:
    if not argument.isdecimal() or int(argument) < 1:
        raise argparse.ArgumentTypeError(f"expected a number from 1 on, not {argument!r}")
    return int(argument)
