"""Every part of a view has its place on the page, whatever happens to the window meanwhile."""

from .lab import SETTLE, Lab

CELLS = [
    "import sam_explore as sx\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "session.add_point((230, 300))",
    "explorer = sx.explore(sx.probes.HeadEffects, session)\nexplorer",
]
# Of each table: its own width, its place on the page, and the one that the kernel gave it.
PLACES = """() => [...document.querySelectorAll('.sam-explore-table')].map(table => {
    const {width, height} = table.getBoundingClientRect();
    const given = [table.style.width, table.style.height].map(parseFloat);
    return [(table.querySelector('canvas') ?? table).width, width, height, ...given];
})"""


def test_no_table_loses_its_place_when_the_window_is_resized_while_it_is_drawn(lab: Lab):
    notebook = lab.open(CELLS)
    for width, height in ((1400, 1700), (1100, 800), (1400, 1700)):
        lab.page.set_viewport_size({"width": width, "height": height})
        notebook.execute("explorer.set(block=(explorer.probe.block + 1) % 8)")
        lab.page.set_viewport_size({"width": width - 40, "height": height - 40})
        notebook.execute(SETTLE)
        lab.page.wait_for_timeout(300)
        places = lab.page.evaluate(PLACES)
        assert len(places) == 3
        for natural, wide, high, *given in places:
            assert natural > 500
            assert (wide, high) == tuple(given)
            assert min(given) > 100


# Boxes whose content does not fit, which cut it off or scroll, with both widths.
TOO_NARROW = """() => [...document.querySelectorAll('.jp-OutputArea-output .jupyter-widgets')]
    .filter(box => box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1
        && getComputedStyle(box).overflowX !== 'visible')
    .map(box => [box.className, box.scrollWidth, box.clientWidth])"""
FILES = "() => jupyterapp.commands.execute('application:toggle-left-area').then(() => null)"
OUTPUTS = """() => [...document.querySelectorAll('.jp-OutputArea-output')]
    .map(output => [output.scrollWidth, output.clientWidth])"""


def test_nothing_is_cut_off_and_no_scrollbar_stands_anywhere_from_700_to_1600_pixels(lab: Lab):
    probes = ("AttentionRow", "WindowEffect", "HeadEffects", "RawLogits", "LogitHistogram")
    views = [f"sx.explore(sx.probes.{probe}, session)" for probe in probes]
    views[0] = "sx.explore(sx.probes.AttentionRow, session, head=-2)"
    notebook = lab.open([CELLS[0] + "\nsx.PromptCanvas(session)", *views])
    lab.page.set_viewport_size({"width": 1000, "height": 6000})
    notebook.execute(SETTLE)
    found = []
    lab.page.evaluate(FILES)  # closed, so that the notebook has the page's width
    for width in (700, 1000, 1600):
        lab.page.set_viewport_size({"width": width, "height": 6000})
        lab.page.wait_for_timeout(500)
        found.append((lab.page.evaluate(TOO_NARROW), lab.page.evaluate(OUTPUTS)))
    lab.page.evaluate(FILES)
    for too_narrow, outputs in found:
        assert too_narrow == []
        assert len(outputs) == 6
        assert all(content <= room for content, room in outputs), outputs
