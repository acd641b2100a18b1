import hashlib
import itertools
from multiprocessing import get_context

import keras
import numpy as np
import pytest
from scipy import ndimage, stats

from runner.core.errors import ConfigError
from runner.data.augmentation.boxes import CutMix, RandomErasing
from runner.data.augmentation.crop import Crop
from runner.data.augmentation.geometry import Elastic, HorizontalFlip, Rotation, Shear, Translation, Zoom, warp
from runner.data.augmentation.mixup import MixUp
from runner.data.augmentation.pipeline import augmenter
from runner.data.augmentation.rand_augment import RandAugment
from runner.engine.training import one_kernel
from runner.sweeps.pools.server import start_server

INNER = np.s_[6:-6, 6:-6]  # pixels that come from inside the image
SHAPE = (20, 24)
KINDS = {
    "rotation": lambda seed: Rotation(20.0, seed=seed),
    "translation": lambda seed: Translation(0.2, seed=seed),
    "zoom": lambda seed: Zoom(0.3, seed=seed),
    "shear": lambda seed: Shear(20.0, seed=seed),
    "horizontal_flip": lambda seed: HorizontalFlip(0.5, seed=seed),
    "elastic": lambda seed: Elastic(4.0, 34.0, seed=seed),
    "random_erasing": lambda seed: RandomErasing(0.5, 0.02, 0.33, 3.3, seed=seed),
    "mixup": lambda seed: MixUp(0.4, seed=seed),
    "cutmix": lambda seed: CutMix(seed=seed),
    "crop": lambda seed: Crop(4, "reflect", seed=seed),
    "rand_augment": lambda seed: RandAugment(2, 5.0, seed=seed, lowest=np.float32([-1.0]), highest=np.float32([2.0])),
}
GEOMETRIC = ["rotation", "translation", "zoom", "shear", "horizontal_flip", "elastic"]


class Fixed:
    """A stream of known numbers: a fixed share of the way from low to high."""

    def __init__(self, *shares):
        self.shares = iter(shares)

    def uniform(self, shape, low, high):
        share = np.broadcast_to(np.asarray(next(self.shares), np.float32), shape)
        return keras.ops.convert_to_tensor(low + share * (high - low))


def fixed(part, *shares):
    part._draws = Fixed(*shares)
    return part


def smooth_images(count=2, channels=1, shape=SHAPE):
    """Random images without fine detail."""
    noise = np.random.default_rng(5).normal(size=(count, *shape, channels))
    return ndimage.gaussian_filter(noise, (0, 2, 2, 0)).astype(np.float32)


def one_hot(count, classes=4):
    return np.eye(classes, dtype=np.float32)[np.arange(count) % classes]


def warped(images, *parts):
    return np.asarray(warp(keras.ops.convert_to_tensor(images), parts))


def augmented(kind, images, labels, seed=3, steps=1, compiled=lambda step: step):
    """Return the results of the augmenter for the same batch in successive steps."""
    change = augmenter({kind: KINDS[kind](seed)}, images.shape[1:], compiled)
    return [tuple(np.asarray(value) for value in change(images, labels)) for _ in range(steps)]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_rotation_is_that_of_scipy(share):
    images = smooth_images(channels=3)
    result = warped(images, fixed(Rotation(30.0, seed=0), share))
    angle = -30.0 + 60.0 * share
    for image, turned in zip(images, result, strict=True):
        # scipy rotates from its first axis to its second, which looks counterclockwise because rows point downwards
        expected = ndimage.rotate(image, angle, axes=(0, 1), reshape=False, order=1, mode="nearest")
        np.testing.assert_allclose(turned, expected, atol=1e-5)


def test_rotation_by_a_positive_angle_is_counterclockwise_to_the_eye():
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[0, 4, 8] = 1.0  # right of the middle
    turned = warped(image, fixed(Rotation(90.0, seed=0), 1.0))
    assert np.unravel_index(turned.argmax(), turned.shape)[1:3] == (0, 4)  # above it


