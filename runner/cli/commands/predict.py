"""Command that predicts the classes of new examples: `runner predict`."""

import argparse
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.cli.commands.trained_network import load_network
from runner.cli.paths import path_argument
from runner.core.errors import EXIT_FAILED, Stopped, UserError
from runner.core.omissions import LeftOut
from runner.core.terminal import Terminal
from runner.core.write import csv_text
from runner.records.run_directory import RunDirectory

if TYPE_CHECKING:
    from runner.data.new_examples import NewExamples, Reader
    from runner.run.predictions import Errors

_PICTURES = (".png", ".svg", ".pdf")


def predict_command(arguments: Sequence[str]) -> None:
    """Print predictions for the examples in files as CSV; a file that cannot be read is skipped with a message.

    Raises:
        UserError: if there is no finished run, its network cannot be read, or --show has nothing to show.
        Stopped: at the end, with exit code 1, if a file was skipped.
    """
    chosen = _parser().parse_args(arguments)
    directory, left_out = RunDirectory(chosen.run), LeftOut()
    trained = load_network(directory)
    from runner.data.new_examples import Reader
    from runner.run.predictions import Errors, columns, predictions

    if chosen.show and not trained.inference.has_images:
        raise UserError("--show: draws images, but the examples of this run are rows of features")
    reader = Reader(trained.inference, directory.read_config().get("dataset"), chosen.resize)
    errors, terminal, header = Errors(), Terminal(), columns(trained.inference.classes)
    for number, made in enumerate(predictions(trained, _examples(chosen.files, reader, left_out))):
        text = csv_text((prediction.row for prediction in made), header)
        terminal.out(text if number == 0 else text.partition("\n")[2], end="")
        errors.add(made)
    if chosen.show:
        _draw(errors, chosen.show, left_out)
    if left_out.reasons:
        raise Stopped(EXIT_FAILED)


def _examples(paths: Sequence[Path], reader: "Reader", left_out: LeftOut) -> "Iterator[NewExamples]":
    from runner.data.new_examples import files_at

    for path in paths:
        for file in left_out.unless_read(partial(files_at, path, reader.inference)) or []:
            if examples := left_out.unless_read(partial(reader.read, file)):
                yield examples


def _draw(errors: "Errors", path: Path, left_out: LeftOut) -> None:
    """Draw the most confident errors."""
    from runner.reporting.figures.drawing.files import write_figures
    from runner.reporting.figures.of_predictions import captioned_images

    if not errors.known:
        raise UserError("--show: no image is in a folder with the name of its class, and no archive has labels")
    if not errors.wrong:
        Terminal(stderr=True).print(
            f"no picture: all predictions for the {errors.known} examples with a known class are correct"
        )
        return
    shown = errors.most_confident
    draw = partial(
        captioned_images,
        [error.example for error in shown],
        [f"is {error.true_class}\npredicted {error.predicted_class} ({error.confidence:.1%})" for error in shown],
        f"The {len(shown)} most confident of {errors.wrong} errors among {errors.known} examples",
    )
    write_figures(path.parent, [(path.name, draw)], left_out, [path.suffix.removeprefix(".")])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner predict",
        description="Predict the classes of new examples with the network of a finished run. The output is CSV, with a "
        "row for each example: its file, the predicted class, and a probability for each class.",
    )
    parser.add_argument("run", type=path_argument, metavar="RUN_DIR", help="directory of a finished run")
    parser.add_argument(
        "files", nargs="+", type=path_argument, metavar="FILE",
        help="images, CSV tables or NumPy archives (.npz), or folders of them",
    )  # fmt: skip
    parser.add_argument("--resize", action="store_true", help="resize images whose size differs from the run's")
    parser.add_argument(
        "--show", type=_picture, metavar="PICTURE",
        help=f"draw the most confident errors, if the files contain the true classes ({', '.join(_PICTURES)})",
    )  # fmt: skip
    return parser


def _picture(text: str) -> Path:
    path = path_argument(text)
    if path.suffix not in _PICTURES:
        raise argparse.ArgumentTypeError(f"{text}: must end in {', '.join(_PICTURES)}")
    return path
