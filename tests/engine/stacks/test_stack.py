import numpy as np
import pytest

from runner.engine.stacks.stack import Stack
from runner.engine.stacks.stacked_training import train_together
from runner.engine.training import Training, shuffled, train
from tests.engine.test_compiled import ready

SEEDS = (0, 1)


def together(built, epochs=2, jit_compile=False):
    """Train runs as a stack, and return the rows of each, without seconds."""
    parts = built[0]
    models, size = [one.model for one in built], parts.batch_size
    stack = Stack(models, parts.targets.train, parts.targets.validation, size, jit_compile=jit_compile)
    trainings = {
        seed: Training(member, epochs, shuffled(seed, len(parts.split.train)), own.callbacks)
        for seed, member, own in zip(SEEDS, stack.members, built, strict=True)
    }
    found = list(train_together(stack, trainings))
    return [[without_seconds(rows[seed]) for rows in found] for seed in SEEDS]


def without_seconds(row):
    return {name: value for name, value in row.items() if name != "seconds"}


@pytest.mark.parametrize(
    ("overrides", "jit_compile"),
    [
        (["optimizer=adam"], True),  # with L2, dropout and a schedule
        (["optimizer=sgd", "model=logistic", "schedule=constant"], False),
        (["optimizer=nesterov", "schedule=cosine", "clipping=by_global_norm", "normalization=batch"], False),
        (["optimizer=adamw", "optimizer.exclude_from_weight_decay=[bias]", "schedule=reduce_on_plateau"], False),
        (["optimizer=rmsprop", "optimizer.layerwise={decay: 0.5}", "regularizer=[label_smoothing,max_norm]"], False),
    ],
    ids=str,
)
def test_runs_of_a_stack_are_those_alone_to_float_tolerance(overrides, jit_compile, dataset, tmp_path):
    small = [*overrides, *([] if "model=logistic" in overrides else ["model.hidden_units=[16]"])]
    compiled, alone, parts = None, [], []
    for seed in SEEDS:
        own, made = ready(small, seed, dataset, tmp_path)
        compiled = compiled or made
        compiled.start_as(own.model)
        order = shuffled(seed, len(own.split.train))
        alone.append([*train(compiled.epoch, compiled.validation, epochs=2, order=order, callbacks=own.callbacks)])
        parts.append(ready(small, seed, dataset, tmp_path)[0])
    for rows, expected in zip(together(parts, jit_compile=jit_compile), alone, strict=True):
        for row, other in zip(rows, map(without_seconds, expected), strict=True):
            assert row.keys() == other.keys()
            np.testing.assert_allclose([*row.values()], [*other.values()], rtol=2e-4, atol=2e-5)
