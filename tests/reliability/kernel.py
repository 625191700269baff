"""Memory of a kernel under 10,000 clicks and moves, and under views closed and made again.

    python tests/reliability/kernel.py --help

There is no page: the messages that one would send are given to the widgets. Linux only.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # of the repository

import sam_explore as sx
from tests.reliability.measuring import Row, look_at_kernel, read_arguments, report
from tests.widgets.screen import send

WARM_UP = 1000  # events; torch and matplotlib take their memory in the first ones
AT_ONCE = 10  # events, before the answer is waited for
BETWEEN_CLEARS = 50
CLICK_EVERY = 2
LOOKS = 5


def main() -> None:
    counts = {"events": (10_000, "clicks and moves"), "views": (200, "views closed and made again")}
    arguments = read_arguments(__doc__.splitlines()[0], counts)
    with sx.Session(sx.load(), sx.example("turtle")) as session:
        started = perf_counter()
        rows = list(click_and_move(session, arguments.events))
        words = (
            f"A prompting view and a map of the raw logits on one session of the model that ships; "
            f"every second event is a click (press and release), the others are moves, each at a "
            f"place drawn at random; after every {AT_ONCE} the answers are waited for, after every "
            f"{BETWEEN_CLEARS} the prompts are cleared. {WARM_UP} events went before the first "
            f"row. {perf_counter() - started:.0f} s."
        )
        report(rows, words, "kernel_events", arguments.write)
        started = perf_counter()
        rows = list(close_and_make_again(session, arguments.views))
        words = (
            "A prompting view and a map are made on the same session, clicked on, answered and "
            f"closed, again and again. {perf_counter() - started:.0f} s."
        )
        report(rows, words, "kernel_views", arguments.write)


def click_and_move(session: sx.Session, count: int) -> Iterator[Row]:
    random = np.random.default_rng(0)
    looks = {WARM_UP + round(count * step / (LOOKS - 1)) for step in range(LOOKS)}
    with sx.PromptCanvas(session) as view, sx.explore(sx.probes.RawLogits, session):
        stage = view._stage.canvas
        for event in range(WARM_UP + count + 1):
            if event % AT_ONCE == 0:
                session.settle()
            if event % BETWEEN_CLEARS == 0:
                session.clear()
            if event in looks:
                session.settle()
                yield {"clicks and moves": event - WARM_UP, **look_at_kernel()}
            x, y = random.integers(0, 1024, 2)
            if event % CLICK_EVERY == 0:
                send(stage, "mouse_down", x, y)
                send(stage, "mouse_up", x, y)
            else:
                send(stage, "mouse_move", x, y)
            if session.error:
                raise SystemExit(f"After {event} events: {session.error}")


def close_and_make_again(session: sx.Session, count: int) -> Iterator[Row]:
    warm_up = 10
    looks = {warm_up + round(count * step / (LOOKS - 1)) for step in range(LOOKS)}
    for number in range(warm_up + count + 1):
        if number in looks:
            yield {"closed and made again": number - warm_up, **look_at_kernel()}
        with sx.PromptCanvas(session) as view, sx.explore(sx.probes.RawLogits, session):
            send(view._stage.canvas, "mouse_down", 460, 600)
            send(view._stage.canvas, "mouse_up", 460, 600)
            session.settle()
        session.clear()
        session.settle()


if __name__ == "__main__":
    main()
