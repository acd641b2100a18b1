"""Overlap of the training sets of cross-validation."""


def overlap_of(folds: int) -> float:
    """Return the ratio n_test / n_train by which the variance of a mean over folds is corrected.

    Args:
        folds: at least 2.
    """
    return 1 / (folds - 1)
