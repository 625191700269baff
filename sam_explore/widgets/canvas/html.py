"""HTML for a page. It is made only here, so that text is never interpreted as markup."""

from html import escape

from ipywidgets import HTML
from traitlets import Bunch, validate


class Markup(str):
    """HTML that `element` made. Any operation on it gives a plain string, which counts as text."""


NOTHING, BREAK = Markup(), Markup("<br>")


def element(tag: str, *inside: str, **attributes: str) -> Markup:
    """An element of a page.

    Args:
        tag: such as "div".
        inside: text, which is escaped; or other elements.
        attributes: also text; an underscore at the end of a name is removed, as in `class_`.
    """
    given = "".join(f' {name.rstrip("_")}="{escape(text)}"' for name, text in attributes.items())
    return Markup(f"<{tag}{given}>{together(*inside)}</{tag}>")


def together(*parts: str) -> Markup:
    """Text and elements, one after the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in parts))


class Html(HTML):
    """ipywidgets' widget for HTML, which accepts only what `element` made."""

    @validate("value")
    def _is_markup(self, proposal: Bunch) -> str:
        if proposal.value and not isinstance(proposal.value, Markup):
            raise TypeError("Expected HTML that canvas.html.element made, but this is text.")
        return proposal.value
