import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D

from runner.reporting.figures.drawing.appearance import look_of, own_style
from runner.reporting.figures.drawing.canvas import into_axes
from runner.reporting.figures.of_confusion import (
    SCALE,
    Confusion,
    confusion_counts,
    confusion_matrices,
    confusion_matrix,
)


def test_confusion_matrix_counts_what_was_taken_for_what():
    counts = confusion_counts(np.array([0, 0, 1, 2], np.int32), np.array([0, 2, 1, 2]), 3)
    figure = confusion_matrix(counts, "")
    written = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert written == {
        (0, 0): "50.0%\n(1)",
        (2, 0): "50.0%\n(1)",
        (1, 1): "100%\n(1)",
        (2, 2): "100%\n(1)",
    }  # (predicted, true)


def test_the_axes_of_a_confusion_matrix_bear_the_names_of_the_classes():
    names = ["NA", "$x$", "a class with a name that goes on and on: one"]
    figure = confusion_matrix(np.eye(3), "", names)
    for _ in range(2):  # labels have their final positions after the first drawing
        figure.draw_without_rendering()
    for labels in (figure.axes[0].get_xticklabels(), figure.axes[0].get_yticklabels()):
        assert [label.get_text() for label in labels] == ["NA", r"\$x\$", "a class with a … on: one"]
    room = figure.axes[0].get_tightbbox()
    assert room.x0 >= 0
    assert room.y0 >= 0


def test_without_a_name_for_each_class_their_numbers_are_shown():
    for names in ([], ["cat"]):
        labels = confusion_matrix(np.eye(2), "", names).axes[0].get_xticklabels()
        assert [label.get_text() for label in labels] == ["0", "1"]


def test_with_many_classes_shares_stand_alone_and_rare_errors_are_visible():
    counts = np.diag([10_000.0] * 5)
    counts[0, 1], counts[1, 2] = 1, 600
    figure = confusion_matrix(counts, "")
    written = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
    assert (written[1, 0], written[2, 1], written[3, 3]) == ("<0.1", "5.7", "100")  # (predicted, true)
    assert figure.axes[-1].get_xlabel() == SCALE
    assert "5" in [label.get_text() for label in figure.axes[-1].get_xticklabels()]


def test_each_data_set_has_its_panel_and_all_share_a_scale():
    found = [Confusion(np.eye(classes), f"data {classes}") for classes in (2, 3, 10)]
    figure = confusion_matrices(found, "")
    *panels, bar = figure.axes
    assert [axes.get_title(loc="left") for axes in panels] == ["data 2", "data 3", "data 10"]
    assert {axes.images[0].get_clim() for axes in panels} == {(0, 1)}
    assert bar.get_xlabel() == SCALE


def boxes(*classes, names=()):
    """Return the positions in inches of the panels for data sets with these numbers of classes."""
    figure = confusion_matrices([Confusion(np.eye(count), "a data set", names) for count in classes], "t")
    size = figure.get_size_inches()
    return [axes.get_position().transformed(Affine2D().scale(*size)) for axes in figure.axes[:-1]]


def test_cells_have_one_size_in_all_panels():
    first, second = boxes(10, 7)
    assert [first.width / 10, first.height / 10] == pytest.approx([second.width / 7, second.height / 7])
    assert first.width == pytest.approx(first.height)


def test_a_small_matrix_stands_beside_large_ones_at_the_same_height():
    first, second, small = boxes(10, 10, 2)
    assert first.y1 == pytest.approx(second.y1) == pytest.approx(small.y1)
    assert first.x1 < second.x0 < second.x1 < small.x0
    assert small.width < first.width / 2


def test_a_matrix_that_does_not_fit_beside_the_others_is_below_them():
    first, second, third = boxes(10, 10, 10)
    assert third.x0 == pytest.approx(first.x0)
    assert third.y1 < first.y0 == pytest.approx(second.y0)


def test_very_many_classes_fit_into_the_width_without_numbers():
    figure = confusion_matrices([Confusion(np.eye(100), ""), Confusion(np.eye(10), "")], "")
    large, small, _ = figure.axes
    assert large.get_position().x1 <= 1
    assert not large.texts
    assert len(small.texts) == 10
    assert large.get_position().x0 == pytest.approx(small.get_position().x0)


def test_given_axes_keep_the_size_of_their_figure():
    figure = Figure(figsize=(9, 4))
    row = [*figure.subplots(1, 2)]
    with into_axes(row, "confusion_matrix"):
        drawn = confusion_matrices([Confusion(np.eye(10), "digits"), Confusion(np.eye(3), "wine")], "")
    assert drawn is figure
    assert [*figure.get_size_inches()] == [9, 4]
    assert [axes.get_title(loc="left") for axes in row] == ["digits", "wine"]


@pytest.mark.parametrize("look", [look_of("paper", 84), look_of("slides")])
def test_the_labels_of_the_colour_bar_are_inside_the_figure(look):
    with own_style(look):
        for figure in (confusion_matrices([Confusion(np.eye(10), "digits")] * 2, ""), confusion_matrix(np.eye(10), "")):
            figure.draw_without_rendering()
            boxes = [label.get_window_extent() for label in figure.axes[-1].get_xticklabels()]
            assert all(box.x0 > 0 and box.x1 < figure.bbox.x1 - 2 for box in boxes)
