"""Figures from answers made by hand, as text, as JSON and in a page."""

import json

import numpy as np
import pytest

from sam_explore.toy.exam import CLEAR, EXAM, WORLDS, Answer, Target, report
from sam_explore.toy.exam.__main__ import main
from sam_explore.toy.exam.tables import markdown, write_between_marks


def answer(level, stratum, by_click, predicted, last=0.5, nested=None, kind="familiar") -> Answer:
    by_click, predicted = np.array(by_click), np.array(predicted)
    chosen = float(by_click[predicted.argmax()])
    return Answer(
        kind=kind,
        target=Target("a", level, stratum, 300, (1, 1), (0, 0, 20, 20)),
        by_click=by_click,
        predicted=predicted,
        by_box=0.8,
        corrected=(chosen, 0.1, 0.2, 0.3, 0.4, last),
        by_rule={"token 0": 0.2, "another": chosen - 0.005},
        ceilings=(0.9, 1.0),
        nested=nested,
    )


@pytest.fixture
def answers() -> list[Answer]:
    return [
        answer("whole", "large", [0.9, 0.1, 0.2], [0.6, 0.5, 0.3], last=0.9),
        answer("part", "small", [0.3, 0.5, 0.1], [0.7, 0.4, 0.2], nested=True),
        answer("sub-part", "small", [0.1, 0.1, 0.6], [0.1, 0.2, 0.8], nested=False,
               kind="held-out shapes"),
    ]  # fmt: skip


def test_means_by_level_stratum_and_kind(answers):
    means = report(answers, scenes=2).mean_iou
    assert means["all"]["one click, best of 3"] == pytest.approx(2 / 3)
    assert means["all"]["one click, chosen"] == pytest.approx((0.9 + 0.3 + 0.6) / 3)
    assert means["small"]["one click, best of 3"] == pytest.approx(0.55)
    assert means["held-out shapes"]["one click, chosen"] == pytest.approx(0.6)
    assert means["large"]["5 corrections"] == pytest.approx(0.9)
    assert means["all"]["2 corrections"] == pytest.approx(0.2)
    assert [means[name]["targets"] for name in ("all", "part", "small", "familiar")] == [3, 1, 2, 2]
    assert "medium" not in means


def test_steps_nested_shares_and_correlation(answers):
    found = report(answers, scenes=2)
    assert found.after_corrections[0] == pytest.approx(0.6)
    assert found.after_corrections[1] == pytest.approx(0.1)
    assert found.nested == {"both": 0.5, "part": 1.0, "sub-part": 0.0}
    # The chosen masks' ranks by predicted IoU are 1, 2, 3, by true IoU 3, 1, 2: 1 - 6 * 6 / 24.
    assert found.spearman["chosen mask"] == pytest.approx(-0.5)
    assert sum(point.masks for point in found.calibration) == 9


def test_a_report_is_json_and_shows_the_goals(answers):
    found = report(answers, scenes=2)
    read = json.loads(json.dumps(found.as_json()))
    assert read["goals"] == EXAM.goals
    assert read["mean_iou"]["part"]["targets"] == 1
    assert read["calibration"][0]["masks"] == 1
    text = "\n".join(found.lines())
    assert "3 targets in 2 scenes" in text
    assert "both 50.0%" in text
    assert "| goal " in text
    assert f"(goal {CLEAR.goals['nested']:.0%})" in "\n".join(report(answers, 2, CLEAR).lines())


def test_rules_for_corrections_are_compared_with_one_click(answers):
    """One click has 0.9, 0.3 and 0.6; corrections may lose a hundredth."""
    found = report(answers, scenes=2).by_rule
    assert found["token 0"] == {"mean IoU": pytest.approx(0.2), "no worse": 0.0}
    assert found["another"] == {"mean IoU": pytest.approx(0.595), "no worse": 1.0}


def test_a_kind_that_all_scenes_are_of_has_no_row_of_its_own(answers):
    means = report([answers[0], answers[1]], scenes=1).mean_iou
    assert "familiar" not in means


def test_a_table_is_as_wide_as_its_cells():
    assert markdown([["", "n"], ["all", 0.5]]) == [
        "|     | n     |",
        "| --- | ----- |",
        "| all | 0.500 |",
    ]


def test_a_page_keeps_what_is_outside_of_its_marks(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- exam -->\nold\n<!-- /exam -->\nbelow")
    write_between_marks(page, "exam", ["new"])
    assert page.read_text() == "above\n<!-- exam -->\n\nnew\n\n<!-- /exam -->\nbelow"
    with pytest.raises(ValueError, match="<!-- other -->"):
        write_between_marks(page, "other", [])


@pytest.mark.parametrize("world", WORLDS)
def test_the_command_prints_and_writes_the_same_figures(world, tmp_path, capsys):
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    page.write_text(f"<!-- {world} -->\n<!-- /{world} -->")
    files = ["--json", str(figures), "--write", str(page)]
    main(["--world", world, "--scenes", "1", "--threads", "1", *files])
    read = json.loads(figures.read_text())
    assert read["goals"] == WORLDS[world].goals
    line = f"Mean IoU over {read['mean_iou']['all']['targets']} targets in 1 scenes."
    assert line in capsys.readouterr().out
    assert line in page.read_text()
