"""Small tables that ship with scikit-learn."""

import numpy as np
from sklearn import datasets

from runner.core.errors import ConfigError
from runner.core.text import did_you_mean
from runner.data.checks import checked_dataset, checked_inputs, checked_labels
from runner.data.dataset import Dataset, Part
from runner.data.splitting.strata import hold_out

_LOADERS = {
    "breast_cancer": datasets.load_breast_cancer,
    "wine": datasets.load_wine,
}


def load_table(name: str, test_size: float, data_seed: int) -> Dataset:
    """Load a table that ships with scikit-learn.

    Args:
        name: breast_cancer (569 examples, 30 features, 2 classes) or wine (178, 13, 3).
        test_size: share of the test part.
        data_seed: seed of the test part.

    Raises:
        ConfigError: if there is no such table, or `test_size` is invalid.
    """
    if name not in _LOADERS:
        raise ConfigError(f"dataset.name={name}: no such table{did_you_mean(name, _LOADERS)}")
    table = _LOADERS[name]()
    source = f"scikit-learn: {name}"
    whole = Part(checked_inputs(source, table.data), checked_labels(source, np.asarray(table.target)))
    train, test = hold_out(source, whole, test_size, data_seed)
    names = [str(name) for name in table.target_names]
    return checked_dataset(name, source, train, test, names, draws_test=True)
