"""A finished run's network with its preprocessing: from raw examples to the probabilities of named classes."""

from dataclasses import dataclass
from typing import Self

import keras

from runner.config.schema import check
from runner.config.trust import refuse_strangers
from runner.core.errors import UserError
from runner.core.paths import located
from runner.data.inference import Inference
from runner.data.storage.locations import refuse_missing
from runner.engine.model_files.inference import inference_model
from runner.models.saved import read_model
from runner.records.inference_file import read_saved_inference
from runner.records.run_directory import RunDirectory
from runner.run.build import build_dataset, build_split
from runner.run.objects import refuse_objects


@dataclass(frozen=True)
class Trained:
    """The network of a run, with the form of its raw examples and the names of its classes."""

    model: keras.Model  # maps raw examples to probabilities (examples, classes)
    inference: Inference

    @classmethod
    def read(cls, directory: RunDirectory) -> Self:
        """Read a run's network.

        Raises:
            UserError: if the run has no network, the network cannot be read, or its preprocessing is unknown.
        """
        directory.refuse_no_model()
        inference = read_inference(directory)
        network = read_model(directory.model_path)
        try:
            return cls(inference_model(network, inference), inference)
        except ValueError as error:  # includes Keras's error for inputs of a different shape
            raise UserError(
                f"{directory.path}: model.keras and inference.npz do not belong together ({error})"
            ) from error


def read_inference(directory: RunDirectory) -> Inference:
    """Read the form of a run's raw examples and its preprocessing.

    Earlier versions did not save them; for their runs, the data are loaded and preprocessed again.

    Raises:
        UserError: if that is not possible, or the data have changed.
    """
    try:
        return read_saved_inference(directory)
    except FileNotFoundError:
        try:
            return _computed_again(directory)
        except UserError as error:
            raise UserError(
                f"{directory.path}: contains no inference.npz, and its preprocessing cannot be computed again: {error}"
            ) from error


def _computed_again(directory: RunDirectory) -> Inference:
    record = directory.read_record()
    refuse_objects(record, directory.path, "described")
    config = directory.read_config()
    refuse_strangers({group: config.get(group) for group in ("dataset", "preprocessing")}, ())
    settings = check(located(config, record.working_directory))
    refuse_missing(settings)
    dataset = build_dataset(settings)
    if dataset.fingerprint != record.dataset["fingerprint"]:
        raise UserError(f"{dataset.source} does not contain the run's data (the fingerprints differ)")
    inference = Inference.of(dataset, build_split(settings, dataset))
    if inference is None:
        raise UserError(f"preprocessing._target_={settings.preprocessing.target}: has no statistics that can be saved")
    return inference
