"""Weights are judged before they are read: nothing that a file claims costs memory or time."""

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

import sam_explore as sx

from ..checkpoints import CUSTOM, official_weights
from ..parity.reference import random_weights

POSITIONS, TOKENS = "image_encoder.pos_embed", "mask_decoder.mask_tokens.weight"
# A process that has everything imported, and forks one for each path that it reads. That one says
# what a call adds at its peak to what was there before.
MEASURE = """
import os
import sys
from pathlib import Path
import sam_explore as sx
sx.load()
def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024
def measure(path):
    Path("/proc/self/clear_refs").write_text("5")
    before = status("VmRSS")
    try:
        sam = sx.load(path)
        said = "loaded", status("VmHWM") - before, ""
    except ValueError as error:
        said = "refused", status("VmHWM") - before, str(error)
    print(*said, flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            measure(line.rstrip())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    print("ended", flush=True)
"""


@pytest.fixture(scope="module")
def measured() -> Iterator[Callable[[Path], tuple[str, int, str]]]:
    """Whether a file is loaded, the bytes that it takes at the peak, and what is said."""
    command = [sys.executable, "-W", "ignore", "-c", MEASURE]
    # A child can't use threads that its parent has started.
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=alone
    ) as process:

        def measure(path: Path) -> tuple[str, int, str]:
            process.stdin.write(f"{path}\n")
            process.stdin.flush()
            lines = list(iter(process.stdout.readline, "ended\n"))
            outcome, size, *said = "".join(lines).split(maxsplit=2)
            return outcome, int(size), " ".join(said)

        yield measure


def bytes_of(weights: dict[str, Tensor]) -> int:
    return sum(tensor.numel() * 4 for tensor in weights.values())


@pytest.fixture
def weights() -> dict[str, Tensor]:
    return dict(official_weights())


@pytest.fixture(scope="module")
def large() -> dict[str, Tensor]:
    """Some 100 MB in fp32: what a process' memory varies by is small compared to it."""
    wide = {"encoder_dim": 1024, "encoder_mlp_dim": 4096, "encoder_heads": 16}
    return random_weights(replace(CUSTOM, encoder_depth=2, global_blocks=(1,), **wide))


class TestTensors:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda t: t.masked_fill(t > t.median(), torch.nan), r"not finite in fp32"),
            (lambda t: t.double() * 1e300, r"not finite in fp32"),
            (lambda t: t.to(torch.complex64), r"complex numbers \(torch.complex64\)"),
            (lambda t: t.to(torch.int8), r"no decimals \(torch.int8\)"),
            (lambda t: t > 0, r"no decimals \(torch.bool\)"),
            (lambda t: t[:0], r"is empty, of shape \(0, "),
            (lambda t: t.to_sparse(), "is sparse, nested or quantized"),
            (lambda t: t[:1, :1].clone().expand(t.shape), "repeats the 4 bytes that it is made"),
        ],
        ids=["NaN", "too large", "complex", "integers", "bool", "empty", "sparse", "repeated"],
    )
    def test_what_is_no_weight_is_an_error_with_its_name(self, weights, tmp_path, change, words):
        weights[TOKENS] = change(weights[TOKENS])
        torch.save(weights, tmp_path / "sam.pth")

        with pytest.raises(ValueError, match=f"sam.pth.*{TOKENS} .*{words}"):
            sx.load(tmp_path / "sam.pth")
        with pytest.raises(ValueError, match=f"state dict.*{TOKENS} .*{words}"):
            sx.load(weights)

    def test_one_of_the_meta_device_is_too(self, weights):
        weights[TOKENS] = weights[TOKENS].to("meta")

        with pytest.raises(ValueError, match=r"meta device"):
            sx.load(weights)

    def test_transposed_and_double_ones_are_weights(self, weights, tmp_path):
        for name, tensor in weights.items():
            turned = tensor.t().contiguous().t() if tensor.ndim == 2 else tensor
            weights[name] = turned.double()
        torch.save(weights, tmp_path / "sam.pth")

        for name, tensor in sx.load(tmp_path / "sam.pth").state_dict().items():
            assert tensor.is_contiguous(), name
            assert tensor.dtype is torch.float32

    def test_what_is_next_to_them_may_be_anything(self, weights, tmp_path):
        odd = [torch.zeros(2, dtype=torch.complex64), torch.full((2,), torch.nan), torch.zeros(0)]
        others = {f"other.{index}": tensor for index, tensor in enumerate(odd)}
        torch.save(weights | others, tmp_path / "sam.pth")

        with pytest.warns(UserWarning, match="left out: other"):
            sx.load(tmp_path / "sam.pth")


