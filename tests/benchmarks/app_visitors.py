"""Many visitors of `sam-explore app` at a time: how long a click waits, and what a visitor costs.

    python tests/benchmarks/app_visitors.py --write docs/reliability.md

Each visitor opens the chapter on prompting, connects as its page does, and clicks every three
seconds, from a moment drawn at random. The visitors are threads of this process and no browsers:
they send what a page sends and read what it reads, but draw nothing. So the time is that from the
click to the sentence about the mask, as it arrives in the machine of the browser.
"""

import argparse
import json
import os
import random
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from jupyter_client.session import Session
from jupyter_server.services.kernels.connection.base import (
    deserialize_msg_from_ws_v1,
    serialize_msg_to_ws_v1,
)
from websocket import WebSocket, WebSocketTimeoutException

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from sam_explore.cli.notebooks import FIRST_NOTEBOOK, notebooks_source
from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine
from tests.browser.app import App, Visitor, running_app

EVERY_S = 3.0
MOST_POINTS = 6  # then Clear is pressed
MOST_WAIT_S = 240.0
PACKAGES = ("torch", "voila", "jupyter_server", "ipykernel")


@dataclass
class Page:
    """What one page knows of its kernel: the names of its widgets by what they are."""

    socket: WebSocket
    session: Session = field(default_factory=lambda: Session(key=b""))

    def send(self, kind: str, content: dict) -> None:
        """Send a message on the shell channel."""
        version = {"version": "1.0.0"}  # of ipywidgets' control protocol
        message = self.session.msg(kind, content, metadata=version)
        parts = [message[each] for each in ("header", "parent_header", "metadata", "content")]
        packed = [json.dumps(each, default=str).encode() for each in parts]
        self.socket.send_binary(serialize_msg_to_ws_v1(packed, "shell"))

    def tell(self, widget: str, content: dict) -> None:
        """Send what a view of a widget sends."""
        data = {"method": "custom", "content": content}
        self.send("comm_msg", {"comm_id": widget, "data": data})

    def messages(self, seconds: float) -> Iterator[dict]:
        """The contents of what the kernel says, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                received = self.socket.recv()
            except WebSocketTimeoutException:
                return
            if received:
                yield json.loads(deserialize_msg_from_ws_v1(received)[1][3])

    def states(self) -> dict[str, dict]:
        """All widgets of the kernel, asked for as ipywidgets does."""
        comm = f"control-{time.monotonic_ns()}"
        opened = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
        self.send("comm_open", opened)
        self.send("comm_msg", {"comm_id": comm, "data": {"method": "request_states"}})
        for content in self.messages(MOST_WAIT_S):
            if content.get("data", {}).get("method") == "update_states":
                found = content["data"]["states"]
                return {name: each["state"] for name, each in found.items()}
        raise TimeoutError("the kernel tells no widgets")


@dataclass
class Load:
    """What the visitors have measured."""

    opened: list[float] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description="Many visitors of the app.")
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0, help="of clicks (60)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    arguments = parser.parse_args()
    busy, load = os.getloadavg()[0], Load()
    with TemporaryDirectory() as folder:
        chapter = notebooks_source() / FIRST_NOTEBOOK
        (Path(folder) / chapter.name).write_bytes(chapter.read_bytes())
        with running_app(Path(folder), [chapter.name]) as app:
            alone, used = visit(app, chapter.stem, arguments.visitors, arguments.seconds, load)
    lines = report(arguments, load, alone, used, busy)
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "app_visitors", lines)


def visit(
    app: App, chapter: str, count: int, seconds: float, load: Load
) -> tuple[float, list[float]]:
    """Let all in, then click; returns MiB of the server, and private MiB of each kernel."""
    ready = threading.Barrier(count + 1)
    threads = [
        threading.Thread(target=be_visitor, args=(app, chapter, seconds, load, ready), daemon=True)
        for _ in range(count)
    ]
    for each in threads:
        each.start()
    ready.wait()
    time.sleep(seconds)
    server = psutil.Process(app.process)
    kernels = [each for each in server.children(recursive=True) if each.parent() != server]
    used = [private_mib(each.pid) for each in kernels]
    for each in threads:
        each.join()
    return server.memory_info().rss / 2**20, used


def be_visitor(
    app: App, chapter: str, seconds: float, load: Load, ready: threading.Barrier
) -> None:
    """Open the chapter, wait for all others, and click."""
    page = area = clear = None
    try:
        visitor, started = Visitor(app).log_in(), time.monotonic()
        page = Page(visitor.connect(visitor.open_chapter(chapter)))
        states = page.states()
        load.opened.append(time.monotonic() - started)
        area = next(name for name, each in states.items() if each.get("key_help"))
        clear = next(name for name, each in states.items() if each.get("description") == "Clear")
        for name, state in states.items():
            if "keeps" in state:  # tells what is on the screen
                page.tell(name, {"kind": "page"})
                page.tell(name, {"kind": "seen", "view": "a"})
            elif state.get("_model_module") == "ipycanvas":
                page.tell(name, {"event": "client_ready"})
    except Exception as error:
        load.lost.append(f"{type(error).__name__}: {error}")
    ready.wait()
    if area is None:
        return
    end, points = time.monotonic() + seconds, 0
    time.sleep(random.uniform(0, EVERY_S))
    while (began := time.monotonic()) < end:
        points += 1
        if not click(page, area, points):
            load.lost.append("a click without an answer")
            return
        load.waited.append(time.monotonic() - began)
        if points == MOST_POINTS:
            page.tell(clear, {"event": "click"})
            points = 0
        rest = began + EVERY_S - time.monotonic()
        for _ in page.messages(max(rest, 0.0)):  # reads on, as a page does
            pass


def click(page: Page, area: str, points: int) -> bool:
    """Press and release somewhere, and wait for the sentence that counts this point."""
    at = [random.uniform(0.1, 0.9), random.uniform(0.1, 0.9)]
    event = {"at": at, "button": 0, "pointer": "mouse", "id": 1, "width": 1, "modifiers": []}
    for kind in ("press", "release"):
        page.tell(area, {"kind": kind, "turned": 0, **event})
    said = re.compile(rf"\b{points} foreground point")
    return any(said.search(json.dumps(content)) for content in page.messages(MOST_WAIT_S))


def private_mib(process: int) -> float:
    """Memory that a process shares with no other."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8")
    return sum(int(each) for each in re.findall(r"Private_\w+:\s+(\d+) kB", rollup)) / 1024


