"""`sam-explore download`: download an official file into the cache, and verify it."""

import argparse


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its argument."""
    parser = commands.add_parser(
        "download",
        help="download an official model into the cache, or check the one that is there",
        description="Download one of the official files of SAM into the cache folder and compare "
        "its SHA-256. A download that broke off goes on where it was; a file that is there "
        "already is only checked. SAM_EXPLORE_CACHE moves the cache.",
    )
    parser.add_argument("name", metavar="NAME", help="vit_b (375 MB), vit_l (1250 MB) or vit_h "
                        "(2565 MB)")  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Download or verify, and print the path of the file."""
    # Imported here since they import torch, which other commands don't need.
    from sam_explore.loading import OFFICIAL, close_names, download

    name = arguments.name
    if name not in OFFICIAL:
        close = [each for each in close_names(name) if each in OFFICIAL]
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise ValueError(f"{name!r} is none of the official models {', '.join(OFFICIAL)}.{hint}")
    path = download(name, recheck=True)
    print(f'{path}\nIts size and SHA-256 are the official ones. In Python: sx.load("{name}")')
    return 0
