"""Where Chromium is on this machine."""

import os
import shutil
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

from ..patience import PATIENCE_SECONDS

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
HOW_TO_INSTALL = (
    "The browser tests need Chromium or Chrome, and none was found. On Debian: `sudo apt-get "
    "install chromium`. On macOS: `brew install --cask google-chrome`. Anywhere else: `python -m "
    "playwright install --with-deps chromium`, with the Python that runs the tests. Or set "
    "SAM_EXPLORE_CHROMIUM to the path of one."
)
# As root, in containers and without a graphics card; and nothing that talks to the outside.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


PATIENCE_MS = 1000 * PATIENCE_SECONDS


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A context whose pages wait with the tests' patience."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    return context


def find_chromium(playwrights_own: str = "") -> str:
    """The path of a Chromium: the one asked for, one of the system, or else playwright's own.

    Raises:
        FileNotFoundError: there is none; the message says how to install it.
    """
    if asked := os.environ.get("SAM_EXPLORE_CHROMIUM"):
        if not Path(asked).is_file():
            raise FileNotFoundError(f"SAM_EXPLORE_CHROMIUM is {asked}, and that is no file.")
        return asked
    on_path = (shutil.which(name) for name in NAMES)
    for candidate in (*on_path, *PLACES, playwrights_own):
        if candidate and Path(candidate).is_file():
            return candidate
    raise FileNotFoundError(HOW_TO_INSTALL)
