"""Image data sets of `keras.datasets`, from Keras's own cache."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

from runner.core.errors import ConfigError
from runner.core.text import did_you_mean, shortened
from runner.data.checks import checked_class_names, checked_dataset, checked_inputs, checked_labels
from runner.data.dataset import DataError, DataNotFound, Dataset, Part
from runner.data.storage.time_limit import LONGEST, within

_OF_IMAGES = ("cifar10", "cifar100", "fashion_mnist", "mnist")


def load_keras(name: str, class_names: Sequence[str] | None = None) -> Dataset:
    """Load a data set as `keras.datasets.NAME.load_data()` does: from Keras's cache, or downloaded into it.

    Args:
        name: cifar10, cifar100, fashion_mnist or mnist.
        class_names: names of the classes, in label order.

    Raises:
        ConfigError: if there is no such data set of images, or `class_names` does not name each class once.
        DataError: if Keras cannot read its cached files, or rejects the downloaded files.
        DataNotFound: if the data are not in the cache and cannot be downloaded.
    """
    if name not in _OF_IMAGES:
        raise ConfigError(f"dataset.name={name}: no such images in keras.datasets{did_you_mean(name, _OF_IMAGES)}")
    source = f"keras.datasets.{name}"
    parts = _loaded(name)
    train, test = (
        Part(checked_inputs(source, images), checked_labels(source, labels.ravel())) for images, labels in parts
    )
    dataset = checked_dataset(name, source, train, test)
    return replace(dataset, class_names=checked_class_names(class_names, dataset.classes))


def _loaded(name: str) -> Any:
    from keras import datasets  # takes seconds

    try:
        with redirect_stdout(StringIO()):  # Keras shows the progress of a download
            return within(LONGEST, getattr(datasets, name).load_data)
    except Exception as error:  # Keras raises Exception itself if a download fails
        what = shortened(str(error)) or type(error).__name__
        if type(error) is Exception or isinstance(error, TimeoutError):
            raise DataNotFound(
                f"{name} is not in Keras's cache and cannot be downloaded into it ({what}). Copy it there from another "
                f"machine (~/.keras/datasets, or datasets/ in KERAS_HOME), or use dataset={name} with dataset.root=..."
            ) from error
        raise DataError(
            f"keras.datasets.{name}: Keras cannot read it ({what}); remove it from Keras's cache"
        ) from error
