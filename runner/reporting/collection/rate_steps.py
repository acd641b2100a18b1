"""Schedules whose learning rate is constant within each epoch, according to the configurations of the runs."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import Run

_CONSTANT = "runner.optim.constant.constant"
_CALLBACKS = "keras.callbacks."  # these set the rate between epochs
_WHOLE_EPOCHS = re.compile(r"\d+(?:\.0*)? ?epochs?")


def stepped_variants(runs: Sequence[Run], labels: Sequence[str], left_out: LeftOut) -> frozenset[str]:
    """Return the variants whose learning rate is constant within each epoch.

    Args:
        labels: variant of each run; the configuration of a variant's first run is read.
        left_out: collects configurations that cannot be read.
    """
    first = dict(zip(reversed(labels), reversed(runs), strict=True))
    configs = {label: left_out.unless_read(run.directory.read_config) for label, run in first.items()}
    found = {label for label, config in configs.items() if config and _is_stepped(config.get("schedule"))}
    return frozenset(found)


def _is_stepped(schedule: Mapping[str, Any] | None) -> bool:
    """Return whether the rate of a schedule changes only between epochs; False if its lengths are not whole epochs."""
    if not schedule:
        return True
    target = str(schedule.get("_target_"))
    if target == _CONSTANT or target.startswith(_CALLBACKS):
        return True
    if "boundaries" in schedule:
        lengths = schedule["boundaries"]
    elif schedule.get("staircase") is True:
        lengths = [schedule.get("decay_steps")]
    else:
        return False
    return all(_WHOLE_EPOCHS.fullmatch(str(length)) for length in lengths)
