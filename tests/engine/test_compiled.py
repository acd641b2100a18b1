from contextlib import nullcontext

import numpy as np
import pytest

from runner.core.paths import conf_directory
from runner.engine.compiled import compiled
from runner.engine.training import shuffled, train
from runner.engine.variables.base_rate import BaseRate, other_constants
from runner.engine.variables.strengths import Strengths
from runner.run.build import build_parts, build_split
from tests.composed import settings

SMALL = ("training.epochs=2", "training.batch_size=64", "dataset=mnist_5k", "dataset.validation_split=0.25")


def ready(overrides, seed, dataset, directory):
    chosen = settings(*SMALL, *overrides, f"seed={seed}")
    parts = build_parts(chosen, dataset, build_split(chosen, dataset), directory)
    return parts, compiled(parts.model, parts.targets, parts.batch_size, parts.augment, jit_compile=False)


def rows_and_values(parts, made, seed):
    order = shuffled(seed, len(parts.split.train))
    rows = list(train(made.epoch, made.validation, epochs=2, order=order, callbacks=parts.callbacks))
    for row in rows:
        del row["seconds"]
    predictions = made.test.predict()
    return rows, [variable.numpy().tobytes() for variable in made.model.variables], predictions.tobytes()


def test_validation_and_test_see_their_own_examples(dataset, tmp_path):
    parts, made = ready([], 0, dataset, tmp_path)
    for evaluator, part in ((made.validation, parts.split.validation), (made.test, parts.split.test)):
        expected = parts.model(part.inputs, training=False)
        np.testing.assert_allclose(evaluator.predict(), expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer=nadam", "schedule=reduce_on_plateau"],
        ["optimizer=momentum", "schedule=cosine", "clipping=by_global_norm", "normalization=batch"],
        ["optimizer=adam", "optimizer.gradient_accumulation_steps=2", "regularizer=[l2,dropout,gaussian_noise]"],
        ["optimizer=sgd", "optimizer.layerwise={decay: 0.5}", "callbacks=[early_stopping]"],
    ],
    ids=str,
)
def test_a_run_on_what_another_seed_compiled_is_the_run_to_the_last_bit(overrides, dataset, tmp_path):
    first, made = ready(overrides, 0, dataset, tmp_path)
    rows_and_values(first, made, 0)
    other, alone = ready(overrides, 1, dataset, tmp_path)
    expected = rows_and_values(other, alone, 1)
    again, fresh = ready(overrides, 1, dataset, tmp_path)
    made.start_as(fresh.model)
    assert rows_and_values(again, made, 1) == expected


SCHEDULES = sorted(path.stem for path in (conf_directory() / "schedule").glob("*.yaml"))
NEW_FOR_EACH_RATE = {"cosine_restarts", "multi_step", "noam", "one_cycle", "piecewise", "range_test", "warmup_cosine"}
WITH = [  # other values that depend on the rate
    ["optimizer=adam", "optimizer.gradient_accumulation_steps=2", "regularizer=[l2,dropout]"],
    ["optimizer=sgd", "optimizer.layerwise={decay: 0.5}", "clipping=by_global_norm"],
    ["optimizer=adamw", "optimizer.exclude_from_weight_decay=[bias]", "callbacks=[early_stopping]"],
]


def ready_at(rate, schedule, dataset, directory, *overrides):
    chosen = [f"schedule={schedule}", f"optimizer.learning_rate={rate}", *overrides]
    return ready(chosen, 0, dataset, directory)


@pytest.mark.parametrize(
    ("schedule", "overrides"), [*((schedule, []) for schedule in SCHEDULES), *(("exponential", more) for more in WITH)]
)
def test_a_run_on_what_another_rate_compiled_is_the_run_to_the_last_bit(schedule, overrides, dataset, tmp_path):
    first, made = ready_at(0.01, schedule, dataset, tmp_path, *overrides)
    again, fresh = ready_at(0.003, schedule, dataset, tmp_path, *overrides)
    constants = [other_constants(one.model.optimizer) for one in (made, fresh)]
    if schedule in NEW_FOR_EACH_RATE:
        assert None in constants or constants[0] != constants[1]
        return
    assert constants[0] == constants[1] is not None
    expected = rows_and_values(again, fresh, 0)
    rows_and_values(first, made, 0)
    again, fresh = ready_at(0.003, schedule, dataset, tmp_path, *overrides)
    made.start_as(fresh.model)
    assert rows_and_values(again, made, 0) == expected
    assert made.model.optimizer.get_config() == fresh.model.optimizer.get_config()
    assert made.model.get_compile_config() == fresh.model.get_compile_config()


STRENGTHS = [  # each is trained with the functions that the first one compiled
    ["momentum", "optimizer.momentum", (0.9, 0.3, 0.99, 0.7123), ["schedule=constant"]],
    ["nesterov", "optimizer.momentum", (0.9, 0.3, 0.99, 0.7123), ["schedule=cosine", "clipping=by_global_norm"]],
    ["adam", "regularizer.l2.l2", (0.01, 0.1, 0.0003, 0.0377), ["regularizer=[l2]", "schedule=exponential"]],
    ["momentum", "regularizer.l2.l2", (0.01, 0.1, 0.0003), ["regularizer=[l2,dropout]", "normalization=batch"]],
]


@pytest.mark.parametrize(("optimizer", "name", "values", "others"), STRENGTHS, ids=str)
def test_a_run_on_what_another_strength_compiled_is_the_run_to_the_last_bit(
    optimizer, name, values, others, dataset, tmp_path, monkeypatch
):
    def ready_with(value, rate=0.01):
        own = [f"optimizer={optimizer}", *others, f"{name}={value}", f"optimizer.learning_rate={rate}"]
        return ready(own, 0, dataset, tmp_path)

    first, made = ready_with(values[0])
    rows_and_values(first, made, 0)
    for value in values[1:]:
        with monkeypatch.context() as patch:
            patch.setattr(Strengths, "as_variables", lambda _: nullcontext())  # as constants
            expected = rows_and_values(*ready_with(value, 0.003), 0)
        again, fresh = ready_with(value, 0.003)
        made.start_as(fresh.model)
        assert rows_and_values(again, made, 0) == expected
        assert made.model.optimizer.get_config() == fresh.model.optimizer.get_config()
        assert made.model.to_json() == fresh.model.to_json()


@pytest.mark.parametrize("schedule", ["cosine", "exponential", "inverse_time", "polynomial"])
def test_a_rate_in_a_variable_gives_the_bits_of_a_constant(schedule, dataset, tmp_path, monkeypatch):
    expected = rows_and_values(*ready_at(0.0037, schedule, dataset, tmp_path), 0)
    monkeypatch.setattr(BaseRate, "as_variable", lambda _: nullcontext())
    assert rows_and_values(*ready_at(0.0037, schedule, dataset, tmp_path), 0) == expected


def test_another_model_s_values_are_refused(dataset, tmp_path):
    _, one = ready([], 0, dataset, tmp_path)
    _, other = ready(["model.hidden_units=[16,16]"], 0, dataset, tmp_path)
    before = [weight.copy() for weight in one.model.get_weights()]
    with pytest.raises(ValueError, match="not have the same variables"):
        one.start_as(other.model)
    assert all(np.array_equal(*pair) for pair in zip(before, one.model.get_weights(), strict=True))
