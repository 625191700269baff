"""One run of training: it learns, stops, goes on, branches off and falls."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from sam_explore.loading import load
from sam_explore.model import TOY, Sam
from sam_explore.toy.training import run as running
from sam_explore.toy.training.__main__ import command_line, main
from sam_explore.toy.training.processes import train
from sam_explore.toy.training.run import Training
from sam_explore.toy.training.schedule import Schedule
from sam_explore.toy.training.starting import initialise, randomise_positions, sinusoidal_grid
from sam_explore.toy.training.weights import save_weights, scenes_seen

from .small_run import EIGHT_BY_EIGHT, options


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("scenes")


def same(one: dict, two: dict) -> bool:
    return all(torch.equal(one[name], two[name]) for name in one)


def test_a_resumed_run_is_the_same_run(tmp_path, cache):
    whole = Training(options(tmp_path / "whole", cache, "--scenes", "12"))
    whole.run()
    Training(options(tmp_path / "parts", cache, "--scenes", "6")).run()
    resumed = Training(options(tmp_path / "parts", cache, "--scenes", "12"))
    assert (resumed.step, resumed.seen) == (3, 6)
    resumed.run()
    assert same(whole.sam.state_dict(), resumed.sam.state_dict())
    assert same(whole.average.weights, resumed.average.weights)
    assert same(whole.grouping.state_dict(), resumed.grouping.state_dict())


def test_a_checkpoint_of_another_network_or_an_earlier_trainer_is_refused(tmp_path, cache):
    Training(options(tmp_path, cache, "--scenes", "2")).run()
    other = options(tmp_path, cache, "--scenes", "4")
    other.config = replace(other.config, window_size=other.config.window_size + 1)
    with pytest.raises(ValueError, match="network of 64:8:3, but this run's has 64:8:4: give"):
        Training(other)

    checkpoint = tmp_path / "checkpoint.pt"
    state = torch.load(checkpoint, weights_only=True)
    del state["optimisers"]
    torch.save(state, checkpoint)
    with pytest.raises(ValueError, match=r"of an earlier trainer, .* --start weights\.safetensors"):
        Training(options(tmp_path, cache, "--scenes", "4"))


def test_what_a_cache_already_holds_makes_no_difference(tmp_path, cache):
    for name, scenes in (("one", cache), ("two", tmp_path / "fresh")):
        Training(options(tmp_path / name, scenes, "--scenes", "4")).run()
    one, two = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)["sam"]
        for name in ("one", "two")
    )
    assert same(one, two)


def test_two_processes_make_the_steps_of_one(tmp_path, cache):
    for name, processes in (("one", "1"), ("two", "2")):
        given = options(tmp_path / name, cache, "--scenes", "4", "--processes", processes)
        train(given)
    one, two = (
        torch.load(tmp_path / name / "checkpoint.pt", weights_only=True) for name in ("one", "two")
    )
    assert one["step"] == two["step"] == 2
    for name, weight in one["sam"].items():
        torch.testing.assert_close(weight, two["sam"][name], atol=1e-6, rtol=1e-5)


def test_the_command_starts_two_processes(tmp_path):
    """Run as a module, as its help says: what the processes start has to be importable by name."""
    sizes = "--pool 2 --scenes 2 --scenes-a-batch 1 --targets 2 --processes 2 --device cpu"
    command = [sys.executable, "-m", "sam_explore.toy.training", *sizes.split()]
    folders = ["--folder", str(tmp_path), "--cache", str(tmp_path / "scenes")]
    run = subprocess.run([*command, *folders], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["seen"] == 2


def test_processes_have_to_divide_the_batches(capsys):
    with pytest.raises(SystemExit):
        main(["--folder", "a", "--cache", "b", "--batches", "2", "--processes", "3"])
    assert "divides the 2 batches" in capsys.readouterr().err


def test_a_file_stops_a_run_after_its_step_and_nothing_is_lost(tmp_path, cache):
    training = Training(options(tmp_path, cache))
    training.stop_file.touch()
    training.run()
    assert not training.stop_file.exists()
    assert torch.load(training.checkpoint, weights_only=True)["seen"] == 2
    assert scenes_seen(tmp_path / "weights.safetensors") == 2


def test_a_signal_makes_that_file(tmp_path, monkeypatch):
    def interrupted(given):
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("sam_explore.toy.training.__main__.train", interrupted)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    try:
        main(["--folder", str(tmp_path), "--cache", str(tmp_path / "scenes")])
    finally:
        signal.signal(signal.SIGTERM, before[0])
        signal.signal(signal.SIGINT, before[1])
    assert (tmp_path / "stop").exists()


def test_a_branch_falls_in_its_own_folder(tmp_path, cache):
    Training(options(tmp_path / "long", cache, "--scenes", "4")).run()
    checkpoint = tmp_path / "long" / "checkpoint.pt"
    before = checkpoint.read_bytes()
    arguments = ("--branch", str(checkpoint), "--fall", "6")
    branch = Training(options(tmp_path / "fall", cache, *arguments))
    assert (branch.seen, branch.fall) == (4, (4, 6))
    branch.run()
    assert branch.seen == 10
    assert checkpoint.read_bytes() == before
    again = Training(options(tmp_path / "fall", cache, *arguments))
    assert (again.seen, again.fall) == (10, (4, 6))


def test_training_goes_on_from_given_weights_where_they_had_come_to(tmp_path, cache):
    start = tmp_path / "start.safetensors"
    save_weights(initialise(Sam(EIGHT_BY_EIGHT)), start, seen=100)
    begun = Training(options(tmp_path / "run", cache, "--start", str(start), "--scenes", "102"))
    assert same(load(start).state_dict(), begun.sam.state_dict())
    assert (begun.seen, begun.begun) == (100, 100)
    begun.run()
    assert begun.seen == 102
    assert not same(load(start).state_dict(), begun.sam.state_dict())


def test_the_iou_predictor_can_be_trained_alone(tmp_path, cache):
    start = tmp_path / "start.safetensors"
    save_weights(initialise(Sam(EIGHT_BY_EIGHT)), start)
    arguments = ("--start", str(start), "--only-iou", "--scenes", "4")
    training = Training(options(tmp_path / "run", cache, *arguments))
    training.run()
    given, found = load(start).state_dict(), training.sam.state_dict()
    changed = {name for name in found if not torch.equal(found[name], given[name])}
    assert changed
    assert all(name.startswith("mask_decoder.iou_predictor.") for name in changed)


def test_the_iou_predictor_alone_needs_weights(capsys):
    with pytest.raises(SystemExit):
        main(["--folder", "a", "--cache", "b", "--only-iou"])
    assert "--start" in capsys.readouterr().err


def test_a_network_of_other_sizes_can_be_asked_for():
    given = command_line().parse_args(["--folder", "a", "--cache", "b", "--network", "192:8:7"])
    assert given.config == replace(TOY, image_size=192, patch_size=8, window_size=7)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("--network 190:8:7", "190 is no multiple of 8"),
        ("--network 192:8", "as in 192:8:7; but got '192:8'"),
        ("--network 192:0:7", "as in 192:8:7; but got '192:0:7'"),
        ("--network 192:8:7 --start weights", "sizes are the weights'"),
        ("--queries 7", "expected at least the 8 of --targets, but got 7"),
        ("--grow 320", "expected --start"),
        ("--grow 321 --start weights", "multiples of 16"),
        ("--grow 320 --start weights --sides 0:256", "add --sides 0:320"),
    ],
)
def test_what_cant_be_is_told_before_anything_starts(tmp_path, capsys, more, said):
    with pytest.raises(SystemExit):
        main(["--folder", str(tmp_path / "run"), "--cache", str(tmp_path), *more.split()])
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_it_learns_what_it_is_shown_again_and_again(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(running, "_LOG_EVERY", 5)
    given = options(tmp_path, cache, "--pool", "6", "--scenes", "120")
    given.schedule = Schedule(rate=3e-3, warm_up=20, alone=10**9, sides=((0, 48),))
    training = Training(given)
    training.run()
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    first, last = (json.loads(line)["loss"] for line in (lines[0], lines[-1]))
    assert last < 0.9 * first


def test_weights_are_kept_at_marks_that_grow_apart(tmp_path, cache, monkeypatch):
    monkeypatch.setattr(running, "_KEEP_FROM", 2)
    monkeypatch.setattr(running, "_KEEP_RATIO", 2)
    Training(options(tmp_path, cache, "--scenes", "16")).run()
    kept = sorted(path.stem for path in (tmp_path / "kept").iterdir())
    assert [int(name) for name in kept] == [2, 4, 8, 16]


def test_position_encodings_can_begin_at_random(tmp_path, cache):
    sines = Training(options(tmp_path, cache)).sam.image_encoder.position_encoder.table
    assert torch.equal(sines, sinusoidal_grid(EIGHT_BY_EIGHT.grid, EIGHT_BY_EIGHT.encoder_dim))
    given = options(tmp_path, cache, "--random-positions")
    table = Training(given).sam.image_encoder.position_encoder.table
    # They are the first that the seed gives, so that docs/phenomena can draw them again.
    torch.manual_seed(given.seed)
    sam = randomise_positions(initialise(Sam(EIGHT_BY_EIGHT)))
    again = sam.image_encoder.position_encoder.table
    assert torch.equal(table, again)


def test_with_workers_only_what_is_drawn_is_shown(tmp_path):
    given = options(tmp_path, tmp_path / "scenes", "--workers", "1")
    training = Training(given)
    given.pool = 3  # enough to begin with
    training.cache.get([0, 1, 2])
    assert set(training._indices(7)) <= set(training.cache.drawn.tolist())
