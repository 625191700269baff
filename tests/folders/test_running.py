"""run_folder as users call it, with the parts written in this process."""

import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from PIL import Image

import sam_explore as sx
from sam_explore.folders import FolderRun
from sam_explore.folders.picture_prompts import prompts_given
from sam_explore.loading import load
from sam_explore.readings import Heatmap
from sam_explore.saved_prompts import prompts_from_json

pytestmark = pytest.mark.usefixtures("here")
QUIET = {"workers": 1, "progress": False}


@pytest.fixture
def ask(weights, pictures, tmp_path):
    """`run_folder` with what all tests here have in common."""

    def asked(question="masks", **options):
        given = {"pictures": pictures, "to": tmp_path / "answers", "weights": weights}
        return sx.run_folder(question, **given | {"prompts": "centre"} | QUIET | options)

    return asked


def bytes_of(run: FolderRun) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in run.folder.glob("part-*")}


def test_there_is_a_row_for_each_picture_in_the_order_of_their_names(ask, pictures, weights):
    run = ask()
    rows = list(run.rows())
    names = [row["path"] for row in rows]
    assert len(run) == len(rows) == 12
    assert names == sorted(names)
    assert sum("/" in name for name in names) == 3
    (broken,) = (row for row in rows if row["error"])
    assert broken["path"] == "broken.jpg"
    assert broken["error"].startswith("ValueError: broken.jpg is no picture that Pillow can read")
    assert broken["numbers"] is None
    assert str(run).startswith("sam_explore.folders.Masks(threshold=0.0, offset=1.0) of 12 pict")
    assert "1 with an error" in str(run)


def test_a_row_says_what_it_depends_on(ask, pictures, weights):
    row = list(ask().rows())[1]
    sam = load(weights)
    height, width = np.asarray(Image.open(pictures / row["path"])).shape[:2]
    trace = sx.Trace(sam, pictures / row["path"], sx.Prompts(points=[(width / 2, height / 2)]))
    assert row["weights"] == trace.description.weights
    assert row["run"] == trace.description.fingerprint
    assert (row["height"], row["width"]) == (height, width)
    assert prompts_from_json(row["prompts"]).points.tolist() == trace.prompts.points.tolist()
    assert len(row["content"]) == 32


def test_a_probes_readings_are_those_of_traces(ask, pictures, weights):
    probe = sx.probes.MaskThreshold()
    run = ask(probe)
    name, reading = next(run.readings())
    image = np.asarray(Image.open(pictures / name))
    prompts = prompts_given("centre").prompts(name, image, None)
    expected = probe(sx.Trace(load(weights), image, prompts))
    assert reading.words == expected.words
    for one, other in zip(reading.readings, expected.readings, strict=True):
        assert np.array_equal(one.values, other.values, equal_nan=True)


def test_other_programs_read_all_questions_as_one_data_set(ask, tmp_path):
    ask()
    ask("embedding")
    found = pyarrow.dataset.dataset(tmp_path / "answers", partitioning="hive").to_table()
    kinds = [name.rpartition("-")[0] for name in found["question"].to_pylist()]
    assert sorted(set(kinds)) == ["Embedding", "Masks"]
    assert len(found) == 24


def test_the_same_call_asks_nothing_again(ask, here):
    before = bytes_of(ask())
    times = {path: path.stat().st_mtime_ns for path in ask().folder.glob("part-*")}
    assert [report["asked"] for report in here] == [8, 4, 0, 0]
    run = ask()
    assert {path: path.stat().st_mtime_ns for path in run.folder.glob("part-*")} == times
    assert bytes_of(run) == before


def test_another_model_question_prompt_or_setting_is_another_run(ask):
    folders = [
        ask().folder,
        ask("masks", weights=None).folder,
        ask("Masks(threshold=0.5)").folder,
        ask(prompts=sx.Prompts(points=[(3, 3)])).folder,
        ask(preprocessing="stretch").folder,
        ask(null="pixels").null.folder,
        ask(null="pixels", seed=1).null.folder,
        ask(null="weights").null.folder,
    ]
    assert len(set(folders)) == len(folders)


