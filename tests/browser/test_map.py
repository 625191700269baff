"""The map in JupyterLab: a click runs through it, boxes unfold, keys go from box to box."""

import pytest

from .canvas import Canvas
from .lab import Lab, Notebook
from .prompting import SHELL

CELLS = [
    "import sam_explore as sx\n\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "sx.PromptCanvas(session, width=256, keep_in_view=False)",
    "network = sx.course.network_map(session)\nnetwork",
]
ENCODER, DECODER = "image_encoder.channel_projection", "mask_decoder.mask_generator.hook_logits"
STAGE, FIRST_BLOCK = "image_encoder.vit.stages.0", "image_encoder.vit.blocks.0"
HEADS = "mask_decoder.mask_generator.token_heads"


@pytest.fixture
def notebook(lab: Lab) -> Notebook:
    notebook = lab.open(CELLS)
    wait_for(notebook, "network.words != '' and not session.busy")
    return notebook


def wait_for(notebook: Notebook, expression: str) -> None:
    notebook.wait_until(lambda: notebook.value(f"bool({expression})"), expression)


def wait_for_size(notebook: Notebook, network: Canvas) -> None:
    """Wait until the page has the map as it is laid out now."""
    height = notebook.value("network._canvas.canvas.height")
    notebook.wait_until(lambda: network.size[1] == height, f"the map is {height} pixels high")


def middle_of(name: str) -> str:
    return f"network._canvas.layout.box_of({name!r}).middle"


def place_of(notebook: Notebook, name: str) -> tuple[float, float]:
    """The middle of a box in pixels of the canvas."""
    x, y = notebook.value(f"list({middle_of(name)})")
    return 2 * x, 2 * y


def colour_of_edge(notebook: Notebook, network: Canvas, name: str) -> tuple[int, ...]:
    """The colour of a box's left edge, half-way down."""
    left, top, height = notebook.value(
        f"(lambda box: [box.left, box.top, box.height])(network._canvas.layout.box_of({name!r}))"
    )
    return network.pixel((2 * left, 2 * top + height))[:3]


def test_a_click_runs_through_the_map_and_boxes_unfold(notebook):
    page = notebook.page
    network = Canvas(page, page.locator("canvas.sam-explore-network"))
    notebook.wait_until(lambda: network.pixel((20, 20))[3] == 255, "the map is drawn")
    Canvas(page, page.locator(".sam-explore-stage")).click(SHELL)
    wait_for(notebook, "network.changed[-1:] == ('answer',) and 'Outlined' in network.words")
    orange = (230, 159, 0)
    notebook.wait_until(
        lambda: colour_of_edge(notebook, network, DECODER) == orange, "the decoder lights up"
    )
    assert colour_of_edge(notebook, network, ENCODER) != orange

    # The map is higher than the window: its beginning has to be in sight for the mouse.
    page.evaluate("jupyterapp.shell.currentWidget.content.scrollToItem(1, 'start')")
    network.move(place_of(notebook, ENCODER))
    page.get_by_text("Computed from: stage 4").wait_for()
    network.click(place_of(notebook, STAGE))
    wait_for(notebook, f"network._canvas.layout.box_of({FIRST_BLOCK!r}) is not None")
    wait_for_size(notebook, network)
    page.keyboard.press("ArrowDown")  # from the stage's place to a block below its heading
    wait_for(notebook, f"network._canvas._pointed == {middle_of(FIRST_BLOCK)}")
    page.get_by_text("Block 0, windowed: residual stream after the block").first.wait_for()
    page.keyboard.press("Enter")
    wait_for(notebook, f"{FIRST_BLOCK!r} in network.unfolded")
    exhibits = page.locator(".sam-explore-map-of-network select")
    exhibits.select_option(label="What does one channel hold after a block? (BlockChannel)")
    wait_for(notebook, "network.exhibit is not None and network.exhibit.probe.block == 0")
    page.locator(".sam-explore-map-of-network .sam-explore-explorer canvas").first.wait_for()


def test_keys_go_on_from_the_box_that_was_clicked_though_the_map_grew(notebook):
    page = notebook.page
    network = Canvas(page, page.locator("canvas.sam-explore-network"))
    before = network.size[1]
    page.evaluate("jupyterapp.shell.currentWidget.content.scrollToItem(1, 'end')")
    clicked = place_of(notebook, HEADS)
    network.click(clicked)
    wait_for(notebook, f"{HEADS!r} in network.unfolded")
    wait_for_size(notebook, network)
    assert network.size[1] > before
    page.keyboard.press("ArrowDown")
    wait_for(notebook, f"network._canvas._pointed not in (None, {clicked})")
    _, y = notebook.value("network._canvas._pointed")
    assert 0 < y - clicked[1] / 2 < 60
