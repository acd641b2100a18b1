"""A user's script, for mypy: every public name with its types."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

import runner


def train() -> runner.Run:
    run = runner.train(["optimizer=momentum"], directory=Path("runs/1"), quiet=True)
    run = runner.train({"optimizer": "momentum", "training.epochs": 2}, data=(([[0.0]], [0]), ([[1.0]], [1])))
    history: pd.DataFrame = run.history
    accuracy = float(run.summary["test_accuracy"]) + len(history) + len(run.record)
    path: Path = run.directory
    assert (run.status, bool(path), bool(accuracy)) == ("completed", True, True)
    assert run.predictions()["test_labels"].shape
    verdict: str = run.resume().reproduce(tolerance=0.0).verdict
    assert verdict == "bit-identical"
    return run


def sweep() -> runner.Results:
    results = runner.sweep({"optimizer": ["sgd", "adam"], "seed": range(3)}, base=["dataset=mnist_5k"], workers=2)
    plan: pd.DataFrame = runner.study("optimizers", ["training.epochs=2"], seeds=6, dry_run=True)
    assert len(plan)
    assert runner.study({"variants": {"sgd": []}}, seeds=[0, 1], folds=5, name="mine").variants
    return results.resume(workers=2)


def read(results: runner.Results) -> list[Path]:
    chosen = runner.load("outputs/studies/*", Path("outputs/runs")).where(optimizer="adam").where("train_seconds < 5")
    compared = chosen.by("optimizer", "training.batch_size").compare(metric="test_loss", baseline="sgd", margin=0.1)
    frames: list[pd.DataFrame] = [results.runs, results.history, compared.aggregate, compared.comparisons]
    selection: pd.DataFrame | None = compared.selection
    tuning_curve: pd.DataFrame | None = compared.tuning_curve
    importances: pd.DataFrame | None = compared.importances
    figure: Figure = results.figure(results.figures()[0])
    texts: list[str] = [*compared.cautions, *compared.verdicts, results.table("latex")]
    runs: list[runner.Run] = [*results, results.run(0)]
    assert [frames, figure, texts, runs]
    assert selection is None
    assert tuning_curve is None
    assert importances is None
    return results.report("paper")


def refused() -> str:
    try:
        runner.load("nowhere")
    except runner.UserError as error:
        refusal: ValueError = error
        return str(refusal)
    return ""
