"""The description of a run as data: one fingerprint of its content; it pickles and prints."""

import pickle
import subprocess
import sys
from copy import copy, deepcopy
from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

import sam_explore as sx
from sam_explore.model.description import ANSWER
from sam_explore.probes import PROBES, BlockChannel, PatchedTokens
from sam_explore.tracing import RunDescription

from ..probes.reading_arrays import all_words, arrays
from ..small import small_sam, small_trace
from .interventions.test_together import MAKE, NAMES

ENCODING = "image_encoder.position_encoder.hook_encoding"


@dataclass(frozen=True)
class Scale(sx.interventions.Intervention):
    """One of somebody's own, with an array."""

    factors: np.ndarray

    def edits(self, run):
        return ((ENCODING, Scaled(self.factors)),)


@dataclass(frozen=True, eq=False)
class Scaled:
    factors: np.ndarray

    def __call__(self, tensor, hook):
        return tensor * torch.tensor(self.factors, dtype=tensor.dtype)


@pytest.fixture(scope="module")
def trace():
    return small_trace()


CHANGES = {
    "prompts": lambda trace: trace.with_prompts(sx.Prompts(points=[(12, 8.5)])),
    "windows": lambda trace: trace.with_windows((2, 0, 3, 0)),
    "relative positions": lambda trace: trace.with_windows((2, 0, 3, 0), "crop"),
    "preprocessing": lambda trace: trace.with_preprocessing("stretch"),
    "side": lambda trace: trace.with_preprocessing("stretch", side=(40, 48)),
    "a pixel": lambda trace: replace(trace, image=np.where(trace.image == 7, 8, trace.image)),
    "an edit": lambda trace: trace.with_edit(ENCODING, sx.zero),
    "its place": lambda trace: trace.with_edit("image_encoder.patch_embedding.hook_out", sx.zero),
    "a function": lambda trace: trace.with_edit(ENCODING, lambda tensor, hook: tensor),
    "another one": lambda trace: trace.with_edit(ENCODING, lambda tensor, hook: tensor),
    "an intervention": lambda trace: trace.with_interventions(sx.interventions.AblateHead(0, 0)),
    "a field of it": lambda trace: trace.with_interventions(sx.interventions.AblateHead(0, 1)),
    "an array": lambda trace: trace.with_interventions(Scale(np.full(24, 0.5))),
    "one of its numbers": lambda trace: trace.with_interventions(
        Scale(np.where(np.arange(24) == 3, 0.6, 0.5))
    ),
    "weights": lambda trace: replace(trace, sam=changed_sam()),
    "decoder heads": lambda trace: replace(trace, sam=in_configuration(decoder_heads=2)),
    "pixel mean": lambda trace: replace(trace, sam=in_configuration(pixel_mean=(0.0, 0.0, 0.0))),
}


def in_configuration(**changes) -> sx.Sam:
    """The same weights in another configuration."""
    sam = small_sam()
    other = sx.Sam(replace(sam.config, **changes)).eval().requires_grad_(False)
    other.load_state_dict(sam.state_dict())
    return other


def changed_sam() -> sx.Sam:
    sam = small_sam()
    sam.mask_decoder.iou_token.data[0, 0] += 1
    return sam


def test_each_thing_that_the_numbers_depend_on_makes_another_fingerprint(trace):
    found = {name: change(trace).description.fingerprint for name, change in CHANGES.items()}
    assert len({trace.description.fingerprint, *found.values()}) == 1 + len(CHANGES)


@pytest.mark.parametrize("name", sorted(CHANGES.keys() - {"a function", "another one"}))
def test_the_same_run_made_again_has_the_same(trace, name):
    first, again = (CHANGES[name](each).description for each in (trace, small_trace()))
    assert first == again
    assert hash(first) == hash(again)
    assert first.is_portable


def test_another_process_finds_the_same():
    make = (
        "from tests.small import small_trace; import sam_explore as sx\n"
        "trace = small_trace().with_interventions(sx.interventions.AblateHead(0, 1))\n"
        "print(trace.with_windows((2, 0, 3, 0)).description.fingerprint)"
    )
    done = subprocess.run([sys.executable, "-c", make], capture_output=True, text=True, check=True)
    trace = small_trace().with_interventions(sx.interventions.AblateHead(0, 1))
    assert done.stdout.strip() == trace.with_windows((2, 0, 3, 0)).description.fingerprint


