"""The widget that shows HTML in a page."""

from ipywidgets import HTML
from traitlets import Bunch, validate

from sam_explore.markup import BREAK, NOTHING, Markup, element, together

__all__ = ["BREAK", "NOTHING", "Html", "Markup", "element", "together"]


class Html(HTML):
    """ipywidgets' widget for HTML, which accepts only what `element` made."""

    @validate("value")
    def _is_markup(self, proposal: Bunch) -> str:
        if proposal.value and not isinstance(proposal.value, Markup):
            raise TypeError("Expected HTML that markup.element made, but this is text.")
        return proposal.value
