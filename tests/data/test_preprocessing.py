from dataclasses import replace

import numpy as np
import pytest

from runner.data.dataset import Part, Split
from runner.data.mnist import load_mnist
from runner.data.preprocessing import per_image, rescale, standardize, unchanged
from runner.data.splitting.splits import split_dataset

PARTS = (slice(150), slice(150, 200), slice(200, 250))


@pytest.fixture
def split(digits) -> Split:
    images, labels = digits
    return Split(*(Part(images[part], labels[part]) for part in PARTS))


def split_of(inputs) -> Split:
    labels = np.zeros(len(inputs), np.int32)
    return Split(*(Part(inputs[part], labels[part]) for part in PARTS))


@pytest.fixture
def features() -> np.ndarray:
    """250 examples of five features with different means and spreads, in float32."""
    generator = np.random.default_rng(5)
    return generator.normal([0, 5, -300, 1e4, 0.1], [1, 0.01, 100, 5, 3], (250, 5)).astype(np.float32)


def outputs(split: Split) -> list[np.ndarray]:
    return [part.inputs for part in (split.train, split.validation, split.test)]


@pytest.mark.parametrize("preprocess", [rescale, standardize, per_image, unchanged])
def test_all_parts_keep_shape_and_labels_and_become_float32(split, preprocess):
    before = [part.inputs.copy() for part in (split.train, split.validation, split.test)]
    after = preprocess(split)
    assert [array.shape for array in outputs(after)] == [array.shape for array in before]
    assert {array.dtype for array in outputs(after)} == {np.dtype(np.float32)}
    assert after.test.labels is split.test.labels
    assert all(map(np.array_equal, outputs(split), before))


def test_rescale_divides_by_255_in_float32(split):
    for after, before in zip(outputs(rescale(split)), outputs(split), strict=True):
        assert np.array_equal(after, before.astype("float32") / np.float32(255))


def test_rescale_of_what_is_not_bytes_is_an_error_that_says_what_to_choose(features):
    with pytest.raises(
        ValueError, match=r"rescales only bytes, but the inputs are float32: use preprocessing=standardize"
    ):
        rescale(split_of(features))


class TestStandardize:
    def test_takes_large_offsets_off_before_it_rounds(self):
        times = 1.7e9 + 3600.0 * np.arange(250)[:, np.newaxis]
        training = times[PARTS[0]]
        expected = (training - training.mean()) / training.std()
        assert np.allclose(standardize(split_of(times)).train.inputs, expected, atol=1e-6)
        with pytest.raises(ValueError, match="preprocessing=standardize"):
            unchanged(split_of(times))

    def test_gives_each_channel_of_the_training_part_mean_0_and_deviation_1(self):
        generator = np.random.default_rng(6)
        coloured = np.clip(generator.normal([30, 128, 200], [5, 40, 20], (250, 9, 9, 3)), 0, 255).astype(np.uint8)
        training = standardize(split_of(coloured)).train.inputs.astype(np.float64)
        np.testing.assert_allclose(training.mean(axis=(0, 1, 2)), 0, atol=1e-5)
        np.testing.assert_allclose(training.std(axis=(0, 1, 2)), 1, atol=1e-5)

    def test_agrees_with_scikit_learn_on_features(self, features):
        from sklearn.preprocessing import StandardScaler

        scaler = StandardScaler().fit(features[PARTS[0]].astype(np.float64))
        for after, part in zip(outputs(standardize(split_of(features))), PARTS, strict=True):
            np.testing.assert_allclose(after, scaler.transform(features[part].astype(np.float64)), atol=1e-3)

    def test_looks_at_the_training_part_alone(self, split):
        other = replace(split, test=replace(split.test, inputs=split.test.inputs // 2))
        assert np.array_equal(standardize(split).train.inputs, standardize(other).train.inputs)
        mean, deviation = split.train.inputs.mean(), split.train.inputs.std()
        expected = (split.test.inputs - mean) / deviation
        np.testing.assert_allclose(standardize(split).test.inputs, expected, atol=1e-5)

    def test_more_values_than_are_summed_at_once_make_no_difference(self, monkeypatch, split):
        whole = standardize(split).train.inputs
        monkeypatch.setattr("runner.data.preprocessing._VALUES_AT_ONCE", 1000)
        np.testing.assert_allclose(standardize(split).train.inputs, whole, rtol=1e-6)

    def test_only_centres_a_constant_feature(self, features):
        features[:, 4] = np.float32(0.1)  # its computed deviation is not exactly 0
        features[200:, 4] = 0.6
        after = standardize(split_of(features))
        np.testing.assert_allclose(after.train.inputs[:, 4], 0, atol=1e-7)
        np.testing.assert_allclose(after.test.inputs[:, 4], 0.5, atol=1e-6)
        np.testing.assert_allclose(after.train.inputs[:, :4].std(axis=0), 1, atol=1e-4)

    @pytest.mark.parametrize("value", [0, 7])
    def test_refuses_data_that_are_all_constant(self, split, value):
        flat = replace(split, train=replace(split.train, inputs=np.full_like(split.train.inputs, value)))
        with pytest.raises(ValueError, match="all training inputs are constant"):
            standardize(flat)

    def test_uses_the_well_known_mean_and_deviation_of_mnist(self, mnist_root):
        split = split_dataset(load_mnist("mnist", str(mnist_root), "", None), 0.2, "last", 0)
        after = standardize(split).train.inputs
        black, white = float(after.min()), float(after.max())
        deviation = 1 / (white - black)
        assert deviation == pytest.approx(0.3081, abs=5e-4)
        assert -black * deviation == pytest.approx(0.1307, abs=5e-4)


class TestPerImage:
    def test_gives_each_image_mean_0_and_deviation_1(self, split):
        for after in outputs(per_image(split)):
            np.testing.assert_allclose(after.mean(axis=(1, 2, 3)), 0, atol=1e-5)
            np.testing.assert_allclose(after.std(axis=(1, 2, 3)), 1, atol=1e-5)

    def test_divides_by_no_less_than_one_over_the_root_of_the_pixels(self):
        images = np.full((250, 4, 4, 1), 0.5, np.float32)
        images[1, 0, 0] += 0.16  # deviation 0.16 sqrt(15) / 16 = 0.0387, below 1 / 4
        after = per_image(split_of(images)).train.inputs
        assert np.array_equal(after[0], np.zeros((4, 4, 1)))
        assert after[1, 0, 0, 0] == pytest.approx(0.15 * 4, rel=1e-5)

    def test_agrees_with_tensorflow(self, split):
        import tensorflow as tf

        expected = tf.image.per_image_standardization(split.test.inputs).numpy()
        np.testing.assert_allclose(per_image(split).test.inputs, expected, atol=1e-5)

    def test_refuses_features(self, features):
        with pytest.raises(
            ValueError, match="needs images, but the inputs are features: use preprocessing=standardize"
        ):
            per_image(split_of(features))


def test_unchanged_keeps_the_values(split):
    assert np.array_equal(unchanged(split).test.inputs, split.test.inputs)