def test_results_are_shared_by_content_where_there_is_one_and_by_function_elsewhere(trace):
    def scaled(tensor, hook):
        return 0.5 * tensor

    one, same = (trace.with_interventions(Scale(np.full(24, 0.5))) for _ in range(2))
    assert one[ENCODING] is same[ENCODING]
    first, again = (trace.with_edit(ENCODING, scaled) for _ in range(2))
    assert first[ENCODING] is again[ENCODING]
    assert not first.description.is_portable


def scaling(factor: float) -> Scale:
    """As a notebook would write the same class on another base."""

    class Base(sx.interventions.Intervention):
        FACTOR = factor

        def edits(self, run):
            return ((ENCODING, Scaled(np.full(24, self.FACTOR))),)

    @dataclass(frozen=True)
    class Mine(Base):
        pass

    return Mine()


def test_a_class_that_is_written_again_on_another_base_is_another_one(trace, tmp_path):
    first, again, other = (trace.with_interventions(scaling(each)) for each in (0.5, 0.5, 0.9))
    assert first.description == again.description
    assert first.description != other.description
    assert first.description.is_portable
    file = tmp_path / "sweep.jsonl"
    sx.Sweep([trace], {"scaled": [scaling(0.5)]}, file=file).run(progress=False)
    with pytest.raises(ValueError, match="another sweep"):
        sx.Sweep([trace], {"scaled": [scaling(0.9)]}, file=file)


def test_it_is_data_and_pickles_whatever_the_run_is_edited_by(trace):
    edited = trace.with_edit(ENCODING, lambda tensor, hook: tensor).description
    again = pickle.loads(pickle.dumps(edited))
    assert isinstance(again, RunDescription)
    assert again == edited == deepcopy(edited)
    assert str(again) == str(edited)
    assert not again.prompts.points.flags.writeable
    assert len(pickle.dumps(edited)) < 5000


def test_it_says_in_words_what_the_run_is(trace):
    edited = trace.with_interventions(sx.interventions.AblateHead(0, 1)).description
    assert str(edited).startswith(f"run {edited.fingerprint[:12]}: model small (weights ")
    assert "picture 40 wide and 20 high" in str(edited)
    assert str(edited).endswith("AblateHead(block=0, head=1, to='zero')")
    assert str(trace.description).endswith("nothing changed")


def test_a_reading_prints_where_it_came_from(trace):
    reading, run = BlockChannel(block=1)(trace), trace.description
    assert reading.provenance.fingerprint == run.fingerprint
    assert str(reading.provenance) == (
        f"sx.probes.BlockChannel(block=1) of {run}; fingerprint {run.fingerprint}"
    )
    other = trace.with_prompts(sx.Prompts(points=[(1, 1)]))
    both = PatchedTokens(other=other)(trace).provenance
    assert both.others == (("other", other.description.fingerprint),)
    assert str(both).endswith(f"; other: run {other.description.fingerprint}")


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)
def test_every_reading_pickles_and_copies(trace, probe):
    reading = probe()(trace)
    for again in (pickle.loads(pickle.dumps(reading)), deepcopy(reading), copy(reading)):
        assert again.provenance == reading.provenance
        assert all_words(again) == all_words(reading)
        for one, other in zip(arrays(again), arrays(reading), strict=True):
            np.testing.assert_array_equal(one, other)
            assert not one.flags.writeable


@pytest.mark.parametrize("make", MAKE, ids=NAMES)
def test_every_intervention_pickles_and_copies(trace, make):
    intervention = make()
    pickled = pickle.loads(pickle.dumps(intervention))
    for again in (pickled, deepcopy(intervention), copy(intervention)):
        assert again == intervention
        assert hash(again) == hash(intervention)
        assert again.fingerprint == intervention.fingerprint
        found, expected = (trace.with_interventions(each) for each in (again, intervention))
        assert found.description == expected.description
        assert found.plan.key(ANSWER) == expected.plan.key(ANSWER)


def test_a_trace_copies_and_says_why_it_does_not_pickle(trace):
    for again in (copy(trace), deepcopy(trace)):
        assert again.description == trace.description
        assert again.sam is trace.sam
        np.testing.assert_array_equal(again.prediction.logits, trace.prediction.logits)
    with pytest.raises(TypeError, match=r"can't be pickled.+Pickle trace\.description"):
        pickle.dumps(trace)
    encoded = pickle.loads(pickle.dumps(trace.encoded))
    prediction = sx.predict(trace.sam, encoded, trace.prompts)
    np.testing.assert_array_equal(prediction.logits, trace.prediction.logits)
