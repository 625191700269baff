"""How long it takes from nothing to a package, to a model, and to the first mask on a page.

    python tests/benchmarks/start_up.py --help

Each round starts processes of its own. What lies in the system's file cache stays there, as on a
machine where the package was used before. The last part needs what the browser tests need: the
`test` extra and Chromium.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine
from tests.browser.chromium import ARGUMENTS, find_chromium
from tests.browser.lab import Notebook
from tests.browser.server import end, environment, free_port

MOST_IMPORT_S, MOST_LOAD_S, MOST_CLICK_S = 0.3, 4.0, 15.0
# A cell each of a notebook that a person begins with; the clock starts with the process.
STEPS = (
    ("import sam_explore", "import sam_explore as sx"),
    ("import torch", "import torch"),
    ("sx.load", "sx.load"),
    ("sx.load()", "sam = sx.load()"),
    ('sx.example("turtle")', 'image = sx.example("turtle")'),
    ("sx.Session and sx.PromptCanvas", "sx.Session, sx.PromptCanvas"),
    ("sx.PromptCanvas(session)", "sx.PromptCanvas(sx.Session(sam, image))"),
)
SHELL_PX = (230, 300)  # of the turtle, in pixels of the picture; the canvas has two for each
ANSWERED = "1 foreground point. Mask"  # how the sentence next to the picture begins then
READY_S = 90


def main() -> None:
    arguments = read_arguments()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    steps = [steps_of_a_process() for _ in range(arguments.rounds)]
    with sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        clicks = []
        for _ in range(arguments.rounds):
            clicks.append(
                first_click(
                    lambda: playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
                )
            )
    lines = report(steps, clicks, busy)
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "start_up", lines)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="of everything (default 5)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


def steps_of_a_process() -> dict[str, float]:
    """Seconds of each of STEPS, one after the other in a fresh process, and of Python's start."""
    stamp = "print(time.perf_counter(), flush=True)"
    code = "\n".join(["import time", stamp, *(f"{code}\n{stamp}" for _, code in STEPS)])
    started = time.perf_counter()  # on Linux one clock for all processes
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    stamps = [started, *map(float, ran.stdout.split())]
    names = ["Python itself", *(name for name, _ in STEPS)]
    return {
        name: after - before
        for name, before, after in zip(names, stamps[:-1], stamps[1:], strict=True)
    }


def first_click(launch: Callable[[], Browser]) -> dict[str, float]:
    """Seconds from the command `sam-explore lab` to each milestone on the way to a mask."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as home:
        url = f"http://127.0.0.1:{free_port()}"
        command = [
            str(Path(sys.executable).with_name("sam-explore")),
            "lab",
            "--no-browser",
            "--allow-root",
        ]
        command += ["--expose-app-in-browser", f"--port={url.rpartition(':')[2]}"]
        reached: dict[str, float] = {}
        started = time.perf_counter()

        def note(milestone: str) -> None:
            reached[milestone] = time.perf_counter() - started

        with (Path(home) / "log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=home,
                env={**environment(Path(home) / "jupyter"), "JUPYTER_TOKEN": "start"},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for_the_address(Path(home) / "log", process)
            note("the address is printed")
            browser = launch()
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.goto(f"{url}/lab/tree/01_prompting.ipynb?token=start")
            see_a_mask(page, note)
            browser.close()
        finally:
            end(process)
    return reached


def wait_for_the_address(log: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + READY_S
    while "127.0.0.1" not in log.read_text("utf-8"):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"sam-explore lab did not start:\n{log.read_text('utf-8')[-3000:]}")
        time.sleep(0.02)


def see_a_mask(page: Page, note: Callable[[str], None]) -> None:
    """Run the first cells as a person does, click as soon as the turtle is there, and wait."""
    notebook = Notebook(page, "01_prompting.ipynb")
    notebook.wait_until_idle()
    note("the notebook is open, its kernel ready")
    page.evaluate(
        "async () => { for (let i = 0; i < 3; i++)"
        " jupyterapp.commands.execute('notebook:run-cell-and-select-next'); }"
    )
    stage = notebook.canvas(0)
    notebook.wait_until(lambda: stage.pixel((8, 8))[3] == 255, "the picture is there", seconds=60)
    note("the picture is there")
    stage.click((2 * SHELL_PX[0], 2 * SHELL_PX[1]))
    page.get_by_text(ANSWERED).first.wait_for(timeout=60_000)
    note("the click is answered")


def report(steps: list[dict], clicks: list[dict], busy: float) -> list[str]:
    """The whole report as lines of markdown."""
    rows = [["in one process", "median, s", "least, s", "most, s"]]
    rows += [[name, *figures([each[name] for each in steps])] for name in steps[0]]
    to_import = median(each["import sam_explore"] for each in steps)
    names = ["import sam_explore", "import torch", "sx.load", "sx.load()"]
    to_load = median(sum(each[name] for name in names) for each in steps)
    torch_alone = median(each["import torch"] for each in steps)
    table = [["from the command to", "median, s", "least, s", "most, s"]]
    table += [[name, *figures([each[name] for each in clicks])] for name in clicks[0]]
    click = median(each["the click is answered"] for each in clicks)
    packages = ("torch", "jupyterlab", "ipykernel", "ipywidgets", "ipycanvas")
    return [
        f"{len(steps)} rounds. {machine(packages)}. Load average before the start {busy:.1f} on "
        f"{os.cpu_count()} cores.",
        "",
        *markdown(rows),
        "",
        f"Importing the package: {to_import:.3f} s, goal under {MOST_IMPORT_S} s: "
        f"{verdict(to_import < MOST_IMPORT_S)}. The small model from a cold process: "
        f"{to_load:.2f} s, of which importing torch {torch_alone:.2f} s, goal under "
        f"{MOST_LOAD_S:.0f} s: {verdict(to_load < MOST_LOAD_S)}.",
        "",
        *markdown(table),
        "",
        f"From the command to the first answered click: {click:.1f} s, goal within "
        f"{MOST_CLICK_S:.0f} s: {verdict(click <= MOST_CLICK_S)}.",
    ]


def figures(seconds: list[float]) -> list[str]:
    return [f"{one:.3f}" for one in (median(seconds), min(seconds), max(seconds))]


def verdict(met: bool) -> str:
    return "met" if met else "missed"


if __name__ == "__main__":
    main()
