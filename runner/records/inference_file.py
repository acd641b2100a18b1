"""Inference file of a run: preprocessing and names, needed with the model for predictions on new examples."""

import io

from runner.core.errors import UserError
from runner.core.read import MEGABYTE, read_bytes
from runner.core.read_npz import read_arrays
from runner.core.write import write_arrays
from runner.data.inference import COMMON, Inference, keys_of
from runner.records.run_directory import RunDirectory

_LARGEST = 128 * MEGABYTE  # more than the largest whitening matrix


def write_inference(directory: RunDirectory, inference: Inference) -> None:
    """Write the file of a run."""
    write_arrays(directory.inference_path, inference.arrays())


def read_saved_inference(directory: RunDirectory) -> Inference:
    """Read the preprocessing and names of a run.

    Raises:
        FileNotFoundError: if the file is missing, as in runs of earlier versions.
        UserError: if it is invalid.
    """
    try:
        stored = io.BytesIO(read_bytes(directory.inference_path, _LARGEST))
        common = read_arrays(stored, [COMMON], _LARGEST)
        return Inference.of_arrays(common | read_arrays(stored, [keys_of(common)], _LARGEST))
    except ValueError as error:
        raise UserError(f"{directory.inference_path}: cannot be read ({error})") from error
