"""Reads tours from YAML; errors name the line, what was expected, and what came."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from .fields import checked, close_to
from .tour_steps import Tour, TourStep, check_picture

HERE = Path(__file__).parent / "shipped"
SHIPPED = tuple(sorted(path.stem for path in HERE.glob("*.yaml")))

_TOUR_KEYS = tuple(each.name for each in fields(Tour))
_STEP_KEYS = tuple(each.name for each in fields(TourStep))


def tour_of(which: Tour | str | Path) -> Tour:
    """A tour: one that is given, one that ships by its name, or one from a file.

    Raises:
        TypeError: something else.
        ValueError: an unknown name, or a file that is no tour.
        OSError: there is no such file.
    """
    if isinstance(which, Tour):
        return which
    if not isinstance(which, str | Path):
        raise TypeError(
            "A tour is sx.course.Tour(…), the name of one that ships, or a file such as "
            f"'mine.yaml', not a {type(which).__name__}."
        )
    if isinstance(which, Path) or which.endswith((".yaml", ".yml")):
        path = Path(which).expanduser()
        return tour_from_text(path.read_text("utf-8"), path.name)
    name = which.strip().replace(" ", "_")
    if name not in SHIPPED:
        names = ", ".join(each.replace("_", " ") for each in SHIPPED)
        raise ValueError(
            f"No tour is called {which!r}.{close_to(name, SHIPPED)} Those that ship are {names}. A "
            "file of your own ends in .yaml."
        )
    return tour_from_text((HERE / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")


def tour_from_text(text: str, where: str) -> Tour:
    """A tour from the text of a YAML file.

    Args:
        text: the text.
        where: the file's name, for errors.

    Raises:
        ValueError: it names the line, what was expected, and what came.
    """
    reader = _Reader(text, where)
    try:
        reader.refuse_references()
        return reader.tour()
    except RecursionError:
        raise ValueError(f"{where}, line 1: this is nested too deeply for a tour.") from None
    except yaml.MarkedYAMLError as error:
        line = 1 if error.problem_mark is None else error.problem_mark.line + 1
        what = error.problem or "it can't be read"
        raise ValueError(f"{where}, line {line}: this is no YAML: {what}.") from None
    finally:
        reader.close()


class _Reader:
    """Builds a tour from the nodes of a YAML document, which know their lines."""

    def __init__(self, text: str, where: str):
        self._loader, self._where, self._text = yaml.SafeLoader(text), where, text

    def refuse_references(self) -> None:
        """Refuse YAML's references, by which a few lines can stand for more than memory holds."""
        for token in yaml.scan(self._text, yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                line = token.start_mark.line + 1
                raise ValueError(
                    f"{self._where}, line {line}: expected a value, but is the reference "
                    f"*{token.value:.40}. Write the value out."
                )

    def tour(self) -> Tour:
        root = self._loader.get_single_node()
        if root is None:
            raise ValueError(f"{self._where}, line 1: expected a tour, but the file is empty.")
        given = self._entries(root, _TOUR_KEYS, "a tour")
        for name in ("title", "steps"):
            if name not in given:
                raise self._wrong(root, f"expected the key {name!r}, which a tour needs.")
        if not isinstance(given["steps"], yaml.SequenceNode):
            raise self._wrong(given["steps"], "steps: expected a list, each step after a dash.")
        values = {name: self._value(node) for name, node in given.items() if name != "steps"}
        if values.get("picture") is not None:
            self._try(given["picture"], check_picture, values["picture"])
        steps = [self._step(node) for node in given["steps"].value]
        found: Tour = self._try(root, Tour, steps=steps, **values)
        return found

    def close(self) -> None:
        self._loader.dispose()

    def _step(self, node: yaml.Node) -> TourStep:
        given = self._entries(node, _STEP_KEYS, "a step")
        if "say" not in given:
            raise self._wrong(node, "expected the key 'say' with a sentence, which a step needs.")
        values = {name: self._value(each) for name, each in given.items()}
        for name, each in given.items():
            try:
                checked(name, values[name])
            except ValueError as error:
                raise self._wrong(each, f"{name}: {error}") from None
        try:
            return TourStep(**values)
        except ValueError as error:
            name = str(error).partition(":")[0]
            raise self._wrong(given.get(name, node), str(error)) from None

    def _entries(self, node: yaml.Node, known: tuple[str, ...], what: str) -> dict[str, yaml.Node]:
        """The values of a mapping by key, of which all have to be known and given once."""
        if not isinstance(node, yaml.MappingNode):
            example = "title: …" if what == "a tour" else "- say: …"
            came = node.value if isinstance(node, yaml.ScalarNode) else "a list"
            raise self._wrong(
                node, f"expected {what} with keys such as '{example}', but is {came!r:.60}."
            )
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self._value(key)
            if name not in known:
                keys = ", ".join(known)
                raise self._wrong(
                    key, f"{what} has no key {name!r}.{close_to(name, known)} Its keys are {keys}."
                )
            if name in found:
                raise self._wrong(key, f"the key {name!r} is there twice in {what}.")
            found[name] = value
        return found

    def _value(self, node: yaml.Node) -> Any:
        return self._loader.construct_object(node, deep=True)

    def _try(self, node: yaml.Node, make: Any, *args: Any, **given: Any) -> Any:
        try:
            return make(*args, **given)
        except ValueError as error:
            raise self._wrong(node, str(error)) from None

    def _wrong(self, node: yaml.Node, words: str) -> ValueError:
        return ValueError(f"{self._where}, line {node.start_mark.line + 1}: {words}")
