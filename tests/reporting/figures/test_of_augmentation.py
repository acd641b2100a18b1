import numpy as np
import pytest

from runner.reporting.figures.of_augmentation import augmentation_grid

WHITE = [1.0, 1.0, 1.0]


def constant_images(values, channels=1):
    return np.stack([np.full((6, 4, channels), value, np.float32) for value in values])


def picture(figure):
    (axes,) = figure.axes
    return np.asarray(axes.images[0].get_array())


def rows_of_images(figure):
    """Return the label of each row, and the grey levels of its images from left to right."""
    (axes,) = figure.axes
    image = picture(figure)
    middles = [(4 + 1) * column + 2 for column in range(8)]
    ticks = zip(axes.get_yticklabels(), axes.get_yticks(), strict=True)
    return [(label.get_text(), image[int(tick), middles, 0].round(6).tolist()) for label, tick in ticks]


def test_under_each_row_of_eight_images_stands_what_became_of_them_and_missing_ones_are_white():
    figure = augmentation_grid(constant_images(range(10)), constant_images(range(90, 100)), "")
    assert rows_of_images(figure) == [
        ("before", [round(value / 99, 6) for value in range(8)]),
        ("after", [round(value / 99, 6) for value in range(90, 98)]),
        ("before", [round(8 / 99, 6), round(9 / 99, 6), *[1.0] * 6]),
        ("after", [round(98 / 99, 6), round(99 / 99, 6), *[1.0] * 6]),
    ]


def test_every_pixel_of_an_image_is_drawn_once_and_upright():
    before, after = np.arange(48.0).reshape(2, 1, 6, 4, 1)
    image = picture(augmentation_grid(before, after, ""))
    np.testing.assert_allclose(image[:6, :4, 0], before[0, :, :, 0] / 47)
    np.testing.assert_allclose(image[7:13, :4, 0], after[0, :, :, 0] / 47)
    assert image[6].tolist() == [WHITE] * image.shape[1]
    assert image.shape == (13, 8 * 5 - 1, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_bytes_and_the_same_images_standardized_give_the_same_picture(channels):
    generator = np.random.default_rng(0)
    before, after = generator.integers(0, 256, (2, 9, 6, 4, channels)).astype(np.uint8)
    pictures = [
        picture(augmentation_grid(one, other, ""))
        for one, other in [(before, after), ((before - 33.3) / 78.6, (after - 33.3) / 78.6)]
    ]
    np.testing.assert_allclose(*pictures, atol=1e-12)


def test_colours_stay_what_they_are():
    orange, blue = np.array([255, 128, 0]), np.array([0, 0, 255])
    image = picture(augmentation_grid(np.tile(orange, (1, 6, 4, 1)), np.tile(blue, (1, 6, 4, 1)), ""))
    assert image[2, 2].tolist() == [1.0, 128 / 255, 0.0]
    assert image[9, 2].tolist() == [0.0, 0.0, 1.0]


def test_images_of_one_value_are_drawn_without_a_warning_and_black():
    figure = augmentation_grid(constant_images([7.0]), constant_images([7.0]), "costs $1, or $2")
    figure.canvas.draw()
    assert picture(figure)[2, 2].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("before", "after"),
    [((2, 6, 4, 1), (3, 6, 4, 1)), ((2, 6, 4), (2, 6, 4)), ((0, 6, 4, 1), (0, 6, 4, 1))],
    ids=["another number", "no channels", "no images"],
)
def test_what_cannot_be_drawn_is_refused_with_both_shapes(before, after):
    with pytest.raises(ValueError, match="must have the same shape") as caught:
        augmentation_grid(np.zeros(before), np.zeros(after), "")
    assert str(before) in str(caught.value)
    assert str(after) in str(caught.value)
