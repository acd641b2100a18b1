import pytest

from runner.config.schema import check
from runner.core.errors import ConfigError
from runner.data.dataset import DataError
from runner.data.storage.locations import refuse_missing
from tests.composed import config


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (["dataset=csv", "dataset.path=gone.csv"], "gone.csv: no such file or folder"),
        (["dataset=images", "dataset.path=gone"], "gone: no such file or folder"),
        (["dataset=npz", "dataset.path='~/gone.npz'"], "gone.npz: no such file or folder"),
        (["dataset=mnist", "dataset.root=gone"], "dataset.root=gone: no such directory"),
        (["dataset=fashion_mnist", "dataset.root=gone"], "fashion_mnist will then be downloaded into it"),
        (["dataset=mnist", "dataset.root=''"], "must name a directory"),
        (["dataset=csv", "dataset.path=.", "dataset.test_path=no.csv"], "no such file or folder .dataset.test_path="),
        (["dataset=csv", "dataset.path=.", "dataset.validation_path=no.csv"], "folder .dataset.validation_path=no.csv"),
        (["dataset=digits", "model.init_from=gone"], "model.init_from=gone: no such run directory"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_read(tmp_path, monkeypatch, overrides, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises((DataError, ConfigError), match=said):
        refuse_missing(check(config(*overrides)))
    assert not list(tmp_path.iterdir())


def test_what_is_there_or_is_no_loader_of_ours_is_for_the_loader(tmp_path):
    (tmp_path / "there").mkdir()
    refuse_missing(check(config("dataset=mnist", f"dataset.root={tmp_path}")))
    refuse_missing(check(config("dataset=csv", f"dataset.path={tmp_path / 'there'}")))
    refuse_missing(check(config("dataset=csv", "dataset.path=gone", "dataset._target_=my_package.load")))
    refuse_missing(check(config("dataset=digits")))
