"""Synthetic binary classification data."""

import numpy as np
from sklearn.datasets import make_classification

from runner.data.checks import checked_dataset
from runner.data.dataset import Dataset, Part
from runner.data.splitting.strata import hold_out


def load_binary(
    name: str, samples: int, features: int, informative: int, redundant: int, test_size: float, data_seed: int
) -> Dataset:
    """Generate clusters of points around the corners of a hypercube, labelled 0 or 1.

    Args:
        samples: total number of examples.
        features: number of features: `informative` ones, `redundant` linear combinations of these, and noise.
        test_size: share of the test part.
        data_seed: seed of the points and of the test part.

    Raises:
        ValueError: if the numbers of features are inconsistent.

    Source: Guyon 2003, "Design of experiments for the NIPS 2003 variable selection benchmark", as in
        sklearn.datasets.make_classification.
    """
    inputs, labels = make_classification(
        samples, features, n_informative=informative, n_redundant=redundant, random_state=data_seed
    )
    source = "sklearn.datasets.make_classification"
    train, test = hold_out(source, Part(inputs.astype(np.float32), labels.astype(np.int32)), test_size, data_seed)
    return checked_dataset(name, source, train, test, draws_test=True)
