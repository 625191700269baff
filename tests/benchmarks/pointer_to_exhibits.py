"""How often exhibits are drawn while the pointer moves over the picture, measured in the browser.

    python tests/benchmarks/pointer_to_exhibits.py --help

One JupyterLab page holds the prompting view, on the model that ships, and some exhibits, by default
three of the mask decoder, all in sight. With `--alone` each exhibit has a page to itself. The
pointer goes in circles over the picture. In each animation frame the page looks whether an
exhibit's pixels have changed. It needs what the browser tests need: the `test` extra and Chromium.
"""

import argparse
import math
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine
from tests.browser.canvas import Canvas
from tests.browser.lab import Lab, Notebook
from tests.browser.script import lab_in_a_browser

PACKAGES = ("torch", "jupyterlab", "ipycanvas", "ipywidgets", "ipykernel")
EXHIBITS = ("TokenToImageAttention", "LogitProducts", "CheckerboardSpectrum")
OPEN = """
import sam_explore as sx

session = sx.Session(sx.load({weights}), sx.example("turtle"))
sx.PromptCanvas(session, width=256, keep_in_view=False)
"""
EXPLORE = "explorer_{number} = sx.explore(sx.probes.{name}, session)\nexplorer_{number}"
# Counts by exhibit how many animation frames find its first picture changed, and when the last was.
WATCH = """() => {
    const small = document.createElement('canvas');
    small.width = small.height = 48;
    const context = small.getContext('2d', {willReadFrequently: true});
    const look = explorer => {
        const one = explorer.querySelector('canvas, img');
        context.clearRect(0, 0, 48, 48);
        if (one && (one.naturalWidth ?? one.width)) context.drawImage(one, 0, 0, 48, 48);
        return context.getImageData(0, 0, 48, 48).data.join();
    };
    const explorers = [...document.querySelectorAll('.sam-explore-explorer')];
    window.watched = {frames: 0, counts: explorers.map(() => 0), last: 0, on: true};
    const before = explorers.map(look);
    const frame = () => {
        window.watched.frames += 1;
        explorers.forEach((explorer, i) => {
            const now = look(explorer);
            if (now !== before[i]) {
                before[i] = now;
                window.watched.counts[i] += 1;
                window.watched.last = performance.now();
            }
        });
        if (window.watched.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""
GOAL = 10.0  # updates a second
MOVES_A_SECOND = 60
QUIET_S = 2.0


def main() -> None:
    arguments = parse_arguments()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    names = arguments.exhibits
    pages = [[name] for name in names] if arguments.alone else [names]
    lines = []
    for page in pages:
        # All of it is in the page without scrolling.
        with lab_in_a_browser(1100, 400 + 1200 * len(page)) as lab:
            seconds, watched, late = measure(lab, page, arguments.seconds, arguments.weights)
            browser = lab.page.context.browser.version
        lines += report(page, seconds, watched, late)
    lines.insert(
        0,
        f"{machine(PACKAGES)}, Chromium {browser}. Load average before the start {busy:.1f} on "
        f"{os.cpu_count()} cores.\n",
    )
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "pointer_to_exhibits", lines)


def measure(
    lab: Lab, names: list[str], seconds: float, weights: Path | None
) -> tuple[float, dict, float]:
    """Seconds of moving, what the page saw, and how long after the last move it saw the last."""
    cells = [EXPLORE.format(number=i, name=name) for i, name in enumerate(names)]
    given = "" if weights is None else repr(str(weights))
    notebook = lab.open([OPEN.format(weights=given), *cells])
    stage = Canvas(notebook.page, notebook.page.locator(".sam-explore-stage").first)
    circle(notebook, stage, 2.0)  # the first readings of a process are slower
    notebook.execute("session.settle(60)")
    notebook.page.evaluate(WATCH)
    moved = circle(notebook, stage, seconds)
    end = notebook.page.evaluate("() => performance.now()")
    notebook.page.wait_for_timeout(1000 * QUIET_S)
    watched = notebook.page.evaluate("() => { watched.on = false; return watched; }")
    if notebook.value("session.pointed is None"):
        raise SystemExit("The pointer lay on the picture, and the session did not know it.")
    return moved, watched, watched["last"] - end


def circle(notebook: Notebook, stage: Canvas, seconds: float) -> float:
    """Move in circles over the picture; returns how long that took, in seconds."""
    width, height = stage.size
    left, top = stage.on_page((0, 0))
    right, bottom = stage.on_page((width, height))
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        angle = 2 * math.pi * elapsed / 3
        x, y = 0.5 + 0.3 * math.cos(angle), 0.5 + 0.3 * math.sin(angle)
        # Without asking where the picture is: that takes longer than an update.
        notebook.page.mouse.move(left + (right - left) * x, top + (bottom - top) * y)
        notebook.page.wait_for_timeout(1000 / MOVES_A_SECOND)
    return time.perf_counter() - started


def report(names: list[str], seconds: float, watched: dict, late: float) -> list[str]:
    """The table, and whether the goal is met."""
    rates = [count / seconds for count in watched["counts"]]
    rows = [["exhibit", "updates a second"]]
    rows += [[name, f"{rate:.1f}"] for name, rate in zip(names, rates, strict=True)]
    verdict = "met" if min(rates) >= GOAL else "missed"
    return [
        *markdown(rows),
        "",
        f"The pointer moved for {seconds:.1f} s, and the page drew {watched['frames']} frames. The "
        f"last update came {late:.0f} ms after the last move. Goal, {GOAL:.0f} updates a second of "
        f"each: {verdict}.",
        "",
    ]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of moving (default 10)")
    parser.add_argument("--weights", type=Path, help="of the model (default: the small one)")
    parser.add_argument("--exhibits", nargs="+", default=EXHIBITS, metavar="PROBE")
    parser.add_argument("--alone", action="store_true", help="a page for each exhibit")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


if __name__ == "__main__":
    main()
