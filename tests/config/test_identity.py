import copy

import pytest

from runner.config.identity import run_id

CONFIG = {
    "name": "run",
    "seed": 0,
    "dataset": {"_target_": "load", "root": "/here", "validation_split": 0.2},
    "model": {"_target_": "mlp", "small": True, "hidden_units": [128]},
    "optimizer": {"_target_": "Adam", "learning_rate": 0.001},
    "device": {"kind": "auto"},
}


def changed(**values):
    config = copy.deepcopy(CONFIG)
    for key, value in values.items():
        *path, last = key.split("__")
        section = config
        for step in path:
            section = section.setdefault(step, {})
        section[last] = value
    return config


def test_it_is_twelve_hexadecimal_digits():
    assert len(run_id(CONFIG)) == 12
    int(run_id(CONFIG), 16)


@pytest.mark.parametrize(
    "same",
    [
        dict(reversed(CONFIG.items())),
        changed(optimizer__learning_rate=1e-3),
        changed(seed=0.0),
        changed(dataset__root="/elsewhere"),
        changed(dataset__url="http://mirror"),
        changed(device={"kind": "cpu", "threads": 2}),
        changed(device__precision="float32"),
        changed(name="a better name"),
        changed(model__small=False),
        changed(tracking={"uri": "x"}),
        changed(clipping=None),
        changed(callbacks={}, augmentation=[]),
        changed(optimizer__clipnorm=None),
        changed(averaging={"ema": None}),
    ],
)
def test_order_places_devices_names_and_unused_keys_do_not_make_another_run(same):
    assert run_id(same) == run_id(CONFIG)


@pytest.mark.parametrize(
    "other",
    [
        changed(seed=1),
        changed(optimizer__learning_rate=0.01),
        changed(model__hidden_units=[128, 128]),
        changed(model__hidden_units=[129]),
        changed(callbacks={"early_stopping": {"patience": 0}}),
        changed(optimizer__amsgrad=False),
        changed(dataset__validation_split=0.1),
        changed(device__precision="mixed_bfloat16"),
    ],
)
def test_what_changes_the_training_makes_another_run(other):
    assert run_id(other) != run_id(CONFIG)


def test_seeds_that_are_one_number_as_floats_are_two_runs():
    seeds = [2**53, 2**53 + 1, 10**400, 10**400 + 1]
    assert len({run_id(changed(seed=seed)) for seed in seeds}) == 4


def test_true_and_one_are_two_values():
    assert run_id(changed(optimizer__nesterov=True)) != run_id(changed(optimizer__nesterov=1))
    assert run_id(changed(optimizer__nesterov=False)) != run_id(changed(optimizer__nesterov=0))


def test_names_of_classes_make_no_other_run():
    config = {"seed": 0, "dataset": {"name": "npz", "class_names": ["cat", "dog"]}}
    assert run_id(config) == run_id({"seed": 0, "dataset": {"name": "npz"}})
