"""Sweeps: every case under every condition once, means by hand, stopped and taken up again."""

import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from sam_explore.geometry import Prompts
from sam_explore.tracing import Cancelled, between_steps
from sam_explore.tracing.interventions import AblateBlock
from sam_explore.tracing.sweep import Sweep, SweepTable, mask_kept

from ..small import answering, small_sam, small_trace

CONDITIONS = {"plain": [], "without block 0": [AblateBlock(0)]}


@pytest.fixture(scope="module")
def sam():
    return small_sam()


@pytest.fixture
def traces(sam):
    first = small_trace(sam)
    return [first.with_prompts(Prompts(points=[(x, 8)])) for x in (12, 20, 28)]


def click_x(changed, plain) -> float:
    """A measure that anybody can work out: where the click is, plus one if anything changed."""
    return changed.prompts.points[0, 0] + (changed is not plain)


def test_every_case_is_measured_under_every_condition(traces):
    table = Sweep(traces, CONDITIONS, click_x).run(progress=False)
    assert table.conditions == ("plain", "without block 0")
    np.testing.assert_array_equal(table.values, [[12, 20, 28], [13, 21, 29]])
    np.testing.assert_array_equal(table.mean, [20, 21])
    np.testing.assert_array_equal(table.count, [3, 3])


def test_a_change_is_a_change_of_the_run(traces):
    def iou(changed, plain):
        return float(np.abs(changed.prediction.iou - plain.prediction.iou).max())

    plain, changed = Sweep(traces, CONDITIONS, iou).run(progress=False).values
    assert (plain == 0).all()
    assert (changed > 0).all()


def test_without_conditions_runs_are_read_as_they_are(traces):
    table = Sweep(traces, None, click_x).run(progress=False)
    assert table.values.tolist() == [[12, 20, 28]]


def test_by_default_it_measures_how_much_of_the_chosen_mask_is_kept(traces):
    before, after = np.full((2, 4, 10, 20), -1.0)
    before[2, :, :10], after[2, :, 5:10] = 1, 1  # half of it is left
    iou = [0.1, 0.2, 0.9, 0.3]
    plain, changed = (answering(traces[0], logits, iou) for logits in (before, after))
    # The upscaled edges lie in the middle of two cells: 100 and 50 columns of 200 in proportion.
    assert mask_kept(changed, plain) == pytest.approx(0.5, abs=0.05)
    assert mask_kept(plain, plain) == 1

    table = Sweep(traces[:1], CONDITIONS).run(progress=False)
    without = traces[0].with_interventions(AblateBlock(0))
    assert table.values.tolist() == [[1], [mask_kept(without, traces[0])]]


def test_the_interval_by_hand():
    table = SweepTable(
        ("equal", "spread", "one", "none"),
        np.array([[2, 2, 2], [0, 1, np.nan], [3, np.nan, np.nan], [np.nan] * 3], float),
    )
    np.testing.assert_array_equal(table.mean, [2, 0.5, 3, np.nan])
    np.testing.assert_array_equal(table.count, [3, 2, 1, 0])
    # Of 0 and 1, drawn twice, a quarter of the means is 0, a quarter 1.
    expected = [[2, 2], [0, 1], [np.nan] * 2, [np.nan] * 2]
    np.testing.assert_array_equal(table.interval(), expected)
    np.testing.assert_array_equal(table.interval(0.4)[1], [0.5, 0.5])
    spread, one = str(table).splitlines()[2:4]
    assert spread.split() == ["spread", "0.5", "0", "to", "1", "2"]
    assert one.split() == ["one", "3", "–", "1"]


def test_an_estimate_keeps_what_it_measured(traces):
    asked = []
    sweep = Sweep(traces, CONDITIONS, lambda *runs: asked.append(runs) or click_x(*runs))
    assert sweep.left == 6
    assert sweep.estimate() >= 0
    assert sweep.left == 4
    assert sweep.estimate() >= 0  # by what the first call measured
    assert sweep.left == 4
    sweep.run(progress=False)
    assert len(asked) == 6
    assert sweep.estimate() == 0


