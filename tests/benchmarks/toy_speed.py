"""How large the model that ships is, and how quickly it loads, encodes and answers.

python tests/benchmarks/toy_speed.py --help
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

import sam_explore as sx
from sam_explore.loading import shipped_weights
from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine, time_rounds

EXAMPLE = "turtle"
MOST_MB, MOST_LOAD_MS, MOST_ENCODE_MS, MOST_PREDICT_MS = 16, 1000, 60, 8
# In a process that has imported the libraries and not yet read a file or run a layer.
FIRST_LOAD = """
import sys, time, torch
from sam_explore.loading import load
torch.set_num_threads(int(sys.argv[1]))
started = time.perf_counter()
load()
print(time.perf_counter() - started)
"""


def first_load(threads: int) -> float:
    """Seconds of the first load in a fresh process, imports left out."""
    command = [sys.executable, "-c", FIRST_LOAD, str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measure(rounds: int) -> dict[str, list[float]]:
    """Seconds of each kind of work, by round."""
    threads = torch.get_num_threads()
    sam, image = sx.load(), sx.example(EXAMPLE)
    encoded = sx.encode(sam, image)
    click = sx.Prompts(points=[(image.shape[1] / 2, image.shape[0] / 2)])
    work = {
        "loading once more": sx.load,
        "encode": lambda: sx.encode(sam, image),
        "predict, one click": lambda: sx.predict(sam, encoded, click),
    }
    time_rounds(work, 3)  # to warm up
    first = [first_load(threads) for _ in range(rounds)]
    return {"loading, first in its process": first, **time_rounds(work, rounds)}


def report(seconds: dict[str, list[float]], megabytes: float, busy: float) -> list[str]:
    """The whole report as lines of markdown."""
    goals = {
        "loading, first in its process": MOST_LOAD_MS,
        "encode": MOST_ENCODE_MS,
        "predict, one click": MOST_PREDICT_MS,
    }
    rows = [["what", "median, ms", "fastest, ms", "slowest, ms", "goal"]]
    for name, times in seconds.items():
        figures = [f"{1000 * one:.1f}" for one in (median(times), min(times), max(times))]
        most = goals.get(name)
        goal = f"under {most} ms: {verdict(1000 * median(times) < most)}" if most else ""
        rows.append([name, *figures, goal])
    met = verdict(megabytes <= MOST_MB)
    return [
        f"{len(next(iter(seconds.values())))} rounds after 3 of warm-up. {machine(('torch',))}. "
        f"Load average before the start {busy:.1f} on {os.cpu_count()} cores.",
        "",
        *markdown(rows),
        "",
        f"The file has {megabytes:.2f} MB; goal at most {MOST_MB} MB: {met}.",
    ]


def verdict(met: bool) -> str:
    return "met" if met else "missed"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20, help="of everything (default 20)")
    parser.add_argument("--threads", type=int, default=2, help="default 2")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    megabytes = shipped_weights().stat().st_size / 1e6
    lines = report(measure(arguments.rounds), megabytes, busy)
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "toy_speed", lines)


if __name__ == "__main__":
    main()
