"""What each fast form of the model brings: the whole with it, next to the whole without it.

    python tests/benchmarks/fast_forms.py --write docs/benchmarks.md

One process and one random state dict. In each round every variant runs once, in alternating order,
and what is compared are ratios within a round. A form that brings less than a tenth has no place
in the package.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from unittest.mock import patch

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sam_explore.model import TOY, VIT_B, VIT_H, VIT_L, attention, image_encoder  # noqa: E402
from sam_explore.model import mask_decoder as decoder_module  # noqa: E402
from sam_explore.model.kernels import cross_attention, decoder, products  # noqa: E402
from sam_explore.toy.exam.tables import markdown, write_between_marks  # noqa: E402
from tests.benchmarks.contestants import (  # noqa: E402
    grid_points,
    make_input,
    ours,
)
from tests.benchmarks.measuring import common_arguments, machine, time_rounds  # noqa: E402
from tests.parity.reference import random_weights, relative_error  # noqa: E402

SIZES = {config.name: config for config in (TOY, VIT_B, VIT_L, VIT_H)}
ALL_FORMS = "all fast forms"
TOLERANCE = 2e-5  # of the largest value, between a variant and the whole


def _never(*_: object) -> bool:
    return False


def _computed(
    tensor: Tensor, what: str, weights: object, compute: Callable, content: int
) -> Tensor:
    return compute()


class _Projected(cross_attention._ImageProjection):
    """The projection of all image tokens, instead of one folded into the few tokens."""

    def __init__(self, *given: object):
        super().__init__(*given)  # type: ignore[arg-type]
        self._whole = self._vectors()


def _plain_masks(generator: torch.nn.Module, image: Tensor, mask_tokens: Tensor) -> Tensor:
    return generator(image.permute(0, 3, 1, 2), mask_tokens)


# What takes the place of a form, so that the rest runs as it does.
ENCODER: dict[str, list[tuple[object, str, object]]] = {
    ALL_FORMS: [],
    "attention in chunks": [(attention, "use_fast", _never)],
    "MLP in chunks": [(image_encoder, "use_fast", _never)],
    "oneDNN's products": [(products, "has_onednn", _never)],
}
DECODER: dict[str, list[tuple[object, str, object]]] = {
    ALL_FORMS: [],
    "the decoder's form as a whole": [(decoder_module, "use_fast", _never)],
    "what is kept of an image": [
        (cross_attention, "cached_for", _computed),
        (decoder, "cached_for", _computed),
    ],
    "layers folded into the few tokens": [(cross_attention, "_ImageProjection", _Projected)],
    "upscaling as products": [(decoder, "fast_masks", _plain_masks)],
    "oneDNN's products": [(products, "has_onednn", _never)],
}


@contextmanager
def _without(changes: list[tuple[object, str, object]]) -> Iterator[None]:
    with ExitStack() as stack:
        for place, name, other in changes:
            stack.enter_context(patch.object(place, name, other))
        yield


def compare(
    title: str,
    variants: dict[str, list[tuple[object, str, object]]],
    work: Callable[[], Tensor],
    rounds: int,
) -> list[str]:
    """A table of all variants. Each runs once before, which has to give what the whole gives."""

    def run(changes: list[tuple[object, str, object]]) -> Tensor:
        with _without(changes):
            return work()

    expected = run([])
    for name, changes in variants.items():
        error = relative_error(run(changes), expected)
        if error > TOLERANCE:
            raise SystemExit(f"without {name}: {error:.1e} off, so its time would mean nothing.")
    seconds = time_rounds({name: partial(run, each) for name, each in variants.items()}, rounds)
    rows = [[title, "median, ms", "times as long", "least", "most"]]
    for name, times in seconds.items():
        ratios = [one / whole for one, whole in zip(times, seconds[ALL_FORMS], strict=True)]
        shown = name if name == ALL_FORMS else f"without {name}"
        figures = (median(ratios), min(ratios), max(ratios))
        rows.append([shown, f"{1000 * median(times):.1f}", *(f"{each:.2f}" for each in figures)])
    return markdown(rows)


def main() -> None:
    parser = common_arguments(__doc__.splitlines()[0], SIZES, rounds=5)
    parser.add_argument("--decoder-rounds", type=int, default=30, help="of the mask decoder")
    arguments = parser.parse_args()
    config = SIZES[arguments.size]
    torch.set_num_threads(arguments.threads)
    runner = ours(config, random_weights(config))
    image = make_input(config)
    tokens = runner.encode(image)
    lines = [f"{config.name}, fp32, {arguments.rounds} rounds of the encoder and "
             f"{arguments.decoder_rounds} of the decoder. {machine(['torch'])}."]  # fmt: skip
    lines += [
        "",
        *compare("image encoder", ENCODER, partial(runner.encode, image), arguments.rounds),
    ]
    for count in (1, 16):
        points = grid_points(config, count)
        title = "one point" if count == 1 else f"{count} points at once"
        work = partial(runner.decode, tokens, points)
        rounds = arguments.decoder_rounds if count == 1 else arguments.rounds
        lines += ["", *compare(f"mask decoder, {title}", DECODER, work, rounds)]
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, f"fast_forms {config.name}", lines)


if __name__ == "__main__":
    main()
