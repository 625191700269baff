"""Ray Data writes the same files as the processes do."""

import pytest

import sam_explore as sx
from sam_explore.folders import with_ray
from sam_explore.folders.extras import check_installed

from .conftest import save_pictures


@pytest.fixture
def no_cluster(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def test_the_same_files_come_from_ray(no_cluster, here, weights, tmp_path):
    (tmp_path / "pictures").mkdir()
    save_pictures(tmp_path / "pictures", 10)
    files = []
    for executor in ("ray", "processes"):
        run = sx.run_folder(
            "masks",
            tmp_path / "pictures",
            tmp_path / executor,
            prompts="centre",
            weights=weights,
            workers=1,
            executor=executor,
            progress=False,
        )
        files.append({path.name: path.read_bytes() for path in run.folder.glob("[!.]*")})
    assert len(files[0]) == 3
    assert files[0] == files[1]
    assert len(here) == 2  # the processes' parts were written in this one, Ray's were not


def test_a_cluster_is_not_resized(monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    assert with_ray.settings(64)["num_cpus"] >= 64
    monkeypatch.setenv("RAY_ADDRESS", "ray://head:10001")
    assert "num_cpus" not in with_ray.settings(64)


def test_without_ray_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("sam_explore.folders.extras.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"sam-explore\[ray\]"):
        check_installed("ray", extra="ray")
