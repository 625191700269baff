"""Ray Data as the executor, where one machine is outgrown.

Each part is a row of a dataset, and an actor pool writes the parts with the same class that the
processes use. Its files have to lie where all machines reach them.
"""

import os
from collections.abc import Iterator, Sequence
from typing import Any

from .extras import check_installed
from .job import Job

_AGENT_MS = 120_000


def run_with_ray(
    job: Job, items: Sequence[dict[str, bytes]], workers: int, bound: int
) -> Iterator[tuple[str, Any]]:
    """Have the parts written, and say what happens, as `run_in_processes` does.

    A cluster that the program is connected to is used; else Ray is started on this machine, and
    ended afterwards.

    Args:
        job: the question.
        items: the parts, as `PartWriter` takes them.
        workers: how many actors.
        bound: the bytes that an actor may take, by which Ray places it.
    """
    check_installed("ray", "pandas", extra="ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray sends reports otherwise
    # Ray ends when its own agent has not started within 15 seconds, as on a busy machine.
    os.environ.setdefault("RAY_agent_register_timeout_ms", str(_AGENT_MS))
    import ray
    import ray.data

    from .parts import PartWriter

    writer: Any = PartWriter
    is_own = not ray.is_initialized()
    if is_own:
        ray.init(**settings(workers))
    ray.data.DataContext.get_current().enable_progress_bars = False
    try:
        written = ray.data.from_items(list(items), override_num_blocks=len(items)).map(
            writer,
            fn_constructor_args=(job,),
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(items))),
            num_cpus=1,
            num_gpus=1 if job.device.startswith("cuda") else 0,
        )
        for report in written.iter_rows():
            yield "rows", report["pictures"]
            yield "done", report
    finally:
        if is_own:
            ray.shutdown()


def settings(workers: int) -> dict[str, Any]:
    """How Ray is started or connected to."""
    found: dict[str, Any] = {"include_dashboard": False, "log_to_driver": False}
    if "RAY_ADDRESS" in os.environ:
        return found
    return found | {"num_cpus": max(workers, os.cpu_count() or 1)}
