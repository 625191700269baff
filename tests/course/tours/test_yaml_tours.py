"""Tours from YAML, and errors that say the line, what was expected, and what came."""

import re
from pathlib import Path

import pytest

from sam_explore.course import Tour, TourStep
from sam_explore.course.tours.yaml_tours import SHIPPED, tour_from_text, tour_of

PAGE = Path(__file__).parents[3] / "docs" / "tours.md"
GOOD = """
title: Two clicks
picture: turtle
steps:
  - say: One.
    points_px: [[230, 300]]
    exhibit: RawLogits
  - say: >
      Two, of which
      the second is background.
    points_px: [[230, 300], [470, 470]]
    labels: [1, 0]
    threshold: 1.5
"""


def test_a_file_is_the_same_tour_as_in_python():
    steps = [
        TourStep("One.", points_px=[(230, 300)], exhibit="RawLogits"),
        TourStep(
            "Two, of which the second is background.",
            points_px=[(230, 300), (470, 470)],
            labels=[1, 0],
            threshold=1.5,
        ),
    ]
    assert tour_from_text(GOOD, "two.yaml") == Tour("Two clicks", steps, picture="turtle")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Two", "titel: Two", r"line 2: a tour has no key 'titel'\. Did you mean 'title'"),
        ("picture: turtle", "picture: turtel", r"line 3: picture: .+ Did you mean 'turtle'"),
        ("points_px: [[230, 300]]", "points_px: [230, 300]",
         r"line 6: points_px: expected points as \[\[x, y\], …\], but is \[230, 300\]"),
        ("points_px: [[230, 300]]", "point_px: [[230, 300]]",
         r"line 6: a step has no key 'point_px'\. Did you mean 'points_px'"),
        ("points_px: [[230, 300]]", "points_unit: [[2, 0.5]]",
         r"line 6: points_unit: expected shares .+ from 0 to 1, but is \[\[2, 0\.5\]\]"),
        ("exhibit: RawLogits", "exhibit: RawLogit",
         r"line 7: exhibit: expected the name of a probe.+'RawLogit'\. Did you mean 'RawLogits'"),
        ("exhibit: RawLogits", "exhibit: AttentionRow\n    knobs: {blok: 1}",
         r"line 8: knobs: AttentionRow has no knob 'blok'\. Did you mean 'block'"),
        ("exhibit: RawLogits", "knobs: {block: 1}", r"line 7: knobs: expected an exhibit"),
        ("labels: [1, 0]", "labels: [1]", r"line 12: labels: expected one for each of the 2"),
        ("labels: [1, 0]", "labels: [1, 2]", r"line 12: labels: expected labels 1 .+\[1, 2\]"),
        ("threshold: 1.5", "threshold: high", r"line 13: threshold: expected a number.+'high'"),
        ("threshold: 1.5", "mask: first", r"line 13: mask: expected a mask's number.+'first'"),
        ("threshold: 1.5", "token: [1.5, 2]", r"line 13: token: expected a token as \[row, col"),
        ("threshold: 1.5", "windows: globl", r"line 13: windows: .+Did you mean 'global'"),
        ("threshold: 1.5", "box_px: [5, 0, 1, 2]", r"line 13: box_px: .+upper left corner first"),
        ("threshold: 1.5", "prompts: none", r"line 13: prompts: expected no points"),
        ("threshold: 1.5", "labels: [1, 0]", r"line 13: the key 'labels' is there twice"),
        ("  - say: One.", "  - saying: One.", r"line 5: a step has no key 'saying'.+'say'"),
        ("  - say: One.\n    points", "  - points", r"line 5: expected the key 'say'"),
        ("  - say: One.", "  - One.\n  - say: One.", r"line 5: expected a step with keys"),
        ("steps:", "steps: [", r"line \d+: this is no YAML"),
        (GOOD, "", r"line 1: expected a tour, but the file is empty"),
        (GOOD, "- a\n- b", r"line 1: expected a tour with keys"),
        (GOOD, "title: x", r"line 1: expected the key 'steps'"),
        (GOOD, "title: x\nsteps: none", r"line 2: steps: expected a list"),
        (GOOD, "title: x\nsteps: []", r"steps: expected at least one step"),
        ("picture: turtle\n", "", r"picture: expected the one that points_px"),
    ],
)  # fmt: skip
def test_an_error_names_the_line_what_was_expected_and_what_came(old, new, message):
    assert old in GOOD
    with pytest.raises(ValueError, match=message) as raised:
        tour_from_text(GOOD.replace(old, new, 1), "mine.yaml")
    assert str(raised.value).startswith("mine.yaml, line ")


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_can_be_read(name):
    assert tour_of(name.replace("_", " ")).steps == tour_of(name).steps
    assert len(tour_of(name).steps) >= 4


def test_a_tour_by_its_file_or_its_name_and_nothing_else(tmp_path):
    (tmp_path / "two.yaml").write_text(GOOD)
    assert tour_of(str(tmp_path / "two.yaml")) == tour_of(tmp_path / "two.yaml")
    with pytest.raises(
        ValueError, match=r"No tour is called 'promting'\. Did you mean 'prompting'"
    ):
        tour_of("promting")
    with pytest.raises(FileNotFoundError):
        tour_of("none.yaml")


def test_references_are_refused_before_they_are_followed():
    """Ten lines of ten references each would be 10 ** 10 values."""
    lines = [f"k{n}: &k{n} [{', '.join([f'*k{n - 1}'] * 10)}]" for n in range(1, 11)]
    with pytest.raises(
        ValueError, match=r"bomb\.yaml, line 2: expected a value, but is the ref.+k0"
    ):
        tour_from_text("\n".join(["k0: &k0 1", *lines]), "bomb.yaml")


def test_a_file_runs_no_code():
    with pytest.raises(ValueError, match="no YAML"):
        tour_from_text("title: !!python/object/apply:os.getcwd []\nsteps: []", "bad.yaml")


def test_the_tours_of_the_page_can_be_read():
    examples = re.findall(r"```yaml\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert examples
    for text in examples:
        assert tour_from_text(text, "page").steps


def test_the_page_names_every_key_of_a_step():
    rows = re.findall(r"^\| `(\w+)`", PAGE.read_text("utf-8"), re.MULTILINE)
    assert set(rows) == set(TourStep.__dataclass_fields__)
