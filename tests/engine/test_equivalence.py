"""The compiled epoch trains exactly as `model.fit` does."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.engine.evaluation import Evaluator
from runner.engine.training import CompiledEpoch, shuffled, train
from tests.engine.conftest import NoValidation, eager

DECAY = {"decay_steps": 3, "decay_rate": 0.9}


def schedule(rate):
    return keras.optimizers.schedules.ExponentialDecay(rate, **DECAY)


OPTIMIZERS = {
    "sgd": lambda: keras.optimizers.SGD(schedule(0.1)),
    "momentum": lambda: keras.optimizers.SGD(schedule(0.05), momentum=0.9),
    "adam": lambda: keras.optimizers.Adam(schedule(0.003)),
    "adamw": lambda: keras.optimizers.AdamW(schedule(0.003), weight_decay=0.05),
    "adam with clipping": lambda: keras.optimizers.Adam(0.003, global_clipnorm=0.5),
    "adam with averaging": lambda: keras.optimizers.Adam(0.003, use_ema=True, ema_overwrite_frequency=5),
    "adam with accumulation": lambda: keras.optimizers.Adam(0.003, gradient_accumulation_steps=2),
    "rmsprop": lambda: keras.optimizers.RMSprop(0.003),
}


def in_order(examples):
    return lambda epoch: np.arange(examples)


class BatchesSeen(keras.Model):
    """Model that learns nothing and records its batches."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.compile("sgd", "mse", run_eagerly=True)

    def train_step(self, data):
        self.seen.append(np.asarray(data[0]).ravel().tolist())
        return {"loss": tf.constant(0.0)}


@pytest.mark.parametrize(("seed", "repeats"), [(3, True), (None, False)])
def test_a_seeded_fit_repeats_one_shuffle_and_an_unseeded_one_does_not(seed, repeats):
    """Reference scripts therefore set no seed (docs/reproducibility.md); our training shuffles anew even with one."""
    tf.random.set_seed(seed)  # the part of keras.utils.set_random_seed that causes this
    try:
        model, examples = BatchesSeen(), np.arange(30.0)[:, None]
        model.fit(examples, examples, batch_size=30, epochs=3, verbose=0)
    finally:
        tf.random.set_seed(None)
    assert len({tuple(batch) for batch in model.seen}) == (1 if repeats else 3)
    order = shuffled(3, 30)
    assert len({tuple(order(epoch)) for epoch in range(3)}) == 3


@pytest.mark.parametrize(
    ("name", "batch_size"),
    [
        *((name, 64) for name in OPTIMIZERS),  # does not divide the 200 examples
        *((name, 50) for name in ("sgd", "adam with accumulation")),  # divides them
        ("adam", 300),  # exceeds their number
    ],
)
def test_two_epochs_equal_those_of_model_fit(parts, make_model, name, batch_size):
    training, validation = parts
    reference = eager(make_model(OPTIMIZERS[name]()))
    expected = reference.fit(
        training.inputs,
        training.labels,
        batch_size=batch_size,
        epochs=2,
        shuffle=False,
        validation_data=(validation.inputs, validation.labels),
        verbose=0,
    ).history
    model = make_model(OPTIMIZERS[name]())
    before = [weight.copy() for weight in model.get_weights()]
    rows = list(
        train(CompiledEpoch(model, training, batch_size), Evaluator(model, validation), epochs=2, order=in_order(200))
    )
    for ours, theirs, initial in zip(model.get_weights(), reference.get_weights(), before, strict=True):
        assert not np.allclose(theirs, initial, atol=1e-4)
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-6)
    for metric, values in expected.items():
        np.testing.assert_allclose([row[metric] for row in rows], values, rtol=2e-5, err_msg=metric)


def test_moving_statistics_of_batch_normalization_equal_those_of_model_fit(parts, make_model):
    training, _ = parts
    reference, model = (make_model(keras.optimizers.SGD(0.05), batchnorm=True) for _ in range(2))
    eager(reference).fit(training.inputs, training.labels, batch_size=64, epochs=2, shuffle=False, verbose=0)
    list(train(CompiledEpoch(model, training, 64), NoValidation(), epochs=2, order=in_order(200)))
    ours, theirs = (network.layers[2] for network in (model, reference))
    assert not np.allclose(theirs.moving_mean, 0)
    np.testing.assert_allclose(ours.moving_mean, theirs.moving_mean, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(ours.moving_variance, theirs.moving_variance, rtol=1e-4)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_trains_what_model_fit_trains_with_it(parts, make_model, precision):
    training, _ = parts
    reference, model = (make_model(keras.optimizers.Adam(schedule(0.003)), precision=precision) for _ in range(2))
    expected = eager(reference).fit(training.inputs, training.labels, batch_size=64, epochs=2, shuffle=False, verbose=0)
    rows = train(CompiledEpoch(model, training, 64), NoValidation(), epochs=2, order=in_order(200))
    # bfloat16 has 8 bits: if the last bit is rounded differently, the gradient differs by 0.4%.
    np.testing.assert_allclose([row["loss"] for row in rows], expected.history["loss"], rtol=2e-3)
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-3)
    assert type(model.optimizer) is type(reference.optimizer)
    assert model.layers[1].compute_dtype == precision.removeprefix("mixed_")


def test_xla_trains_the_same(parts, make_model):
    training, validation = parts
    results = []
    for jit_compile in (False, True):
        model = make_model(keras.optimizers.Adam(schedule(0.003)))
        evaluator = Evaluator(model, validation, jit_compile=jit_compile)
        rows = train(
            CompiledEpoch(model, training, 64, jit_compile=jit_compile), evaluator, epochs=2, order=in_order(200)
        )
        results.append(([row["val_loss"] for row in rows], model.get_weights()))
    (plain_losses, plain), (compiled_losses, compiled) = results
    np.testing.assert_allclose(plain_losses, compiled_losses, rtol=1e-4)
    for one, other in zip(plain, compiled, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)