def report(
    arguments: argparse.Namespace, load: Load, server: float, used: list[float], busy: float
) -> list[str]:
    """The numbers in words and a table."""
    waited = np.array(load.waited or [float("nan")]) * 1000
    rows = [
        ["measured", "median", "95th percentile"],
        ["click to answer, ms", f"{median(waited):.0f}", f"{np.percentile(waited, 95):.0f}"],
        ["page asked for to connected, s", *spread(load.opened, 1)],
        ["private memory of a kernel, MiB", *spread(used, 0)],
        ["memory of the server, MiB", f"{server:.0f}", ""],
    ]
    words = (
        f"{arguments.visitors} visitors who came at the same time, each with a click every "
        f"{EVERY_S:g} s for {arguments.seconds:g} s: {len(load.waited)} clicks were answered, and "
        f"{len(load.lost)} visitors or clicks were lost. The visitors' own work ran on the same "
        f"{os.cpu_count()} cores, and so did other programs: before it the load was {busy:.1f}."
    )
    about = [f"Lost: {each}." for each in sorted(set(load.lost))]
    return [words, "", *markdown(rows), "", *about, f"{machine(PACKAGES)}."]


def spread(values: list[float], digits: int) -> list[str]:
    """Median and 95th percentile."""
    if not values:
        return ["", ""]
    return [f"{each:.{digits}f}" for each in (median(values), float(np.percentile(values, 95)))]


if __name__ == "__main__":
    main()