@pytest.mark.parametrize(("right", "down"), [(3, 0), (-2, 5), (0, -4)])
def test_translation_by_whole_pixels_repeats_the_edge(right, down):
    images = smooth_images(channels=2)
    height, width = SHAPE
    shares = np.array([[right / width], [down / height]]) / 2 / 0.5 + 0.5
    result = warped(images, fixed(Translation(0.5, seed=0), shares))
    padded = np.pad(images, ((0, 0), (8, 8), (8, 8), (0, 0)), mode="edge")
    expected = padded[:, 8 - down : 8 - down + height, 8 - right : 8 - right + width]
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_zoom_is_that_of_scipy_about_the_middle():
    images = smooth_images()
    result = warped(images, fixed(Zoom(0.25, seed=0), [1.0, 0.0]))
    for image, zoomed, factor in zip(images, result, (1.25, 0.75), strict=True):
        matrix = np.diag([1 / factor, 1 / factor])
        np.testing.assert_allclose(zoomed[..., 0], scipy_affine(image[..., 0], matrix), atol=1e-5)


def test_shear_is_that_of_scipy_and_leaves_rows_in_place():
    images = smooth_images()
    result = warped(images, fixed(Shear(20.0, seed=0), [1.0, 0.0]))
    for image, sheared, slope in zip(images, result, np.tan(np.radians([20.0, -20.0])), strict=True):
        matrix = np.array([[1.0, 0.0], [slope, 1.0]])  # rows, then columns
        np.testing.assert_allclose(sheared[..., 0], scipy_affine(image[..., 0], matrix), atol=1e-5)


def scipy_affine(image, matrix):
    """Resample about the centre; `matrix` maps (row, column) of the new image to the old one."""
    middle = (np.array(image.shape) - 1) / 2
    return ndimage.affine_transform(image, matrix, middle - matrix @ middle, order=1, mode="nearest")


def test_a_flip_is_that_of_numpy():
    images = smooth_images()
    result = warped(images, fixed(HorizontalFlip(0.5, seed=0), [0.4, 0.6]))
    np.testing.assert_allclose(result[0], np.flip(images[0], axis=1), rtol=0, atol=1e-6)
    np.testing.assert_allclose(result[1], images[1], rtol=0, atol=1e-6)


def test_parts_together_are_one_resampling_with_the_product_of_their_matrices_in_the_order_given():
    images = smooth_images(1)
    parts = [fixed(Rotation(30.0, seed=0), 0.9), fixed(Zoom(0.2, seed=0), 0.2), fixed(Shear(15.0, seed=0), 0.8)]
    angle, factor, slope = np.radians(24.0), 0.88, np.tan(np.radians(9.0))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # rows, then columns
    matrix = turn @ np.diag([1 / factor, 1 / factor]) @ np.array([[1.0, 0.0], [slope, 1.0]])
    np.testing.assert_allclose(warped(images, *parts)[0, ..., 0], scipy_affine(images[0, ..., 0], matrix), atol=1e-5)


def test_the_first_part_is_the_first_to_happen():
    images = smooth_images(1, shape=(40, 40))

    def parts():
        return fixed(Rotation(30.0, seed=0), 1.0), fixed(Translation(0.1, seed=0), [[1.0], [0.5]])

    for order in (parts(), parts()[::-1]):
        one, other = order
        together = warped(images, one, other)
        for part in order:
            part._draws = Fixed(1.0 if isinstance(part, Rotation) else [[1.0], [0.5]])
        apart = warped(warped(images, one), other)
        np.testing.assert_allclose(together[0][INNER], apart[0][INNER], atol=0.05)  # resampled twice, so smoother


def test_elastic_displacements_are_simards_noise_smoothed_by_a_gaussian():
    noise = np.random.default_rng(1).uniform(size=(2, 3, *SHAPE))
    field = np.asarray(fixed(Elastic(2.0, 8.0, seed=0), noise).displacements(3, *SHAPE))
    expected = 8.0 * ndimage.gaussian_filter(2 * noise - 1, (0, 0, 2, 2), mode="constant", truncate=20)
    # scipy's weights sum to 1 exactly, a sampled Gaussian's nearly
    np.testing.assert_allclose(field, expected, atol=1e-4)


