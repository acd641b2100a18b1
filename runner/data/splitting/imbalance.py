"""Artificial class imbalance."""

import numpy as np

from runner.data.dataset import DataError, Part
from runner.data.splitting.strata import ranks_in_class


def imbalance(part: Part, ratio: float, classes: int) -> Part:
    """Subsample classes to geometrically decreasing sizes: class i keeps n_max ratio^(-i / (classes - 1)) examples.

    n_max is the largest number for which every class has enough examples. The first class keeps `ratio` times as many
    examples as the last. The kept examples of a class are spread evenly over the original order: the first thousand are
    as imbalanced as the whole.

    Raises:
        DataError: if a class would be empty.

    Source: Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples" (long-tailed CIFAR).
    """
    sizes = np.bincount(part.labels, minlength=classes)
    thinned = ratio ** (np.arange(classes) / (classes - 1))
    left = np.rint((sizes * thinned).min() / thinned).astype(np.int64)
    if not left.all():
        empty = int(np.argmin(left))
        raise DataError(
            f"dataset.class_imbalance={ratio:g}: leaves none of the {sizes[empty]} training examples of class {empty}"
        )
    size, kept, ranks = sizes[part.labels], left[part.labels], ranks_in_class(part.labels)
    chosen = (ranks + 1) * kept // size > ranks * kept // size
    return Part(part.inputs[chosen], part.labels[chosen])
