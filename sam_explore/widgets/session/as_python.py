"""A session's prediction as Python code, which gives the same masks in a new interpreter."""

from ast import literal_eval
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, cast

from ...corrections import BEST, Choice
from ...provenance import Origin, origin_of_model, origin_of_picture
from ...tracing import zero
from ...tracing.interventions import Intervention
from .snapshot import Snapshot

_WIDTH = 88  # of a line

_UNKNOWN_MODEL = Origin('sx.load("weights.pth")', "put in the file that the model was loaded from")
_UNKNOWN_PICTURE = Origin(
    '"picture.png"',
    "the picture came as an array; keep it once by "
    'PIL.Image.fromarray(session.image).save("picture.png")',
)
_HINT = Origin(
    'prompts_from_json(Path("prompts.json").read_text("utf-8"))',
    "they hold a mask hint, which is too long for here; keep them once by "
    'session.save_prompts("prompts.json")',
)


def as_python(now: Snapshot) -> str:
    """Python code for `prediction` and `mask`, the one shown, identical to the last bit.

    What code can't express, such as a user's own function as an edit, is left out and named in a
    comment.
    """
    sam = origin_of_model(now.sam) or _UNKNOWN_MODEL
    picture = origin_of_picture(now.image) or _UNKNOWN_PICTURE
    prompts = _HINT if now.prompts.mask_hint is not None else Origin(_prompts(now))
    lines = ["import sam_explore as sx"]
    if prompts is _HINT:
        saved = "from sam_explore.saved_prompts import prompts_from_json"
        lines = ["from pathlib import Path", "", *lines, saved]
    lines += ["", *_assigned("sam", sam), *_assigned("picture", picture)]
    is_fed = now.question.feeds_back
    lines += () if is_fed else _assigned("prompts", prompts)
    given = ["sam", "picture", *(() if is_fed else ("prompts",)), *_preprocessing(now)]
    steps, left_out = _steps(now)
    lines += [f"trace = {_call('sx.Trace', given)}", *(f"trace = trace.{step}" for step in steps)]
    lines += [f"# Left out, since code can't say it: {what}." for what in left_out]
    lines += _corrections(now) if is_fed else ()
    if not now.prompts.is_empty:
        threshold = repr(now.threshold) if now.threshold else ""
        mask = _mask(now, now.chosen)
        lines += ["prediction = trace.prediction", f"mask = prediction.masks({threshold})[{mask}]"]
    return "\n".join(lines) + "\n"


def _corrections(now: Snapshot) -> Iterable[str]:
    """The code that predicts for one prompt after another, with the logits fed back."""
    prompts = now.prompts
    points = [repr(tuple(point)) for point in prompts.points.tolist()]
    yield f"points = {_call('', points, 'points = ', '[]')}"
    yield f"labels = {prompts.labels.tolist()}"
    if prompts.box is not None:
        yield f"box = {tuple(prompts.box.tolist())}"
    yield "# Each further point corrects the mask shown before: its logits go back as a hint."
    hint: list[str] = []
    for count, choice in now.dialogue.corrected:
        yield f"prompts = {_prompts_until(now, f'[:{count}]' if count else None, hint)}"
        yield "prediction = trace.with_prompts(prompts).prediction"
        hint = [f"mask_hint=prediction.logits[{_mask(now, choice)}]"]
    yield f"prompts = {_prompts_until(now, '', hint)}"
    yield "trace = trace.with_prompts(prompts)"


def _prompts_until(now: Snapshot, of: str | None, hint: list[str]) -> str:
    """The code of prompts with a slice of named points; None for no points."""
    given = [] if of is None else [f"points=points{of}", f"labels=labels{of}"]
    box = [] if now.prompts.box is None else ["box=box"]
    return _call("sx.Prompts", [*given, *box, *hint], "prompts = ")


def _mask(now: Snapshot, choice: Choice) -> str:
    """The code of the chosen mask of `prediction`."""
    if choice == BEST:
        return "prediction.iou.argmax()"
    has_mask = isinstance(choice, int) and choice < now.sam.config.mask_tokens
    return str(choice) if has_mask else "prediction.chosen"


def _prompts(now: Snapshot) -> str:
    prompts, given = now.prompts, []
    if len(prompts.points):
        points = [tuple(point) for point in prompts.points.tolist()]
        given = [f"points={points}", f"labels={prompts.labels.tolist()}"]
    if prompts.box is not None:
        given.append(f"box={tuple(prompts.box.tolist())}")
    if prompts.unprompted is not None:
        given.append(f"unprompted={prompts.unprompted!r}")
    return _call("sx.Prompts", given, "prompts = ")


def _preprocessing(now: Snapshot) -> list[str]:
    how = now.preprocessing
    return [
        f"{name}={value!r}"
        for name, value, default in (
            ("preprocessing", how.name, "original"),
            ("side", how.side, None),
            ("keep_aspect", how.keep_aspect, False),
        )
        if value != default
    ]


def _steps(now: Snapshot) -> tuple[list[str], list[str]]:
    """The trace's calls for windows and edits, and the names of edits that code can't express."""
    windows = now.windows
    steps, left_out = [] if windows is None else [f"with_windows({windows})"], []
    for edit in now.edits:
        if isinstance(edit, Intervention):
            name, change = type(edit).__name__, cast(Any, edit)
            values = [
                (each.name, getattr(change, each.name)) for each in fields(change) if each.init
            ]
            if all(_is_literal(value) for _, value in values):
                given = [f"{each}={value!r}" for each, value in values]
                before = "trace = trace.with_interventions("
                made = _call(f"sx.interventions.{name}", given, before)
                steps.append(f"with_interventions({made})")
            else:
                left_out.append(f"the edit {name}, which reads something else")
        elif edit[1] is zero:
            steps.append(f"with_edit({edit[0]!r}, sx.zero)")
        else:
            left_out.append(f"the edit of {edit[0]}, which is a function")
    return steps, left_out


def _is_literal(value: object) -> bool:
    try:
        return literal_eval(repr(value)) == value
    except (ValueError, SyntaxError):
        return False


def _assigned(name: str, origin: Origin) -> Iterable[str]:
    """An assignment, with its remark above."""
    if origin.remark:
        yield f"# {origin.remark[0].upper()}{origin.remark[1:]}"
    yield f"{name} = {origin.code}"


def _call(name: str, arguments: list[str], before: str = "", brackets: str = "()") -> str:
    """A call in one line if there is room for it, else with one argument a line."""
    begin, end = brackets[0], brackets[1]
    line = f"{name}{begin}{', '.join(arguments)}{end}"
    if len(before) + len(line) <= _WIDTH:
        return line
    return "\n".join([f"{name}{begin}", *(f"    {each}," for each in arguments), end])