def test_elastic_moves_pixels_by_the_distance_that_the_noise_predicts():
    field = np.asarray(Elastic(4.0, 34.0, seed=0).displacements(64, 60, 60))[..., 15:-15, 15:-15]
    # The variance of uniform(-1, 1) is 1/3; smoothing by a Gaussian divides it by 4 pi sigma^2.
    assert field.std() == pytest.approx(34.0 * np.sqrt(1 / 3 / (4 * np.pi * 4.0**2)), rel=0.05)
    assert abs(field.mean()) < 0.1


def test_an_elastic_image_is_scipys_map_coordinates():
    images = smooth_images()
    noise = np.random.default_rng(1).uniform(size=(2, 2, *SHAPE))
    moved_x, moved_y = np.asarray(fixed(Elastic(2.0, 8.0, seed=0), noise).displacements(2, *SHAPE))
    result = warped(images, fixed(Elastic(2.0, 8.0, seed=0), noise))
    rows, columns = np.indices(SHAPE)
    for image, changed, right, down in zip(images, result, moved_x, moved_y, strict=True):
        expected = ndimage.map_coordinates(image[..., 0], [rows + down, columns + right], order=1, mode="nearest")
        np.testing.assert_allclose(changed[..., 0], expected, atol=1e-5)


@pytest.mark.parametrize("kind", GEOMETRIC)
@pytest.mark.parametrize("shape", [(28, 28, 3), (1, 6, 1), (6, 1, 1), (1, 1, 1)])
def test_an_image_of_one_value_stays_as_it_is(kind, shape):
    images = np.full((3, *shape), -0.42, np.float32)
    ((result, _),) = augmented(kind, images, np.arange(3))
    np.testing.assert_allclose(result, images, rtol=1e-6)


@pytest.mark.parametrize(
    "part",
    [
        Rotation(0.0, seed=1),
        Translation(0.0, seed=1),
        Zoom(0.0, seed=1),
        Shear(0.0, seed=1),
        HorizontalFlip(0.0, seed=1),
        Elastic(4.0, 0.0, seed=1),
    ],
    ids=lambda part: type(part).__name__,
)
def test_no_strength_is_no_change(part):
    images = smooth_images()
    np.testing.assert_allclose(warped(images, part), images, rtol=0, atol=1e-6)


def test_erasing_with_no_probability_is_no_change():
    images = smooth_images()
    result, _ = RandomErasing(0.0, 0.1, 0.2, 2.0, seed=1)(images, one_hot(2))
    assert (np.asarray(result) == images).all()


@pytest.mark.parametrize(
    ("part", "low", "high", "angle"),
    [
        (Rotation(20.0, seed=9), -20.0, 20.0, lambda m: np.degrees(np.arctan2(m[:, 1, 0], m[:, 0, 0]))),
        (Shear(20.0, seed=9), -20.0, 20.0, lambda m: np.degrees(np.arctan(m[:, 0, 1]))),
        (Zoom(0.3, seed=9), 0.7, 1.3, lambda m: 1 / m[:, 0, 0]),
        (Translation(0.2, seed=9), -4.8, 4.8, lambda m: -m[:, 0, 2]),
        (Translation(0.2, seed=9), -4.0, 4.0, lambda m: -m[:, 1, 2]),
    ],
    ids=["rotation", "shear", "zoom", "translation right", "translation down"],
)
def test_the_strength_is_uniform_in_its_range(part, low, high, angle):
    drawn = angle(np.asarray(part.matrices(4000, *SHAPE)))
    assert stats.kstest(drawn, stats.uniform(low, high - low).cdf).pvalue > 0.001


