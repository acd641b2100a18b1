"""Early check that the data files and directories in a configuration exist."""

from runner.config.schema import Settings
from runner.config.trust import OWN, package_of
from runner.core.errors import ConfigError
from runner.core.paths import user_path
from runner.data.dataset import DataError
from runner.data.storage.directories import data_directory


def refuse_missing(settings: Settings) -> None:
    """Raise an error if the data of a built-in loader, or the run with the initial weights, is missing.

    The loaders check the content.

    Raises:
        ConfigError: if the run does not exist, or the data directory's name is empty.
        DataError: naming the missing file or directory.
    """
    if (run := settings.model.init_from) and not user_path(run).is_dir():
        raise ConfigError(f"model.init_from={run}: no such run directory")
    dataset = settings.dataset
    if package_of(dataset.target) != OWN:
        return
    for key in ("path", "test_path", "validation_path"):
        value = getattr(dataset, key, None)
        if value is not None and not user_path(value).exists():
            raise DataError(f"{user_path(value)}: no such file or folder (dataset.{key}={value})")
    if dataset.root is not None:
        data_directory(dataset.name, dataset.root)
