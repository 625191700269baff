"""One control for the picture under all maps of a page, in JupyterLab."""

import numpy as np

from .canvas import Canvas
from .lab import SETTLE, Lab

CELLS = [
    "import sam_explore as sx\n"
    'session = sx.Session(sx.load(), sx.example("turtle"))\n'
    "session.add_point((230, 300))\n"
    "canvas = sx.PromptCanvas(session, width=400)\n"
    "canvas",
    "channel = sx.explore(sx.probes.BlockChannel, session)\nchannel",
    "logits = sx.explore(sx.probes.RawLogits, session)\nlogits",
    SETTLE,
]
TILE = "(tile := {view}._view.views[0]._layout.tiles[0]).left, tile.top, tile.width, tile.height"


def test_the_opacity_that_is_changed_in_one_exhibit_is_that_of_the_other_too(lab: Lab):
    notebook = lab.open(CELLS)
    maps = notebook.output(".sam-explore-map")
    first, second = (Canvas(lab.page, maps.nth(index)) for index in (0, 1))

    def cells(canvas: Canvas, view: str) -> np.ndarray:
        """What is drawn of the exhibit's first map, within its frame."""
        left, top, width, height = notebook.value(f"({TILE.format(view=view)})")
        inside = canvas.pixels()[2 * top : 2 * (top + height), 2 * left : 2 * (left + width), :3]
        return inside[4:-4, 4:-4].astype(int)

    def both() -> list[np.ndarray]:
        return [cells(first, "channel"), cells(second, "logits")]

    def settled() -> list[np.ndarray]:
        notebook.execute(SETTLE)
        before = None
        while before is None or any((a != b).any() for a, b in zip(before, both(), strict=True)):
            before = both()
            lab.page.wait_for_timeout(150)
        return before

    over = settled()
    slider = notebook.output(".sam-explore-picture-below .noUi-handle").first
    slider.focus()
    slider.press("End")
    notebook.wait_until(lambda: notebook.value("session.map_opacity") == 1, "the maps are alone")
    alone = settled()
    slider.press("Home")
    notebook.wait_until(lambda: notebook.value("session.map_opacity") == 0, "the maps are clear")
    picture = settled()
    for opaque, mixed, bare in zip(alone, over, picture, strict=True):
        # The map shows, and so does what lies below: each pixel is between the two.
        assert np.abs(opaque - bare).mean() > 20
        share = np.median(
            np.abs(mixed - bare).sum(axis=2) / np.maximum(1, np.abs(opaque - bare).sum(axis=2))
        )
        assert 0.5 < share < 0.7  # 0.6 of the map
        grey = bare.max(axis=2) - bare.min(axis=2)
        assert np.median(grey) <= 2  # the picture has no colours of its own
    # A cell of the map alone has one colour; over the picture the picture's edges are in it too.
    assert len(np.unique(alone[0].reshape(-1, 3), axis=0)) <= 256
    assert len(np.unique(over[0].reshape(-1, 3), axis=0)) > 1000
