"""One JupyterLab a session, one browser page a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from .chromium import ARGUMENTS, find_chromium
from .lab import Lab
from .prompting import OPEN, Prompting
from .server import Server, running_server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The quick tests first. Also, playwright's event loop then disturbs no test after it."""
    items.sort(key=lambda item: item.path.is_relative_to(HERE))


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
    with running_server(tmp_path_factory.mktemp("jupyter")) as server:
        yield server


@pytest.fixture
def lab(page: Page, jupyter_server: Server) -> Iterator[Lab]:
    """Opens notebooks. The test fails when page or kernel raised, or the page logged an error; one
    that is meant to be there is taken out of the list by the test itself."""
    jupyter_server.stop_kernels()  # of the test before; its page was needed for a screenshot
    lab = Lab(page, jupyter_server)
    yield lab
    assert not lab.kernel_errors, "the kernel raised:\n" + "\n".join(lab.kernel_errors)
    assert not lab.page_errors, "the page raised:\n" + "\n".join(lab.page_errors)
    assert not lab.console_errors, "the page logged:\n" + "\n".join(lab.console_errors)


@pytest.fixture
def prompting(lab: Lab) -> Prompting:
    """The view on the turtle, encoded and drawn."""
    return Prompting(lab.open(OPEN))
