"""Inputs with markup in everything from outside: names, paths, files, errors, a probe's words."""

import json
import re
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page

from .lab import SETTLE

PAYLOAD = "<img src=x onerror=window.harmed=1>"  # as a file may be called on most systems
CELLS = [
    f"""
import time
from dataclasses import dataclass
from pathlib import Path
import numpy as np
import sam_explore as sx
from sam_explore.probes import Probe
from sam_explore.probes.common.probe import knob
from sam_explore.readings import Heatmap, Scale
from sam_explore.widgets.prompting import files

PAYLOAD = {PAYLOAD!r}
opened = files.picture_in

def slowly(*given):
    time.sleep(2)  # so that what is being opened can be read
    return opened(*given)

files.picture_in = slowly

@dataclass(frozen=True)
class Hostile(Probe):
    size: int = knob(1, PAYLOAD + " knob", low=0, high=3)
    kind: str = knob(PAYLOAD + " choice", "kind", choices=(PAYLOAD + " choice", "b"))
    many: str = knob("a", "many", choices=("a", "b", "c", PAYLOAD + " of many"))

    def read(self, trace):
        if self.size == 2:
            raise ValueError(PAYLOAD + " failure")
        scale = Scale(PAYLOAD + " unit")
        return Heatmap(np.eye(4), PAYLOAD + " title", PAYLOAD + " words", scale, "tokens")

Hostile.__name__ = PAYLOAD + "Name"
Hostile.__doc__ = PAYLOAD + " question."
session = sx.Session(sx.load(), sx.example("turtle"))
session.add_point((230, 300))
"""
    + SETTLE,
    "canvas = sx.PromptCanvas(session, width=256)\ncanvas",
    f"explorer = sx.explore(Hostile, session)\n{SETTLE}\nexplorer",
    f"broken = sx.explore(Hostile, session, size=2)\n{SETTLE}\nbroken",
]
WORDS = ("Name", " question.", " knob", " choice", " words", " failure")


def attack(page: Page) -> None:
    """Do with the view what a reader does with files that somebody sent."""
    for words in WORDS:
        shown(page, words)
    page.get_by_text("Picture and model").first.click()
    choose(page, "Upload", a_picture(f"{PAYLOAD} picture.png"))
    shown(page, " picture.png")  # is being opened
    shown(page, " picture.png", there=False)
    choose(page, "Upload", file(f"{PAYLOAD} broken.png", b"no picture"))
    shown(page, " broken.png")
    typed(page, "path of a picture", f"{PAYLOAD} typed.png")
    shown(page, " typed.png")
    typed(page, "path of its weights", f"{PAYLOAD} weights.pth")
    shown(page, " weights.pth")
    page.get_by_text("Save and restore").first.click()
    saved = {"format": f"{PAYLOAD} prompts", "version": f"{PAYLOAD} prompts"}
    choose(page, "Restore", file("prompts.json", json.dumps(saved).encode()))
    page.get_by_text("As Python").first.click()
    shown(page, " picture.png")  # in the code, as the name of the upload


def assert_unharmed(page: Page) -> None:
    """No text became an element, and nothing ran."""
    page.wait_for_timeout(300)  # a picture's onerror comes later than the picture
    assert page.evaluate("window.harmed") is None
    assert page.locator("img[src=x]").count() == 0


def shown(page: Page, words: str, *, there: bool = True) -> None:
    """Wait until the payload with these words stands in the page, as text."""
    state = "visible" if there else "hidden"
    found = page.get_by_text(f"{PAYLOAD}{words}").locator("visible=true").first
    found.wait_for(state=state)


def choose(page: Page, button: str, chosen: dict) -> None:
    with page.expect_file_chooser() as chooser:
        buttons = page.locator(".sam-explore-prompting button:visible")
        buttons.filter(has_text=re.compile(rf"^\s*{button}")).first.click()
    chooser.value.set_files(chosen)


def typed(page: Page, field: str, line: str) -> None:
    page.get_by_placeholder(field).first.fill(line)
    page.get_by_placeholder(field).first.press("Enter")


def file(name: str, content: bytes) -> dict:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def a_picture(name: str) -> dict:
    content = BytesIO()
    Image.new("RGB", (60, 40), (200, 120, 40)).save(content, "png")
    return file(name, content.getvalue())