@pytest.fixture
def clock(monkeypatch):
    """A clock that only the test's own measures move."""
    now = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(
        "sam_explore.tracing.sweep.time", SimpleNamespace(perf_counter=lambda: now.seconds)
    )
    return now


def test_an_estimate_by_hand_counts_the_cost_of_each_kind_of_number(traces, clock):
    # A case's first number takes 10 s, and of the others 1, 2 and 6: those of the changes here.
    conditions = {str(seconds): [AblateBlock(0)] for seconds in (10, 1, 2, 6)}
    costs = iter([10.0, 1, 2, 6])

    def measure(changed, plain):
        clock.seconds += next(costs)
        return 0.0

    sweep = Sweep(traces, conditions, measure)
    # Of 8 numbers that are left two begin a case, and six are others of 3 s in the mean.
    assert sweep.estimate() == 2 * 10 + 6 * 3
    assert sweep.left == 8


def test_an_estimate_of_single_numbers_by_hand(traces, clock):
    def measure(changed, plain):
        clock.seconds += 7
        return 0.0

    assert Sweep(traces, None, measure).estimate() == 2 * 7
    assert Sweep(traces[:1], None, measure).estimate() == 0


def test_the_first_estimate_of_a_process_is_that_of_a_warm_one(sam, clock):
    steps = []

    def slow_at_first(what):
        if not what.startswith("Sweep"):
            steps.append(what)
            clock.seconds += 100 if len(steps) <= steps_of_a_run else 1

    first = small_trace(sam)
    with between_steps(steps.append):
        replace(first, engine=None).prediction  # noqa: B018
    steps_of_a_run = len(steps)
    assert steps_of_a_run > 4
    steps.clear()

    estimates = []
    for _ in range(2):
        traces = [replace(first, engine=None) for _ in range(3)]
        with between_steps(slow_at_first):
            estimates.append(Sweep(traces, CONDITIONS, mask_kept).estimate())
    assert estimates[0] == estimates[1]
    assert 0 < estimates[0] < 100


def test_an_estimate_of_a_sweep_that_was_stopped_within_a_case(traces):
    asked = []

    def stop_after_first(changed, plain):
        if asked:
            raise Cancelled
        asked.append(changed)
        return 0.0

    sweep = Sweep(traces, CONDITIONS, stop_after_first)
    with pytest.raises(Cancelled):
        sweep.run(progress=False)
    assert sweep.left == 5
    sweep._measure = click_x
    assert sweep.estimate() > 0
    assert sweep.left == 4


def test_a_sweep_reports_its_progress_and_resumes_after_it_was_stopped(traces):
    heard = []

    def stop_at_fourth(what):
        heard.append(what)
        if what == "Sweep: 4 of 6":
            raise Cancelled

    sweep = Sweep(traces, CONDITIONS, click_x)
    with pytest.raises(Cancelled), between_steps(stop_at_fourth):
        sweep.run(progress=False)
    assert heard[:2] == ["Sweep: 1 of 6", "Sweep: 2 of 6"]
    assert sweep.left == 3
    np.testing.assert_array_equal(sweep.table.count, [2, 1])
    assert sweep.run(progress=False).values.tolist() == [[12, 20, 28], [13, 21, 29]]


@pytest.mark.parametrize("broken", ["", '{"case": 1, "condi'])
def test_a_file_takes_a_sweep_up_again_in_another_process(traces, tmp_path, broken):
    file = tmp_path / "sweep.jsonl"
    begun = Sweep(traces, CONDITIONS, click_x, file=file)
    begun.estimate()  # the two numbers of the first case
    with open(file, "a") as opened:
        opened.write(broken)  # as of a process that was killed
    again = Sweep(iter(traces), CONDITIONS, click_x, file=file, count=3)
    assert again.left == 4
    asked = []
    again._measure = lambda *runs: asked.append(runs) or click_x(*runs)
    assert again.run(progress=False).values.tolist() == [[12, 20, 28], [13, 21, 29]]
    assert len(asked) == 4
    assert Sweep(traces, CONDITIONS, click_x, file=file).left == 0


