import sys

import keras
import pytest

from runner.cli.commands.export import export_command
from runner.core.errors import UserError
from runner.engine.model_files import model_exports


@pytest.fixture
def written(monkeypatch):
    """Targets and paths of the written files; the writers are replaced, because their files are tested elsewhere."""
    found = []
    for target in ("keras", "saved_model", "tflite"):
        name = f"write_{target}"
        monkeypatch.setattr(model_exports, name, lambda model, inference, path, name=name: found.append((name, path)))
    return found


@pytest.mark.parametrize(
    ("target", "name"),
    [("keras", "inference.keras"), ("saved_model", "saved_model"), ("tflite", "inference.tflite")],
)
def test_a_network_goes_into_its_run_directory_under_its_usual_name(finished_run, written, capsys, target, name):
    export_command([target, str(finished_run)])
    assert written == [(f"write_{target}", finished_run / name)]
    assert capsys.readouterr().out == f"{finished_run / name}\n"


def test_out_names_another_place_and_the_file_takes_bytes(finished_run, tmp_path):
    export_command(["keras", str(finished_run), "--out", str(tmp_path / "mine.keras")])
    model = keras.models.load_model(tmp_path / "mine.keras", safe_mode=True)
    assert (model.input_shape, model.inputs[0].dtype) == ((None, 28, 28, 1), "uint8")


def test_another_suffix_which_may_mean_another_format_is_refused(finished_run, tmp_path):
    with pytest.raises(UserError, match=r"--out .*mine.h5: must end in .keras"):
        export_command(["keras", str(finished_run), "--out", str(tmp_path / "mine.h5")])


def test_without_tf2onnx_a_line_says_what_to_install(finished_run, monkeypatch):
    monkeypatch.delitem(sys.modules, "runner.engine.model_files.onnx_export", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(UserError, match=r"^export onnx needs tf2onnx: pip install 'onnx>=1.19' 'tf2onnx>=1.17'$"):
        export_command(["onnx", str(finished_run)])


def test_one_place_for_several_runs_is_refused(finished_run):
    with pytest.raises(UserError, match=r"--out x.keras: one path for 2 runs; export them one by one"):
        export_command(["keras", str(finished_run), str(finished_run), "--out", "x.keras"])


def test_a_directory_without_a_run_is_an_error(tmp_path):
    with pytest.raises(UserError, match="contains no run"):
        export_command(["keras", str(tmp_path)])
