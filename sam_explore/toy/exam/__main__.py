"""Measure how good a toy model is, or what simple methods reach without a model.

    python -m sam_explore.toy.exam [WEIGHTS] [--json FILE] [--write docs/toy_model.md]
    python -m sam_explore.toy.exam --world clear [WEIGHTS] ...
    python -m sam_explore.toy.exam --baselines [--write docs/toy_model.md]
    python -m sam_explore.toy.exam --ambiguity [--write docs/toy_model.md]

500 fixed scenes, or 300 clear ones, with about three targets each: a whole, a part and a sub-part.
Each is prompted with one click, with its box, and with a click and corrections of the mask.
"""

import argparse
import json
from itertools import islice
from pathlib import Path

import torch
from tqdm import tqdm

from sam_explore.loading import load

from .ambiguity import Ambiguity, measure_ambiguity
from .asking import examine
from .baselines import Baselines, compare_baselines
from .choosing import choose_scenes
from .manifest import read_manifest, write_manifest
from .report import Report, report
from .tables import write_between_marks
from .worlds import WORLDS


def main(arguments: list[str] | None = None) -> None:
    """Run the exam from the command line; see the module's docstring."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    world = WORLDS[options.world]
    if options.make:
        chosen = islice(choose_scenes(world, world.first_seed), world.scenes)
        write_manifest(list(tqdm(chosen, total=world.scenes, unit="scene")), world.manifest)
        _say([f"wrote {world.manifest}; its figures can't be compared with those of another one"])
        return
    found: Ambiguity | Baselines | Report
    scenes = tqdm(read_manifest(world.manifest)[: options.scenes], unit="scene")
    if options.baselines:
        mark, found = f"{world.name} baselines", compare_baselines(scenes, world)
    elif options.ambiguity:
        mark, found = f"{world.name} ambiguity", measure_ambiguity(scenes, world)
    else:
        answers = examine(load(options.weights), scenes)
        mark, found = world.name, report(answers, len(scenes), world)
    _say(found.lines())
    if options.json:
        options.json.write_text(json.dumps(found.as_json(), indent=1) + "\n", "utf-8")
    if options.write:
        write_between_marks(options.write, mark, found.lines())


def _say(lines: list[str]) -> None:
    print("\n".join(lines))  # noqa: T201 (this is what the script is for)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sam_explore.toy.exam",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("weights", nargs="?", help="default: the shipped weights")
    parser.add_argument(
        "--world", choices=WORLDS, default="exam", help="which scenes (default: exam)"
    )
    parser.add_argument("--scenes", type=int, help="only the first so many (default: all)")
    # With two threads, which wait for each other, a busy machine took ten times as long.
    parser.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="write between a page's marks")
    parser.add_argument("--baselines", action="store_true", help="examine what needs no model")
    parser.add_argument("--ambiguity", action="store_true", help="examine true masks at the click")
    parser.add_argument("--make", action="store_true", help="choose the scenes again and stop")
    return parser


if __name__ == "__main__":
    main()
