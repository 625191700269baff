"""Memory of JupyterLab's page and of its kernel under clicks and moves, and under Run All.

    python tests/reliability/browser.py --help

It needs what the browser tests need: the `test` extra and Chromium. Linux only.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np
from playwright.sync_api import CDPSession

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from tests.browser.lab import Lab, Notebook
from tests.browser.script import lab_in_a_browser
from tests.reliability.measuring import Row, read_arguments, report, resident_mib

CELLS = [
    "import gc, threading, sam_explore as sx\n"
    "from ipywidgets.widgets.widget import _instances\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))",
    "canvas = sx.PromptCanvas(session)\ncanvas",
    "sx.explore(sx.probes.RawLogits, session)",
]
# Events at places in parts of the canvas' size, for the area over it, which hears them.
FIRE = """(canvas, events) => {
    const {left, top, width, height} = canvas.getBoundingClientRect();
    const heard = canvas.parentElement.querySelector('.sam-explore-area');
    for (const [type, x, y] of events) heard.dispatchEvent(new PointerEvent(type, {
        clientX: left + x * width, clientY: top + y * height, bubbles: true, pointerType: 'mouse',
    }));
}"""
KERNEL = """(gc.collect(), len(gc.get_objects()),
    int(open('/proc/self/statm').read().split()[1]) * 4096 / 2**20,
    sum(type(each) is sx.Session for each in gc.get_objects()), len(_instances),
    sum(each.name == 'sam-explore worker' for each in threading.enumerate()))[1:]"""
MOVES = 9  # for each click
CLICKS_BETWEEN_CLEARS = 10
LOOKS = 5


def main() -> None:
    counts = {"clicks": (1000, f"clicks, each after {MOVES} moves"), "runs": (20, "of all cells")}
    arguments = read_arguments(__doc__.splitlines()[0], counts)
    with lab_in_a_browser(1100, 1500) as lab:
        page = Page(lab)
        started = perf_counter()
        rows = list(click_and_move(page, arguments.clicks))
        words = (
            f"A prompting view and a map of the raw logits; before each click come {MOVES} moves, "
            f"all at places drawn at random; each click's answer is waited for, and after every "
            f"{CLICKS_BETWEEN_CLEARS} clicks the prompts are cleared. "
            f"{perf_counter() - started:.0f} s. Chromium {lab.page.context.browser.version}; the "
            "garbage of page and kernel is collected before each row. Before the last row the page "
            "was told that memory is short."
        )
        report(rows, words, "browser_events", arguments.write)
        started = perf_counter()
        rows = list(run_all(page, arguments.runs))
        words = (
            f"All cells run again and again in the same kernel. {perf_counter() - started:.0f} s."
        )
        report(rows, words, "browser_runs", arguments.write)


class Page:
    """The notebook in the browser, and what both hold."""

    def __init__(self, lab: Lab, cells: Sequence[str] = CELLS):
        self.lab, self.notebook = lab, lab.open(cells)
        self.notebook.execute("session.settle()")
        self.devtools: CDPSession = lab.page.context.new_cdp_session(lab.page)
        self.devtools.send("Performance.enable")
        self.browser = lab.page.context.browser.new_browser_cdp_session()

    def look(self) -> Row:
        """What page, browser and kernel hold after garbage collections."""
        self.devtools.send("HeapProfiler.collectGarbage")
        metrics = self.devtools.send("Performance.getMetrics")["metrics"]
        held = {each["name"]: each["value"] for each in metrics}
        objects, kernel, sessions, widgets, workers = self.notebook.value(KERNEL)
        return {
            "JavaScript heap, MiB": f"{held['JSHeapUsedSize'] / 2**20:.1f}",
            "elements": int(held["Nodes"]),
            "page's process, MiB": round(max(self.processes("renderer"))),
            "browser's, MiB": round(*self.processes("browser")),
            "kernel, MiB": round(kernel),
            "Python objects": objects,
            "sessions": sessions,
            "workers": workers,
            "widgets": widgets,
        }

    def processes(self, kind: str) -> list[float]:
        found = self.browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return [resident_mib(each["id"]) for each in found if each["type"] == kind]

    def let_go(self) -> None:
        """Tell the page that memory is short."""
        self.devtools.send("Memory.simulatePressureNotification", {"level": "critical"})
        self.lab.page.wait_for_timeout(3000)


def click_and_move(page: Page, count: int) -> Iterator[Row]:
    random, stage = np.random.default_rng(0), page.notebook.canvas(0)
    warm_up = max(count // 10, 10)
    looks = {warm_up + round(count * step / (LOOKS - 1)) for step in range(LOOKS)}
    for click in range(warm_up + count + 1):
        if click in looks:
            yield {"clicks": click - warm_up, "moves": MOVES * (click - warm_up), **page.look()}
        places = random.random((MOVES + 1, 2)).tolist()
        events = [["pointermove", *place] for place in places[:MOVES]]
        events += [[kind, *places[MOVES]] for kind in ("pointerdown", "pointerup")]
        stage.locator.evaluate(FIRE, events)
        settle_click(page.notebook)
        if click % CLICKS_BETWEEN_CLEARS == 0:
            page.notebook.execute("session.clear()")
    page.let_go()
    yield {"clicks": "after", "moves": "", **page.look()}


def settle(notebook: Notebook) -> None:
    notebook.execute("session.settle()")
    if error := notebook.value("session.error"):
        raise SystemExit(error)


def settle_click(notebook: Notebook) -> None:
    """Wait for the answer to a click, which has to be one that the kernel heard of."""
    settle(notebook)
    if notebook.value("session.prompts.is_empty"):
        raise SystemExit("The kernel heard no click.")


def run_all(page: Page, count: int) -> Iterator[Row]:
    warm_up = 2
    looks = {warm_up + round(count * step / (LOOKS - 1)) for step in range(LOOKS)}
    for run in range(warm_up + count + 1):
        if run in looks:
            yield {"runs": run - warm_up, **page.look()}
        page.notebook.run_all()
        settle(page.notebook)
    page.notebook.execute("import ctypes; ctypes.CDLL('libc.so.6').malloc_trim(0)")
    yield {"runs": "after", **page.look()}


if __name__ == "__main__":
    main()
