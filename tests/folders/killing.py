"""Kills a run at random moments, and finishes it: python killing.py WEIGHTS PICTURES FOLDER.

Prints a line of JSON for each trial. This process has imported everything, and the main process of
each run, the one that loads the model, and its workers are forks, which start at once.
"""

import json
import os
import pickle
import random
import signal
import socket
import sys
import time
from hashlib import sha256
from pathlib import Path

import psutil

from sam_explore.folders import processes, run_folder
from sam_explore.folders.parts import PartWriter
from sam_explore.folders.worker import fork_workers

TRIALS = 10


class WarmStarter(processes.ForkingStarter):
    """Forks the process that loads the model, instead of starting an interpreter."""

    def _begin(self) -> None:
        self._control, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            self._control.close()
            try:
                fork_workers(theirs, PartWriter(pickle.loads(self._job)))
            finally:
                os._exit(0)
        theirs.close()
        self._pid = pid

    def end(self) -> None:
        self._control.close()
        os.waitpid(self._pid, 0)


def start(weights: str, pictures: str, to: str) -> int:
    """The main process of a run, as the leader of a group."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    processes.starter_for = lambda job: WarmStarter(job)
    try:
        options = {"weights": weights, "workers": 2, "part_size": 4, "progress": False}
        run_folder("masks", pictures, to, prompts="centre", **options)
        os._exit(0)
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(1)


def workers_of(main: int) -> list[psutil.Process]:
    """The forks of the process that loads the model."""
    try:
        children = psutil.Process(main).children(recursive=True)
        return [each for each in children if each.ppid() != main]
    except psutil.NoSuchProcess:
        return []


def content(to: str) -> dict[str, str]:
    """Each file of the run with a digest; that of the notes too."""
    files = Path(to).glob("*/[!.]*")
    return {each.name: sha256(each.read_bytes()).hexdigest() for each in files}


def left_of(group: int) -> int:
    """How many processes of a group are there after a while."""
    for _ in range(100):
        left = [each for each in psutil.process_iter() if _group(each.pid) == group]
        if not left:
            return 0
        time.sleep(0.05)
    return len(left)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0


def parts_in(to: str) -> int:
    return len(list(Path(to).glob("*/part-*.parquet")))


def trial(weights: str, pictures: str, to: str, victim: str, parts: int, wait: float) -> dict:
    """Kill the victim some seconds after so many parts are there; then go on to the end."""
    main = start(weights, pictures, to)
    while parts_in(to) < parts or not (victim == "main" or workers_of(main)):
        if os.waitid(os.P_PID, main, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.001)
    time.sleep(wait)
    killed = main if victim == "main" else next((each.pid for each in workers_of(main)), None)
    before = parts_in(to)
    if killed is not None:
        os.kill(killed, signal.SIGKILL)
    _, status = os.waitpid(main, 0)
    if victim == "main":
        _, status = os.waitpid(start(weights, pictures, to), 0)
    return {
        "victim": victim,
        "struck": killed is not None,
        "parts": before,
        "status": status,
        "left": left_of(main),
        "content": content(to),
    }


def main() -> None:
    weights, pictures, folder = sys.argv[1:]
    chance = random.Random(7)
    started = time.perf_counter()
    os.waitpid(start(weights, pictures, f"{folder}/whole"), 0)
    seconds = time.perf_counter() - started
    expected = content(f"{folder}/whole")
    for number in range(TRIALS):
        victim = "main" if number % 2 else "worker"
        parts = chance.randrange(len(expected) - 1)
        wait = chance.uniform(0, seconds / len(expected))
        found = trial(weights, pictures, f"{folder}/{number}", victim, parts, wait)
        found["same"] = found.pop("content") == expected
        print(json.dumps(found | {"of": len(expected) - 1}), flush=True)


if __name__ == "__main__":
    main()
