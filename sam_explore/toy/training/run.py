"""A training run: model, optimiser and progress, kept in a folder with its log."""

import argparse
import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

from sam_explore.loading import load
from sam_explore.model import Sam
from sam_explore.model.config import LOGITS_A_TOKEN

from .augmenting import augment
from .cheap_attention import attend_cheaply, product_type
from .grouping import GroupingHead
from .muon import Muon, matrices_of
from .objective import prompted_loss
from .questions import ask
from .scene_cache import SceneCache, Scenes
from .starting import even_out_patches, grown, initialise, randomise_positions
from .weights import Average, save_weights, scenes_seen

_SAVE_EVERY, _LOG_EVERY = 200, 50  # steps
_KEEP_FROM, _KEEP_RATIO = 1000, 1.25  # scenes after which weights are kept: first, and the ratio
_DECAY = 0.05  # of weights
_FEWEST_DRAWN = 1000  # with fewer scenes drawn by workers, the first so many are used
_log = logging.getLogger(__name__)


class Training:
    """A training run. `options` are those of the command line, with the sizes and the schedule.

    With torch.distributed, each process creates its own instance.

    A step consists of `options.batches` batches, divided among the processes. It depends only on
    the seed and the number of the step, so one process takes the same steps as several.
    """

    def __init__(self, options: argparse.Namespace):
        self.options, self.schedule = options, options.schedule
        together = dist.is_initialized()
        self.rank, self.processes = (dist.get_rank(), dist.get_world_size()) if together else (0, 1)
        self.device = torch.device(options.device)
        self.dtype = product_type(self.device)
        self.cache = SceneCache(options.cache, options.pool)
        self.folder: Path = options.folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.checkpoint = self.folder / "checkpoint.pt"
        torch.manual_seed(options.seed)
        self.step, self.seen, self.begun, self.fall = 0, 0, 0, None
        self.sam = self._network().to(self.device).train().requires_grad_(not options.only_iou)
        self.sam.mask_decoder.iou_predictor.requires_grad_(True)
        self.grouping = GroupingHead(self.sam.config).to(self.device)
        self.grouping.requires_grad_(not options.only_iou)
        self.optimisers = self._make_optimisers()
        self.average = Average(self.sam, options.average)
        if self.checkpoint.exists() or options.branch:
            self._resume(self.checkpoint if self.checkpoint.exists() else options.branch)
        if options.fall and self.fall is None:
            self.fall = (self.seen, options.fall)
        attend_cheaply(self.sam, self.dtype)

    def run(self) -> None:
        """Train until the rate is 0, `options.scenes` are seen, or the run is stopped."""
        started = time.perf_counter()
        figures: dict[str, list[float]] = {}
        with ThreadPoolExecutor(1) as executor:
            batches = self._batches(executor)
            while not self._is_over():
                stopping = self._train_on([next(batches) for _ in self._own()], figures)
                if self.step % _LOG_EVERY == 0:
                    self._note(figures, (time.perf_counter() - started) / _LOG_EVERY)
                    started, figures = time.perf_counter(), {}
                if stopping or self._is_over() or self.step % _SAVE_EVERY == 0:
                    self._save()
                if stopping:
                    break

    @property
    def stop_file(self) -> Path:
        """If this file exists, the run saves a checkpoint, removes the file and ends."""
        return self.folder / "stop"

    def _is_over(self) -> bool:
        last = sum(self.fall) if self.fall else self.options.scenes
        return last is not None and self.seen >= last

    def _own(self) -> range:
        """The batches of a step that this process computes."""
        return range(self.rank, self.options.batches, self.processes)

    def _batches(self, executor: ThreadPoolExecutor) -> Iterator[tuple[int, Scenes]]:
        """This process's batches from now on, each with its number. The next one is prefetched.

        Only with a GPU: on a CPU prefetching costs as much time as it saves.
        """
        ahead = self.device.type == "cuda"
        step, waiting = self.step, None

        def load_one(number: int) -> tuple[int, Scenes]:
            scenes = self.cache.get(self._indices(number))
            return number, Scenes(*(each.to(self.device) for each in scenes))

        while True:
            for part in self._own():
                number = step * self.options.batches + part
                if not ahead:
                    yield load_one(number)
                    continue
                coming: Future = executor.submit(load_one, number)
                if waiting is not None:
                    yield waiting.result()
                waiting = coming
            step += 1

    def _indices(self, number: int) -> list[int]:
        """The scenes of a batch: any of the pool, or with workers, any of those drawn so far."""
        rng = np.random.default_rng((self.options.seed, number))
        count = self.options.scenes_a_batch
        if not self.options.workers:
            return rng.integers(self.options.pool, size=count).tolist()
        drawn, fewest = self.cache.drawn, min(_FEWEST_DRAWN, self.options.pool)
        return rng.choice(drawn if len(drawn) >= fewest else fewest, count).tolist()

    def _train_on(self, batches: list[tuple[int, Scenes]], figures: dict[str, list[float]]) -> bool:
        """Take one step. Returns whether any process has found the stop file."""
        options, schedule = self.options, self.schedule
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = schedule.rate_at(self.seen, self.begun, self.fall)
            optimiser.zero_grad(set_to_none=True)
        for number, scenes in batches:
            loss, found = self._loss(number, scenes)
            (loss / options.batches).backward()
            for name, figure in {"loss": loss.detach(), **found}.items():
                figures.setdefault(name, []).append(figure.item())
        stopping = self._share_gradients(self.stop_file.exists())
        nn.utils.clip_grad_norm_(self.sam.parameters(), 1.0)
        for optimiser in self.optimisers:
            optimiser.step()
        self.average.take(self.sam)
        before = self.seen
        self.step += 1
        self.seen += options.batches * options.scenes_a_batch
        self._keep(before)
        return stopping

    def _loss(self, number: int, scenes: Scenes) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss of one batch, with mean IoUs for the log."""
        options, schedule = self.options, self.schedule
        seed = options.seed * 10**12 + number
        generator = torch.Generator(self.device).manual_seed(seed)
        # All processes use the same plan in a step, so that none waits for another.
        planner = torch.Generator().manual_seed(options.seed * 10**12 + self.step)
        side = schedule.side(self.seen, self.sam.config.image_size)
        entropy = schedule.entropy_weight(self.seen)
        shown = augment(scenes, side, self.sam.config, generator)
        cell = self.sam.config.patch_size // LOGITS_A_TOKEN
        places = ask(shown.labels, options.queries, cell, generator)
        questions = places.first(options.targets, options.scenes_a_batch)
        with torch.autocast(self.device.type, self.dtype, enabled=self.dtype != torch.float32):
            # Cropped tables: a distance between tokens has the same meaning in small and large
            # pictures.
            tokens = self.sam.encode_image(shown.pixels, relative_positions="crop")
            loss = self.grouping.loss(self.sam, tokens, places.points_unit, places.covered, entropy)
            figures = {"grouping": loss.detach()}
            if self.seen >= schedule.alone:
                plan = schedule.plan(self.seen, planner)
                prompted, more = prompted_loss(
                    self.sam, tokens, questions, plan, entropy, generator
                )
                loss = 0.5 * loss + prompted
                figures |= more
        return loss, figures

    def _share_gradients(self, stopping: bool) -> bool:
        """Sum the gradients of all processes. Returns whether any of them is to stop."""
        if self.processes == 1:
            return stopping
        gradients = [each.grad for each in self._parameters() if each.grad is not None]
        flag = torch.tensor([float(stopping)], device=self.device)
        together = torch.cat([*(gradient.flatten() for gradient in gradients), flag])
        dist.all_reduce(together)
        shares = together[:-1].split([gradient.numel() for gradient in gradients])
        for gradient, share in zip(gradients, shares, strict=True):
            gradient.copy_(share.view_as(gradient))
        return bool(together[-1] > 0)

    def _parameters(self) -> list[nn.Parameter]:
        both = (*self.sam.parameters(), *self.grouping.parameters())
        return [each for each in both if each.requires_grad]

    def _make_optimisers(self) -> tuple[torch.optim.Optimizer, ...]:
        """Muon for the matrices of layers; AdamW for the rest: kernels, and without weight decay
        vectors and position tables."""
        rate, matrices = self.schedule.rate, matrices_of([self.sam, self.grouping])
        tables = {
            id(each)
            for name, each in self.sam.named_parameters()
            if "table" in name or "relative" in name
        }
        taken = set(map(id, matrices))
        rest = [each for each in self._parameters() if id(each) not in taken]
        decaying = [each for each in rest if each.ndim > 1 and id(each) not in tables]
        kept = [each for each in rest if each.ndim < 2 or id(each) in tables]
        groups = [
            {"params": decaying, "weight_decay": _DECAY},
            {"params": kept, "weight_decay": 0.0},
        ]
        adam = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)
        return adam, Muon(matrices, rate, _DECAY, self.dtype)

    def _network(self) -> Sam:
        """The initial model, with given weights or with random ones fitted to the scenes."""
        if self.options.start:
            self.seen = self.begun = scenes_seen(self.options.start)
            sam = load(self.options.start)
            return grown(sam, self.options.grow) if self.options.grow else sam
        sam = initialise(Sam(self.options.config))
        if self.options.random_positions:
            randomise_positions(sam)
        if not self.checkpoint.exists() and not self.options.branch:
            scenes = self.cache.get(range(min(128, self.options.pool)))
            generator = torch.Generator().manual_seed(self.options.seed)
            shown = augment(scenes, sam.config.image_size, sam.config, generator)
            even_out_patches(sam, shown.pixels)
        return sam

    def _keep(self, before: int) -> None:
        """Keep the averaged weights at certain numbers of scenes, to study the training later."""
        mark: float = _KEEP_FROM
        while mark <= before:
            mark *= _KEEP_RATIO
        if self.rank == 0 and self.seen >= mark:
            path = self.folder / "kept" / f"{self.seen:09d}.safetensors"
            save_weights(self.average.network(self.sam), path, self.seen)

    def _note(self, figures: dict[str, list[float]], seconds: float) -> None:
        if self.rank > 0:
            return
        means = {name: round(fmean(values), 4) for name, values in figures.items()}
        where = {"step": self.step, "scenes": self.seen, "seconds a step": round(seconds, 3)}
        rate = self.optimisers[0].param_groups[0]["lr"]
        with open(self.folder / "log.jsonl", "a") as file:
            file.write(json.dumps({**where, "rate": rate, **means}) + "\n")
        _log.info(" ".join(f"{name} {value:.4g}" for name, value in {**where, **means}.items()))

    def _save(self) -> None:
        """Write the checkpoint and, for the exam, the averaged weights."""
        if self.rank > 0:
            return
        state = {
            "network": _sizes(self.sam),
            "step": self.step,
            "seen": self.seen,
            "begun": self.begun,
            "fall": self.fall,
            "sam": self.sam.state_dict(),
            "grouping": self.grouping.state_dict(),
            "optimisers": [each.state_dict() for each in self.optimisers],
            "average": self.average.state_dict(),
        }
        partial = self.checkpoint.with_suffix(".part")
        torch.save(state, partial)
        partial.replace(self.checkpoint)
        network = self.average.network(self.sam)
        save_weights(network, self.folder / "weights.safetensors", self.seen)
        self.stop_file.unlink(missing_ok=True)

    def _resume(self, checkpoint: Path) -> None:
        state = torch.load(checkpoint, map_location=self.device, weights_only=True)
        if "optimisers" not in state:
            raise ValueError(
                f"{checkpoint} is of an earlier trainer, with another optimiser. Begin with its "
                "weights, in another folder: --start weights.safetensors."
            )
        if state["network"] != _sizes(self.sam):
            raise ValueError(
                f"{checkpoint} is of a network of {state['network']}, but this run's has "
                f"{_sizes(self.sam)}: give --start or --network as at its start, or another folder."
            )
        self.step, self.seen, self.begun = state["step"], state["seen"], state["begun"]
        self.fall = state["fall"] and tuple(state["fall"])
        self.sam.load_state_dict(state["sam"])
        self.grouping.load_state_dict(state["grouping"])
        for optimiser, kept in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.average.load_state_dict(state["average"])


def _sizes(sam: Sam) -> str:
    """The network as `--network` names it."""
    return f"{sam.config.image_size}:{sam.config.patch_size}:{sam.config.window_size}"
