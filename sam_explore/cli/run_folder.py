"""`sam-explore run-folder`: ask a question about each picture of a folder."""

import argparse
import sys
from pathlib import Path
from typing import Any

from ..paths import check_target, local_path

_NULLS = ("weights", "pixels", "prompts")


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "run-folder",
        help="ask a probe, the masks or the embedding of each picture of a folder",
        description="Ask a question about each picture of a folder, and keep the answers as "
        "Parquet files. It can be stopped or killed: the same command goes on where it was. Prints "
        "the means over the pictures with their intervals.",
    )
    parser.add_argument(
        "question", help='masks, embedding, or a probe such as "HeadAtlas(block=2)"'
    )
    parser.add_argument("pictures", help="the folder with the pictures, also in folders below")
    _add_output(parser)
    _add_model(parser)
    parser.set_defaults(run=run)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", type=Path, default=Path("answers"), metavar="FOLDER",
                        help="where to write (default: ./answers)")  # fmt: skip
    parser.add_argument("--page", type=Path, metavar="FILE",
                        help="also write a page with the extremes as pictures")  # fmt: skip
    parser.add_argument("--by", metavar="NUMBER", help="of which number, by its name in the table")
    parser.add_argument("--null", choices=_NULLS,
                        help="compare with the same when these are shuffled")  # fmt: skip
    parser.add_argument("--prompts", metavar="FILE",
                        help="a .json or .csv table of prompts, or: centre")  # fmt: skip


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", help="a file, or the name of a release (default: the small "
                        "model that ships)")  # fmt: skip
    parser.add_argument("--device", default="cpu", help="where to compute (default: cpu)")
    parser.add_argument("--workers", type=int, help="processes (default: one a processor)")
    parser.add_argument("--executor", choices=("processes", "ray"), default="processes",
                        help="ray takes a cluster that RAY_ADDRESS names")  # fmt: skip
    parser.add_argument("--most-pixels", type=int, metavar="N",
                        help="refuse larger pictures (default: 33,554,432)")  # fmt: skip
    parser.add_argument("--ask-errors-again", action="store_true",
                        help="ask again about pictures whose row holds an error")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run, and print the summary; 1 if no picture has an answer."""
    page = None if arguments.page is None else local_path(arguments.page)
    if page is not None:
        check_target(page)
    from sam_explore.folders import run_folder  # imports torch, which other commands don't need

    options: dict[str, Any] = {"ask_errors_again": arguments.ask_errors_again}
    if arguments.most_pixels is not None:
        options["most_pixels"] = arguments.most_pixels
    try:
        found = run_folder(
            arguments.question,
            arguments.pictures,
            local_path(arguments.output),
            prompts=arguments.prompts,
            weights=arguments.weights,
            null=arguments.null,
            workers=arguments.workers,
            executor=arguments.executor,
            device=arguments.device,
            **options,
        )
    except (ImportError, RuntimeError, TypeError) as error:
        raise ValueError(str(error)) from error
    print(found)
    errors = found.errors()
    for name, why in list(errors.items())[:5]:
        print(f"sam-explore: {name}: {why}", file=sys.stderr)
    if len(errors) == found.notes["pictures"]:
        return 1
    print(found.summary())
    if page is not None:
        print(f"The page: {found.page(page, arguments.by)}")
    return 0
