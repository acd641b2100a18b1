"""Files and directories of data that a configuration names, looked for before anything takes time."""

from runner.config.locations import user_path
from runner.config.schema import DatasetPart
from runner.data.errors import DataError


def refuse_missing(dataset: DatasetPart) -> None:
    """Refuse a data set of ours whose file or directory is not there; what is in it is for its loader to see.

    Raises:
        ConfigError: if the data directory's name is empty.
        DataError: naming what is missing.
    """
    if not dataset.target.startswith("runner.data."):
        return
    if dataset.path is not None and not user_path(dataset.path).exists():
        raise DataError(f"{user_path(dataset.path)}: there is no such file or folder (dataset.path={dataset.path})")
    if dataset.root is not None:
        from runner.data.mnist import data_directory

        data_directory(dataset.name, dataset.root)