def test_an_image_is_flipped_with_the_probability_asked_for():
    flips = np.asarray(HorizontalFlip(0.3, seed=2).matrices(4000, *SHAPE))[:, 0, 0]
    assert np.mean(flips == -1) == pytest.approx(0.3, abs=0.03)


def test_erased_rectangles_have_the_area_and_shape_asked_for():
    images = np.full((400, 40, 60, 2), 0.5, np.float32)
    images[:, 0, 0] = [-1.0, 3.0]  # the batch's range
    result, _ = RandomErasing(0.6, 0.1, 0.3, 2.0, seed=4)(images, one_hot(400))
    result = np.asarray(result)
    changed = (result != images).any(axis=-1)
    changed[:, 0, 0] = changed[:, 0, 1] & changed[:, 1, 0]
    share = changed.mean(axis=(1, 2))
    assert np.mean(share > 0) == pytest.approx(0.6, abs=0.08)
    for image, inside in zip(result[share > 0], changed[share > 0], strict=True):
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        assert inside.sum() == len(rows) * len(columns)  # a rectangle
        assert (rows[-1] - rows[0], columns[-1] - columns[0]) == (len(rows) - 1, len(columns) - 1)
        ratio = (len(rows) / 40) / (len(columns) / 60)
        assert 1 / 2.2 < ratio < 2.2  # side lengths are whole pixels
        (value,) = np.unique(image[inside])  # one, in all channels
        assert -1.0 <= value <= 3.0
    assert share[share > 0].min() == pytest.approx(0.1, abs=0.02)
    assert share.max() == pytest.approx(0.3, abs=0.02)
    assert stats.kstest(share[share > 0], stats.uniform(0.1, 0.2).cdf).pvalue > 0.001


def test_mixup_mixes_each_images_label_with_the_images_own_weight():
    images = np.arange(8.0, dtype=np.float32).reshape(8, 1, 1, 1) * np.ones((1, 4, 5, 3), np.float32)
    ((mixed, labels),) = augmented("mixup", images, np.eye(8, dtype=np.float32))
    values = mixed[:, 0, 0, 0]
    np.testing.assert_allclose(mixed, np.broadcast_to(values[:, None, None, None], mixed.shape), atol=1e-6)
    # image i has the value i everywhere, so the expected class equals the value
    np.testing.assert_allclose(labels @ np.arange(8), values, atol=1e-5)
    np.testing.assert_allclose(labels.sum(axis=1), 1.0, atol=1e-6)
    weights = labels[np.arange(8), np.arange(8)]
    assert len(np.unique(weights)) == 8
    assert (labels >= 0).all()


@pytest.mark.parametrize("alpha", [0.4, 1.0, 5.0])
def test_mixups_weights_are_beta_distributed(alpha):
    images = np.concatenate([np.ones(2000), np.zeros(2000)]).astype(np.float32).reshape(-1, 1, 1, 1)
    mixed, _ = MixUp(alpha, seed=6)(images, one_hot(4000))
    weights = np.asarray(mixed).ravel()[:2000]
    assert stats.kstest(weights, stats.beta(alpha, alpha).cdf).pvalue > 0.001


def test_cutmix_mixes_labels_by_the_share_of_pixels_and_pastes_from_the_same_place():
    count = 40
    pattern = np.random.default_rng(0).uniform(0.0, 0.5, (1, 11, 17, 3))
    images = (np.arange(count).reshape(-1, 1, 1, 1) + pattern).astype(np.float32)
    ((mixed, labels),) = augmented("cutmix", images, np.eye(count, dtype=np.float32))
    origin = np.floor(mixed[..., 0]).astype(int)
    np.testing.assert_allclose(mixed - origin[..., None], np.broadcast_to(pattern, mixed.shape), atol=1e-4)
    for index in range(count):
        share = np.bincount(origin[index].ravel(), minlength=count) / origin[index].size
        np.testing.assert_allclose(labels[index], share, atol=1e-6)
    own = labels[np.arange(count), np.arange(count)]
    assert len(np.unique(own)) > 10  # each image has its own square


