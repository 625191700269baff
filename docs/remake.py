"""Remakes every page, picture and table that hangs on the shipped weights.

    python docs/remake.py [--list] [--only WORD] [--from WORD] [--timed]

Run it when other weights ship. It ends at the first command that fails and says which; `--from
WORD` goes on at one. The pictures need the `photos` extra and, for README's, Chromium.
"""

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCS = Path("docs")


def commands(random_start: Path | None = None, seed: int = 0) -> list[list[str]]:
    """All of them, to be run in the repository's root, without the interpreter."""
    exam = ["-m", "sam_explore.toy.exam", "--write", "docs/toy_model.md", "--world"]
    phenomena = sorted(path.stem for path in (ROOT / DOCS / "phenomena").glob("*.py"))
    start = ["--random-start", str(random_start), "--random-start-seed", str(seed)]
    return [
        ["docs/make_sizes.py"],
        ["docs/make_origin.py"],
        [*exam, "exam"],
        [*exam, "clear"],
        ["docs/make_sides.py"],
        ["docs/make_bf16.py"],
        ["docs/make_thresholds.py"],
        ["docs/make_answers.py"],  # which depend on the thresholds
        ["docs/make_handout.py"],
        ["tests/benchmarks/corrections.py", "--write", "docs/prompting.md"],
        ["docs/images/make_photographs.py", "--write", "docs/toy_model.md"],
        *(
            [f"docs/phenomena/{name}.py", "--write", "docs/phenomena.md"]
            + (start if name == "position_encodings" and random_start else [])
            for name in phenomena
            if name != "common"
        ),
        ["docs/images/make_click.py"],
    ]


def timed_commands() -> list[list[str]]:
    """Those that measure time, which only a quiet machine should."""
    page = ["--write", "docs/benchmarks.md"]
    names = ("toy_speed", "start_up", "click_to_pixels")
    return [[f"tests/benchmarks/{name}.py", *page] for name in names]


def main(arguments: list[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    chosen = commands(options.random_start, options.random_start_seed)
    chosen += timed_commands() if options.timed else []
    if options.only:
        chosen = [each for each in chosen if options.only in shlex.join(each)]
    if options.from_:
        first = next(
            (i for i, each in enumerate(chosen) if options.from_ in shlex.join(each)), None
        )
        if first is None:
            raise SystemExit(f"no command holds {options.from_!r}; --list shows them")
        chosen = chosen[first:]
    for command in chosen:
        print(shlex.join(["python", *command]), flush=True)
        if not options.list:
            done = subprocess.run([sys.executable, *command], cwd=ROOT)
            if done.returncode:
                raise SystemExit(f"failed: python {shlex.join(command)}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--list", action="store_true", help="show the commands and run none")
    add("--only", metavar="WORD", help="only commands that hold this word")
    add("--from", dest="from_", metavar="WORD", help="begin at the first that holds this word")
    add("--timed", action="store_true", help="the benchmarks too; only on a quiet machine")
    add("--random-start", type=Path, metavar="FILE", help="for docs/phenomena/position_encodings")
    add("--random-start-seed", type=int, default=0, help="that run's --seed")
    return parser


if __name__ == "__main__":
    main()
