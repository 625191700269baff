"""Shared by the benchmarks: fair rounds, the machine in words, peak memory."""

import argparse
import os
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor


def time_rounds(work: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each in each round; every other round goes through them backwards."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for index in range(rounds):
        names = list(work) if index % 2 == 0 else list(reversed(work))
        for name in names:
            started = time.perf_counter()
            work[name]()
            seconds[name].append(time.perf_counter() - started)
    return seconds


def gemm_speed(product: Callable[[Tensor, Tensor], Tensor] = F.linear) -> float:
    """GFLOP/s of a linear layer of ViT-B's size: what this machine gave in this very run."""
    tokens, weight = torch.randn(4096, 768), torch.randn(3072, 768)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        product(tokens, weight)
        best = min(best, time.perf_counter() - started)
    return 2 * 4096 * 768 * 3072 / best / 1e9


def common_arguments(
    description: str, sizes: Iterable[str], rounds: int
) -> argparse.ArgumentParser:
    """A parser with the options that the benchmarks of whole networks share."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--size", choices=sizes, default="vit_b", help="the network's size")
    parser.add_argument("--rounds", type=int, default=rounds, help="of the image encoder")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="for all alike")
    parser.add_argument("--memory", action="store_true", help="add peak memory (Linux only)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser


PEERS = ("torch", "segment-anything", "transformers")


def machine(packages: Sequence[str] = PEERS) -> str:
    """Processor, threads and these packages' versions in a line."""
    try:
        processors = Path("/proc/cpuinfo").read_text().splitlines()
        names = [line.split(":")[1].strip() for line in processors if "model name" in line]
    except OSError:
        names = []
    tuned = [f"{name}={value}" for name, value in os.environ.items() if name.startswith("MALLOC_")]
    return ", ".join(
        [
            names[0] if names else platform.processor() or platform.machine(),
            f"{torch.get_num_threads()} threads",
            *(f"{package} {version(package)}" for package in packages),
            *(tuned or ["malloc as the system sets it"]),
        ]
    )


def memory_now(field: str) -> float:
    """MiB from the kernel's account of this process: VmRSS, or VmHWM for the peak."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise SystemExit("Peak memory is read from /proc/self/status, which this system lacks.")


def forget_peak() -> float:
    """Reset the peak. Returns the MiB that the process holds now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory_now("VmRSS")
