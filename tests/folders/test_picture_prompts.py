"""Where the prompts of each picture come from."""

from dataclasses import dataclass

import numpy as np
import pytest

import sam_explore as sx
from sam_explore.folders.picture_prompts import prompts_given
from sam_explore.saved_prompts import prompts_to_json

IMAGE = np.zeros((20, 40, 3), np.uint8)


def left_edge(name: str, image: np.ndarray) -> sx.Prompts:
    return sx.Prompts(points=[(0, image.shape[0] / 2)])


@dataclass(frozen=True)
class At:
    x: int

    def __call__(self, name: str, image: np.ndarray) -> sx.Prompts:
        return sx.Prompts(points=[(self.x, 0)])


def test_without_any_the_prompts_are_empty_and_with_some_all_pictures_have_them():
    assert prompts_given(None).prompts("a", IMAGE, None).is_empty
    box = sx.Prompts(box=(1, 2, 3, 4))
    assert prompts_given(box).prompts("a", IMAGE, None) is box


def test_a_function_gets_the_name_and_the_picture():
    assert prompts_given("centre").prompts("a", IMAGE, None).points.tolist() == [[20, 10]]
    assert prompts_given(left_edge).prompts("a", IMAGE, None).points.tolist() == [[0, 10]]
    assert prompts_given(At(3)).prompts("a", IMAGE, None).points.tolist() == [[3, 0]]
    with pytest.raises(TypeError, match=r"must return sx.Prompts, not \[1, 2\]"):
        prompts_given(lambda name, image: [1, 2]).prompts("a", IMAGE, None)


def test_a_function_is_known_by_its_code_and_data():
    def at(x: float):
        return prompts_given(lambda name, image: sx.Prompts(points=[(x, 0)])).known

    assert at(1) == at(1) != at(2)
    assert prompts_given(At(3)).known == prompts_given(At(3)).known != prompts_given(At(4)).known
    sam = object()
    with pytest.raises(TypeError, match="can't be known by its code and data"):
        prompts_given(lambda name, image: sam)


def test_a_table_of_json_has_prompts_under_names(tmp_path):
    saved = prompts_to_json(sx.Prompts(points=[(2, 2)]), (10, 10))
    table = tmp_path / "t.json"
    table.write_text(f'{{"a": {{"points": [[1, 2]], "labels": [0]}}, "b": {saved}}}')
    source = prompts_given(table)
    prompts = source.prompts("a", IMAGE, source.table["a"])
    assert (prompts.points.tolist(), prompts.labels.tolist()) == ([[1, 2]], [0])
    # Saved for a picture of 10 x 10: at the same place of this one.
    assert source.prompts("b", IMAGE, source.table["b"]).points.tolist() == [[8, 4]]
    assert source.without_table().known == source.known
    assert source.without_table().table == {}


def test_rows_of_a_csv_add_up_to_one_set_a_picture(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("path,x,y,label,x0,y0,x1,y1\na,1,2,1,,,,\na,3,4,0,5,6,7,8\nb,,,,1,2,3,4\n")
    source = prompts_given(str(table))
    first = source.prompts("a", IMAGE, source.table["a"])
    assert first.points.tolist() == [[1, 2], [3, 4]]
    assert first.labels.tolist() == [1, 0]
    assert first.box.tolist() == [5, 6, 7, 8]
    assert source.prompts("b", IMAGE, source.table["b"]).box.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("t.csv", "picture,x\n", "must have a column path"),
        ("t.csv", "path,x,y\na,one,2\n", "line 2"),
        ("t.csv", "path,x0,y0,x1,y1\na,1,2,3,4\na,1,2,3,4\n", "line 3: a picture has one box"),
        ("t.json", "[1, 2]", "an object with prompts"),
        ("t.json", "{", "is no JSON"),
        ("t.txt", "", "a .json or a .csv file, not t.txt"),
    ],
)
def test_a_table_of_another_kind_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        prompts_given(tmp_path / name)


def test_other_arguments_are_refused():
    with pytest.raises(TypeError, match="prompts must be"):
        prompts_given(7)


@pytest.mark.parametrize("entry", [None, {"pts": []}, [1, 2]])
def test_an_entry_without_prompts_is_an_error_with_the_pictures_name(entry):
    with pytest.raises(ValueError, match="Expected prompts for a in the table"):
        prompts_given({}).prompts("a", IMAGE, entry)


@pytest.mark.parametrize("row", ["a,,2,,,,", "a,1,2,,3,4,5"], ids=["no x", "no x0"])
def test_half_a_point_or_half_a_box_is_refused(tmp_path, row):
    """Else the picture would be asked about without it."""
    (tmp_path / "t.csv").write_text(f"path,x,y,x0,y0,x1,y1\n{row}\n")
    source = prompts_given(tmp_path / "t.csv")
    with pytest.raises(ValueError, match="must be finite"):
        source.prompts("a", IMAGE, source.table["a"])
