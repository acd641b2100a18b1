import keras
import numpy as np
import pytest
import tensorflow as tf

from runner.engine.diagnostics import GradientNorms, StepLosses
from runner.engine.training import CompiledEpoch, train
from tests.engine.conftest import NoValidation


def rows_of(model, parts, diagnostics=(), epochs=2, jit_compile=False):
    training, _ = parts
    return list(
        train(
            CompiledEpoch(model, training, 64, jit_compile=jit_compile),
            NoValidation(),
            epochs=epochs,
            order=lambda epoch: np.arange(len(training)),
            diagnostics=diagnostics,
        )
    )


def steps_by_hand(model, parts, epochs=2):
    """The loss and the gradients of each step, from a plain loop over Keras's own parts."""
    training, _ = parts
    steps = []
    for _ in range(epochs):
        for start in range(0, 200, 64):
            inputs, labels = training.inputs[start : start + 64], training.labels[start : start + 64]
            with tf.GradientTape() as tape:
                loss = model.compute_loss(inputs, labels, model(inputs, training=True))
            gradients = tape.gradient(loss, model.trainable_weights)
            rate = float(model.optimizer.learning_rate)
            model.optimizer.apply(gradients, model.trainable_weights)
            steps.append((rate, float(loss), [gradient.numpy() for gradient in gradients]))
    return steps


def test_norms_are_those_of_each_layers_gradient_and_weights(parts, make_model):
    reference, model = (make_model(keras.optimizers.SGD(0.1)) for _ in range(2))
    steps = steps_by_hand(reference, parts)
    norms = GradientNorms()
    rows_of(model, parts, [norms])
    assert [row["epoch"] for row in norms.rows] == [1, 2]
    hidden, output = (layer for layer in model.layers if layer.trainable_weights)
    for layer, at in ((hidden, 0), (output, 2)):
        by_hand = [np.sqrt(sum(np.sum(np.square(g)) for g in gradients[at : at + 2])) for _, _, gradients in steps]
        ours = [row[f"{layer.name}.gradient"] for row in norms.rows]
        assert ours == pytest.approx([np.mean(by_hand[:4]), np.mean(by_hand[4:])], rel=1e-4)
        weight = np.sqrt(sum(np.sum(np.square(value)) for value in layer.get_weights()))
        assert norms.rows[-1][f"{layer.name}.weight"] == pytest.approx(weight, rel=1e-5)


def test_what_xla_compiles_is_measured_as_well(parts, make_model):
    plain, compiled = ([StepLosses(), GradientNorms()] for _ in range(2))
    rows_of(make_model("sgd"), parts, plain)
    rows_of(make_model("sgd"), parts, compiled, jit_compile=True)
    for without, with_xla in zip(plain, compiled, strict=True):
        for one, other in zip(without.rows, with_xla.rows, strict=True):
            assert other == pytest.approx(one, rel=1e-4)


def test_every_step_has_its_rate_and_loss(parts, make_model):
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.5)
    reference, model = (make_model(keras.optimizers.SGD(schedule)) for _ in range(2))
    expected = steps_by_hand(reference, parts)
    steps = StepLosses()
    rows_of(model, parts, [steps])
    assert [row["step"] for row in steps.rows] == list(range(1, 9))
    assert [row["learning_rate"] for row in steps.rows] == pytest.approx([rate for rate, _, _ in expected], rel=1e-5)
    assert [row["loss"] for row in steps.rows] == pytest.approx([loss for _, loss, _ in expected], rel=1e-4)


LIMITED = {
    "clipvalue": lambda gradients: max(np.abs(gradient).max() for gradient in gradients),
    "clipnorm": lambda gradients: max(np.linalg.norm(gradient) for gradient in gradients),
    "global_clipnorm": lambda gradients: np.sqrt(sum(np.sum(np.square(gradient)) for gradient in gradients)),
}


@pytest.mark.parametrize("kind", LIMITED)
def test_the_share_of_clipped_steps_is_in_the_history(parts, make_model, kind):
    size = LIMITED[kind]
    unclipped = steps_by_hand(make_model(keras.optimizers.SGD(0.1)), parts)
    limit = float(np.median([size(gradients) for _, _, gradients in unclipped]))
    reference, model = (make_model(keras.optimizers.SGD(0.1, **{kind: limit})) for _ in range(2))
    clipped = [bool(size(gradients) > limit) for _, _, gradients in steps_by_hand(reference, parts)]
    rows = rows_of(model, parts)
    assert [row["clipped"] for row in rows] == [np.mean(clipped[:4]), np.mean(clipped[4:])]
    assert 0 < np.mean(clipped) < 1, "a limit that is always or never passed would show nothing"
    for ours, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)


def test_accumulated_gradients_are_counted_once_an_update(parts, make_model):
    model = make_model(keras.optimizers.SGD(0.1, clipnorm=1e-6, gradient_accumulation_steps=2))
    assert [row["clipped"] for row in rows_of(model, parts)] == [1.0, 1.0]


def test_without_clipping_the_history_has_no_such_column(parts, make_model):
    assert "clipped" not in rows_of(make_model("sgd"), parts)[0]


@pytest.mark.parametrize("precision", ["float32", "mixed_float16"])
def test_watching_changes_nothing_of_the_training(parts, make_model, precision):
    plain, watched = (make_model(keras.optimizers.Adam(0.003), precision=precision) for _ in range(2))
    rows = rows_of(plain, parts)
    same = rows_of(watched, parts, [GradientNorms(), StepLosses()])
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in same], rel=1e-6)
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)
    assert not {"apply", "_clip_gradients"} & vars(watched.optimizer).keys()
    assert "compute_loss" not in vars(watched)


def ten_layers(activation, initializer):
    keras.utils.set_random_seed(0)
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten()]
    layers += [
        keras.layers.Dense(32, activation=activation, kernel_initializer=initializer, name=f"hidden_{at}")
        for at in range(1, 11)
    ]
    model = keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax", name="output")])
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_gradients_vanish_in_ten_sigmoid_layers_and_not_with_relu_and_he(parts):
    shares = {}
    for activation, initializer in (("sigmoid", "glorot_uniform"), ("relu", "he_normal")):
        norms = GradientNorms()
        rows_of(ten_layers(activation, initializer), parts, [norms], epochs=1)
        (row,) = norms.rows
        shares[activation] = row["hidden_1.gradient"] / row["hidden_10.gradient"]
    assert shares["sigmoid"] < 1e-4
    assert shares["relu"] > 0.1
