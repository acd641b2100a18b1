"""A report on a study that measures its sources of variance."""

import json

import pandas as pd
import pytest

from runner.reporting.collection.collect import find_runs
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reporting.result_reader import Wish

STUDY = {"question": "Which source?", "variants": {"mlp": []}, "vary": ["order", "split"]}
SEEDS = range(4)
SHIFTS = {"all": 0.02, "order": 0.01, "split": 0.001}  # from seed to seed


@pytest.fixture
def study(make_run, tmp_path):
    """The directory of a study without its report; the first seed's run belongs to all sets."""
    rows = ["phase,variant,seed,directory"]
    for phase, source, label in [("final", "", "mlp"), *(("source", name, f"mlp,vary={name}") for name in SHIFTS)]:
        for seed in SEEDS:
            name = f"mlp_{seed}" if seed == 0 or source in ("", "all") else f"{source}_{seed}"
            rows.append(f'{phase},"{label}",{seed},{name}')
            if not (tmp_path / "study" / name).exists():
                accuracy = 0.9 + SHIFTS.get(source, SHIFTS["all"]) * (seed % 3)
                make_run(f"study/{name}", label=label, seed=seed, accuracies=[0.5, accuracy])
    (tmp_path / "study" / "plan.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "study" / "plan.json").write_text(json.dumps({"study": STUDY}))
    return tmp_path / "study"


def test_the_runs_that_measure_sources_are_in_their_own_table_and_in_no_other(study, tmp_path):
    results = report([study], tmp_path / "out", output=Output(["csv"])).results
    summary, spread = (pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("summary", "variance_sources"))
    assert summary["variant"].tolist() == ["mlp"] * 4
    assert results.comparisons.empty
    assert spread["source"].tolist() == ["all", "order", "split"]
    assert spread["n"].tolist() == [4, 4, 4]
    expected = pd.Series([0, 1, 2, 0]).std() * pd.Series([*SHIFTS.values()])
    assert spread["std"].tolist() == pytest.approx(expected.tolist())
    assert spread["ratio"].tolist() == pytest.approx([1, 0.5, 0.05])


def test_the_page_has_a_section_with_sentences_table_and_figure(study, tmp_path):
    report([study], tmp_path / "out", output=Output(["html"]))
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<h2>Sources of variance</h2>" in page
    assert "order alone causes the largest spread of test accuracy" in page
    assert 'id="table-variance"' in page
    assert 'id="figure-variance_sources"' in page


def test_another_metric_is_measured_by_the_same_runs(study, tmp_path):
    wish = Wish(metric="epochs_to_target", target=0.4)
    found = report([study], tmp_path / "out", wish, Output(["csv"])).results.variance_sources
    assert found["metric"].tolist() == ["epochs_to_target"] * 3
    assert found["std"].tolist() == [0, 0, 0]  # all reach it in the first epoch


@pytest.mark.parametrize("name", ["variance_sources.csv", "selection.csv"])
def test_a_report_without_a_table_removes_that_of_an_earlier_one(make_run, tmp_path, name):
    make_run("sweep/0")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("variant\n")
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"]))
    assert not (tmp_path / "out" / name).exists()


def test_planned_runs_of_a_source_that_have_not_begun_are_counted(study, tmp_path):
    with (study / "plan.csv").open("a") as plan:
        plan.write('source,"mlp,vary=split",4,split_4\n')
    cautions = report([study], tmp_path / "out", output=Output(["csv"])).results.cautions
    assert any(text.startswith("not yet started: 1 planned run.") for text in cautions)


def test_a_run_that_several_sources_share_has_the_label_of_each(study):
    labels = [run.record.variant for run in find_runs([study], kind="source") if run.directory.path.name == "mlp_0"]
    assert labels == ["mlp,vary=all", "mlp,vary=order", "mlp,vary=split"]
