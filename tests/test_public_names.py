"""What users rely on stays: names once public are there, and files once saved can be read."""

import importlib
import inspect
import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.model import Sam
from sam_explore.prediction import EncodedImage, Prediction
from sam_explore.saved_prompts import prompts_from_json
from sam_explore.widgets import Explorer

from .small import SMALL

HERE = Path(__file__).parent
NAMES = json.loads((HERE / "public_names.json").read_text())
PLACES = {
    "sam_explore": sx,
    "Session": sx.Session,
    "PromptCanvas": sx.PromptCanvas,
    "Explorer": Explorer,
    "Trace": sx.Trace,
    "Prompts": sx.Prompts,
    "Prediction": Prediction,
    "EncodedImage": EncodedImage,
    "Sweep": sx.Sweep,
    "probes": sx.probes,
    "interventions": sx.interventions,
    "tracing": importlib.import_module("sam_explore.tracing"),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_name_that_was_public_is_there(place):
    holder = PLACES[place]
    known = set(dir(holder))
    if inspect.isclass(holder) and is_dataclass(holder):
        known |= {each.name for each in fields(holder)}
    assert set(NAMES[place]) <= known


def test_every_hook_point_that_was_documented_is_there():
    small = Sam(SMALL)
    names = {re.sub(r"\.\d+\.", ".N.", hook.name) for hook in sx.list_hooks(small)}
    assert set(NAMES["hook points"]) <= names


def test_prompts_that_were_saved_once_can_be_read():
    """As the first version wrote them."""
    prompts = prompts_from_json((HERE / "saved_prompts_v1.json").read_text(), (64, 48))
    assert prompts.points.tolist() == [[10.5, 20.0], [3.0, 4.0]]
    assert prompts.labels.tolist() == [1, 0]
    assert prompts.box.tolist() == [1, 2, 30, 40]
    assert prompts.mask_hint.shape == (4, 4)
    assert np.array_equal(prompts.mask_hint, np.arange(16).reshape(4, 4))
