"""HTML. It is made only here, so that text is never interpreted as markup."""

from html import escape


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


def whole_page(title: str, style: str, *body: str) -> str:
    """A page that fetches nothing and runs no script.

    Args:
        title: for the browser's tab.
        style: CSS of ours; it is not escaped, so it must hold nothing that came from outside.
        body: text and elements.
    """
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    head = (
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        element("title", title),
        Markup(f"<style>{style}</style>"),
    )
    page = element("html", element("head", *head), element("body", *body), lang="en")
    return f"<!doctype html>\n{page}\n"