@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux tells it")
class TestMemory:
    @pytest.mark.parametrize("kind", ["pth", "safetensors", "half.pth", "old.pth"])
    def test_a_sound_file_takes_less_than_two_and_a_half_times_its_weights(
        self, measured, large, tmp_path, kind
    ):
        path, file = tmp_path / f"sam.{kind}", large
        if kind.startswith("half"):
            file = {name: tensor.half() for name, tensor in large.items()}
        if kind == "safetensors":
            safetensors.torch.save_file(file, path)
        else:
            torch.save(file, path, _use_new_zipfile_serialization=kind != "old.pth")

        outcome, peak, _ = measured(path)

        assert outcome == "loaded"
        assert bytes_of(large) < peak < 2.5 * bytes_of(large)

    @pytest.mark.parametrize("ending", ["pth", "safetensors"])
    def test_what_is_next_to_a_sam_is_not_read(self, measured, large, tmp_path, ending):
        path = tmp_path / f"sam.{ending}"
        others = {f"optimizer.{index}": torch.ones(50_000_000) for index in range(4)}
        (torch.save if ending == "pth" else safetensors.torch.save_file)(large | others, path)
        assert path.stat().st_size > 6 * bytes_of(large)

        outcome, peak, _ = measured(path)

        assert outcome == "loaded"
        assert peak < 2.5 * bytes_of(large)

    def test_an_extra_tensor_of_stride_0_is_left(self, measured, large, tmp_path):
        extra = torch.zeros(1, dtype=torch.half).expand(100_000, 100_000)  # 40 GB in fp32
        torch.save({**large, "extra": extra}, tmp_path / "sam.pth")

        outcome, peak, _ = measured(tmp_path / "sam.pth")

        assert outcome == "loaded"
        assert peak < 2.5 * bytes_of(large)

    def test_a_weight_of_stride_0_is_refused_before_it_is_unfolded(
        self, measured, weights, tmp_path
    ):
        weights[POSITIONS] = torch.zeros(1, dtype=torch.half).expand(1, 1000, 1000, 10_000)
        torch.save(weights, tmp_path / "sam.pth")

        outcome, peak, said = measured(tmp_path / "sam.pth")

        assert outcome == "refused"
        assert POSITIONS in said
        assert peak < 50e6

    def test_a_deflated_archive_is_refused_before_it_is_unpacked(self, measured, weights, tmp_path):
        torch.save({**weights, "zeros": torch.zeros(150_000_000)}, plain := tmp_path / "plain")
        with (
            zipfile.ZipFile(plain) as old,
            zipfile.ZipFile(tmp_path / "sam.pth", "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for part in old.infolist():
                with old.open(part) as source, new.open(part.filename, "w") as target:
                    while chunk := source.read(2**20):
                        target.write(chunk)
        assert (tmp_path / "sam.pth").stat().st_size < 2e6

        outcome, peak, said = measured(tmp_path / "sam.pth")

        assert outcome == "refused"
        assert "its parts are compressed, which torch.save never does" in said
        assert peak < 50e6

    def test_a_sparse_safetensors_is_not_read(self, measured, weights, tmp_path):
        shapes = {name: list(tensor.shape) for name, tensor in weights.items()}
        for extra in (True, False):
            claimed = {**shapes, **({"extra": [3 * 10**9]} if extra else {POSITIONS: huge(shapes)})}
            path = tmp_path / f"{extra}.safetensors"
            write_sparse(path, claimed)
            assert path.stat().st_size > 1e9 > 1e6 > path.stat().st_blocks * 512

            outcome, peak, said = measured(path)

            assert (outcome == "loaded") == extra
            assert peak < 50e6, said

    @pytest.mark.parametrize("zipped", [True, False], ids=["today's format", "older format"])
    def test_a_list_of_contents_without_end_is_refused(self, measured, tmp_path, zipped):
        bomb = b"\x80\x02(" + b"]" * 50_000_000 + b"l."  # lists, 60 bytes each
        path = tmp_path / "sam.pth"
        if zipped:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("sam/data.pkl", bomb)
                archive.writestr("sam/version", "3")
        else:
            head = (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True})
            path.write_bytes(b"".join(pickle.dumps(each, 2) for each in head) + bomb)

        outcome, peak, said = measured(path)

        assert outcome == "refused"
        assert "its list of contents takes more than 8 MB" in said
        assert peak < 300e6


def huge(shapes: dict[str, list[int]]) -> list[int]:
    return [*shapes[POSITIONS][:1], 10_000, 10_000, shapes[POSITIONS][3]]


def write_sparse(path: Path, shapes: dict[str, list[int]]) -> None:
    """A safetensors file of zeros, which takes no place on a disk that knows holes."""
    header, at = {}, 0
    for name, shape in shapes.items():
        end = at + 4 * torch.Size(shape).numel()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, end]}
        at = end
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + at)