def test_cutmixs_square_has_an_area_uniform_in_0_to_1():
    images = np.concatenate([np.zeros(2000), np.ones(2000)]).astype(np.float32).reshape(-1, 1, 1, 1)
    mixed, _ = CutMix(seed=6)(np.broadcast_to(images, (4000, 64, 64, 1)), one_hot(4000))
    share = np.asarray(mixed)[:2000].mean(axis=(1, 2, 3))
    assert stats.kstest(share, stats.uniform.cdf).statistic < 0.04  # side lengths are whole pixels


@pytest.mark.parametrize("kind", KINDS)
def test_images_and_steps_draw_anew_and_a_seed_gives_the_same_again(kind):
    images = np.tile(smooth_images(8, shape=(28, 28))[:1], (16, 1, 1, 1))
    images[8:] += 1.0  # the partners of the first half
    labels = one_hot(16)
    steps = augmented(kind, images, labels, steps=3)
    again = augmented(kind, images, labels, steps=3)
    other = augmented(kind, images, labels, seed=4)
    flat = steps[0][0].reshape(16, -1)
    assert len(np.unique(flat[:8], axis=0)) > (1 if kind == "horizontal_flip" else 3)
    assert (steps[0][0] != steps[1][0]).any()
    assert (steps[1][0] != steps[2][0]).any()
    assert (other[0][0] != steps[0][0]).any()
    for one, same in zip(steps, again, strict=True):
        assert (one[0] == same[0]).all()
        assert (one[1] == same[1]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 3])
def test_a_small_last_batch_keeps_its_shape_and_type(kind, count):
    images = smooth_images(count, shape=(28, 28))
    ((result, labels),) = augmented(kind, images, one_hot(count))
    assert (result.shape, result.dtype) == (images.shape, np.float32)
    assert (labels.shape, labels.dtype) == ((count, 4), np.float32)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("mixup", "cutmix")])
def test_labels_that_are_not_mixed_pass_through_as_integers(kind):
    labels = np.arange(5, dtype=np.int32)
    ((_, result),) = augmented(kind, smooth_images(5), labels)
    assert result.dtype == np.int32
    assert (result == labels).all()


def test_features_are_refused_with_their_shape():
    with pytest.raises(ConfigError, match=r"augmentation\.rotation.*\(30,\)"):
        augmenter({"rotation": Rotation(10.0, seed=0)}, (30,), lambda step: step)


def test_what_changes_no_images_is_refused():
    with pytest.raises(ConfigError, match=r"augmentation\.mine"):
        augmenter({"mine": 3}, (28, 28, 1), lambda step: step)


def test_keras_layers_draw_anew_at_each_step():
    images = smooth_images(4)
    layer = keras.layers.RandomBrightness(0.5, value_range=(-1.0, 1.0), seed=3)
    change = augmenter({"brightness": layer}, images.shape[1:], lambda step: step)
    first, second = (np.asarray(change(images, one_hot(4))[0]) for _ in range(2))
    assert (first != second).any()
    assert (first != images).any()


def digest_of_all_kinds() -> str:
    change = augmenter({name: make(5) for name, make in KINDS.items()}, (28, 28, 1), one_kernel)
    steps = [change(smooth_images(6, shape=(28, 28)), one_hot(6)) for _ in range(3)]
    return hashlib.sha256(b"".join(np.asarray(value).tobytes() for pair in steps for value in pair)).hexdigest()


def test_another_process_with_the_same_seed_makes_the_same_bits():
    start_server()
    with get_context("forkserver").Pool(1) as pool:
        assert pool.apply(digest_of_all_kinds) == digest_of_all_kinds()


@pytest.mark.parametrize("kind", ["elastic", "random_erasing", "cutmix", "crop", "rand_augment"])
def test_compiled_steps_draw_anew_too(kind):
    steps = augmented(kind, smooth_images(6, shape=(28, 28)), one_hot(6), steps=3, compiled=one_kernel)
    images = [step[0] for step in steps]
    assert all((one != other).any() for one, other in itertools.pairwise(images))
