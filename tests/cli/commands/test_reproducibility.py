from unittest.mock import Mock

import pytest

from runner.cli.commands.reproducibility import verify_command
from runner.core.errors import UserError


def test_verify_refuses_out_that_is_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"^--out .*file: not a directory$"):
        verify_command(["--out", str(tmp_path / "file"), "keras_mlp"])


@pytest.mark.parametrize("flag", ["--seeds", "--workers"])
def test_verify_refuses_a_count_below_one(flag):
    with pytest.raises(UserError, match=f"^{flag} 0: must be at least 1$"):
        verify_command(["keras_mlp", flag, "0"])


def test_verify_tells_recipes_from_overrides(monkeypatch):
    verify = Mock()
    monkeypatch.setattr("runner.reproducibility.verify.verify_recipes", verify)
    verify_command(["keras_mlp", "--quick", "training.epochs=1", "deepobs_mnist_mlp"])
    given, options = verify.call_args
    assert given == (["keras_mlp", "deepobs_mnist_mlp"], ["training.epochs=1"])
    assert options["quick"]
    assert options["command"] == ["verify", "keras_mlp", "--quick", "training.epochs=1", "deepobs_mnist_mlp"]