def test_a_file_of_other_conditions_or_other_cases_is_refused_and_left_as_it_is(traces, tmp_path):
    file = tmp_path / "sweep.jsonl"
    Sweep(traces, CONDITIONS, click_x, file=file).estimate()
    before = file.read_bytes()
    with pytest.raises(ValueError, match="belongs to another sweep"):
        Sweep(traces, None, click_x, file=file)
    with pytest.raises(ValueError, match="another model, picture, prompt or setting for case 0"):
        Sweep(traces[::-1], CONDITIONS, click_x, file=file).run(progress=False)
    assert file.read_bytes() == before


def test_bad_arguments_are_refused_in_words(traces):
    with pytest.raises(ValueError, match="at least one condition"):
        Sweep(traces, {}, click_x)
    with pytest.raises(ValueError, match="how many traces"):
        Sweep(iter(traces), None, click_x)
    with pytest.raises(ValueError, match="only 3 traces, not 4"):
        Sweep(traces, None, click_x, count=4).run(progress=False)


def test_for_what_is_no_list_the_message_has_the_list_to_write():
    """In a process of its own, since here the types are checked at each call."""
    calls = {
        "sx.Sweep(trace, None)": "a single trace. Put it into a list: sx.Sweep([trace], cond",
        "sx.Sweep(5, None)": "another iterable of them, but is 5.",
        "sx.Sweep([5], None).run(progress=False)": "Case 0 of the sweep must be a trace, but is 5",
        "sx.Sweep([trace], {'no 0': change})": "under 'no 0' is a single one. Put it into a list: "
        "{'no 0': [AblateBlock(block=0",
        "sx.Sweep([trace], {'no 0': [5]})": "but under 'no 0' is [5].",
        "sx.Sweep([trace], [change])": "conditions must be a dict with a list",
        "sx.Sweep([trace], change)": "conditions must be a dict with a list",
        "trace.with_interventions([change])": "takes interventions one after the other, but got "
        "[AblateBlock(block=0, to='zero')]. Put a star before a list: "
        "trace.with_interventions(*changes).",
        "trace.with_interventions(5)": "takes interventions one after the other, but got 5.",
        "sx.Trace(sam, image, interventions=change)": "interventions must be a tuple, but is a "
        "single one. Write interventions=(AblateBlock(block=0, to='zero'),).",
        "sx.Trace(sam, image, interventions=[5])": "interventions must hold those of sx.interv",
    }
    script = f"""
import sam_explore as sx
sam, image, change = sx.load(), sx.example("turtle"), sx.interventions.AblateBlock(0)
trace = sx.Trace(sam, image)
for call in {list(calls)!r}:
    try:
        eval(call)
    except TypeError as error:
        print(error)
    else:
        print("no error")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == len(calls)
    for line, words in zip(lines, calls.values(), strict=True):
        assert words in line


def test_with_a_file_what_another_process_could_not_tell_is_refused_in_words(traces, tmp_path):
    file, seen = tmp_path / "sweep.jsonl", object()

    def measure(changed, plain):
        return float(seen is not None)

    with pytest.raises(TypeError, match=r"measure can't be known .+ measure_name="):
        Sweep(traces, None, measure, file=file)
    edited = [traces[0].with_edit("mask_decoder.hook_tokens_in", lambda tensor, hook: tensor)]
    with pytest.raises(TypeError, match=r"hook_tokens_in: .+frozen dataclass"):
        Sweep(edited, None, click_x, file=file)
    other = tmp_path / "named.jsonl"
    named = {"file": other, "measure_name": "whether it was seen"}
    assert Sweep(traces, None, measure, **named).run(progress=False).mean == [1]
    with pytest.raises(ValueError, match="belongs to another sweep"):
        Sweep(traces, None, click_x, file=other)


def test_values_of_a_generator_count_only_once_its_runs_were_seen(traces, tmp_path):
    file = tmp_path / "sweep.jsonl"
    Sweep(traces, None, click_x, file=file).run(progress=False)
    again = Sweep(iter(traces), None, click_x, file=file, count=3)
    assert again.left == 0
    assert np.isnan(again.table.values).all()
    assert again.run(progress=False).values.tolist() == [[12, 20, 28]]
    with pytest.raises(ValueError, match="another model, picture"):
        Sweep(iter(traces[::-1]), None, click_x, file=file, count=3).run(progress=False)
