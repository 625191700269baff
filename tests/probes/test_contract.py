"""What every registered probe must keep, whatever it asks."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

import sam_explore as sx
from sam_explore import probes
from sam_explore.model import Sam
from sam_explore.plots.drawing import draw
from sam_explore.probes import PROBES, Probe
from sam_explore.readings import Reading
from sam_explore.tracing import Trace, between_steps

from ..small import small_sam, small_trace
from .reading_arrays import all_words, arrays
from .small_scenes import with_few_scenes

pytestmark = pytest.mark.usefixtures("small_scenes")

FILES = Path(probes.__file__).parent

every_probe = pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.__name__)


@pytest.fixture(scope="module")
def sam() -> Sam:
    return small_sam()


@pytest.fixture(scope="module")
def trace(sam: Sam) -> Trace:
    return small_trace(sam)


@pytest.fixture(scope="module")
def answer(trace: Trace) -> Callable[[type[Probe]], Reading]:
    """Asks each probe once; that it says the same when asked again is tested below."""
    return cache(lambda probe: with_few_scenes(probe)(trace))


@pytest.fixture(autouse=True)
def nothing_stays_attached(sam: Sam) -> Iterator[None]:
    """Whatever a test here does, no hook is left in the model."""
    yield
    assert not [name for name, module in sam.named_modules() if module._forward_hooks]
    assert not [name for name, module in sam.named_modules() if module._forward_pre_hooks]


def file_of(probe: type[Probe]) -> Path:
    return Path(inspect.getfile(probe))


def test_every_file_with_a_probe_is_in_the_list():
    with_a_probe = {
        path
        for path in FILES.rglob("*.py")
        if re.search(r"^class \w+\((\w+, )*Probe\)", path.read_text(), re.M)
    }
    assert {file_of(probe) for probe in PROBES} == with_a_probe
    assert len(with_a_probe) == len(PROBES)  # one question a file
    assert set(probes.__all__) >= {probe.__name__ for probe in PROBES}


@every_probe
def test_it_answers_with_numbers_and_no_infinity(probe: type[Probe], answer: Callable):
    found = arrays(answer(probe))
    assert found
    for array in found:
        assert not np.isinf(array).any()
        assert np.isfinite(array).mean() > 0.5  # NaN stands for places where nothing is
        assert not array.flags.writeable


@every_probe
def test_its_words_are_sentences_without_holes(probe: type[Probe], answer: Callable):
    reading = answer(probe)
    assert reading.title
    for words in all_words(reading):
        assert re.fullmatch(r"[A-Z0-9].*\.", words, re.S), words
        assert not re.search(r"nan|inf\b|None|  |\bnp\.|tensor", words), words
    assert re.search(r"\d", reading.words), "The words must tell what was computed."


@every_probe
def test_it_is_pure(probe: type[Probe], trace: Trace, answer: Callable):
    one, other = answer(probe), with_few_scenes(probe)(trace)
    for first, second in zip(arrays(one), arrays(other), strict=True):
        np.testing.assert_array_equal(first, second)
    assert all_words(one) == all_words(other)


@every_probe
def test_one_that_promises_not_to_read_prompts_never_gets_to_them(probe: type[Probe], sam: Sam):
    steps: list[str] = []
    with between_steps(steps.append):
        with_few_scenes(probe)(small_trace(sam))
    components = {step.partition(":")[0] for step in steps}
    assert bool({"Prompt encoder", "Mask decoder"} & components) == probe.reads_prompts


@every_probe
def test_it_draws(probe: type[Probe], answer: Callable):
    figure = draw(answer(probe))
    assert isinstance(figure, Figure)
    assert figure.png().startswith(b"\x89PNG")


def out_of_bounds(probe: type[Probe], trace: Trace) -> list[Probe]:
    """The probe with each of its knobs in turn set to something that it can't be."""
    bad = []
    for name, knob in probe.knobs().items():
        default = getattr(probe(), name)
        if isinstance(default, str):
            bad.append(replace(probe(), **{name: "nonsense"}))
        values = [] if knob.choices else knob.bounds(trace)
        for value, step in zip(values, (-1, 1), strict=False):
            if value is not None:
                wrong = value + step
                wrong = (wrong, *default[1:]) if isinstance(default, tuple) else wrong
                bad.append(replace(probe(), **{name: wrong}))
    return bad


@every_probe
def test_a_knob_out_of_bounds_is_refused_in_words(probe: type[Probe], trace: Trace):
    for bad in out_of_bounds(probe, trace):
        with pytest.raises(ValueError, match=r"must (lie from|be one of) .+ (is|not) .+\."):
            bad(trace)


@every_probe
def test_every_field_is_a_knob_with_bounds_or_choices_or_another_run(
    probe: type[Probe], trace: Trace
):
    others = {field.name for field in fields(probe)} - set(probe.knobs())
    assert {getattr(probe(), name) for name in others} <= {None}
    for name, knob in probe.knobs().items():
        assert knob.about, name
        assert knob.choices or None not in knob.bounds(trace), name


@every_probe
def test_it_is_frozen_and_its_code_makes_it_again(probe: type[Probe]):
    assert eval(probe().code, {"sx": sx}) == probe()
    for field in fields(probe):
        with pytest.raises(FrozenInstanceError):
            setattr(probe(), field.name, field.default)
    assert hash(probe()) == hash(probe())


@every_probe
def test_its_docstring_says_what_it_reads_returns_and_in_which_unit_and_its_source(
    probe: type[Probe],
):
    sections = re.findall(r"^    (Reads|Returns|Unit|Source): \S", probe.__doc__, re.M)
    assert sections == ["Reads", "Returns", "Unit", "Source"]
    first_line = probe.__doc__.splitlines()[0]
    assert first_line.endswith(".")
    question = file_of(probe).read_text().splitlines()[0]
    assert re.fullmatch(r'"""[A-Z].*\?"""', question)


@every_probe
def test_the_hook_points_that_its_docstring_names_are_there(probe: type[Probe], sam: Sam):
    reads = re.search(r"Reads: (.*?)\n    Returns:", probe.__doc__, re.S)[1]
    for name in re.findall(r"[a-z_]+(?:\.[\w*]+)+", reads):
        if "hook_" in name and name.startswith(("image_encoder", "mask_decoder")):
            sx.list_hooks(sam, re.sub(r"\.N\.", ".*.", name))
