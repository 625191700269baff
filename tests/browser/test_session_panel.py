"""What a reader does with a session in JupyterLab: another picture, a file of the mask, cancel."""

from pathlib import Path

import numpy as np
from PIL import Image

from sam_explore.scenes import example

from .canvas import Canvas
from .lab import Lab, Notebook

OPEN = """
import sam_explore as sx
session = sx.Session(sx.load(), sx.example("turtle"))
sx.PromptCanvas(session)
"""
HOLD = """
import threading
from sam_explore.tracing import engine
gate, quick = threading.Event(), engine.compute
def compute(step, *rest):
    assert str(step) != "block 2" or gate.wait(60)
    return quick(step, *rest)
engine.compute = compute
"""
MASK = (
    "(lambda mask: __import__('numpy').packbits(mask).tobytes())"
    "(session.prediction.masks()[session.shown_mask])"
)


def open_session(lab: Lab) -> Notebook:
    notebook = lab.open(OPEN)
    notebook.execute("session.settle(60)")
    return notebook


def button(notebook: Notebook, words: str):
    return notebook.output("button").filter(has_text=words)


def test_a_picture_is_uploaded_and_its_mask_downloaded(lab: Lab, tmp_path: Path):
    notebook, page = open_session(lab), lab.page
    picture = Image.fromarray(example("fish")).resize((300, 200))
    picture.save(tmp_path / "mine.png")
    page.get_by_text("Picture and model").click()
    with page.expect_file_chooser() as chooser:
        button(notebook, "Upload").click()
    chooser.value.set_files(tmp_path / "mine.png")
    # By its class: it goes into the corner when the panel below is scrolled to.
    stage = Canvas(page, page.locator(".sam-explore-stage"))
    notebook.wait_until(lambda: stage.size == (1024, 682), "the picture is shown")
    notebook.execute("session.settle(60); session.add_point((150, 100)); session.settle(60)")
    page.get_by_text("Save and restore").click()
    button(notebook, "PNG").click()
    with page.expect_download() as download:
        page.get_by_text("Download mask-").click()
    mask = np.asarray(Image.open(download.value.path())) > 0
    packed = np.frombuffer(notebook.value(MASK), np.uint8)
    assert np.array_equal(mask, np.unpackbits(packed)[: 200 * 300].reshape(200, 300).astype(bool))
    page.get_by_text("As Python").click()
    code = notebook.output("pre").filter(has_text="sx.Trace")
    assert code.inner_text().strip() == notebook.value("session.code").strip()
    code.click(click_count=3)  # selects
    assert page.evaluate("getSelection().toString()").strip() in notebook.value("session.code")
    assert page.evaluate("getSelection().toString()").strip()


def test_a_slow_encode_shows_its_block_and_is_cancelled(lab: Lab):
    notebook, page = open_session(lab), lab.page
    notebook.execute("session.add_point((230, 300)); session.settle(60)")
    notebook.execute("before = session.image, session.prediction")
    notebook.execute(HOLD)
    assert not button(notebook, "Cancel").is_visible()
    page.get_by_text("Picture and model").click()
    notebook.output("select:visible").first.select_option("fish")
    page.get_by_text("block 3 of 8").wait_for()
    button(notebook, "Cancel").click()
    back = "all(was is now for was, now in zip(before, (session.image, session.prediction)))"
    notebook.wait_until(lambda: notebook.value(back), "what was there before is there again")
    notebook.execute("gate.set(); session.settle(60)")
    page.get_by_text("1 foreground point. Mask").last.wait_for()
    button(notebook, "Cancel").wait_for(state="hidden")
    assert notebook.output("select:visible").first.input_value() == "turtle"
    assert notebook.value("session.busy, session.error") == ("", "")
