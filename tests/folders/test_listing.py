"""Which pictures count, their names, and how they are cut into parts."""

import os

import pytest

from sam_explore.folders.listing import cut, folder_of, list_pictures


@pytest.fixture
def folder(tmp_path):
    for name in ("b.JPG", "a.png", "deep/c.tiff", "note.txt", ".d.png", ".hidden/e.png", "f.eps"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_files_with_a_pictures_ending_count_in_all_folders_but_hidden_ones(folder):
    found = list_pictures(folder)
    assert list(found) == ["a.png", "b.JPG", "deep/c.tiff"]
    assert found["deep/c.tiff"] == str(folder / "deep" / "c.tiff")
    assert folder_of(str(folder)) == str(folder)


def test_a_list_counts_each_path_once_in_the_order_of_the_names(folder):
    paths = [folder / "b.JPG", folder / "note.txt", folder / "b.JPG"]
    assert list(list_pictures(paths)) == sorted({str(each) for each in paths})
    assert folder_of(paths) == ""


def test_a_name_that_is_no_text_is_written_as_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.png"
    with open(path, "wb"):
        pass
    (found,) = list_pictures(tmp_path).items()
    assert found == ("\\xff.png", os.fsdecode(path))


def test_what_holds_no_picture_is_refused(folder, tmp_path_factory):
    with pytest.raises(ValueError, match=r"no picture in the folder .+\.png"):
        list_pictures(tmp_path_factory.mktemp("empty"))
    with pytest.raises(FileNotFoundError, match="no folder"):
        list_pictures(folder / "missing")
    with pytest.raises(NotADirectoryError, match="goes in as a list"):
        list_pictures(folder / "a.png")
    with pytest.raises(TypeError, match="path of a folder"):
        list_pictures(7)
    with pytest.raises(ValueError, match="in the list"):
        list_pictures([])


@pytest.mark.parametrize(
    ("count", "sizes"),
    [
        (1, [1]),
        (20, [8, 8, 4]),  # at least 8
        (400, [20] * 20),  # the square root
        (1_200_000, [1000] * 1200),  # at most 1000
    ],
)
def test_a_part_has_the_square_root_of_all_pictures_within_bounds(count, sizes):
    names = [f"{number:07d}.png" for number in range(count)]
    parts = list(cut(names, None))
    assert [len(some) for _, some in parts] == sizes
    assert [name for _, some in parts for name in some] == names
    assert len({file for file, _ in parts}) == len(parts)


def test_a_parts_file_is_named_by_its_place_and_its_pictures():
    (first, _), (second, _) = cut(["a", "b", "c"], 2)
    assert first.startswith("part-000000-")
    assert second.startswith("part-000001-")
    assert next(cut(["a", "b"], 2))[0] == first
    assert next(cut(["a", "x"], 2))[0] != first
