import pandas as pd

from runner.export.csv import export_csv


def test_the_tables_hold_all_runs_epochs_and_findings_and_exporting_twice_adds_nothing(
    study, alone, tmp_path, left_out
):
    export_csv([study, alone], tmp_path / "out", left_out)
    first = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    export_csv([study, alone], tmp_path / "out", left_out)
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == first
    runs, metrics, findings = (
        pd.read_csv(tmp_path / "out" / name) for name in ("runs.csv", "metrics.csv", "findings.csv")
    )
    assert len(runs) == 6
    heavy = runs[(runs["variant"] == "heavy") & (runs["seed"] == 1)].iloc[0]
    assert (heavy["study"], heavy["kind"], heavy["optimizer.learning_rate"]) == ("steps", "result", 0.1)
    assert (heavy["test_accuracy"], heavy["commit"]) == (0.8, "c" * 40)
    failed = runs[runs["status"] == "failed"].iloc[0]
    assert failed["directory"] == str(alone)
    assert pd.isna(failed["study"])
    of_run = metrics[(metrics["directory"] == str(alone)) & (metrics["metric"] == "gradients/hidden.gradient")]
    assert of_run[["epoch", "value"]].to_numpy().tolist() == [[1, 0.5], [2, 0.25]]
    assert {*findings["study"]} == {"steps"}
    assert findings["variant"].tolist()[:2] == ["plain", "heavy"]
    assert findings["finding"][0].startswith("plain (mean test accuracy 75.00%")
