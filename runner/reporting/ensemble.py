"""Ensembles: averaged predictions of several runs, and their gain over the members."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from runner.core.errors import UserError
from runner.reporting.collection.collect import Run, find_runs
from runner.reporting.collection.labels import variant_labels
from runner.reporting.scores import scores

_SUBSETS = 50  # maximum number of subsets for each size
MEASURES = ("val_accuracy", "test_accuracy", "test_negative_log_likelihood", "test_expected_calibration_error")


@dataclass(frozen=True)
class Member:
    """A completed run with its test and validation probabilities (examples, classes) and labels (examples,)."""

    run: Run
    variant: str
    predictions: dict[str, npt.NDArray[Any]]


def read_members(paths: Sequence[Path]) -> list[Member]:
    """Read all completed runs in and below the paths.

    Raises:
        UserError: if there are fewer than two runs, if their test examples differ, or if a run has no predictions.
    """
    found = find_runs(paths)
    runs = [run for run in found if run.record.status == "completed"]
    if len(runs) < 2:
        raise UserError(f"an ensemble needs at least two completed runs; found {_found(len(found), len(runs))}")
    first = runs[0]
    for run in runs:
        if run.record.dataset["fingerprint"] != first.record.dataset["fingerprint"]:
            raise UserError(
                f"{run.directory.path} was trained on different data than {first.directory.path} {_data(run)}"
            )
    predictions = [run.directory.read_predictions() for run in runs]
    for run, own in zip(runs, predictions, strict=True):
        is_one_fold = run.record.dataset.get("held_out") == first.record.dataset.get("held_out")
        if not is_one_fold or not np.array_equal(own["test_labels"], predictions[0]["test_labels"]):
            raise UserError(f"{run.directory.path} was tested on different examples than {first.directory.path}")
        if _classes(own) != _classes(predictions[0]):
            raise UserError(f"{run.directory.path} has different classes than {first.directory.path}")
    return [Member(*parts) for parts in zip(runs, variant_labels(runs), predictions, strict=True)]


def _found(number: int, completed: int) -> str:
    if number == 1:
        return f"1 run, which is {'completed' if completed else 'not completed'}"
    return f"{number} runs, {completed or 'none'} of them completed"


def ensemble_frame(members: Sequence[Member]) -> pd.DataFrame:
    """Return one row per member, one for their mean, and one for the ensemble with equal weights.

    Columns: role (member, mean or ensemble), variant, seed, run_id, and `MEASURES`, with accuracies from 0 to 1. The
    ensemble has no validation accuracy if the validation examples of its members differ.

    Raises:
        UserError: if the predictions are not probabilities that fit the labels.
    """
    rows: list[dict[str, Any]] = []
    for member in members:
        record = member.run.record
        measures = _measures(member.predictions, str(member.run.directory.predictions_path))
        rows.append(
            {"role": "member", "variant": member.variant, "seed": record.seed, "run_id": record.run_id} | measures
        )
    mean = {name: float(np.mean([row[name] for row in rows])) for name in MEASURES}
    average = _average([member.predictions for member in members])
    rows += [{"role": "mean", **mean}, {"role": "ensemble", **_measures(average, "the ensemble")}]
    return pd.DataFrame(rows).astype({"seed": "Int64"})


def size_frame(members: Sequence[Member]) -> pd.DataFrame:
    """Return the ensemble's test accuracy by size, one row for each number of members.

    Columns: members, subsets (all of that size, or `_SUBSETS` random ones), and the mean, min and max of the test
    accuracy over the subsets.
    """
    labels = members[0].predictions["test_labels"]
    probabilities = np.stack([member.predictions["test_probabilities"] for member in members]).astype(np.float32)
    random = np.random.default_rng(0)
    rows = []
    for size in range(1, len(members) + 1):
        subsets = _subsets(len(members), size, random)
        found = [float(np.mean(probabilities[subset].sum(axis=0).argmax(axis=1) == labels)) for subset in subsets]
        rows.append(
            {"members": size, "subsets": len(subsets), "mean": np.mean(found), "min": min(found), "max": max(found)}
        )
    return pd.DataFrame(rows)


def _subsets(members: int, size: int, random: np.random.Generator) -> list[list[int]]:
    if math.comb(members, size) <= _SUBSETS:
        return [list(subset) for subset in itertools.combinations(range(members), size)]
    return [random.choice(members, size, replace=False).tolist() for _ in range(_SUBSETS)]


def _average(predictions: Sequence[dict[str, npt.NDArray[Any]]]) -> dict[str, npt.NDArray[Any]]:
    average = dict(predictions[0])
    for part in ("test", "validation"):
        labels = [own[f"{part}_labels"] for own in predictions]
        if all(np.array_equal(labels[0], other) for other in labels):
            stacked = [own[f"{part}_probabilities"].astype(np.float64) for own in predictions]
            average[f"{part}_probabilities"] = np.mean(stacked, axis=0)
        else:
            del average[f"{part}_labels"]
    return average


def _measures(predictions: dict[str, npt.NDArray[Any]], source: str) -> dict[str, float]:
    try:
        test = scores(predictions["test_probabilities"], predictions["test_labels"])
        measures = {f"test_{name}": value for name, value in test.items() if f"test_{name}" in MEASURES}
        if "validation_labels" in predictions:
            validation = scores(predictions["validation_probabilities"], predictions["validation_labels"])
            measures["val_accuracy"] = validation["accuracy"]
    except ValueError as error:
        raise UserError(f"{source}: {error}") from error
    return {name: measures.get(name, np.nan) for name in MEASURES}


def _classes(predictions: dict[str, npt.NDArray[Any]]) -> list[int]:
    return [predictions[f"{part}_probabilities"].shape[1] for part in ("test", "validation")]


def _data(run: Run) -> str:
    return f"({run.record.dataset['name']}, fingerprint {run.record.dataset['fingerprint'][:12]})"
