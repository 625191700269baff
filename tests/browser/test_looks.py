"""What is written in the views can be read, in JupyterLab's light theme and in its dark one."""

import numpy as np
import pytest

from .canvas import Canvas
from .lab import Lab

CELLS = [
    "import sam_explore as sx\n"
    'session = sx.Session(sx.load(), sx.example("turtle"))\n'
    "session.add_point((230, 300))\n"
    "canvas = sx.PromptCanvas(session, width=400)\n"
    "canvas._controls.more.value = True\n"
    "canvas",
    "sx.explore(sx.probes.BlockNorms, session)",
    "sx.explore(sx.probes.NormsByDepth, session)",
    "session.settle(60)",
]
THEMES = ("JupyterLab Light", "JupyterLab Dark")
SWITCH = """async theme => {
    await jupyterapp.commands.execute('apputils:change-theme', {theme});
    while (document.body.dataset.jpThemeName !== theme)
        await new Promise(requestAnimationFrame);
}"""
# Each piece of text with its colour and those of the grounds under it, from the top; what can't be
# used now may be faint.
TEXTS = """() => {
    const found = [];
    for (const output of document.querySelectorAll('.jp-OutputArea-output .jupyter-widgets')) {
        const walker = document.createTreeWalker(output, NodeFilter.SHOW_TEXT);
        for (let node; node = walker.nextNode();) {
            const element = node.parentElement;
            if (!node.data.trim() || !element.checkVisibility() || element.closest(':disabled')
                || element.closest('style')) continue;
            const grounds = [];
            for (let under = element; under; under = under.parentElement)
                grounds.push(getComputedStyle(under).backgroundColor);
            found.push([node.data.trim(), getComputedStyle(element).color, grounds]);
        }
    }
    return found;
}"""


def rgba(css: str) -> np.ndarray:
    numbers = [float(part) for part in css[css.index("(") + 1 : -1].split(",")]
    return np.array([*numbers, 1.0][:4])


def over(top: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """The colour of something that the ground may shine through."""
    return np.append(top[:3] * top[3] + ground[:3] * (1 - top[3]), 1.0)


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    """As WCAG 2.2 defines it, from 1 to 21."""

    def light(colour: np.ndarray) -> float:
        share = colour[:3] / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05

    return max(light(one), light(other)) / min(light(one), light(other))


def written(colour: str, grounds: list[str]) -> float:
    ground = np.array([255.0, 255.0, 255.0, 1.0])
    for each in reversed(grounds):
        ground = over(rgba(each), ground)
    return contrast(over(rgba(colour), ground), ground)


def drawn(canvas: Canvas) -> float:
    """The contrast between the ground of a chart or a map and the ink of its title."""
    title = canvas.pixels()[: 30 * 2].reshape(-1, 4).astype(float)
    assert (title[:, 3] == 255).all()  # no theme shines through
    colours, counts = np.unique(title, axis=0, return_counts=True)
    ground = colours[counts.argmax()]
    return max(contrast(colour, ground) for colour in colours)


def faint(lab: Lab) -> list[tuple[str, float]]:
    """What can't be read well: below WCAG's 4.5."""
    texts = lab.page.evaluate(TEXTS)
    measured = [(text, written(colour, grounds)) for text, colour, grounds in texts]
    return [(text, round(ratio, 2)) for text, ratio in measured if ratio < 4.5]


def test_the_contrast_is_that_of_the_definition():
    assert written("rgb(0, 0, 0)", ["rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"]) == 21
    assert written("rgb(118, 118, 118)", ["rgb(255, 255, 255)"]) == pytest.approx(4.54, abs=0.01)
    assert written("rgba(0, 0, 0, 0.5)", ["rgb(255, 255, 255)"]) == pytest.approx(3.98, abs=0.05)


@pytest.mark.fresh_page
def test_all_that_is_written_can_be_read_in_a_light_and_in_a_dark_theme(lab: Lab):
    notebook = lab.open(CELLS)
    notebook.wait_until(lambda: notebook.value("not session.busy"), "the views are drawn")
    lab.page.add_style_tag(content="* {transition: none !important}")  # on the way to its colour
    for theme in THEMES:
        lab.page.evaluate(SWITCH, theme)
        assert faint(lab) == []
        words = [text for text, _, _ in lab.page.evaluate(TEXTS)]
        assert {"Mask 0", "Undo", "Threshold (logits)", "NormsByDepth"} <= set(words)
    assert drawn(Canvas(lab.page, notebook.output(".sam-explore-chart").last)) >= 7
    assert drawn(notebook.canvas(2)) >= 7
