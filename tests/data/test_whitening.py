import numpy as np
import pytest

from runner.data.dataset import Part, Split
from runner.data.whitening import zca


def split_of(inputs, examples=400) -> Split:
    labels = np.zeros(len(inputs), np.int32)
    parts = (slice(examples), slice(examples, examples + 50), slice(examples + 50, None))
    return Split(*(Part(inputs[part], labels[part]) for part in parts))


@pytest.fixture
def correlated() -> np.ndarray:
    """500 examples of six strongly correlated values, not centred."""
    generator = np.random.default_rng(8)
    mixing = generator.normal(size=(6, 6)) + 2
    return (generator.normal(size=(500, 6)) @ mixing + 3).astype(np.float32)


def test_training_values_have_mean_0_and_no_correlations(correlated):
    values = zca(split_of(correlated), 1e-8).train.inputs.astype(np.float64)
    np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(values.T, bias=True), np.eye(6), atol=1e-2)


def test_it_is_the_symmetric_root_of_the_inverse_covariance(correlated):
    from scipy.linalg import inv, sqrtm

    training = correlated[:400].astype(np.float64)
    root = inv(sqrtm(np.cov(training.T, bias=True) + 0.1 * np.eye(6)))
    after = zca(split_of(correlated), 0.1)
    for part, before in ((after.train, training), (after.test, correlated[450:])):
        np.testing.assert_allclose(part.inputs, (before - training.mean(axis=0)) @ root, atol=1e-3)


def test_bytes_are_whitened_as_their_fractions_and_keep_their_shape(digits):
    images, _ = digits
    after = zca(split_of(images[:, :6, :6], 150), 0.1).test.inputs
    fractions = (images[:, :6, :6] / 255).astype(np.float32)
    assert after.shape == (50, 6, 6, 1)
    assert after.dtype == np.float32
    np.testing.assert_allclose(after, zca(split_of(fractions, 150), 0.1).test.inputs, atol=1e-5)


def test_a_constant_pixel_becomes_0(correlated):
    correlated[:, 2] = 1
    after = zca(split_of(correlated), 0.1)
    np.testing.assert_allclose(after.test.inputs[:, 2], 0, atol=1e-5)
    assert np.isfinite(after.test.inputs).all()


def test_chunks_make_no_difference(monkeypatch, correlated):
    whole = zca(split_of(correlated), 0.1).train.inputs
    monkeypatch.setattr("runner.data.whitening._EXAMPLES_AT_ONCE", 7)
    np.testing.assert_allclose(zca(split_of(correlated), 0.1).train.inputs, whole, atol=1e-4)


def test_too_many_values_an_example_are_an_error():
    with pytest.raises(ValueError, match="takes at most 4096 values for each example, but these have 4097"):
        zca(split_of(np.zeros((500, 4097), np.uint8)), 0.1)


@pytest.mark.parametrize("epsilon", [0, -1, float("nan"), float("inf")])
def test_epsilon_is_a_positive_number(correlated, epsilon):
    with pytest.raises(ValueError, match=f"epsilon={epsilon}: must be a finite number above 0"):
        zca(split_of(correlated), epsilon)
