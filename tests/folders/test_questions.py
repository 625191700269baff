"""What can be asked, and what the masks and the embedding are."""

from dataclasses import dataclass

import numpy as np
import pytest
from pycocotools import mask as coco

import sam_explore
import sam_explore as sx
from sam_explore.folders import Embedding, Masks
from sam_explore.folders.questions import ask, known_question, question_of
from sam_explore.preprocessing import Preprocessing

from ..small import small_trace

HOW = Preprocessing()


@pytest.mark.parametrize(
    ("given", "question"),
    [
        ("masks", Masks()),
        (" embedding ", Embedding()),
        ("Masks(threshold=1.5)", Masks(1.5)),
        ("BlockNorms", sx.probes.BlockNorms()),
        ("sx.probes.BlockNorms(shared=False)", sx.probes.BlockNorms(shared=False)),
        (sx.probes.BlockNorms, sx.probes.BlockNorms()),
        (Embedding(pooled=False), Embedding(pooled=False)),
    ],
)
def test_a_question_is_a_probe_or_text(given, question):
    assert question_of(given) == question


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("BlockNorm", "did you mean BlockNorms"),
        ("BlockNorms(7)", "knobs are given by name"),
        ("BlockNorms(size=7)", r"other knobs \(shared\)"),
        ("BlockNorms(shared=print('x'))", "Expected a question"),
        ("import os", "Expected a question"),
    ],
)
def test_text_of_another_kind_is_refused_and_nothing_in_it_runs(given, message, capsys):
    with pytest.raises(ValueError, match=message):
        question_of(given)
    assert capsys.readouterr().out == ""


def test_other_questions_are_refused():
    with pytest.raises(TypeError, match="question must be a probe"):
        question_of(7)
    with pytest.raises(TypeError, match=r"other of .+ is a run on one picture"):
        question_of(sx.probes.PatchedTokens(other=small_trace()))


@dataclass(frozen=True)
class Own(sx.probes.Probe):
    weight: object = 1.0

    def read(self, trace):
        return None


def test_a_question_is_known_by_its_class_and_its_knobs():
    assert known_question(Own()) == known_question(Own()) != known_question(Own(2.0))
    with pytest.raises(TypeError, match="can't be known by its content"):
        known_question(Own(object()))


@pytest.fixture(scope="module")
def trace() -> sx.Trace:
    return small_trace()


def asked(question, trace):
    return ask(question, trace.sam, trace.image, trace.prompts, HOW, 2**20)


def test_masks_are_those_of_predict(trace):
    answer = asked(Masks(threshold=0.5), trace)
    encoded = sx.encode(trace.sam, trace.image)
    expected = sx.predict(trace.sam, encoded, trace.prompts)
    chosen, every = answer.reading.readings
    inside = expected.upscaled > 0.5
    assert every.values[:, 0] == pytest.approx(expected.iou)
    assert every.values[:, 1] == pytest.approx(expected.stability(0.5))
    assert every.values[:, 2] == pytest.approx(inside.mean(axis=(1, 2)))
    assert chosen.values[0].tolist() == every.values[expected.chosen].tolist()
    (counts,) = answer.masks
    size = list(trace.image.shape[:2])
    assert np.array_equal(coco.decode({"size": size, "counts": counts}), inside[expected.chosen])


def test_a_mask_that_is_computed_in_strips_is_the_same(trace, monkeypatch):
    whole = asked(Masks(), trace)
    monkeypatch.setattr("sam_explore.folders.questions._AT_ONCE", 3 * trace.image.shape[1])
    strips = asked(Masks(), trace)
    assert strips.masks == whole.masks
    assert np.array_equal(strips.reading.readings[1].values, whole.reading.readings[1].values)


def test_the_embedding_is_the_mean_over_the_tokens_on_the_picture(trace):
    tokens = sx.encode(trace.sam, trace.image).tokens[0].numpy()
    answer = asked(Embedding(), trace)
    # The picture is 40 x 20 in an input of 40 x 40 with patches of 8: two and a half rows of five.
    expected = tokens[:, :3].mean(axis=(1, 2))
    assert answer.reading.curves[0].y == pytest.approx(expected, abs=1e-6)
    maps = asked(Embedding(pooled=False), trace).reading.maps
    assert np.array_equal([each.values for each in maps], tokens)


def test_every_answer_has_the_fingerprint_of_its_run(trace):
    expected = trace.description.fingerprint
    for question in (Masks(), Embedding(), sx.probes.BlockNorms()):
        assert asked(question, trace).run == expected
    other = ask(Masks(), trace.sam, trace.image, sx.Prompts(), HOW, 2**20)
    assert other.run == trace.with_prompts(sx.Prompts()).description.fingerprint != expected


def test_the_code_of_a_question_makes_it_again():

    for question in (Masks(1.0, 0.5), Embedding(False)):
        assert eval(question.code, {"sam_explore": sam_explore}) == question
