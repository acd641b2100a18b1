"""Which way a metric is better."""

_LESS_IS_BETTER = ("loss", "error", "negative_log_likelihood", "seconds", "_to_target")
_SHARES = ("accuracy", "precision", "recall", "f1")  # of these, more is better
_MORE_IS_BETTER = ("auc", "f1_score", "iou", "io_u")  # Keras writes mean_io_u
TIMES_TO_TARGET = ("epochs_to_target", "seconds_to_target")  # of a run that never got there there is none


def sign_of(metric: str) -> int:
    """Return 1 where a higher metric is better, -1 where a lower one is: a loss, an error, a time."""
    return -1 if metric.endswith(_LESS_IS_BETTER) else 1


def has_direction(metric: str) -> bool:
    """Say whether a figure can be better or worse: a number of parameters or epochs is only higher or lower."""
    return metric.endswith((*_LESS_IS_BETTER, *_SHARES, *_MORE_IS_BETTER))


def is_share(metric: str) -> bool:
    """Say whether a metric is a share of 1, which people read in percent."""
    return metric.endswith(_SHARES)


def validation_counterpart(metric: str) -> str:
    """Return the column of the validation set that goes with one of the test set."""
    return f"val_{metric.removeprefix('test_')}" if metric.startswith("test_") else metric
