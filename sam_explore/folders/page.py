"""A page with the summary of a run, and the pictures with the lowest and the highest numbers."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from heapq import nlargest, nsmallest
from io import BytesIO
from math import isnan
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool
from PIL import Image, ImageDraw

from sam_explore.geometry import Prompts
from sam_explore.images import as_picture
from sam_explore.markup import Markup, element, whole_page
from sam_explore.mask_formats import mask_from_run_lengths, run_lengths_from_letters
from sam_explore.number_text import text
from sam_explore.saved_prompts import prompts_from_json

from .flat_readings import Numbers
from .places import check_name, names_in, value_of
from .summary import Summary

_SIDE = 280  # pixels of a picture on the page
_MOST_LINES = 200  # of the table
_MOST_ERRORS = 50
_BARS = 40
_MASK = (0, 114, 178)  # a blue of Okabe and Ito; the line around it is white and black
_POINTS = {1: (0, 158, 115), 0: (213, 94, 0)}
_STYLE = """
body {font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem;
      color: #212121; background: #fff}
h1 {font-size: 1.4rem} h2 {font-size: 1.15rem; margin-top: 2rem}
code {font-size: .95em; overflow-wrap: anywhere}
table {border-collapse: collapse} th, td {padding: .2rem .8rem .2rem 0; text-align: right}
th:first-child, td:first-child {text-align: left} tr {border-bottom: 1px solid #ddd}
.scroll {overflow-x: auto}
.cards {display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1.2rem}
figure {margin: 0} figure img {max-width: 100%; display: block}
figcaption {overflow-wrap: anywhere; font-size: .9rem} figcaption b {display: block}
.bars {display: flex; align-items: flex-end; height: 6rem; max-width: 40rem; gap: 1px;
       border-bottom: 1px solid #757575}
.bars span {flex: 1; background: #0072B2} .ends {display: flex; max-width: 40rem;
       justify-content: space-between; font-size: .9rem}
"""


@runtime_checkable
class Answers(Protocol):
    """The part of a `FolderRun` that the page shows."""

    @property
    def notes(self) -> dict[str, Any]:
        """What was noted about the run."""

    def numbers(self) -> Iterator[tuple[str, list[Numbers]]]:
        """Each picture's name and numbers."""

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row."""

    def errors(self) -> dict[str, str]:
        """The errors by the names of their pictures."""

    def summary(self) -> Summary:
        """The means."""

    def picture(self, name: str) -> str:
        """The path of a picture."""


def page_of(run: Answers, by: str | None, count: int) -> str:
    """The page of `FolderRun.page`."""
    name = _name(run, by)
    known = [(value, path) for path, value in _values(run, name) if not isnan(value)]
    count = min(count, max(1, len(known) // 2))
    lowest, highest = nsmallest(count, known), nlargest(count, known)
    wanted = {path for _, path in (*lowest, *highest)}
    rows = {row["path"]: row for row in run.rows() if row["path"] in wanted}
    notes, errors = run.notes, run.errors()
    body = [
        element("h1", f"{notes['pictures']} pictures: {name}"),
        element("p", element("code", notes["question"]), f" with the weights {notes['weights']}"),
        element("p", "" if notes["is_finished"] else "This run is not finished."),
        *_histogram([value for value, _ in known], name),
        *_cards("The highest", highest, rows, run),
        *_cards("The lowest", lowest, rows, run),
        *_table(run.summary()),
        *_errors(errors),
    ]
    return whole_page(f"{name}, {notes['pictures']} pictures", _STYLE, element("main", *body))


def _name(run: Answers, by: str | None) -> str:
    first = next((numbers for _, numbers in run.numbers() if numbers), None)
    if first is None:
        raise ValueError(
            "No picture has an answer, so there are no extremes. The errors: "
            f"{list(run.errors().items())[:2]}"
        )
    if by is None:
        return names_in(first)[0]
    check_name(by, first)
    return by


def _values(run: Answers, name: str) -> Iterator[tuple[str, float]]:
    for path, numbers in run.numbers():
        yield path, value_of(numbers, name)


def _histogram(values: Sequence[float], name: str) -> Iterator[Markup]:
    counts, edges = np.histogram(values, bins=min(_BARS, max(1, len(values))))
    bars = [
        element(
            "span",
            style=f"height:{100 * bar / counts.max():.1f}%",
            title=f"{bar} from {text(low)} to {text(high)}",
        )
        for bar, low, high in zip(counts.tolist(), edges[:-1], edges[1:], strict=True)
    ]
    middle = text(float(np.median(values)))
    about = f"How often each value: {len(values)} pictures, {middle} in the median"
    yield element("h2", about)
    yield element("div", *bars, class_="bars", role="img", aria_label=about)
    ends = (element("span", text(float(edge))) for edge in (edges[0], edges[-1]))
    yield element("div", *ends, class_="ends")


def _cards(
    title: str, found: Sequence[tuple[float, str]], rows: dict[str, Any], run: Answers
) -> Iterator[Markup]:
    yield element("h2", title)
    cards = [_card(value, rows[path], run) for value, path in found]
    yield element("div", *cards, class_="cards")


def _card(value: float, row: dict[str, Any], run: Answers) -> Markup:
    try:
        shown: Markup = element("img", src=_drawn(run.picture(row["path"]), row), alt=row["words"])
    except (OSError, ValueError):
        shown = element("p", "The picture is not where it was.")
    caption = element("figcaption", element("b", f"{text(value)}  {row['path']}"), row["words"])
    return element("figure", shown, caption)


def _drawn(path: str, row: dict[str, Any]) -> str:
    """A small picture with its mask and its prompts, as the address of an img."""
    image = Image.fromarray(as_picture(path))
    size, scale = image.size, _SIDE / max(image.size)
    image = image.resize([max(1, round(scale * side)) for side in size], Image.Resampling.LANCZOS)
    for letters in row["masks"] or ():
        inside = mask_from_run_lengths(run_lengths_from_letters(letters), size[::-1])
        image = _with_mask(image, inside)
    if row["prompts"]:
        _draw_prompts(image, prompts_from_json(row["prompts"], image.size[::-1]))
    file = BytesIO()
    image.save(file, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(file.getvalue()).decode('ascii')}"


def _with_mask(image: Image.Image, inside: Bool[np.ndarray, "height width"]) -> Image.Image:
    small = np.asarray(Image.fromarray(inside).resize(image.size, Image.Resampling.NEAREST))
    padded = np.pad(small, 1, mode="edge")
    inner = small & padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    pixels = np.array(image)
    pixels[small] = (0.55 * pixels[small] + 0.45 * np.array(_MASK)).astype(np.uint8)
    pixels[small & ~inner] = 255
    return Image.fromarray(pixels)


def _draw_prompts(image: Image.Image, prompts: Prompts) -> None:
    pen = ImageDraw.Draw(image)
    if prompts.box is not None:
        pen.rectangle(prompts.box.tolist(), outline=(0, 0, 0), width=4)
        pen.rectangle(prompts.box.tolist(), outline=(240, 228, 66), width=2)
    for (x, y), label in zip(prompts.points.tolist(), prompts.labels.tolist(), strict=True):
        pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=_POINTS[label], outline=(0, 0, 0))
        pen.line((x - 4, y, x + 4, y), fill=(255, 255, 255), width=2)
        if label:
            pen.line((x, y - 4, x, y + 4), fill=(255, 255, 255), width=2)


def _table(summary: Summary) -> Iterator[Markup]:
    heading, *lines = summary.lines()
    yield element("h2", f"Means over {summary.pictures} pictures")
    rows = [element("tr", *(element("td", cell) for cell in line)) for line in lines[:_MOST_LINES]]
    head = element("tr", *(element("th", cell) for cell in heading))
    yield element("div", element("table", head, *rows), class_="scroll")
    if len(lines) > _MOST_LINES:
        yield element("p", f"{len(lines) - _MOST_LINES} more numbers are left out here.")


def _errors(errors: dict[str, str]) -> Iterator[Markup]:
    if errors:
        yield element("h2", f"Pictures with an error: {len(errors)}")
        listed = list(errors.items())[:_MOST_ERRORS]
        yield element("ul", *(element("li", f"{path}: {error}") for path, error in listed))