class TestNumbersOfAConfiguration:
    @pytest.mark.parametrize(
        ("shape", "words"),
        [
            ((10**9, 0), "is empty"),
            ((0, 64), "is empty"),
            ((100, 64), r"mask_tokens must lie in 1\.\.9, not 100"),
        ],
    )
    def test_mask_tokens_without_end_are_refused_at_once(self, weights, tmp_path, shape, words):
        weights[TOKENS] = torch.zeros(shape)
        torch.save(weights, tmp_path / "sam.pth")

        with pytest.raises(ValueError, match=f"sam.pth has weights of SAM v1.*{words}"):
            sx.load(tmp_path / "sam.pth")

    @pytest.mark.parametrize("block", ["999999999", "9" * 5000])
    def test_blocks_without_end_are_refused_at_once(self, weights, block):
        weights[f"image_encoder.blocks.{block}.norm1.weight"] = torch.zeros(2)

        with pytest.raises(ValueError, match="state dict has"):
            sx.load(weights)

    def test_more_weights_than_any_sam_are_refused(self, weights):
        one = torch.zeros(1).expand(2 * 10**9)
        weights["mask_decoder.other"] = one

        with pytest.raises(ValueError, match=r"mask_decoder\.other .* repeats the 4 bytes"):
            sx.load(weights)

    def test_a_zip_that_claims_more_than_it_is_is_refused(self, weights, tmp_path):
        torch.save(weights, tmp_path / "sam.pth")
        content = bytearray((tmp_path / "sam.pth").read_bytes())
        entry = content.rindex(b"PK\x01\x02")  # the last part in the list; its size is at 24
        content[entry + 20 : entry + 28] = struct.pack("<II", 2**31, 2**31)
        (tmp_path / "sam.pth").write_bytes(content)

        with pytest.raises(ValueError, match="claim to be larger than the file"):
            sx.load(tmp_path / "sam.pth")

    def test_bytes_in_memory_are_judged_alike(self):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sam/data.pkl", b"")
        content.seek(0)

        with pytest.raises(ValueError, match="its parts are compressed"):
            sx.load(content)
