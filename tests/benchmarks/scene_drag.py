"""How often a dragged scene is shown: picture, truth, mask and scores, measured in the browser.

    python tests/benchmarks/scene_drag.py --help

One JupyterLab page holds `SceneControl` on the model that ships, with a click on the turtle. The
pointer takes hold of the turtle and goes in circles. Every 40 ms the page looks whether the canvas
has changed. It needs what the browser tests need: the `test` extra and Chromium.
"""

import argparse
import math
import os
import sys
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

from sam_explore.toy.exam.tables import markdown, write_between_marks
from tests.benchmarks.measuring import machine
from tests.browser.canvas import Canvas
from tests.browser.lab import Lab
from tests.browser.script import lab_in_a_browser

PACKAGES = ("torch", "jupyterlab", "ipycanvas", "ipywidgets", "ipykernel")
OPEN = """
import sam_explore as sx

session = sx.Session(sx.load(), sx.example("turtle"))
session.add_point((230, 300))
control = sx.course.SceneControl(session)
control
"""
SHELL, RADIUS, SIDE = (230, 300), 60, 512  # in pixels of the picture
# Notes when a strip across the turtle is found changed. Looking at all of it in each frame would
# take a core by itself.
WATCH = """canvas => {
    const small = document.createElement('canvas');
    small.width = 200;
    small.height = 1;
    const context = small.getContext('2d', {willReadFrequently: true});
    window.watched = {looks: 0, changes: []};
    let before = '';
    window.watching = setInterval(() => {
        window.watched.looks += 1;
        context.drawImage(canvas, 0, canvas.height / 2, canvas.width, 4, 0, 0, 200, 1);
        const now = context.getImageData(0, 0, 200, 1).data.join();
        if (now !== before) window.watched.changes.push(performance.now());
        before = now;
    }, 40);
}"""
GOAL = 8.0  # updates a second
MOVES_A_SECOND = 60
QUIET_S = 2.0


def main() -> None:
    arguments = parse_arguments()
    busy = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    with lab_in_a_browser(1100, 900) as lab:
        seconds, watched, end = measure(lab, arguments.seconds)
        browser = lab.page.context.browser.version
    lines = [
        f"{machine(PACKAGES)}, Chromium {browser}. Load average before the start {busy:.1f} on "
        f"{os.cpu_count()} cores.\n",
        *report(seconds, watched, end),
    ]
    print("\n".join(lines))
    if arguments.write:
        write_between_marks(arguments.write, "scene_drag", lines)


def measure(lab: Lab, seconds: float) -> tuple[float, dict, float]:
    """Seconds of dragging, what the page saw, and when the last move was, in its milliseconds."""
    notebook = lab.open([OPEN])
    notebook.execute("session.settle(60)")
    page = notebook.page
    scene = Canvas(page, page.locator("canvas.sam-explore-scene"))
    notebook.wait_until(lambda: scene.pixel((8, 8))[3] == 255, "the scene is drawn")
    left, top = scene.on_page((0, 0))
    css = (scene.on_page(scene.size)[0] - left) / SIDE

    def circle(turns: float) -> None:
        angle = 2 * math.pi * turns
        x, y = SHELL[0] + RADIUS * math.sin(angle), SHELL[1] + RADIUS * (math.cos(angle) - 1)
        page.mouse.move(left + css * x, top + css * y)
        page.wait_for_timeout(1000 / MOVES_A_SECOND)

    circle(0)
    page.mouse.down()
    started = time.perf_counter()
    while time.perf_counter() - started < 2.0:  # the first readings of a process are slower
        circle((time.perf_counter() - started) / 3)
    scene.locator.evaluate(WATCH)
    started = time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        circle(elapsed / 3)
    end = page.evaluate("() => performance.now()")
    page.wait_for_timeout(1000 * QUIET_S)
    watched = page.evaluate("() => { clearInterval(watching); return watched; }")
    page.mouse.up()
    notebook.execute("session.settle(60)")
    if notebook.value("not session.truth.drawn_from.changes.moved_px"):
        raise SystemExit("The turtle was dragged, and the session does not have it moved.")
    return elapsed, watched, end


def report(seconds: float, watched: dict, end: float) -> list[str]:
    """The table, and whether the goal is met."""
    changes = watched["changes"]
    dragged = [each for each in changes if each <= end]
    gaps = sorted(after - before for before, after in pairwise(dragged))
    rate = len(dragged) / seconds
    verdict = "met" if rate >= GOAL else "missed"
    rows = [
        ["", "measured"],
        ["updates a second", f"{rate:.1f}"],
        ["median time between two, ms", f"{gaps[len(gaps) // 2]:.0f}" if gaps else "none"],
        ["last update after the last move, ms", f"{changes[-1] - end:.0f}" if changes else "none"],
    ]
    return [
        *markdown(rows),
        "",
        f"The pointer moved for {seconds:.1f} s, and the page looked {watched['looks']} times. "
        f"Goal, {GOAL:.0f} updates a second: {verdict}.",
        "",
    ]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of dragging (default 10)")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write between FILE's marks")
    return parser.parse_args()


if __name__ == "__main__":
    main()
