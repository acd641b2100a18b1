"""Digits data set of 8x8 pixels that ships with scikit-learn."""

import numpy as np
from sklearn import datasets

from runner.data.dataset import Dataset

_TEST_EXAMPLES = 360


def load_digits(name: str) -> Dataset:
    """Load 1,437 training and 360 test digits of 8x8 pixels, in file order.

    The test part is the end of the file, where each class has 33 to 37 examples. The values 0 to 16 are scaled to
    bytes, to be preprocessed like other images.

    Source: Alpaydin & Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI), the test set.
    """
    pixels, digits = datasets.load_digits(return_X_y=True)
    images = np.rint(pixels * 255 / 16).astype(np.uint8).reshape(-1, 8, 8, 1)
    labels = digits.astype(np.int32)
    return Dataset(
        name=name,
        source="scikit-learn",
        classes=10,
        train_inputs=images[:-_TEST_EXAMPLES],
        train_labels=labels[:-_TEST_EXAMPLES],
        test_inputs=images[-_TEST_EXAMPLES:],
        test_labels=labels[-_TEST_EXAMPLES:],
        draws_test=True,
    )
