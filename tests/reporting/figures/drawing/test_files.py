import errno
import logging
import os

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from runner.core.errors import EnvironmentFault
from runner.core.omissions import LeftOut
from runner.records.run_directory import RunDirectory
from runner.reporting import run_figures
from runner.reporting.figures.drawing import canvas
from runner.reporting.figures.drawing.files import drawn, write_figures
from runner.reporting.figures.of_augmentation import augmentation_grid
from runner.reporting.figures.of_run import curves
from runner.run.build import Parts
from runner.run.ending import Attempt
from runner.run.execute import _write_results

HISTORY = pd.DataFrame({"epoch": [1, 2, 3], "loss": [0.9, 0.6, 0.5], "val_loss": [1.0, 0.7, 0.65]})
# A style for presentations, and one that renders all text with LaTeX.
SOMEBODYS = {
    "text.usetex": True, "axes.facecolor": "black", "text.color": "white", "font.size": 31, "savefig.dpi": 30,
    "legend.facecolor": "red", "axes.grid": True, "lines.linewidth": 9, "svg.fonttype": "none", "savefig.bbox": "tight",
}  # fmt: skip


def draw():
    return curves(HISTORY, "loss", "a fall")


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_figure_is_the_same_bytes_whatever_style_a_user_has(tmp_path, suffix):
    (usual,) = write_figures(tmp_path, [(f"usual.{suffix}", draw)], LeftOut())
    with mpl.rc_context(SOMEBODYS):
        (theirs,) = write_figures(tmp_path, [(f"theirs.{suffix}", draw)], LeftOut())
        assert mpl.rcParams["font.size"] == SOMEBODYS["font.size"]  # the user's settings stay unchanged
    assert theirs.read_bytes() == usual.read_bytes()


def test_a_notebooks_backend_is_not_asked_for(cold_cli, tmp_path):
    """Importing Matplotlib with a missing backend fails, and the command imports Matplotlib."""
    done = cold_cli("report", "--help", cwd=tmp_path, env={"MPLBACKEND": "somebodys_notebook"})
    assert (done.returncode, done.stderr) == (0, "")


def broken():
    raise ZeroDivisionError("no room for the axis")


def test_a_figure_that_fails_is_named_and_the_others_are_drawn(tmp_path):
    left_out = LeftOut()
    written = write_figures(tmp_path, [("a.png", broken), ("b.png", draw)], left_out)
    assert [path.name for path in written] == ["b.png"]
    assert left_out.reasons == ["a.png: could not be drawn (ZeroDivisionError: no room for the axis)"]


def test_figures_that_cannot_be_listed_to_the_end_are_drawn_as_far_as_they_can(tmp_path):
    def figures():
        yield "a.png", draw
        raise KeyError("a column that is not there")

    left_out = LeftOut()
    assert len(write_figures(tmp_path, figures(), left_out)) == 1
    assert left_out.reasons == ["all figures after a.png: could not be drawn (KeyError: 'a column that is not there')"]


def test_a_full_disk_is_the_machines_fault_and_no_figures():
    def write(name, figure):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    with pytest.raises(EnvironmentFault, match="no space left"):
        list(drawn([("a.png", draw)], write, LeftOut()))


def test_a_finished_run_stays_completed_whose_figures_cannot_be_drawn(make_run, monkeypatch, caplog, capsys):
    directory = RunDirectory(make_run("run"))
    monkeypatch.setattr(run_figures, "curves", lambda *_: broken())
    parts = Parts(**dict.fromkeys(Parts.__dataclass_fields__) | {"examples": (np.zeros(3), np.zeros(4))})
    attempt = Attempt(directory.read_record())
    with attempt.guard(), caplog.at_level(logging.WARNING):
        _write_results(attempt, parts, directory, Console(), figures=True)
    assert (attempt.status, attempt.error) == ("completed", None)
    for said in (caplog.text, capsys.readouterr().out):
        assert "accuracy.png: could not be drawn" in said
        assert "augmentation.png: could not be drawn" in said


@pytest.mark.parametrize("channels", [2, 4, 5])
def test_images_of_any_number_of_channels_are_drawn_as_the_mean_over_them(channels):
    before, after = np.random.default_rng(channels).random((2, 3, 6, 4, channels))
    many = augmentation_grid(before, after, "before and after")
    grey = augmentation_grid(*(images.mean(axis=-1, keepdims=True) for images in (before, after)), "")
    drawn_, expected = (np.asarray(figure.axes[0].images[0].get_array()) for figure in (many, grey))
    np.testing.assert_allclose(drawn_, expected)
    assert many.get_suptitle() == f"before and after (mean of {channels} channels)"


def test_text_in_a_figure_is_no_larger_than_its_labels():
    with canvas.own_style():
        figure = draw()
    (axes,) = figure.axes
    sizes = [text.get_fontsize() for text in axes.get_legend().get_texts()]
    assert max(sizes) <= axes.xaxis.label.get_fontsize()
