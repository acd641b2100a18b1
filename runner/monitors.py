"""Metrics that callbacks go by, held against those that the training measures."""

import string
from collections.abc import Iterable, Mapping
from typing import Any

from keras import Model
from keras.callbacks import Callback

from runner.config.errors import ConfigError, did_you_mean

_OF_A_FILE_NAME = frozenset({"epoch", "batch"})  # what Keras fills in beside metrics


def measured_metrics(model: Model) -> list[str]:
    """Return the names under which callbacks find what is measured at the end of an epoch.

    Args:
        model: compiled, and tried on an example.
    """
    names = list(model.get_metrics_result())
    return [*names, *(f"val_{name}" for name in names)]


def refuse_unmeasured(callbacks: Mapping[str, Callback], model: Model) -> list[str]:
    """Refuse callbacks that go by a metric which nothing measures, or whose better direction is unknown.

    Where `mode` is not given, Keras finds out at the end of the first epoch; else the callback never acts.

    Args:
        callbacks: by their key in the configuration.

    Returns:
        warnings, in place of errors where a callback before it may add the metric: one that is not Keras's or ours.

    Raises:
        ConfigError: naming the key, and the nearest metric.
    """
    measured = measured_metrics(model)
    directed = {"loss", *(metric.name for metric in _metrics(model) if getattr(metric, "_direction", None))}
    warnings = []
    may_be_added = False
    for key, callback in callbacks.items():
        for argument, name in _names(callback):
            if name not in measured:
                text = f"{key}.{argument}={name}: nothing measures it{did_you_mean(name, measured)}"
                if not may_be_added:
                    raise ConfigError(text)
                warnings.append(f"{text}, unless a callback before it does.")
            elif argument == "monitor" and _needs_a_mode(callback) and name.removeprefix("val_") not in directed:
                raise ConfigError(
                    f"{key}.mode: must be min or max for monitor={name}, whose better direction is unknown"
                )
        may_be_added = may_be_added or not type(callback).__module__.startswith(("keras.", "runner."))
    return warnings


def _names(callback: Callback) -> Iterable[tuple[str, str]]:
    """Yield the arguments of a callback that name metrics, and the names."""
    monitor = getattr(callback, "monitor", None)
    if isinstance(monitor, str):
        yield "monitor", monitor
    path = getattr(callback, "filepath", None)
    if isinstance(path, str):
        fields = (field for _, field, _, _ in string.Formatter().parse(path) if field)
        yield from (("filepath", field) for field in fields if field not in _OF_A_FILE_NAME)


def _needs_a_mode(callback: Callback) -> bool:
    only_the_best = getattr(callback, "save_best_only", True)  # of ModelCheckpoint, which else goes by no metric
    return bool(only_the_best) and getattr(callback, "mode", None) == "auto"


def _metrics(model: Model) -> Iterable[Any]:
    for metric in model.metrics:
        yield from getattr(metric, "metrics", [metric])
