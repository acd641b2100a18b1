"""Command that writes finished runs for other programs: `runner export`."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from runner.cli.paths import path_argument
from runner.cli.trained_network import load_network
from runner.core.errors import UserError
from runner.core.output import errors_held_back
from runner.core.terminal import Terminal, waiting
from runner.records.run_directory import RunDirectory

# Formats of networks, and their usual names in the run's directory.
_MODEL_FILES = {
    "keras": "inference.keras",
    "onnx": "inference.onnx",
    "saved_model": "saved_model",
    "tflite": "inference.tflite",
}


def export_command(arguments: Sequence[str]) -> None:
    """Write a run for another program, and print the path.

    Raises:
        UserError: if there is no finished run, or its network cannot be converted.
    """
    chosen = _parser().parse_args(arguments)
    path = TARGETS[chosen.target](chosen)
    Terminal().print(str(path), soft_wrap=True)


def _export_model(chosen: argparse.Namespace) -> Path:
    directory = RunDirectory(chosen.directory)
    path: Path = chosen.out or directory.path / _MODEL_FILES[chosen.target]
    suffix = Path(_MODEL_FILES[chosen.target]).suffix
    if suffix and path.suffix != suffix:
        raise UserError(f"--out {path}: must end in {suffix}")
    trained = load_network(directory)
    with errors_held_back(), waiting(Terminal(stderr=True), f"writing {path}"):
        _writer(chosen.target)(trained.model, trained.inference, path)
    return path


def _writer(target: str) -> Callable[..., None]:
    """Return the function that writes a model in a format."""
    from runner.engine import model_exports

    match target:
        case "keras":
            return model_exports.write_keras
        case "saved_model":
            return model_exports.write_saved_model
        case "tflite":
            return model_exports.write_tflite
    try:
        from runner.engine.onnx_export import write_onnx
    except ImportError as error:
        raise UserError("export onnx needs tf2onnx: pip install 'onnx>=1.19' 'tf2onnx>=1.17'") from error
    return write_onnx


TARGETS = dict.fromkeys(_MODEL_FILES, _export_model)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner export",
        description="Write a finished run's network for other programs: it takes raw examples (bytes of images, "
        "columns of a table) and contains the preprocessing and the names of the classes.",
    )
    parser.add_argument("target", choices=sorted(TARGETS), metavar="TARGET", help=", ".join(sorted(TARGETS)))
    parser.add_argument("directory", type=path_argument, metavar="DIR", help="directory of a finished run")
    parser.add_argument(
        "--out", type=path_argument, metavar="PATH", help="file or directory to write (default: in the run's directory)"
    )
    return parser
