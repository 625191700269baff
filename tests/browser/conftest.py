"""One JupyterLab a session, and one browser page for all tests that can share it."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, Playwright, expect

from .app import App, running_app
from .chromium import ARGUMENTS, PATIENCE_MS, find_chromium, new_context
from .kept_page import KeptPage
from .lab import Lab
from .prompting import OPEN, Prompting
from .server import Server, running_server

CLICKS = [
    "import sam_explore as sx\n\nsession = sx.Session(sx.load(), sx.example('turtle'))",
    "sx.PromptCanvas(session, width=256)",
    "sx.explore(sx.probes.RawLogits, session)",
]
SMALL = ["print('It ran.')"]
GREEDY = [
    *CLICKS[:2],
    """import os
import ipywidgets
import torch

grow, end = ipywidgets.Button(description="Grow"), ipywidgets.Button(description="End")
grow.on_click(session.action(lambda _: torch.ones(2**30)))
end.on_click(lambda _: os._exit(1))
ipywidgets.HBox([grow, end])""",
]
HERE = Path(__file__).parent
SECONDS = {"fresh_kernel": 15, "fresh_page": 10, None: 4}  # of a test with this mark, about

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick tests first. Also, playwright's event loop then disturbs no test after it.

    Of the files here the longest come first: a file stays on one worker, and the other would have
    nothing left to do while it runs.
    """
    seconds = Counter()
    for item in items:
        mark = item.get_closest_marker("takes")
        seconds[item.path] += mark.args[0] if mark else SECONDS[freshness(item)]

    def order(item: pytest.Item) -> tuple:
        if not item.path.is_relative_to(HERE):
            return (False,)
        return True, -seconds[item.path], item.path

    items.sort(key=order)


def freshness(item: pytest.Item) -> str | None:
    """The mark by which a test asks for something that no test has used before."""
    marks = ("fresh_kernel", "fresh_page")
    return next((mark for mark in marks if item.get_closest_marker(mark) is not None), None)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict, playwright: Playwright) -> dict:
    """Launch the Chromium of this machine, as root and without a graphics card if need be."""
    if "channel" in browser_type_launch_args:
        return browser_type_launch_args
    path = find_chromium(playwright.chromium.executable_path)
    return {**browser_type_launch_args, "executable_path": path, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict) -> dict:
    return {**browser_context_args, "viewport": {"width": 1400, "height": 1000}}


@pytest.fixture(scope="session")
def jupyter_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("jupyter"), warm=True) as server:
        yield server


@pytest.fixture(scope="session")
def kept_page(
    browser: Browser, browser_context_args: dict, jupyter_server: Server
) -> Iterator[KeptPage]:
    with new_context(browser, **browser_context_args) as context:
        yield KeptPage(context, jupyter_server)


@pytest.fixture
def page(page: Page) -> Page:
    """The page of pytest-playwright, as patient as the others."""
    page.set_default_timeout(PATIENCE_MS)
    return page


@pytest.fixture
def lab(request: pytest.FixtureRequest, kept_page: KeptPage) -> Iterator[Lab]:
    """Opens notebooks. The test fails when page or kernel raised, or the page logged an error; one
    that is meant to be there is taken out of the list by the test itself.

    Loading JupyterLab and starting a kernel take longer than most tests. So the page is that of
    the test before, unless the test is marked `fresh_page`, and the kernel is forked from one that
    has all modules, as for readers of `sam-explore lab`. With the mark `fresh_kernel` both are as
    in a JupyterLab that knows nothing of this package.
    """
    fresh = freshness(request.node)
    failed_before = request.session.testsfailed
    lab = kept_page.fresh(fresh == "fresh_kernel") if fresh else kept_page.again()
    yield lab
    failed = request.session.testsfailed > failed_before
    kernel, page, console = lab.kernel_errors, lab.page_errors, lab.console_errors
    kept_page.done(lab, keep=not (fresh or failed or kernel or page or console))
    assert not kernel, "the kernel raised:\n" + "\n".join(kernel)
    assert not page, "the page raised:\n" + "\n".join(page)
    assert not console, "the page logged:\n" + "\n".join(console)


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app on a network, with room for five pages, and little patience with lost ones."""
    folder = tmp_path_factory.mktemp("app")
    for name, cells in {"clicks": CLICKS, "small": SMALL, "greedy": GREEDY}.items():
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        nbformat.write(notebook, folder / f"{name}.ipynb")
    options = ["--pages=5", "--PageKernels.patience=15", "--memory=600"]
    with running_app(folder, ["clicks.ipynb", "small.ipynb", "greedy.ipynb"], *options) as running:
        yield running


@pytest.fixture
def prompting(lab: Lab) -> Prompting:
    """The view on the turtle, encoded and drawn."""
    return Prompting(lab.open(OPEN))