def test_only_a_picture_that_is_new_or_changed_is_asked(ask, here, pictures, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(pictures, own)
    before = {row["path"]: row for row in ask(pictures=own).rows()}
    Image.new("RGB", (30, 30), "red").save(own / "p05.png")
    Image.new("RGB", (30, 30), "blue").save(own / "a.png")
    (own / "p06.bmp").unlink()
    del here[:]
    run = ask(pictures=own)
    after = {row["path"]: row for row in run.rows()}
    assert sum(report["asked"] for report in here) == 2
    assert set(after) == (set(before) | {"a.png"}) - {"p06.bmp"}
    assert [name for name in after if after[name] != before.get(name)] == ["a.png", "p05.png"]
    shutil.rmtree(run.folder)
    assert bytes_of(ask(pictures=own)) == bytes_of(run)  # from nothing, the same bytes


def test_of_a_table_only_pictures_with_other_prompts_are_asked(ask, here):
    table = {f"p{number:02d}.png": {"points": [[5, 5]]} for number in (1, 3, 5)}
    first = ask(prompts=table)
    errors = first.errors()
    assert "p07.png" in errors
    assert errors["p07.png"].startswith("ValueError: Expected prompts for p07.png in the table")
    assert set(table).isdisjoint(errors)
    del here[:]
    changed = table | {"p03.png": {"points": [[6, 5]]}, "p07.png": {"box": [1, 1, 9, 9]}}
    run = ask(prompts=changed)
    assert run.folder == first.folder
    assert "p07.png" not in run.errors()
    # The two, and all that have no prompts, whose table may have got some.
    assert sum(report["asked"] for report in here) == 12 - 2
    (row,) = (row for row in run.rows() if row["path"] == "p03.png")
    assert prompts_from_json(row["prompts"]).points.tolist() == [[6, 5]]


def test_errors_are_asked_again_on_request_only(ask, here):
    small = ask(most_pixels=20 * 38)
    assert sum("pixels" in error for error in small.errors().values()) > 3
    del here[:]
    assert ask().errors() == small.errors()
    assert list(ask(ask_errors_again=True).errors()) == ["broken.jpg"]
    assert [report["asked"] for report in here][:2] == [0, 0]


def test_a_damaged_part_is_written_again(ask):
    run = ask()
    before = bytes_of(run)
    name = sorted(before)[0]
    (run.folder / name).write_bytes(before[name][:100])
    (run.folder / f".{name}.left").write_bytes(b"of a killed run")
    assert bytes_of(ask()) == before
    assert not list(run.folder.glob(".part*"))


def test_two_runs_do_not_write_to_one_folder(ask):
    run = ask()
    with FileLock(run.folder / ".lock"), pytest.raises(RuntimeError, match="Another run"):
        ask()


def test_a_null_of_weights_keeps_the_picture_and_one_of_pixels_the_weights(ask):
    run = ask(null="weights")
    plain, null = (list(each.rows()) for each in (run, run.null))
    assert {row["weights"] for row in plain}.isdisjoint(row["weights"] for row in null)
    assert [row["prompts"] for row in plain] == [row["prompts"] for row in null]
    pixels = list(ask(null="pixels").null.rows())
    assert {row["weights"] for row in plain} == {row["weights"] for row in pixels}
    assert all(
        one["run"] != other["run"]
        for one, other in zip(plain, pixels, strict=True)
        if one["run"] is not None
    )


def corner(name: str, image: np.ndarray) -> sx.Prompts:
    return sx.Prompts(points=[image.shape[1::-1]])


def test_in_the_null_of_prompts_each_picture_has_those_of_another_at_its_own_size(ask):
    run = ask(prompts=corner, null="prompts")
    for row in run.null.rows():
        if row["prompts"]:
            (point,) = prompts_from_json(row["prompts"]).points.tolist()
            assert point == pytest.approx([row["width"], row["height"]])
    # The broken picture has no prompts, and so the one that would get them has an error too.
    assert len(run.null.errors()) == 2


@dataclass(frozen=True)
class Brightness(sx.probes.Probe):
    """A question of a user's own."""

    reads_prompts = False

    def read(self, trace):
        return Heatmap(np.array([[trace.image.mean()]]), "Brightness", "w")


def test_a_summary_of_a_users_own_probe_is_the_mean_by_hand(ask, pictures):
    run = ask(Brightness(), prompts=None, null="pixels")
    means = [
        np.asarray(Image.open(pictures / name)).mean()
        for name in (row["path"] for row in run.rows(["path"]))
        if name != "broken.jpg"
    ]
    summary = run.summary()
    (average,) = summary.averages
    assert average.overall.mean == pytest.approx(np.mean(means))
    assert (summary.pictures, summary.errors) == (11, 1)
    # Shuffled pixels are as bright: the difference is 0 with no doubt.
    (difference,) = summary.differences
    assert difference.overall.mean == pytest.approx(0, abs=1e-9)
    assert difference.overall.high == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"null": "noise"}, ValueError, "null must be"),
        ({"executor": "dask"}, ValueError, "executor must be one of processes, ray"),
        ({"workers": 0}, ValueError, "workers must be a number from 1 on"),
        ({"preprocessing": "crop"}, ValueError, "preprocessing must be"),
        ({"colour": 1}, TypeError, "colour"),
    ],
)
def test_other_arguments_are_refused_before_anything_is_written(
    ask, tmp_path, options, error, message
):
    with pytest.raises(error, match=message):
        ask(**options)
    assert not (tmp_path / "answers").exists()


