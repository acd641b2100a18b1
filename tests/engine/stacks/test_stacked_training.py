import keras
import numpy as np

from runner.engine.stacks.stack import Stack
from runner.engine.stacks.stacked_training import train_together
from runner.engine.training import Training, shuffled

RUNS = range(4)


class Stopping(keras.callbacks.Callback):
    def on_epoch_end(self, *_):
        self.model.stop_training = True

    def on_train_end(self, *_):
        self.weights_at_end = self.model.get_weights()


class Failing(keras.callbacks.Callback):
    def on_epoch_end(self, *_):
        raise RuntimeError("of this run alone")


def rows_of(stack, callbacks):
    """Train for three epochs, and return the result of each run in each epoch."""
    trainings = {
        run: Training(member, 3, shuffled(run, 200), callbacks.get(run, [])) for run, member in enumerate(stack.members)
    }
    rows = {run: [] for run in RUNS}
    for found in train_together(stack, trainings):
        for run, row in found.items():
            rows[run].append(row)
    return rows


def test_each_run_of_a_stack_has_its_own_end_and_leaves_the_others_untouched(parts, make_model):
    models = [make_model("sgd", dropout=0.2) for _ in RUNS]
    seen = parts[0].inputs[:2], parts[0].labels[:2]
    for model in models:
        model.compute_metrics(*seen, model(seen[0]))
    stack = Stack(models, *parts, 64, jit_compile=False)
    begin = [[variable.numpy() for variable in model.variables] for model in models]
    undisturbed = rows_of(stack, {})

    for model, values in zip(models, begin, strict=True):
        model.optimizer.iterations.assign(0)
        for variable, value in zip(model.variables, values, strict=True):
            variable.assign(value)
    models[1].trainable_weights[0].assign(np.full((784, 16), np.nan))
    stopping = Stopping()
    rows = rows_of(stack, {2: [stopping], 3: [Failing()]})

    assert [len(rows[run]) for run in RUNS] == [3, 1, 1, 1]
    assert np.isnan(rows[1][0]["loss"])
    assert str(rows[3][0]) == "of this run alone"
    for run, epochs in ((0, 3), (2, 1)):
        for row, expected in zip(rows[run], undisturbed[run][:epochs], strict=True):
            assert {**row, "seconds": 0} == {**expected, "seconds": 0}
    for weight, at_end in zip(models[2].get_weights(), stopping.weights_at_end, strict=True):
        np.testing.assert_array_equal(weight, at_end)
