"""JupyterLab in a browser for scripts, which have no fixtures: pictures and benchmarks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from .chromium import ARGUMENTS, find_chromium, new_context
from .lab import Lab
from .server import running_server


@contextmanager
def lab_in_a_browser(width: int, height: int, pixel_ratio: float = 1.0) -> Iterator[Lab]:
    """A JupyterLab of its own in a page of `width` x `height` CSS pixels, ended at the end.

    Args:
        width: of the page.
        height: of the page.
        pixel_ratio: pixels of a screenshot for one CSS pixel.

    Raises:
        RuntimeError: page or kernel raised, or the page logged an error.
    """
    home = TemporaryDirectory(ignore_cleanup_errors=True)  # the server may still be writing
    with home, running_server(Path(home.name)) as server, sync_playwright() as playwright:
        path = find_chromium(playwright.chromium.executable_path)
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        size = {"width": width, "height": height}
        page = new_context(browser, viewport=size, device_scale_factor=pixel_ratio).new_page()
        lab = Lab(page, server, kernel="python3")
        yield lab
        browser.close()
    if lab.errors:
        raise RuntimeError("In kernel or page something went wrong:\n" + "\n".join(lab.errors))