def test_a_missing_extra_is_an_error_with_the_command(ask, monkeypatch):
    monkeypatch.setattr("sam_explore.folders.extras.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'-m pip install "sam-explore\[folders\]"'):
        ask()


def test_rows_of_tokens_are_written_some_at_a_time(ask, weights, monkeypatch):
    monkeypatch.setattr("sam_explore.folders.parts.ROWS_IN_MEMORY", 20_000)
    run = ask("Embedding(pooled=False)", prompts=None)
    files = [pq.ParquetFile(path) for path in sorted(run.folder.glob("part-*"))]
    assert files[0].num_row_groups > 1
    name, numbers = list(run.numbers())[1]
    encoded = sx.encode(load(weights), run.picture(name))
    assert np.array_equal([each.values for each in numbers], encoded.tokens[0])


def test_the_notes_say_what_was_asked_and_whether_it_is_finished(ask, pictures):
    run = ask()
    notes = json.loads((run.folder / "_run.json").read_text())
    assert notes == run.notes
    assert notes["is_finished"] is True
    assert notes["pictures_in"] == str(pictures)
    assert notes["question"] == "sam_explore.folders.Masks(threshold=0.0, offset=1.0)"
    assert isinstance(FolderRun(run.folder).table(), pa.Table)
    with pytest.raises(ValueError, match="There is no run in"):
        FolderRun(pictures).notes  # noqa: B018


def test_the_null_of_prompts_follows_pictures_that_are_added(ask, pictures, tmp_path):
    """Which picture is the other of which then changes; a function's prompts are in no table."""
    pictures = Path(shutil.copytree(pictures, tmp_path / "pictures"))
    ask = partial(ask, prompts=brightest, null="prompts", pictures=pictures, part_size=20)
    count = len(ask())
    Image.fromarray(np.eye(24, 30, dtype=np.uint8) * 255).save(pictures / "added.png")
    again, fresh = ask(), ask(to=tmp_path / "fresh")
    assert len(again) == count + 1
    assert list(again.null.rows()) == list(fresh.null.rows())


def brightest(name: str, image: np.ndarray) -> sx.Prompts:
    y, x = np.unravel_index(image.sum(axis=2, dtype=int).argmax(), image.shape[:2])
    return sx.Prompts(points=[(x, y)])
