"""Every part of a view has its place on the page, whatever happens to the window meanwhile."""

from .lab import Lab

CELLS = [
    "import sam_explore as sx\n"
    "session = sx.Session(sx.load(), sx.example('turtle'))\n"
    "session.add_point((230, 300))",
    "explorer = sx.explore(sx.probes.HeadEffects, session)\nexplorer",
]
# Of each image: its own size, its place on the page, and the one that the kernel gave it.
PLACES = """() => [...document.querySelectorAll('.sam-explore-explorer img')].map(image => {
    const {width, height} = image.getBoundingClientRect();
    const given = [image.style.width, image.style.height].map(parseFloat);
    return [image.naturalWidth, width, height, ...given];
})"""


def test_no_table_loses_its_place_when_the_window_is_resized_while_it_is_drawn(lab: Lab):
    notebook = lab.open(CELLS)
    for width, height in ((1400, 1700), (1100, 800), (1400, 1700)):
        lab.page.set_viewport_size({"width": width, "height": height})
        notebook.execute("explorer.set(block=(explorer.probe.block + 1) % 8)")
        lab.page.set_viewport_size({"width": width - 40, "height": height - 40})
        notebook.execute("session.settle(60)")
        lab.page.wait_for_timeout(300)
        places = lab.page.evaluate(PLACES)
        assert len(places) == 3
        for natural, wide, high, *given in places:
            assert natural > 500
            assert (wide, high) == tuple(given)
            assert min(given) > 100
