"""HTML for a page: made here and nowhere else, so that no text is ever taken for markup."""

from html import escape

from ipywidgets import HTML
from traitlets import Bunch, validate


class Markup(str):
    """HTML that `element` made. Any other operation on it gives a plain string, which is text."""


NOTHING, BREAK = Markup(), Markup("<br>")


def element(tag: str, *inside: str, **attributes: str) -> Markup:
    """An element of a page.

    Args:
        tag: such as "div".
        inside: text, which is shown as it is, whatever it holds; or other elements.
        attributes: text as well; an underscore at the end of a name is left out, as in `class_`.
    """
    given = "".join(f' {name.rstrip("_")}="{escape(text)}"' for name, text in attributes.items())
    return Markup(f"<{tag}{given}>{together(*inside)}</{tag}>")


def together(*parts: str) -> Markup:
    """Text and elements, one after the other."""
    return Markup("".join(each if isinstance(each, Markup) else escape(each) for each in parts))


class Html(HTML):
    """ipywidgets' widget for HTML, that shows what `element` made and refuses everything else."""

    @validate("value")
    def _is_markup(self, proposal: Bunch) -> str:
        if proposal.value and not isinstance(proposal.value, Markup):
            raise TypeError("Expected HTML that canvas.html.element made, but this is text.")
        return proposal.value
