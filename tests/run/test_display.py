import io
import os

import pytest
from rich.console import Console

from runner.core.terminal import Terminal, say, show_warning
from runner.reporting.metrics import quantity
from runner.run.display import EpochLines, show_choices, show_result
from tests.sweeps import made_up

ROW = {
    "epoch": 2,
    "loss": 0.5,
    "accuracy": 0.9,
    "val_loss": 0.6,
    "val_accuracy": 0.8,
    "learning_rate": 1e-3,
    "seconds": 1.25,
}


def shown(width: int, terminal: bool) -> str:
    stream = io.StringIO()
    console = Console(file=stream, width=width, force_terminal=terminal, color_system=None, highlight=False)
    with EpochLines(console, epochs=3) as lines:
        lines.show(ROW)
    return stream.getvalue()


def test_without_a_terminal_an_epoch_is_one_plain_line_however_narrow():
    text = shown(width=40, terminal=False)
    assert text == "epoch 2/3  loss 0.5000  acc 0.9000  val_loss 0.6000  val_acc 0.8000  lr 1.00e-03  1.25s\n"


def test_epochs_of_a_training_before_are_one_line():
    stream = io.StringIO()
    with EpochLines(Console(file=stream, width=40), epochs=3) as lines:
        lines.show_kept(ROW)
    assert stream.getvalue().startswith("epochs 1 to 2 were trained earlier  loss 0.5000")
    assert stream.getvalue().count("\n") == 1


def test_in_a_file_no_name_is_broken_and_no_line_filled_up(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = io.StringIO()
    show_choices(Terminal(file=stream), {"model": "x" * 200}, ["a=1"])
    assert stream.getvalue() == f"choices    model={'x' * 200}\noverrides  a=1\n"


@pytest.mark.parametrize(("width", "figures"), [(80, ""), (120, "val_loss 0.6000  ")])
def test_a_terminal_keeps_a_line_of_each_epoch_and_shows_how_long_the_rest_takes(width, figures):
    text = shown(width=width, terminal=True)
    line = f"epoch 2/3  loss 0.5000  acc 0.9000  {figures}val_acc 0.8000  lr 1.00e-03  1.25s"
    assert len(line) < width
    assert f"{line}\n" in text
    assert "2 of 3 epochs ━━━━━━━━━━━━━" in text
    assert "ends in " in text
    assert text.endswith("\x1b[1A\x1b[2K")  # the remaining work is no longer shown
    assert "…" not in text


def test_sentences_are_broken_between_words_in_a_terminal_and_nowhere_else():
    sentence = "the first variant is better than the second by more than chance gives"
    for terminal, lines in ((True, 3), (False, 1)):
        stream = io.StringIO()
        say(Console(file=stream, width=30, force_terminal=terminal, color_system=None), sentence)
        assert stream.getvalue().split() == sentence.split()
        assert stream.getvalue().count("\n") == lines


def test_a_warning_cannot_be_missed():
    stream = io.StringIO()
    show_warning(Console(file=stream, width=60), "not the data you think")
    assert "WARNING" in stream.getvalue()
    assert stream.getvalue().count("\n") >= 3


def test_a_reader_that_goes_away_ends_no_training():
    """This happens with `| head -3`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stream:
        console = Terminal(file=stream, width=80)
        for _ in range(3):
            console.print("line")
        assert console.quiet


@pytest.mark.parametrize(("status", "hinted"), [("diverged", True), ("completed", False)])
def test_a_run_that_diverged_is_told_what_may_help(tmp_path, status, hinted):
    stream = io.StringIO()
    record = made_up.record(made_up.job(epochs=3), status, learning_rate=10.0)
    show_result(Terminal(file=stream), record, tmp_path)
    said = (
        "the loss was not finite in epoch 3; try a smaller optimizer.learning_rate (it was 10), clipping=by_global_norm"
    )
    assert (said in stream.getvalue()) == hinted


def test_the_last_table_calls_the_losses_what_figures_call_them(tmp_path):
    stream = io.StringIO()
    record = made_up.record(made_up.job(), loss=0.5, negative_log_likelihood=0.4)
    show_result(Terminal(file=stream), record, tmp_path)
    assert all(quantity(name) in stream.getvalue() for name in ("loss", "negative_log_likelihood"))
