"""Text, errors and code as HTML, with the same look in all views."""

from ...plots import style
from .html import NOTHING, Markup, element


def paragraph(*words: str, colour: str = style.TEXT) -> Markup:
    """HTML of text, with elements in between."""
    return element("div", *words, style=f"line-height:1.45;color:{colour}")


def alert(words: str) -> Markup:
    """HTML of an error message; empty if there is none."""
    if not words:
        return NOTHING
    look = (
        f"line-height:1.45;padding:6px 8px;border-left:4px solid {style.ALERT};"
        f"background:{style.css(style.ALERT, style.ALERT_OPACITY)};color:{style.TEXT}"
    )
    return element("div", element("b", "That did not work."), f" {words}", role="alert", style=look)


def code_block(code: str) -> Markup:
    """HTML of code that can be selected."""
    look = (
        "margin:6px 0 0;padding:6px 8px;white-space:pre-wrap;word-break:normal;"
        "overflow-wrap:anywhere;user-select:text;line-height:1.4;font-size:12px;"
        f"color:{style.TEXT};background:transparent;border:1px solid {style.FRAME};"
        "border-radius:3px"
    )
    return element("pre", code, style=look)
