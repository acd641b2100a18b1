import numpy as np

from runner.reporting.figures.of_predictions import captioned_images


def images(count, channels=1):
    return [np.full((4, 5, channels), number, np.uint8) + np.arange(5)[:, np.newaxis] for number in range(count)]


def test_each_image_has_its_caption_below_it_in_rows_of_six():
    axes = captioned_images(images(8), [f"is {n}\npredicted 3" for n in range(8)], "Errors").axes[0]
    assert len(axes.images) == len(axes.texts) == 8
    assert [text.get_text() for text in axes.texts] == [f"is {n}\npredicted 3" for n in range(8)]
    places = [image.get_extent() for image in axes.images]  # left, right, bottom, top
    assert len({place[3] for place in places}) == 2
    assert places[6][0] == places[0][0]
    for text, (left, right, bottom, _) in zip(axes.texts, places, strict=True):
        x, y = text.get_position()
        assert left < x < right
        assert bottom < y


def test_each_image_uses_its_own_range_and_two_channels_are_drawn_as_their_mean():
    dark, bright = np.zeros((2, 2, 2)), np.full((2, 2, 2), 9.0)
    dark[0, 0] = (0, 2)
    bright[0, 0] = (11, 13)
    drawn = captioned_images([dark, bright], ["a", "b"], "").axes[0].images
    for image in drawn:
        np.testing.assert_array_equal(image.get_array()[..., 0], [[1, 0], [0, 0]])


def test_a_long_name_takes_two_lines_at_most_and_no_formula_is_read_into_it():
    (text,) = captioned_images(images(1), ["is " + "very long name " * 9 + "\npredicted $x$"], "").axes[0].texts
    assert text.get_text().count("\n") == 2
    assert text.get_text().endswith(r"predicted \$x\$")
