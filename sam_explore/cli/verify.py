"""`sam-explore verify`: does a file of weights work as it should?"""

import argparse
import sys
from pathlib import Path

from ..paths import check_target, local_path
from ..writing import write_whole


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "verify",
        help="check a file of weights, and write a report that can be attached to an issue",
        description="Load a file of weights, run a fixed picture through every part, compare with "
        "segment_anything and transformers where they are installed, and measure what the course "
        "and others claim of the released models: their windows, mask tokens, scores, hints. In a "
        "network of other sizes, such as the one that ships, these are measured and not judged. "
        "Takes minutes for the released models. Nothing is sent anywhere.",
    )
    parser.add_argument("path", metavar="PATH", help="a .pth or .safetensors file; or vit_b, vit_l "
                        "or vit_h, if it was downloaded before")  # fmt: skip
    parser.add_argument("--to", type=Path, metavar="FILE", help="where to write the report "
                        "(default: the file's name with -verified.md, in this folder)")  # fmt: skip
    parser.add_argument("--device", default="cpu", help="where to run, such as cuda (default: cpu)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Verify, write the report, and print the result; 1 if a part or a comparison fails."""
    # Imported here since they import torch, which other commands don't need.
    from sam_explore.scenes import example_scene
    from sam_explore.verification import verify

    path = _file(arguments.path)
    to = local_path(arguments.to or Path(f"{path.stem}-verified.md"))
    check_target(to)
    scene = example_scene("turtle")
    top = 64  # of 512 rows: a picture that isn't square has padding
    image, truth = scene.image[top:], scene.mask(scene.index("turtle"))[top:]
    report = verify(path, image, truth, device=arguments.device, say=_say)
    write_whole(to, report.markdown().encode())
    print(f"{report.summary}\n{report.about_claims}\nThe report: {to}")
    return 0 if report.is_sound else 1


def _file(given: str) -> Path:
    """The path of the weights; a release by name only if it is in the cache."""
    from sam_explore.loading import OFFICIAL, cache_folder, weights_file

    if given in OFFICIAL and not (cache_folder() / OFFICIAL[given].file).is_file():
        raise ValueError(
            f"{given} is not in the cache yet. Download it first: sam-explore download {given}"
        )
    return weights_file(given)


def _say(sentence: str) -> None:
    print(f"{sentence} ...", file=sys.stderr, flush=True)
