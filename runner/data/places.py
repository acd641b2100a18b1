"""Files and directories of data that a configuration names, looked for before anything takes time."""

from runner.config.errors import ConfigError
from runner.config.locations import user_path
from runner.config.schema import Settings
from runner.data.errors import DataError


def refuse_missing(settings: Settings) -> None:
    """Refuse a data set of ours whose file or directory is not there, and initial weights of no run.

    What is in them is for their readers to see.

    Raises:
        ConfigError: if there is no such run, or the data directory's name is empty.
        DataError: naming what is missing.
    """
    if (run := settings.model.init_from) and not user_path(run).is_dir():
        raise ConfigError(f"model.init_from={run}: there is no such run directory")
    dataset = settings.dataset
    if not dataset.target.startswith("runner.data."):
        return
    for key in ("path", "test_path"):
        value = getattr(dataset, key, None)
        if value is not None and not user_path(value).exists():
            raise DataError(f"{user_path(value)}: there is no such file or folder (dataset.{key}={value})")
    if dataset.root is not None:
        from runner.data.mnist import data_directory

        data_directory(dataset.name, dataset.root)
