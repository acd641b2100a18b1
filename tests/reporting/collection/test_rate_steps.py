import pytest
import yaml

from runner.core.paths import conf_directory
from runner.reporting.collection.rate_steps import _is_stepped

STEPPED = {"constant", "step", "per_epoch_decay", "multi_step", "piecewise", "reduce_on_plateau"}


@pytest.mark.parametrize("path", sorted((conf_directory() / "schedule").glob("*.yaml")), ids=lambda path: path.stem)
def test_schedules_that_change_only_between_epochs_are_known(path):
    assert _is_stepped(yaml.safe_load(path.read_text())) is (path.stem in STEPPED)


@pytest.mark.parametrize("length", [500, "0.5epochs", "1.5 epochs", None])
def test_steps_that_are_no_whole_epochs_may_change_within_one(length):
    schedule = {"_target_": "keras.optimizers.schedules.ExponentialDecay", "staircase": True}
    assert not _is_stepped({**schedule, "decay_steps": length})
    assert _is_stepped({**schedule, "decay_steps": "2 epochs"})
