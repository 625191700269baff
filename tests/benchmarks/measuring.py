"""What the benchmarks share: fair rounds, the machine in words, peak memory."""

import os
import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import torch
import torch.nn.functional as F


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


def gemm_speed() -> float:
    """GFLOP/s of a linear layer of ViT-B's size: what this machine gave in this very run."""
    tokens, weight = torch.randn(4096, 768), torch.randn(3072, 768)
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        F.linear(tokens, weight)
        best = min(best, time.perf_counter() - started)
    return 2 * 4096 * 768 * 3072 / best / 1e9


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
    """Start the account of the peak anew. MiB that the process holds now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory_now("VmRSS")
