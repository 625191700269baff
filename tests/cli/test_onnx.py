"""`sam-explore onnx`."""

import importlib.util

import onnxruntime

from sam_explore.cli import main


def test_it_writes_the_small_models_decoder(tmp_path, capsys):
    file = tmp_path / "decoder.onnx"
    assert main(["onnx", "-o", str(file)]) == 0
    assert f"Wrote {file}" in capsys.readouterr().out
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    assert len(session.get_inputs()) == 6


def test_a_missing_folder_is_named_before_the_work(tmp_path, capsys):
    assert main(["onnx", "-o", str(tmp_path / "nowhere" / "decoder.onnx")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_without_the_extra_it_says_how_to_install_it(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        "sam_explore.cli.onnx.find_spec", lambda name: None if name == "onnx" else found(name)
    )
    assert main(["onnx"]) == 1
    assert 'pip install "sam-explore[onnx]"' in capsys.readouterr().err
