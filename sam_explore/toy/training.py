"""Train the toy model as the paper trains SAM, on scenes drawn while it learns.

    python -m sam_explore.toy.training --folder runs/toy --steps 4000

The run can be stopped at any time and goes on from its last checkpoint when started again with the
same options, on the same scenes in the same order. Asking for fewer steps the second time makes the
learning rate decay sooner. `--export FILE` writes the weights for `sam_explore.load`.

`--processes 2 --threads 1` trains on two batches at a time, whose gradients are averaged. On two
cores that is faster than one process with two threads.

Source: the training algorithm of the paper's appendix A (arXiv 2304.02643), in outline: one point
or a box, then correction clicks with the previous logits fed back; focal and dice loss 20:1 on
tokens 1-3 for one prompt and on token 0 for several; regression of the IoU. The reference
starts from an encoder that was trained before (MAE); here `GroupingHead` does that service.
"""

import argparse
import json
import logging
import math
import tempfile
import time
from pathlib import Path
from statistics import fmean

import safetensors.torch
import torch
import torch.distributed as dist
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from sam_explore.loading import load
from sam_explore.model import TOY, Sam
from sam_explore.model.hooks import HookPoint

from .grouping import GroupingHead, initialise
from .objective import plan_rounds, prompted_loss
from .sampling import Batch, SceneStream

_SAVE_EVERY = 50
_log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> None:
    """Train from the command line; see the module's text."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.processes < 1:
        parser.error(f"--processes expected 1 or more, but got {options.processes}")
    if options.processes == 1:
        _train(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        meeting_place = f"file://{folder}/meeting"
        torch.multiprocessing.spawn(_join, (options, meeting_place), options.processes)


def _join(rank: int, options: argparse.Namespace, meeting_place: str) -> None:
    """Be one of several processes that train together."""
    dist.init_process_group(
        "gloo", init_method=meeting_place, rank=rank, world_size=options.processes
    )
    _train(options)
    dist.destroy_process_group()


def _train(options: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    torch.set_num_threads(options.threads)
    training = Training(options)
    if training.step < options.steps:
        training.run()
    if options.export and training.rank == 0:
        save_weights(training.sam, options.export)
        _log.info("wrote %s", options.export)


class Training:
    """One run: model, optimiser and step, with a checkpoint and a log in its folder.

    Where torch.distributed has been started, each of its processes makes one, and they train the
    same weights on different scenes.
    """

    def __init__(self, options: argparse.Namespace):
        self.options = options
        together = dist.is_initialized()
        self.rank, self.processes = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.manual_seed(options.seed)
        self.sam = _begin(options).to(self.device).train().requires_grad_(True)
        self.grouping = GroupingHead(TOY).to(self.device)
        if self.device.type == "cpu":
            _attend_step_by_step(self.sam)
        self.parameters = [*self.sam.parameters(), *self.grouping.parameters()]
        self.optimiser = torch.optim.AdamW(
            self.parameters, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.05
        )
        self.step = 0
        options.folder.mkdir(parents=True, exist_ok=True)
        self.checkpoint = options.folder / "checkpoint.pt"
        if self.checkpoint.exists():
            self._resume()

    def run(self) -> None:
        """Train up to the wanted step, saving and logging on the way."""
        options = self.options
        share = (self.step * self.processes + self.rank, self.processes)
        stream = SceneStream(TOY, options.scenes, options.targets, *share, options.seed)
        # One worker keeps the order of batches, which makes a resumed run the same run.
        loader = iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=6))
        started = time.perf_counter()
        figures: dict[str, list[float]] = {}
        steps = range(self.step, options.steps)
        with logging_redirect_tqdm():
            for _ in tqdm(
                steps, initial=self.step, total=options.steps, unit="step", disable=self.rank > 0
            ):
                for name, value in self._train_on(next(loader)).items():
                    figures.setdefault(name, []).append(value)
                self.step += 1
                if self.rank > 0:
                    continue
                if self.step % _SAVE_EVERY == 0 or self.step == options.steps:
                    seconds = (time.perf_counter() - started) / len(figures["grouping"])
                    means = {name: fmean(values) for name, values in figures.items()}
                    self._log({"step": self.step, "seconds_a_step": seconds, **means})
                    self._save()
                    started, figures = time.perf_counter(), {}

    def _train_on(self, batch: Batch) -> dict[str, float]:
        options = self.options
        rate = learning_rate(self.step, options.steps, options.rate, options.decay)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = Batch(*(tensor.to(self.device) for tensor in batch))
        seed = options.seed + self.step
        # Rounds are planned alike in all processes, so that none waits for another.
        plan = plan_rounds(options.rounds, torch.Generator().manual_seed(seed))
        generator = torch.Generator().manual_seed(seed * self.processes + self.rank)
        with torch.autocast(self.device.type, torch.bfloat16):
            tokens = self.sam.encode_image(batch.pixels)
            loss = self.grouping.loss(self.sam, tokens, batch.labels, generator)
            figures = {"grouping": loss.item()}
            if self.step >= options.grouping_steps:
                prompted, more = prompted_loss(self.sam, tokens, batch, generator, plan)
                loss = 0.5 * loss + prompted
                figures |= more
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if self.processes > 1:
            _average_gradients(self.parameters)
        nn.utils.clip_grad_norm_(self.sam.parameters(), 1.0)
        self.optimiser.step()
        return figures

    def _log(self, figures: dict[str, float]) -> None:
        with open(self.options.folder / "log.jsonl", "a") as file:
            file.write(json.dumps(figures) + "\n")
        _log.info(" ".join(f"{name} {value:.4g}" for name, value in figures.items()))

    def _save(self) -> None:
        state = {
            "step": self.step,
            "sam": self.sam.state_dict(),
            "grouping": self.grouping.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    def _resume(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.sam.load_state_dict(state["sam"])
        self.grouping.load_state_dict(state["grouping"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = state["step"]


def _attend_step_by_step(sam: Sam) -> None:
    """Look at every attention's scores, so that it runs in explicit steps instead of a kernel.

    On a CPU and at these sizes the backward pass of the fused kernel is the slower one.
    """
    for module in sam.modules():
        if isinstance(module, HookPoint) and module.name.endswith("hook_scores"):
            module.register_forward_hook(lambda *_: None)


def _average_gradients(parameters: list[nn.Parameter]) -> None:
    """Give every process the mean of all processes' gradients."""
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    together = torch.cat([gradient.flatten() for gradient in gradients])
    dist.all_reduce(together)
    together /= dist.get_world_size()
    shares = together.split([gradient.numel() for gradient in gradients])
    for gradient, share in zip(gradients, shares, strict=True):
        gradient.copy_(share.view_as(gradient))


