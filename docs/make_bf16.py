"""Writes how the small model answers its exam in bf16, in docs/weights.md.

python docs/make_bf16.py [--weights FILE] [--scenes N]
"""

import argparse
from pathlib import Path

from tqdm import tqdm

from sam_explore.loading import load
from sam_explore.toy.exam import examine, read_manifest, report
from sam_explore.toy.exam.tables import markdown, write_between_marks

PAGE = Path(__file__).with_name("weights.md")
MARK = "bf16"
COLUMNS = ("one click, best of 3", "one click, chosen", "box", "5 corrections")


def lines(weights: Path | None, scenes: int) -> list[str]:
    """Mean IoU over all targets, in both precisions."""
    rows: list[list[object]] = [["the small model's exam", *COLUMNS]]
    for precision in ("float32", "bfloat16"):
        asked = read_manifest()[:scenes]
        answers = examine(load(weights, dtype=precision), tqdm(asked, unit="scene"))
        means = report(answers, len(asked)).mean_iou["all"]
        rows.append([precision, *(means[column] for column in COLUMNS)])
    return [*markdown(rows), "", f"Mean IoU over {len(answers)} targets in {len(asked)} scenes."]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--weights", type=Path, metavar="FILE", help="default: the shipped toy")
    parser.add_argument("--scenes", type=int, default=100, help="default: 100")
    parser.add_argument("--write", type=Path, default=PAGE, help="default: the page")
    options = parser.parse_args(arguments)
    write_between_marks(options.write, MARK, lines(options.weights, options.scenes))


if __name__ == "__main__":
    main()
