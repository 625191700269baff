"""The schedule of a training run."""

import pytest
import torch

from sam_explore.toy.training.__main__ import command_line
from sam_explore.toy.training.objective import Plan
from sam_explore.toy.training.schedule import Schedule

SCHEDULE = Schedule(
    rate=2.0,
    warm_up=100,
    sides=((0, 112), (300, 168), (500, 192)),
    entropy=(0.2, 1.0),
    entropy_rises=(100, 300),
    rounds=2,
    rounds_from=1000,
    rounds_full=2000,
)


def test_the_rate_rises_stays_and_falls_in_a_straight_line():
    rates = [SCHEDULE.rate_at(seen, begun=0, fall=None) for seen in (49, 99, 10**6)]
    assert rates == [1.0, 2.0, 2.0]
    rates = [SCHEDULE.rate_at(seen, 0, fall=(1000, 200)) for seen in (1000, 1050, 1200, 1300)]
    assert rates == pytest.approx([2.0, 1.5, 0.0, 0.0])


def test_a_new_optimiser_warms_up_wherever_it_begins():
    assert SCHEDULE.rate_at(5049, begun=5000, fall=None) == 1.0


def test_a_slower_pace_makes_all_lengths_longer():
    slow = SCHEDULE.paced(3)
    assert slow.rate_at(149, begun=0, fall=None) == 1.0
    assert [slow.side(seen, 192) for seen in (899, 1499, 1500)] == [112, 168, 192]
    assert slow.entropy_weight(600) == pytest.approx(0.6)
    assert (slow.rounds_from, slow.rounds_full, slow.alone) == (3000, 6000, 3 * SCHEDULE.alone)
    assert (slow.rate, slow.rounds) == (SCHEDULE.rate, SCHEDULE.rounds)


def test_cross_entropy_comes_in_by_and_by():
    weights = [SCHEDULE.entropy_weight(seen) for seen in (0, 100, 200, 300, 900)]
    assert weights == pytest.approx([0.2, 0.2, 0.6, 1.0, 1.0])


def test_pictures_are_small_at_first_but_never_larger_than_the_model_s():
    assert [SCHEDULE.side(seen, 192) for seen in (0, 299, 300, 900)] == [112, 112, 168, 192]
    assert SCHEDULE.side(0, 64) == 64


def test_sides_are_read_from_the_command_line_in_whole_patches(capsys):
    given = ["--folder", "a", "--cache", "b", "--sides"]
    assert command_line().parse_args([*given, "0:96,10:192"]).sides == ((0, 96), (10, 192))
    for wrong in ("0:100", "5:112", "112", "0:a"):
        with pytest.raises(SystemExit):
            command_line().parse_args([*given, wrong])
        assert "multiples of 16" in capsys.readouterr().err


def test_corrections_come_in_by_and_by():
    def share(seen: int) -> float:
        plans = (SCHEDULE.plan(seen, torch.Generator().manual_seed(i)) for i in range(600))
        return sum(plan != Plan() for plan in plans) / 600

    assert share(1000) == 0
    assert share(1500) == pytest.approx(0.5, abs=0.06)
    assert share(2000) == 1
