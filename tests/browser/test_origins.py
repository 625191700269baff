"""A cell of an exhibit is asked where its number comes from, and the answer down to a pixel."""

from .lab import Lab
from .test_exhibits import Exhibit

BUTTON = "Where does this number come from?"


def test_a_number_is_asked_down_to_a_pixel_and_the_way_leads_back(lab: Lab):
    exhibit = Exhibit(lab, "KernelResponse")
    panel = exhibit.notebook.output(".sam-explore-origin")
    panel.get_by_role("button", name=BUTTON).click()
    exhibit.notebook.wait_until(
        lambda: exhibit.notebook.value("explorer._origins.panel.is_open"), "the panel is open"
    )
    exhibit.map.click(exhibit.cell(5, 6))
    exhibit.read("Dot product of a patch's pixels with a kernel")
    exhibit.read("The model's own number is")

    def row(words: str):
        return panel.locator(".widget-hbox", has_text=words).first.get_by_role("button")

    assert row("learned weight of projection").is_disabled()
    row("pixels[").click()
    exhibit.read("(level − mean) / deviation")
    assert row("level of the picture").is_disabled()
    panel.get_by_role("button", name="Dot product of a patch's pixels with a kernel").click()
    exhibit.read("Σ w · x + b")
    exhibit.read("sx.explain(session.trace,")
