"""The checkpoints in the repository, and folders that hold none."""

import os

import pytest
import torch

from sam_explore.course.checkpoints.kept import FOLDER, Checkpoint, checkpoint, checkpoints, named
from sam_explore.course.checkpoints.packing import pack
from sam_explore.loading import load


def test_the_repository_has_at_least_six_states_in_at_most_20_mb():
    found = checkpoints()
    assert len(found) >= 6
    scenes = [each.scenes for each in found[:-1]]
    assert scenes == sorted(set(scenes))
    assert found[-1] == Checkpoint(None, None)
    assert sum(each.path.stat().st_size for each in found[:-1]) <= 20_000_000


def test_each_is_the_small_model_and_no_two_are_the_same():
    sums = [float(each.load().image_encoder.position_encoder.table.sum()) for each in checkpoints()]
    assert len(set(sums)) == len(sums)
    assert checkpoints()[-1].load().config == checkpoints()[0].load().config


def test_names():
    assert checkpoints()[-1].name == "as it ships"
    assert Checkpoint(3000, FOLDER / named(3000)).name == "after 3,000 scenes"
    assert named(3000) == "000003000.safetensors.xz"


def test_a_folder_without_any_says_where_they_are(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(FileNotFoundError, match="in docs/training, and not in the installed"):
            checkpoints(folder)


def test_other_files_are_refused_by_name(tmp_path):
    (tmp_path / "best.safetensors.xz").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match=r"got best\.safetensors\.xz; move it away"):
        checkpoints(tmp_path)


def test_a_file_that_was_replaced_is_read_again(tmp_path):
    path, sources = tmp_path / named(1), checkpoints()[:2]
    for number, source in enumerate(sources):
        path.write_bytes(source.path.read_bytes())
        os.utime(path, (number, number))
        table = checkpoints(tmp_path)[0].load().image_encoder.position_encoder.table
        assert torch.equal(table, source.load().image_encoder.position_encoder.table)


def test_a_file_of_something_else_says_so(tmp_path):
    path = tmp_path / named(1)
    path.write_bytes(pack({"weight": load().state_dict()["image_encoder.position_encoder.table"]}))
    with pytest.raises(ValueError, match=r"000000001\.safetensors\.xz holds no weights of"):
        checkpoints(tmp_path)[0].load()


def test_a_checkpoint_by_its_number_of_scenes():
    first = checkpoints()[0]
    sam = checkpoint(first.scenes)
    assert first.is_of(sam)
    assert not any(each.is_of(sam) for each in checkpoints()[1:])
    assert checkpoints()[-1].is_of(load())
    with pytest.raises(ValueError, match=f"after {first.scenes}, .*, and none after 7"):
        checkpoint(7)


def test_a_network_that_was_changed_is_read_again():
    first = checkpoints()[0]
    kept = first.load()
    assert first.load() is kept
    kept.mask_decoder.iou_token.zero_()
    assert first.load().mask_decoder.iou_token.any()
    assert first.load() is first.load()
