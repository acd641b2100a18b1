import pytest

from runner.cli.export import export_command


def test_an_unknown_target_is_an_error_that_lists_the_targets(capsys):
    with pytest.raises(SystemExit) as stopped:
        export_command(["pdf", "outputs"])
    assert stopped.value.code == 2
    assert "'keras', 'saved_model', 'onnx', 'tflite'" in capsys.readouterr().err
