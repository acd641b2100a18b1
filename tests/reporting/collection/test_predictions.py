import numpy as np
import pytest

from runner.core.omissions import LeftOut
from runner.records.run_directory import RunDirectory
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.predictions import read_predicted
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reporting.result_reader import Wish

CALIBRATION = "test_expected_calibration_error"
LABELS = np.array([0, 1, 1])
RIGHT_THEN_WRONG = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])


def predictions(probabilities=RIGHT_THEN_WRONG, labels=LABELS):
    own = {"probabilities": probabilities, "labels": labels}
    return {f"{part}_{kind}": value for part in ("test", "validation") for kind, value in own.items()}


def predicted(variants, sweep):
    return read_predicted(find_runs([sweep]), variants, LeftOut())


def test_answers_are_those_of_completed_runs(make_run, tmp_path):
    make_run("sweep/0", predictions=predictions())
    make_run("sweep/1", seed=1)
    make_run("sweep/2", seed=2, status="diverged", predictions=predictions())
    make_run("sweep/3", seed=3, predictions=predictions())
    first, *others, last = predicted(["a"] * 4, tmp_path / "sweep").answers
    assert first.right.tolist() == last.right.tolist() == [True, True, False]
    assert others == [None, None]


def test_an_ensemble_averages_probabilities_of_two_runs_or_more_on_the_same_examples(make_run, tmp_path):
    """The second run of a is confident about the third example; the first run is narrowly wrong about it."""
    sure = np.array([[0.9, 0.1], [0.4, 0.6], [0.1, 0.9]])
    make_run("sweep/0", predictions=predictions())
    make_run("sweep/1", seed=1, predictions=predictions(sure))
    make_run("sweep/2", label="alone", predictions=predictions())
    make_run("sweep/3", label="odd", predictions=predictions())
    make_run("sweep/4", label="odd", seed=1, predictions=predictions(labels=1 - LABELS))
    assert predicted(["a", "a", "alone", "odd", "odd"], tmp_path / "sweep").ensembles == {"a": 1.0}


def test_a_metric_of_the_predictions_is_resampled_for_the_run_that_has_them(make_run, tmp_path):
    make_run("sweep/0", predictions=predictions())
    make_run("sweep/1", seed=1)
    runs = find_runs([tmp_path / "sweep"])
    one, none = read_predicted(runs, ["a", "a"], LeftOut(), "test_macro_f1").answers
    assert none is None
    assert one.resampled.max() == 1  # share of resamples without the third example, which the run misclassifies
    assert read_predicted(runs, ["a", "a"], LeftOut()).answers[0].resampled is None


def test_predictions_that_are_no_distributions_have_no_interval_and_no_warning(make_run, tmp_path):
    make_run("sweep/0", predictions=predictions(np.array([[0.0, 0.0], [np.nan, 1.0], [1e300, -1e300]])))
    (answers,) = read_predicted(find_runs([tmp_path / "sweep"]), ["a"], LeftOut(), CALIBRATION).answers
    assert answers is None or np.isnan(answers.resampled).any()


@pytest.mark.parametrize(
    ("metric", "formats", "times"),
    [
        (CALIBRATION, ["csv", "png"], 1),
        ("test_accuracy", ["csv", "png"], 1),
        ("test_accuracy", ["csv"], 1),
        ("val_accuracy", ["csv", "table"], 0),
    ],
)
def test_a_report_reads_the_predictions_of_a_run_once_and_only_if_needed(
    make_run, tmp_path, monkeypatch, metric, formats, times
):
    for label in "ab":
        make_run(
            f"sweep/{label}",
            label=label,
            predictions=predictions(),
            validation={"accuracy": 0.5},
            scores={"expected_calibration_error": 0.1},
        )
    read, usual = [], RunDirectory.read_predictions

    def counted(own, *parts):
        read.append(own.path.name)
        return usual(own, *parts)

    monkeypatch.setattr(RunDirectory, "read_predictions", counted)
    report([tmp_path / "sweep"], tmp_path / "out", Wish(metric), Output(formats))
    assert sorted(read) == ["a", "b"] * times
