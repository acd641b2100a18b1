"""Export of networks: the part of `runner export` for Keras, TensorFlow, ONNX and LiteRT."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from runner.cli.commands.trained_network import load_network
from runner.core.errors import UserError
from runner.core.output import errors_held_back
from runner.core.terminal import Terminal, waiting
from runner.records.run_directory import RunDirectory

# Formats, and the default names of their files in the run's directory.
MODEL_FILES = {
    "keras": "inference.keras",
    "saved_model": "saved_model",
    "onnx": "inference.onnx",
    "tflite": "inference.tflite",
}


def export_model(chosen: argparse.Namespace, console: Console) -> None:
    """Write the networks of finished runs in a format, and print the paths.

    Args:
        chosen: target, directories and out.

    Raises:
        UserError: if a directory contains no finished run, a network cannot be converted, or --out is invalid.
    """
    usual = MODEL_FILES[chosen.target]
    if chosen.out and len(chosen.directories) > 1:
        raise UserError(f"--out {chosen.out}: one path for {len(chosen.directories)} runs; export them one by one")
    for path in chosen.directories:
        out = Path(chosen.out) if chosen.out else path / usual
        if (suffix := Path(usual).suffix) and out.suffix != suffix:
            raise UserError(f"--out {out}: must end in {suffix}")
        trained = load_network(RunDirectory(path))
        with errors_held_back(), waiting(Terminal(stderr=True), f"writing {out}"):
            _writer(chosen.target)(trained.model, trained.inference, out)
        console.print(str(out), soft_wrap=True)


def _writer(target: str) -> Callable[..., None]:
    """Return the function that writes a network in a format."""
    from runner.engine.model_files import model_exports

    match target:
        case "keras":
            return model_exports.write_keras
        case "saved_model":
            return model_exports.write_saved_model
        case "tflite":
            return model_exports.write_tflite
    try:
        from runner.engine.model_files.onnx_export import write_onnx
    except ImportError as error:
        raise UserError("export onnx needs tf2onnx: pip install 'onnx>=1.19' 'tf2onnx>=1.17'") from error
    return write_onnx
