"""What a click leaves in the browser: the page's heap, its process, and object URLs.

    python tests/benchmarks/page_memory.py --write docs/benchmarks.md

The prompting view alone, and with an exhibit, each twice: as a reader has it, and as it is watched
by a tool that records the network, as the tests' is. Such a tool keeps each picture that is drawn,
since pictures come as data URLs and a data URL is a request to it. Each row is taken after a
garbage collection, and after the page was told that memory is short, which empties caches. It
needs what the browser tests need; Linux only.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlopen

import numpy as np
import psutil
from playwright.sync_api import sync_playwright
from websocket import WebSocket, create_connection

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.lab import Lab
from tests.browser.server import running_server
from tests.reliability.browser import CELLS
from tests.reliability.measuring import resident_mib

PACKAGES = ("jupyterlab", "ipycanvas", "ipywidgets", "ipykernel")
CLICKS_BETWEEN_CLEARS = 10
WARM_UP = 20  # clicks before the first row
# Counts what JavaScript makes and gives back from now on.
COUNT = """(() => {
    const {createObjectURL, revokeObjectURL} = URL;
    window.objectURLs = 0;
    URL.createObjectURL = it => (window.objectURLs++, createObjectURL.call(URL, it));
    URL.revokeObjectURL = it => (window.objectURLs--, revokeObjectURL.call(URL, it));
})()"""
EXECUTE = """jupyterapp.shell.currentWidget.sessionContext.session.kernel.requestExecute(
    {code: %s, store_history: false}).done.then(reply => reply.content.status)"""
PLACE = """(() => {
    const {x, y, width, height} = document.querySelector('.sam-explore-stage')
        .getBoundingClientRect();
    return [x, y, width, height];
})()"""
HEARD = """(async () => {
    const heard = () => document.querySelector('.jp-Notebook').innerText
        .includes('foreground point');
    const start = performance.now();
    while (!heard() && performance.now() < start + 60000)
        await new Promise(done => setTimeout(done, 50));
    return heard();
})()"""
HEAD = ["page", "network recorded", "clicks", "heap, MiB", "process, MiB", "object URLs"]


class Page:
    """A page of Chromium by its DevTools, without any tool in between."""

    def __init__(self, port: int, browser: int):
        pages = json.load(urlopen(f"http://127.0.0.1:{port}/json/list"))
        address = next(each for each in pages if each["type"] == "page" and "lab" in each["url"])
        self._socket: WebSocket = create_connection(
            address["webSocketDebuggerUrl"], timeout=600, suppress_origin=True
        )
        self._browser, self._numbers = psutil.Process(browser), count(1)
        self.send("Performance.enable")

    def send(self, method: str, **given: object) -> dict:
        """Call a method, and return its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": given}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                return answer["result"]

    def value(self, expression: str) -> object:
        """Of JavaScript; a promise is waited for."""
        told = self.send(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        return told["result"].get("value")

    def execute(self, code: str) -> None:
        """Run Python in the kernel."""
        if (status := self.value(EXECUTE % json.dumps(code))) != "ok":
            raise SystemExit(f"{code}: {status}")

    def click(self, x: float, y: float) -> None:
        """Press and release at shares of the picture's width and height; wait for the answer."""
        left, top, width, height = self.value(PLACE)  # type: ignore[misc]
        at = {"x": left + x * width, "y": top + y * height, "button": "left", "clickCount": 1}
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **at)
        self.execute("session.settle()")
        if not self.value(HEARD):
            raise SystemExit("The kernel heard no click.")

    def look(self) -> list[str]:
        """Heap, process and object URLs, without what is garbage or in a cache."""
        self.send("Memory.simulatePressureNotification", level="critical")
        self.value("new Promise(done => setTimeout(done, 3000))")
        self.send("HeapProfiler.collectGarbage")
        metrics = self.send("Performance.getMetrics")["metrics"]
        heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize") / 2**20
        renderers = [
            resident_mib(each.pid)
            for each in self._browser.children(recursive=True)
            if "--type=renderer" in each.cmdline()
        ]
        return [f"{heap:.1f}", f"{max(renderers):.0f}", str(self.value("window.objectURLs"))]


@contextmanager
def page_of(cells: Sequence[str]) -> Iterator[Page]:
    """A notebook that has run in a JupyterLab of its own; what ran it has left the browser."""
    home = TemporaryDirectory(ignore_cleanup_errors=True)
    with home, running_server(Path(home.name)) as server, sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        data = Path(home.name) / "chromium"
        own = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={data}"]
        chromium = subprocess.Popen(
            [path, *ARGUMENTS, *own, "--window-size=1100,1600", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            line = next(line for line in chromium.stderr or () if "DevTools listening" in line)
            port = int(line.split(":")[2].split("/")[0])
            browser = playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
            lab = Lab(browser.contexts[0].new_page(), server, kernel="python3")
            lab.open(list(cells)).execute("session.settle()")
            browser.close()  # leaves it
            yield Page(port, chromium.pid)
        finally:
            chromium.terminate()
            chromium.wait()


def main() -> None:
    """Measure, print, and write the table where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clicks", type=int, default=300)
    parser.add_argument("--looks", type=int, default=3, help="after the first (%(default)s)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    arguments = parser.parse_args()
    rows, version = [HEAD], ""
    for name, cells in (("prompting view", CELLS[:2]), ("with an exhibit", CELLS)):
        with page_of(cells) as page:
            version = str(page.send("Browser.getVersion")["product"])
            page.value(COUNT)
            for recorded in ("no", "yes"):
                if recorded == "yes":
                    page.send("Network.enable")
                for row in click(page, arguments.clicks, arguments.looks):
                    rows.append([name, recorded, *row])
                    print(rows[-1], flush=True)
    lines = [f"{machine(PACKAGES)}, {version}.", "", *markdown(rows)]
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "page_memory", lines)


def click(page: Page, clicks: int, looks: int) -> Iterator[list[str]]:
    """Click at places drawn at random, and look now and then."""
    random = np.random.default_rng(0)
    at = {WARM_UP + round(clicks * step / looks) for step in range(looks + 1)}
    for done in range(WARM_UP + clicks + 1):
        if done in at:
            yield [str(done - WARM_UP), *page.look()]
        page.click(*random.random(2))
        if done % CLICKS_BETWEEN_CLEARS == 0:
            page.execute("session.clear()")


if __name__ == "__main__":
    main()
