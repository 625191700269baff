"""`sam-explore onnx`: write a model's decoder as an ONNX file."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from ..paths import check_target, local_path


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = commands.add_parser(
        "onnx",
        help="write a model's prompt encoder and mask decoder as an ONNX file",
        description="Write a model's prompt encoder and mask decoder as one ONNX file, with the "
        "inputs of the original's: image_embeddings, point_coords, point_labels, mask_input, "
        "has_mask_input and orig_im_size.",
    )
    parser.add_argument(
        "weights",
        nargs="?",
        help="a file of weights, or the name of a release (default: the small model that ships)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, default=Path("sam_decoder.onnx"), metavar="FILE",
        help="where to write (default: ./sam_decoder.onnx)",
    )  # fmt: skip
    parser.add_argument(
        "--return-single-mask",
        action="store_true",
        help="only the mask that the original chooses, not all four",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Load, export, and say what was written."""
    if find_spec("onnx") is None:
        raise ValueError(
            "onnx is not installed here. Install it with: "
            f'{sys.executable} -m pip install "sam-explore[onnx]"'
        )
    from sam_explore.compat.onnx_model import export_decoder  # slow to import
    from sam_explore.loading import load

    file = local_path(arguments.output)
    check_target(file)
    export_decoder(load(arguments.weights), file, arguments.return_single_mask)
    print(f"Wrote {file}, {file.stat().st_size / 2**20:.1f} MiB.")
    return 0
