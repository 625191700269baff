"""The learned position encodings have structure: families of smooth waves, and a smooth drift.

python docs/phenomena/position_encodings.py --help
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from common import Case, Row, cases, run
from jaxtyping import Float

from sam_explore.loading import load
from sam_explore.mask_overlap import mask_iou
from sam_explore.model import HookPoint, Sam, SamConfig
from sam_explore.toy.training.starting import initialise, randomise_positions, sinusoidal_grid
from sam_explore.tracing import Trace

SLOW = 2  # cycles across the grid

Table = Float[np.ndarray, "row column channel"]
PerChannel = Float[np.ndarray, "channel"]


def slow_share(table: Table) -> PerChannel:
    """The share of each channel's power in waves of at most `SLOW` cycles along each axis."""
    power = np.abs(np.fft.fft2(_centred(table), axes=(0, 1))) ** 2
    down, across = (np.abs(np.fft.fftfreq(length, 1 / length)) for length in table.shape[:2])
    slow = (down[:, None] <= SLOW) & (across[None] <= SLOW)
    return power[slow].sum(axis=0) / power.sum(axis=(0, 1))


def axis_shares(table: Table) -> tuple[PerChannel, PerChannel]:
    """The share of each channel's variance along its family's axis alone, and along the other.

    The first half of the channels is for x (two families), the second half for y.
    """
    centred = _centred(table)
    variance = (centred**2).mean(axis=(0, 1))
    x, y = (((centred.mean(axis=axis) ** 2).mean(axis=0)) / variance for axis in (0, 1))
    is_x = np.arange(table.shape[2]) < table.shape[2] // 2
    return np.where(is_x, x, y), np.where(is_x, y, x)


def step_size(table: Table) -> PerChannel:
    """How much a channel changes to the next token, in its own standard deviations.

    Noise has 2, along both axes together; a slow wave has little.
    """
    down, across = (np.diff(table, axis=axis) for axis in (0, 1))
    squares = (down**2).mean(axis=(0, 1)) + (across**2).mean(axis=(0, 1))
    return np.sqrt(squares) / table.std(axis=(0, 1))


def drift(table: Table, start: Table) -> Table:
    """What training added to the start, which weight decay may have shrunk as a whole."""
    return table - (table * start).sum() / (start**2).sum() * start


def shuffled(table: Table) -> Table:
    """The same vectors, each at another place."""
    places = np.random.default_rng(0).permutation(table.shape[0] * table.shape[1])
    return table.reshape(len(places), -1)[places].reshape(table.shape)


def likeness(table: Table, other: Table) -> PerChannel:
    """Each channel's correlation with the same channel of another table."""
    one, two = _centred(table), _centred(other)
    return (one * two).sum((0, 1)) / np.sqrt((one**2).sum((0, 1)) * (two**2).sum((0, 1)))


def random_start(config: SamConfig, seed: int) -> Table:
    """The table with which `sam_explore.toy.training --random-positions` began."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sam = randomise_positions(initialise(Sam(config)))
    return table_of(sam)


def table_of(sam: Sam) -> Table:
    return sam.image_encoder.position_encoder.table.detach()[0].double().cpu().numpy()


def measure(sam: Sam, options: argparse.Namespace) -> list[Row]:
    """The table, what training added, the masks, and the same table rows for a random start."""
    from_random = _from_random(options) if options.random_start else []
    config = sam.config
    start = sinusoidal_grid(config.grid, config.encoder_dim)[0].double().numpy()
    rows = _structure("learned table", table_of(sam), start)
    rows.insert(3, _sines_and_cosines(table_of(sam), start))
    return [*rows, *_masks(sam, start, options.scenes), *from_random]


def _from_random(options: argparse.Namespace) -> list[Row]:
    sam, seed = load(options.random_start), options.random_start_seed
    start = random_start(sam.config, seed)
    if likeness(table_of(sam), start).mean() < 0.2:
        raise SystemExit(
            f"{options.random_start.name} should come from a run that began with "
            f"--random-positions --seed {seed}, but its table is not like that start. Give the "
            "run's seed with --random-start-seed."
        )
    return _structure("from random positions", table_of(sam), start)


def _structure(name: str, table: Table, start: Table) -> list[Row]:
    added = drift(table, start)
    (own, across), places = axis_shares(table), "shuffled over places"
    own_added, across_added = axis_shares(added)
    return [
        Row(f"{name}: likeness to its start", likeness(table, start), places,
            likeness(shuffled(table), start)),
        Row(f"{name}: power in slow waves", slow_share(table), places,
            slow_share(shuffled(table))),
        Row(f"{name}: variance along its family's axis", own, "along the other axis", across),
        Row(f"{name}, what training added: power in slow waves", slow_share(added), places,
            slow_share(shuffled(added))),
        Row(f"{name}, what training added: variance along its family's axis", own_added,
            "along the other axis", across_added),
    ]  # fmt: skip


def _sines_and_cosines(table: Table, start: Table) -> Row:
    """Step of each cosine less that of the sine with the same frequency."""
    by_table = []
    for each in (table, start):
        sine_x, cosine_x, sine_y, cosine_y = np.split(step_size(each), 4)
        by_table.append(np.concatenate([cosine_x - sine_x, cosine_y - sine_y]))
    name = "learned table: step from token to token, cosines less sines"
    return Row(name, by_table[0], "its sinusoidal start", by_table[1])


def _masks(sam: Sam, start: Table, scenes: int) -> list[Row]:
    """True IoU of one click with the learned table and with others in its place."""
    learned = table_of(sam)
    tables = [learned, start, shuffled(learned), np.zeros_like(learned)]
    edits = [_putting(table) for table in tables]
    found = [[_quality(sam, case, edit) for edit in edits]
             for case in cases(sam.config.image_size, scenes)]  # fmt: skip
    with_learned, *others = np.array(found).T
    names = ("with its sinusoidal start", "with the table shuffled over places", "without a table")
    return [
        Row("true IoU of a click", with_learned, name, other)
        for name, other in zip(names, others, strict=True)
    ]


def _putting(table: Table):
    def put(tensor: torch.Tensor, hook: HookPoint) -> torch.Tensor:
        return torch.tensor(table, dtype=tensor.dtype)[None]

    return put


def _quality(sam: Sam, case: Case, edit) -> float:
    trace = Trace(sam, case.drawn.image, case.click)
    trace = trace.with_edit("image_encoder.position_encoder.hook_encoding", edit)
    return mask_iou(trace.prediction.masks()[trace.prediction.chosen], case.truth)


def _centred(table: Table) -> Table:
    return table - table.mean(axis=(0, 1))


def claims(rows: list[Row]) -> dict[str, int]:
    _, slow, families, cosines, added, added_families, start, *_ = rows
    found = {
        "its table is made of slow waves": slow.sign,
        "the channels fall into families along one axis": families.sign,
        "cosines step more than sines, beyond the start": cosines.sign,
        "what training added is smoother than chance": added.sign,
        "what training added keeps to the families": added_families.sign,
        "masks are better with the learned table than with its start": start.sign,
    }
    if len(rows) > 9:
        *_, added, added_families = rows
        found |= {
            "what training added to random positions is smoother than chance": added.sign,
            "what training added to random positions falls into the families": added_families.sign,
        }
    return found


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--random-start", type=Path, metavar="FILE",
                        help="weights of a run with --random-positions")  # fmt: skip
    parser.add_argument("--random-start-seed", type=int, default=0, help="that run's --seed")


def main(arguments: list[str] | None = None) -> None:
    run(__file__, __doc__, measure, claims, arguments, add_options)


if __name__ == "__main__":
    main()
