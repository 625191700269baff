"""What is remembered of where pictures and models came from."""

import gc
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore import loading, provenance
from sam_explore.loading import shipped_weights
from sam_explore.provenance import (
    Origin,
    note_model,
    note_picture,
    origin_of_model,
    origin_of_picture,
)


def test_an_example_and_a_copy_of_it_are_known_and_a_changed_one_is_not():
    picture = sx.example("fish")
    copy = picture.copy()
    assert origin_of_picture(copy) == Origin('sx.example("fish")')
    assert np.array_equal(eval(origin_of_picture(copy).code, {"sx": sx}), picture)
    copy[0, 0, 0] += 1
    assert origin_of_picture(copy) is None


def test_the_same_bytes_in_another_shape_are_another_picture():
    note_picture(np.zeros((2, 3, 3), np.uint8), Origin("wide"))
    assert origin_of_picture(np.zeros((3, 2, 3), np.uint8)) is None
    turned = np.zeros((3, 2, 3), np.uint8).transpose(1, 0, 2)  # not in one piece in memory
    assert origin_of_picture(turned) == Origin("wide")


def test_only_so_many_pictures_are_remembered(monkeypatch):
    monkeypatch.setattr(provenance, "_MOST_PICTURES", 2)
    monkeypatch.setattr(provenance, "_pictures", OrderedDict())
    pictures = [np.full((1, 1, 3), level, np.uint8) for level in (7, 8, 9)]
    for picture in pictures:
        note_picture(picture, Origin(str(picture[0, 0, 0])))
    assert [origin_of_picture(each) for each in pictures] == [None, Origin("8"), Origin("9")]


def test_a_model_that_is_gone_is_forgotten():
    class Model:
        pass

    gc.collect()  # of what other tests have left
    known, model = len(provenance._models), Model()
    note_model(model, Origin("Model()"))
    assert origin_of_model(model) == Origin("Model()")
    del model
    gc.collect()
    assert len(provenance._models) == known


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (None, "sx.load()"),
        ("toy", "sx.load()"),
        ("my.safetensors", "sx.load('my.safetensors')"),
        (Path("my.safetensors"), "sx.load('my.safetensors')"),
    ],
)
def test_a_loaded_model_has_the_call_that_loads_it(source, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my.safetensors").symlink_to(shipped_weights())
    assert origin_of_model(sx.load(source)).code == code


def test_a_file_that_is_called_like_a_release_stays_a_file():
    origin = loading._origin(Path("vit_b"), "cuda:1", torch.float32)
    assert origin.code == "sx.load('./vit_b', device='cuda:1')"
