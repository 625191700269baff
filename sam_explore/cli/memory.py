"""How much memory the kernel of one page of the app may take.

On Linux only: other systems have no limit that counts what a process has allocated itself.
"""

from pathlib import Path

from ..app_limits import memory_limit


def limit_memory() -> None:
    """From now on this process can allocate so many MB as the variable says, and no more.

    What it has already, as a fork that shares it, does not count, nor do files that it maps. An
    allocation beyond the limit fails, so it ends in an error and not in a slow machine. If memory
    runs out although each page keeps its limit, Linux ends a page and not the server.
    """
    import resource

    if (megabytes := memory_limit()) is not None:
        most = _allocated() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        Path("/proc/self/oom_score_adj").write_text("1000", "utf-8")


def _allocated() -> int:
    """Bytes of this process that count: private, and to be written to."""
    status = Path("/proc/self/status").read_text("utf-8")
    (line,) = (each for each in status.splitlines() if each.startswith("VmData:"))
    return int(line.split()[1]) * 1024
