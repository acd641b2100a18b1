import keras
import numpy as np
import pytest

from runner.engine.weights import fresh_session, initialize, weight_hashes


def built(*layers, seed=0, shape=(28, 28, 1)):
    fresh_session(seed)
    model = keras.Sequential([keras.Input(shape), keras.layers.Flatten(), *[make() for make in layers]])
    initialize(model, seed)
    return model


def dense(units, **options):
    return lambda: keras.layers.Dense(units, **options)


def kernels(model):
    return [weight.numpy() for weight in model.weights if weight.path.endswith("kernel")]


BASE = (dense(128), dense(10))


@pytest.mark.parametrize(
    "variant",
    [
        (dense(128), lambda: keras.layers.Dropout(0.5), dense(10)),
        (dense(128), keras.layers.BatchNormalization, dense(10)),
        (dense(128), dense(128), dense(10)),
    ],
    ids=["dropout", "batch normalization", "one layer more"],
)
def test_variants_share_initial_weights_wherever_their_shapes_agree(variant):
    base, other = kernels(built(*BASE)), kernels(built(*variant))
    assert np.array_equal(base[0], other[0])
    assert np.array_equal(base[-1], other[-1])


def test_two_layers_of_one_shape_and_two_seeds_differ():
    _, second, third, _ = kernels(built(dense(64), dense(64), dense(64), dense(10)))
    assert not np.array_equal(second, third)
    assert not np.array_equal(kernels(built(*BASE))[0], kernels(built(*BASE, seed=1))[0])


def test_draws_follow_the_initializers_distribution():
    uniform = kernels(built(dense(128), dense(10)))[0]
    bound = np.sqrt(6 / (784 + 128))  # Glorot & Bengio 2010, eq. 16
    assert np.abs(uniform).max() == pytest.approx(bound, rel=0.01)
    assert uniform.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    normal = kernels(built(dense(128, kernel_initializer="he_normal"), dense(10)))[0]
    assert normal.std() == pytest.approx(np.sqrt(2 / 784), rel=0.02)  # He et al. 2015, eq. 10


def test_biases_start_at_zero_and_an_initializers_own_seed_is_kept():
    own = keras.initializers.GlorotUniform(seed=4)
    model = built(dense(128, kernel_initializer=own), dense(10))
    assert not model.layers[1].bias.numpy().any()
    assert np.array_equal(kernels(model)[0], own((784, 128)))


class SelfAttention(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.unflatten = keras.layers.Reshape((4, 4))
        self.attention = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)

    def build(self, input_shape):
        self.attention.build((None, 4, 4), (None, 4, 4))

    def call(self, inputs):
        sequence = self.unflatten(inputs)
        return self.attention(sequence, sequence)


@pytest.mark.parametrize(
    ("nested", "count"),
    [(lambda: keras.Sequential([keras.layers.Dense(8), keras.layers.Dense(8)]), 2), (SelfAttention, 4)],
    ids=["sequential", "attention"],
)
def test_nested_layers_are_initialized_too(nested, count):
    one, again, other = (kernels(built(nested, shape=(4, 4), seed=seed)) for seed in (0, 0, 1))
    assert len(one) == count
    assert len({array.tobytes() for array in one}) == count
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_initial_weights_do_not_depend_on_what_was_drawn_before():
    fresh_session(0)
    model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4)])
    initialize(model, 0)
    first = model.get_weights()[0]
    keras.random.uniform((100,))
    initialize(model, 0)
    assert np.array_equal(model.get_weights()[0], first)


def test_a_fresh_session_keeps_the_precision_that_the_device_was_set_to():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        fresh_session(0)
        layer = keras.layers.Dense(4)
    finally:
        keras.config.set_dtype_policy("float32")
    assert (layer.compute_dtype, layer.variable_dtype) == ("bfloat16", "float32")


def test_weights_of_other_shapes_have_another_hash_of_shapes():
    hashes = [weight_hashes(keras.Sequential([keras.Input((one,)), keras.layers.Dense(2)])) for one in (2, 3)]
    assert hashes[0]["shapes"] != hashes[1]["shapes"]
