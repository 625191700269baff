"""A small network, and the fixtures of the widgets' tests: sessions, and a page that records."""

from ..widgets.conftest import image, open_session, sam, screen, steps

__all__ = ["image", "open_session", "sam", "screen", "steps"]