def _begin(options: argparse.Namespace) -> Sam:
    if options.start:
        return load(options.start)
    sam = initialise(Sam(TOY))
    if options.random_positions:
        # As spread out as sines and cosines are, whose mean square is a half.
        nn.init.normal_(sam.image_encoder.position_encoder.table, std=math.sqrt(0.5))
    return sam


def learning_rate(step: int, steps: int, peak: float, decay: float, warmup: int = 150) -> float:
    """Rises over `warmup` steps, stays, and falls to zero as a cosine over the last share."""
    left = (steps - step) / max(1, decay * steps)
    fall = 0.5 * (1 - math.cos(math.pi * min(1.0, left)))
    return peak * min(1.0, (step + 1) / warmup) * fall


def save_weights(sam: Sam, path: Path) -> None:
    """Write the weights as safetensors in fp16, under this package's names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = {name: tensor.half().contiguous() for name, tensor in sam.state_dict().items()}
    safetensors.torch.save_file(half, path, metadata={"format": "pt", "config": sam.config.name})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sam_explore.toy.training", description="Train the toy model."
    )
    parser.add_argument("--folder", type=Path, required=True, help="checkpoint and log go here")
    parser.add_argument("--start", type=Path, help="weights to begin with (default: random)")
    parser.add_argument(
        "--random-positions",
        action="store_true",
        help="begin with random position encodings instead of sines and cosines",
    )
    parser.add_argument("--steps", type=int, default=4000, help="steps in all (default 4000)")
    parser.add_argument(
        "--grouping-steps", type=int, default=400, help="first, without prompts (default 400)"
    )
    parser.add_argument("--scenes", type=int, default=16, help="scenes a step (default 16)")
    parser.add_argument("--targets", type=int, default=8, help="masks a scene (default 8)")
    parser.add_argument("--rounds", type=int, default=8, help="most rounds a mask (default 8)")
    parser.add_argument(
        "--rate", type=float, default=6e-4, help="peak learning rate (default 6e-4)"
    )
    parser.add_argument(
        "--decay", type=float, default=0.3, help="share of steps with falling rate (default 0.3)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of weights, scenes and clicks (default 0)"
    )
    parser.add_argument("--threads", type=int, default=2, help="CPU threads a process (default 2)")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        help="that train together, each on its own scenes (default 1)",
    )
    parser.add_argument("--export", type=Path, help="write the weights here at the end")
    return parser


if __name__ == "__main__":
    main()
