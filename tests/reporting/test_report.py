import csv
import itertools
import json
import re
import shutil
from dataclasses import replace
from functools import partial
from html import unescape

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from runner.cli.commands.report import OF_VARIANTS, report_arguments, report_command
from runner.core.errors import UserError
from runner.core.forks import free_processes
from runner.core.lock import run_lock
from runner.records.run_directory import RunDirectory
from runner.reporting import report as report_module
from runner.reporting import report_figures as report_figures_module
from runner.reporting.comparison.aggregate import AGGREGATE_COLUMNS, COMPARISON_COLUMNS
from runner.reporting.comparison.ranks import LAST_RANK_COLUMNS, RANK_COLUMNS
from runner.reporting.comparison.tasks import PERFORMANCE_COLUMNS, TASK_COLUMNS
from runner.reporting.comparison.time_profiles import PROFILE_COLUMNS
from runner.reporting.formats import Output
from runner.reporting.grid_effects.effects import EFFECT_COLUMNS
from runner.reporting.grid_effects.variance_sources import VARIANCE_COLUMNS
from runner.reporting.idle_options import NEEDED_FORMATS
from runner.reporting.report import report, report_page, show_verdicts
from runner.reporting.report_figures import report_figures
from runner.reporting.result_reader import Wish
from runner.reporting.sentences.figure_captions import figure_caption
from runner.reporting.statistics.test_set_error import TEST_SET_COLUMNS
from runner.reporting.tuning.selection_optimism import SELECTION_COLUMNS
from runner.reporting.tuning.tuning_curves import TUNING_CURVE_COLUMNS
from runner.sweeps.outcome import write_ending
from tests.imports import REPOSITORY
from tests.reporting.conftest import run_maker
from tests.sweeps.made_up import job

pytestmark = pytest.mark.usefixtures("few_resamples")


CSV = Output(["csv"])


def two_variants(base):
    """Runs of two variants, and all files of their report."""
    make_run = run_maker(base)
    make_run("sweep/0", overrides=["optimizer=sgd"], seed=0)
    make_run("sweep/1", overrides=["optimizer=adam"], seed=0, accuracies=[0.9])
    written = report([base / "sweep"], base / "out").written
    (base / "written").write_text("\n".join(path.name for path in written))


@pytest.fixture(scope="module")
def reported(once):
    return once("report of two variants", two_variants)


def test_a_sweep_gets_its_tables_and_comparisons(reported):
    assert (reported / "written").read_text().splitlines() == [
        "summary.csv", "history.csv", "aggregate.csv", "comparisons.csv", "table.md", "table.tex", "table.csv",
        "forest.svg", "forest.png", "accuracy.svg", "accuracy.png", "loss.svg", "loss.png", "test_accuracy.svg",
        "test_accuracy.png", "generalization_gap.svg", "generalization_gap.png", "captions.md", "captions.tex",
        "index.html",
    ]  # fmt: skip
    long = pd.read_csv(reported / "out" / "history.csv")
    chosen = long[(long["variant"] == "optimizer=sgd") & (long["metric"] == "val_accuracy")]
    assert list(chosen["value"]) == [0.5, 0.75]


def test_runs_that_were_copied_elsewhere_give_the_same_report(reported, tmp_path):
    shutil.copytree(reported / "sweep", tmp_path / "elsewhere" / "sweep")
    report([tmp_path / "elsewhere"], tmp_path / "elsewhere" / "out")  # the page's links are relative to this directory
    for path in (reported / "out").iterdir():
        assert path.read_bytes() == (tmp_path / "elsewhere" / "out" / path.name).read_bytes()


@pytest.mark.usefixtures("processes")
@pytest.mark.skipif(free_processes() < 2, reason="one core, or no safe fork")
def test_figures_that_several_processes_draw_are_those_of_one(reported, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("no room for the axis")

    monkeypatch.setattr(report_figures_module, "dots", broken)
    found = []
    for processes in (1, 2):
        monkeypatch.setattr(report_module, "free_processes", partial(int, processes))
        out = tmp_path / str(processes)
        made = report([reported / "sweep"], out, output=Output(["svg", "png"]))
        files = {path.name: path.read_bytes() for path in out.iterdir()}
        found.append(([path.name for path in made.written], made.results.left_out.reasons, files))
    assert found[0] == found[1]
    assert len(found[0][1]) == 2  # the metric and the generalization gap


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (None, {"summary.csv", "accuracy.png", "loss.png"}),
        (["png", "html"], {"accuracy.png", "loss.png", "index.html"}),
        (["svg"], {"accuracy.svg", "loss.svg"}),
        (["table"], {"table.md", "table.tex", "table.csv"}),
        (["csv"], {"summary.csv"}),
    ],
)
def test_a_run_gets_the_formats_that_were_asked_for_in_its_own_directory(make_run, tmp_path, formats, expected):
    run = make_run("alone", overrides=["optimizer=sgd"])
    before = {path: path.read_bytes() for path in run.iterdir()}
    written = report([run], run, output=Output(formats)).written
    assert {path.name for path in written} == {path.name for path in run.iterdir()} - {path.name for path in before}
    assert {path.name for path in written} == expected
    assert {path: path.read_bytes() for path in before} == before
    if "index.html" in expected:
        assert "optimizer=sgd" in (run / "index.html").read_text()


def test_what_compares_variants_is_said_to_have_no_effect_on_one_run(make_run, capsys):
    run = make_run("alone")
    report_command(report_arguments([str(run), "--metric", "test_loss", "--margin", "0.1", "--format", "csv"]))
    assert capsys.readouterr().out.startswith("note: --metric, --margin: no effect on a report of a single run\n")


def test_what_tests_differences_is_said_to_have_no_effect_without_comparisons(make_run, tmp_path, capsys):
    sweep(make_run, [["optimizer=sgd"]], seeds=2)
    report_command(report_arguments([str(tmp_path / "sweep"), "--correction", "holm", "--format", "csv"]))
    assert "note: --correction: no effect on a report without comparisons\n" in capsys.readouterr().out


IDLE = [
    ("csv table", ["--seeds"], "png or svg or pdf or html"),
    ("csv", ["--confusion", "sgd"], "png or svg or pdf or html"),
    ("table", ["--style", "paper"], "png or svg or pdf or html"),
    ("csv", ["--width", "100"], "png or svg or pdf or html"),
    ("csv", ["--font", "times"], "png or svg or pdf or html"),
    ("csv table", ["--figure-data"], "png or svg or pdf or html"),
    ("csv png", ["--order", "result"], "table"),
    ("csv", ["--siunitx"], "table"),
]


@pytest.mark.parametrize("place", ["sweep", "sweep/0_0"], ids=["sweep", "run"])
@pytest.mark.parametrize(("formats", "option", "needed"), IDLE, ids=[option[0] for _, option, _ in IDLE])
def test_an_option_of_files_that_are_not_written_is_refused(make_run, tmp_path, place, formats, option, needed):
    sweep(make_run, [["optimizer=sgd"]], seeds=1)
    command = report_arguments([str(tmp_path / place), "--format", *formats.split(), *option])
    with pytest.raises(UserError, match=f"^{option[0]}: no effect with --format {formats}; add {needed}$"):
        report_command(command)


def test_an_interval_without_watch_is_refused():
    with pytest.raises(UserError, match=r"^--interval: no effect without --watch"):
        report_arguments(["sweep", "--interval", "2"])


def test_every_option_of_a_report_is_known_to_have_an_effect_or_to_be_refused():
    """A new option must be added to a list of options that a report names if they have no effect."""
    always = {"directories", "out", "together", "index", "watch", "interval", "format"}
    assert {*vars(report_arguments(["sweep"]))} == always | {*OF_VARIANTS} | {*NEEDED_FORMATS}


def test_a_confusion_matrix_of_runs_without_predictions_is_said_to_be_missing(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"]], seeds=1)
    made = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["html"], confusion="sgd"))
    assert made.results.left_out.reasons == ["confusion_matrix: no run of optimizer=sgd has stored predictions"]


@pytest.mark.parametrize(("formats", "of_page"), [(["png"], False), (["png", "html"], False), (["html"], True)])
def test_the_data_of_a_runs_figures_are_written_beside_them(make_run, formats, of_page):
    run = make_run("alone", accuracies=[0.5, 0.75])
    report_command(report_arguments([str(run), "--figure-data", "--format", *formats]))
    data = pd.read_csv(run / "accuracy_data.csv")
    assert {0.5, 0.75} <= {*data["y"]}
    assert ("training" in {*data["series"]}) != of_page


def test_failed_and_running_runs_have_a_row_too(make_run, tmp_path):
    make_run("sweep/0", status="completed")
    (make_run("sweep/1", status="failed", seed=1) / "history.csv").unlink()
    report([tmp_path / "sweep"], tmp_path / "out", output=CSV)
    assert list(pd.read_csv(tmp_path / "out" / "summary.csv")["status"]) == ["completed", "failed"]


@pytest.mark.usefixtures("undrawn")
def test_a_run_that_died_before_its_first_record_is_counted_and_spoils_nothing(make_run, tmp_path):
    device = {"name": "CPU", "intra_op_threads": 1}
    for seed in (0, 1):
        make_run(f"sweep/{seed}", label="a", seed=seed, device=device)
    config = {"name": "run", "dataset": {"name": "mnist"}}
    lost = replace(job("a", seed=2), config=config, directory="2")
    (tmp_path / "sweep" / "2").mkdir()
    write_ending(lost, RunDirectory(tmp_path / "sweep" / "2"), "failed", "killed by signal 9")
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv", "table", "html"])).results
    (row,) = pd.read_csv(tmp_path / "out" / "aggregate.csv").to_dict("records")
    assert (row["n"], row["failed"], row["parameters"]) == (2, 1, 10)
    assert not [caution for caution in results.cautions if "their device" in caution or "of threads" in caution]
    assert "The finite test set (10,000 examples)" in (tmp_path / "out" / "table.md").read_text()
    page = (tmp_path / "out" / "index.html").read_text()
    assert "mnist, fingerprint ffffffffffff" in page
    assert "mnist, fingerprint <" not in page


def test_a_sweep_that_is_still_training_is_reported_as_a_glimpse(make_run, tmp_path):
    plan = "phase,variant,directory\n" + "".join(f"final,{name},{name}{seed}\n" for seed in range(2) for name in "ab")
    for name, status in {"a0": "completed", "b0": "completed", "a1": "running"}.items():
        path = make_run(f"sweep/{name}", label=name[0], seed=int(name[1]), status=status) / "history.csv"
        pd.read_csv(path).head(1 if status == "running" else 2).assign(seconds=0.5).to_csv(path, index=False)
    (tmp_path / "sweep" / "plan.csv").write_text(plan + "tuning,b,tuning0\n")
    with run_lock(tmp_path / "sweep" / "a1"):
        results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    assert results.title == "mnist, 2 variants, 3 runs (1 still training)"
    assert [text for text in results.cautions if "still training: 1 of 2 runs of a." in text]
    assert [text for text in results.cautions if "not yet started: 1 planned run." in text]
    aggregate = pd.read_csv(tmp_path / "out" / "aggregate.csv")
    assert aggregate[["runs", "completed", "running"]].to_numpy().tolist() == [[2, 1, 1], [1, 1, 0]]
    figures = dict(report_figures(results, None, None, seeds=False))
    assert not [text for axes in figures["time_to_target"]().axes for text in axes.texts]


def test_while_runs_train_a_page_has_no_figures_that_its_charts_replace(make_run, tmp_path):
    for name in ("0", "1"):
        make_run(f"sweep/{name}", label=name, status="completed" if name == "0" else "running")

    def figures():
        return {*re.findall(r'id="figure-(\w+)"', report_page([tmp_path / "sweep"], tmp_path))}

    with run_lock(tmp_path / "sweep" / "1"):
        training = figures()
    assert "generalization_gap" in training
    assert figures() - training == {"accuracy", "loss"}


@pytest.mark.parametrize("status", ["diverged", "failed", "interrupted", "pruned"])
def test_runs_without_a_result_are_counted_in_the_figure(make_run, tmp_path, status):
    make_run("sweep/0", label="a")
    make_run("sweep/1", label="b")
    make_run("sweep/2", label="b", seed=1, status=status)
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    figure = dict(report_figures(results, None, None, seeds=False))["test_accuracy"]()
    assert [text.get_text() for text in figure.axes[0].texts] == [f"1 {status}"]


@pytest.mark.parametrize(("seeds", "runs", "mean_of"), [(1, "1 run", "1 seed"), (2, "2 runs", "2 seeds")])
def test_titles_count_in_singular_and_plural(make_run, tmp_path, seeds, runs, mean_of):
    for seed in range(seeds):
        path = make_run(f"sweep/{seed}", label="a", seed=seed) / "record.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"scores": {"confusion_matrix": [[2, 0], [1, 1]]}}))
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    figures = dict(report_figures(results, None, None, seeds=False))
    assert figures["accuracy"]().get_suptitle() == f"Accuracy: mnist, 1 variant, {runs}"
    assert figures["confusion_matrix"]().get_suptitle() == f"a: test examples, mean of {mean_of}"


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("searched", ["val_accuracy", "val_loss"])
def test_a_search_is_reported_by_what_it_chose_by_and_never_by_the_test_set(make_run, tmp_path, searched):
    for trial, rate in enumerate(["1e-4", "1e-3", "1e-2"]):
        tested = {"accuracy": 0.99 - trial / 10, "loss": trial}  # the other way round
        make_run(f"s/{trial}", [f"optimizer.learning_rate={rate}"], accuracies=[0.6 + trial / 10], test=tested)
    plan = {"study": {}, "search": {"metric": searched, "direction": "maximize", "to_come": 0}}
    (tmp_path / "s" / "plan.json").write_text(json.dumps(plan))
    results = report([tmp_path / "s"], tmp_path / "out", output=Output(["csv", "html"])).results
    assert results.metric == searched
    figures = {name: draw() for name, draw in report_figures(results, None, None, seeds=False)}
    assert "test_accuracy" not in figures
    assert "validation" in figures["sensitivity"].axes[0].get_ylabel()
    values = results.summary[searched].tolist()
    assert figures["sensitivity"].axes[0].lines[0].get_ydata().tolist() == values
    page = (tmp_path / "out" / "index.html").read_text()
    assert "results on validation" in page
    assert "results on test" not in page


def test_no_figure_names_a_column_where_a_word_says_it(make_run, tmp_path):
    for number in range(12):
        dataset, label, seed = f"d{number // 4}", "abcd"[number % 4], number % 2
        given = {"dataset": dataset, "label": label, "seed": seed, "accuracies": [0.5, 0.6 + number % 4 / 10]}
        make_run(f"sweep/{number}", [f"optimizer.learning_rate=0.{number}"], **given)
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    for name, draw in report_figures(results, results.ranks, None, seeds=False):
        figure = draw()
        said = [figure.get_suptitle(), *(axes.get_xlabel() + axes.get_ylabel() for axes in figure.axes)]
        assert not [text for text in said if "val_" in text or "test_" in text], name


def test_a_run_that_failed_without_a_word_is_reported_too(make_run, tmp_path):
    make_run("sweep/0", label="a")
    make_run("sweep/1", label="b", status="failed", error=" \n ")
    assert report([tmp_path / "sweep"], tmp_path / "out", output=Output(["html"])).written


def test_a_report_is_not_written_into_another_run(make_run, tmp_path):
    one, other = make_run("one"), make_run("other")
    before = (other / "history.csv").read_bytes()
    with pytest.raises(UserError, match="is a run, and the report would replace its files"):
        report([one], other)
    assert (other / "history.csv").read_bytes() == before


def test_a_report_is_not_written_into_a_file(make_run, tmp_path):
    make_run("sweep/0")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match=r"--out .*file: not a directory") as error:
        report([tmp_path / "sweep"], tmp_path / "file")
    assert error.value.exit_code == 2


def test_a_run_behind_a_link_is_named(make_run, tmp_path):
    for variant in "ab":
        make_run(f"sweep/{variant}", label=variant)
    (tmp_path / "sweep" / "a").rename(tmp_path / "elsewhere")
    (tmp_path / "sweep" / "a").symlink_to(tmp_path / "elsewhere")
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    assert results.variants == ["b"]
    assert results.left_out.reasons == [f"{tmp_path / 'sweep' / 'a'}: a link to a directory, which is not followed"]


def test_a_target_that_no_share_can_reach_is_refused(make_run, tmp_path):
    make_run("sweep/0")
    with pytest.raises(UserError, match=r"--target 97: val_accuracy is a proportion between 0 and 1; 0\.97\?"):
        report([tmp_path / "sweep"], tmp_path / "out", Wish(target=97), CSV)
    report([tmp_path / "sweep"], tmp_path / "out", Wish("test_loss", target=97), CSV)


def test_a_studys_target_is_of_its_own_metric_alone(make_run, tmp_path):
    """No history has val_macro_recall; for another metric, the usual target applies."""
    for number, variant in enumerate("ab"):
        make_run(f"sweep/{number}", label=variant, test={"accuracy": 0.7, "macro_recall": 0.6, "loss": 0.5})
    (tmp_path / "sweep" / "plan.json").write_text(json.dumps({"study": {"metric": "val_accuracy", "target": 0.6}}))

    def reported(*wish, **more):
        results = report([tmp_path / "sweep"], tmp_path / "out", Wish(*wish, **more), CSV).results
        return results.target, [None if pd.isna(count) else count for count in results.aggregate["reached"]]

    assert reported() == reported("val_accuracy") == (0.6, [1, 1])
    assert reported("test_macro_recall") == (None, [None, None])
    assert reported("test_loss") == (1.0, [1, 1])
    assert reported("test_macro_recall", baseline="a") == (None, [None, None])
    with pytest.raises(UserError, match=r"--target 0\.5: no run recorded val_macro_recall, so no epoch can"):
        reported("test_macro_recall", target=0.5)


def test_a_studys_margin_is_of_its_own_metric_alone_and_another_is_said_to_be_unplanned(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=7)
    plan = tmp_path / "sweep" / "plan.json"
    plan.write_text(json.dumps({"study": {"metric": "val_accuracy", "margin": 0.02}}))

    def reported(**wish):
        return report([tmp_path / "sweep"], tmp_path / "out", Wish(**wish), CSV).results

    planned, loss, own = reported(), reported(metric="test_loss"), reported(margin=0.03)
    assert (planned.margin, loss.margin, own.margin) == (0.02, None, 0.03)
    assert planned.comparisons["verdict"].tolist() == own.comparisons["verdict"].tolist() == ["equivalent"]
    assert not [note for note in planned.cautions if "margin" in note]
    assert [note for note in own.cautions if note.startswith("the margin of 3 percentage points is not in the plan of")]
    plan.write_text(json.dumps({"study": {"metric": "val_accuracy", "margin": -1}}))
    assert reported().margin is None


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (2, r"--margin 2: test_accuracy is a proportion between 0 and 1 \(0\.001 is 0\.1 percentage points\); 0\.02\?"),
        (0, "--margin 0: must be a number above 0"),
        (-0.1, "--margin -0.1: must be a number above 0, in the unit of test_accuracy"),
        (float("nan"), "--margin nan: must be a number above 0"),
    ],
)
def test_a_margin_that_makes_no_sense_is_refused(make_run, tmp_path, margin, said):
    make_run("sweep/0")
    with pytest.raises(UserError, match=said):
        report([tmp_path / "sweep"], tmp_path / "out", Wish(margin=margin), CSV)


@pytest.mark.parametrize("flag", ["--margin", "--bayesian-rope"])
@pytest.mark.parametrize("margin", ["nan", "inf", "0", "-0.001", "high"])
def test_a_margin_on_the_command_line_is_a_number_above_0(flag, margin, capsys):
    with pytest.raises(SystemExit) as stop:
        report_arguments(["sweep", flag, margin])
    assert stop.value.code == 2
    assert f"argument {flag}: {margin}: must be a number above 0" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["nan", "inf", "-1", "high"])
def test_a_target_that_is_no_number_is_refused(target, capsys):
    with pytest.raises(SystemExit) as stop:
        report_arguments(["sweep", "--target", target])
    assert stop.value.code == 2
    assert f"argument --target: {target}: must be a number of at least 0" in capsys.readouterr().err


def test_flags_that_take_several_values_may_be_repeated():
    chosen = report_arguments(["sweep", "--format", "csv", "--format", "svg", "html", "--by", "seed", "--by", "model"])
    assert chosen.format == ["csv", "svg", "html"]
    assert chosen.by == ["seed", "model"]


def test_unreadable_predictions_are_named_and_the_rest_is_drawn(make_run, tmp_path, caplog):
    directory = make_run("run")
    (directory / "predictions.npz").write_bytes(b"no archive")
    written = report([directory], directory).written
    assert [path.name for path in written] == ["summary.csv", "accuracy.png", "loss.png"]
    assert "left out: " in caplog.text
    assert "predictions.npz: cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("rates", "drawn"), [([0.1, 0.1], False), ([0.1, 0.05], True)], ids=["a constant rate", "a changing rate"]
)
def test_a_learning_rate_is_drawn_if_it_changes(make_run, rates, drawn):
    directory = make_run("run")
    pd.read_csv(directory / "history.csv").assign(learning_rate=rates).to_csv(directory / "history.csv", index=False)
    assert (directory / "learning_rate.png" in report([directory], directory).written) is drawn


@pytest.mark.parametrize(
    ("rates", "drawn"),
    [([1e-3, 1e-2, 1e-1], True), ([1e-3, 1e-3, 1e-1], False), ([1e-1, 1e-2, 1e-3], False), ([1e-3], False)],
)
def test_a_range_test_is_drawn_where_the_rate_rises_from_step_to_step(make_run, rates, drawn):
    directory = make_run("run")
    steps = pd.DataFrame({"step": range(1, len(rates) + 1), "learning_rate": rates, "loss": 1.0})
    steps.to_csv(directory / "steps.csv", index=False)
    assert (directory / "learning_rate_range.png" in report([directory], directory).written) is drawn


def test_a_run_with_all_files_gets_all_figures(make_run):
    labels, probabilities = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    directory = make_run(
        "run",
        predictions={
            "test_probabilities": probabilities,
            "test_labels": labels,
            "validation_probabilities": probabilities,
            "validation_labels": labels,
        },
    )
    (directory / "gradients.csv").write_text("epoch,hidden.gradient,hidden.weight\n1,0.5,3\n2,0.25,4\n")
    written = [path.name for path in report([directory], directory).written]
    assert written == ["summary.csv", "accuracy.png", "loss.png", "gradients.png", "confusion_matrix.png"]
    assert (directory / "gradients.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["gradients.csv", "steps.csv"])
@pytest.mark.parametrize("text", ["", "step,loss\n1,high\n"], ids=["empty", "words"])
def test_a_file_that_is_no_table_of_numbers_is_named(make_run, name, text, caplog):
    directory = make_run("run")
    (directory / name).write_text(text)
    written = report([directory], directory).written
    assert [path.name for path in written] == ["summary.csv", "accuracy.png", "loss.png"]
    assert f"{name}: not a table" in caplog.text


def sweep(make_run, variants, seeds=3):
    for number, overrides in enumerate(variants):
        for seed in range(seeds):
            make_run(f"sweep/{number}_{seed}", overrides=overrides, seed=seed, accuracies=[0.5, 0.6 + number / 100])


def test_no_cell_of_a_table_is_a_formula(make_run, tmp_path):
    make_run("sweep/0", overrides=["model=mlp", "note==1+1"], label="=cmd|' /C calc'!A0")
    make_run("sweep/1", overrides=["model=mlp", "note=-0.5"], label="@sum")
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv", "table"]))
    summary = pd.read_csv(tmp_path / "out" / "summary.csv")
    assert list(summary["variant"]) == ["'=cmd|' /C calc'!A0", "'@sum"]
    assert list(summary["note"]) == ["'=1+1", "-0.5"]
    for path in (tmp_path / "out").glob("*.csv"):
        cells = [cell for row in csv.reader(path.read_text().splitlines()) for cell in row]
        assert not [cell for cell in cells if cell[:1] in set("=+@-") and not re.fullmatch(r"[-+][0-9.e-]+.*", cell)]


def test_tables_need_no_further_parsing(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=7)
    report([tmp_path / "sweep"], tmp_path / "out", output=CSV)
    frames = {name: pd.read_csv(tmp_path / "out" / f"{name}.csv") for name in ("aggregate", "comparisons", "summary")}
    assert frames["aggregate"]["mean"].tolist() == pytest.approx([0.6, 0.61])
    assert frames["comparisons"].loc[0, "difference"] == pytest.approx(0.01)
    assert frames["comparisons"].loc[0, "p_value"] == pytest.approx(2 / 2**7)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "aggregate.csv", "comparisons.csv", "history.csv", "summary.csv",
    ]  # fmt: skip


def test_columns_of_every_table_are_documented_with_their_units():
    """docs/report.md lists them, so it must contain each new or renamed column."""
    text = (REPOSITORY / "docs" / "report.md").read_text()
    own = [TEST_SET_COLUMNS, SELECTION_COLUMNS, RANK_COLUMNS, PROFILE_COLUMNS, VARIANCE_COLUMNS, EFFECT_COLUMNS]
    tables = [AGGREGATE_COLUMNS, COMPARISON_COLUMNS, LAST_RANK_COLUMNS, TASK_COLUMNS, PERFORMANCE_COLUMNS, *own]
    for columns in (*tables, TUNING_CURVE_COLUMNS):
        assert not [column for column in columns if f"`{column}`" not in text]


@pytest.mark.parametrize("whole", [True, False], ids=["a sweep", "a run"])
def test_figures_have_the_style_and_the_width_that_were_asked_for(make_run, tmp_path, whole):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=1)
    source = tmp_path / "sweep" / ("" if whole else "0_0")
    report_command(report_arguments([str(source), "--format", "svg", "--style", "paper", "--width", "100"]))
    text = (source / "accuracy.svg").read_text()
    width = float(re.search(r'width="([\d.]+)pt"', text)[1])
    assert width / 72 * 25.4 == pytest.approx(100)
    assert "<!-- Accuracy" not in text  # no title


def test_a_style_that_makes_no_sense_is_refused_before_anything_is_written(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=1)
    with pytest.raises(UserError, match="--width 7: must be 60 to 400 millimetres"):
        report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv", "png"], width=7))
    assert not (tmp_path / "out").exists()


def test_tables_have_the_order_and_the_alignment_that_were_asked_for(make_run, tmp_path):
    for dataset in ("mnist", "digits"):
        for name, score in (("a", 0.5), ("b", 0.9), ("c", 0.7)):
            own = {"label": name, "dataset": dataset, "fingerprint": dataset, "accuracies": [score]}
            make_run(f"sweep/{name}{dataset}", **own)

    def names(file, *options):
        report_command(report_arguments([str(tmp_path / "sweep"), "--format", "table", *options]))
        return re.findall(r"^\| (\w)[ \\]", (tmp_path / "sweep" / file).read_text(), re.MULTILINE)

    assert names("table_by_dataset.md") == ["a", "b", "c"]
    assert names("table_by_dataset.md", "--order", "result") == ["b", "c", "a"]
    assert names("table.md", "--order", "result") == ["b", "c", "a"] * 2
    assert "siunitx" not in (tmp_path / "sweep" / "table.tex").read_text()
    names("table.md", "--siunitx")
    assert "S[mode=text,table-format=2.2]" in (tmp_path / "sweep" / "table.tex").read_text()


def test_the_data_of_every_figure_are_written_beside_it_if_asked_for(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    options = ["--format", "png", "--figure-data"]
    report_command(report_arguments([str(tmp_path / "sweep"), *options]))
    figures = [path.stem for path in (tmp_path / "sweep").glob("*.png")]
    assert figures
    for name in figures:
        assert len(pd.read_csv(tmp_path / "sweep" / f"{name}_data.csv"))
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["png"]))
    assert not [*(tmp_path / "out").glob("*.csv")]


def test_an_error_in_listing_figures_costs_a_report_with_figure_data_only_the_figures_after_it(
    make_run, tmp_path, monkeypatch
):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(report_figures_module, "_confusion_figure", broken)
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=1)
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["png"], figure_data=True)).results
    assert (tmp_path / "out" / "accuracy_data.csv").exists()
    assert len([reason for reason in results.left_out.reasons if reason.startswith("all figures after")]) == 1


def test_a_figure_that_cannot_be_drawn_leaves_no_earlier_one_beside_the_report(make_run, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError

    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=1)
    output = Output(["png"], figure_data=True)
    report([tmp_path / "sweep"], tmp_path / "out", output=output)
    assert (tmp_path / "out" / "accuracy.png").exists()
    monkeypatch.setattr(report_figures_module, "learning_curves", broken)
    report([tmp_path / "sweep"], tmp_path / "out", output=output)
    assert not [*(tmp_path / "out").glob("accuracy*")]
    assert (tmp_path / "out" / "forest.png").exists()


def test_pdf_is_written_if_asked_for(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    written = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["pdf"])).written
    assert {path.suffix for path in written} == {".pdf"}
    assert all(path.read_bytes().startswith(b"%PDF") for path in written)


def test_the_metric_the_baseline_and_the_target_can_be_chosen(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    wish = Wish(metric="val_accuracy", baseline="optimizer=adam", target=0.55)
    results = report([tmp_path / "sweep"], tmp_path / "out", wish, CSV).results
    assert results.comparisons["baseline"].tolist() == ["optimizer=adam"]
    assert results.comparisons["difference"].tolist() == pytest.approx([-0.01])
    assert results.aggregate["reached"].tolist() == [3, 3]
    assert results.aggregate["epochs_to_target"].tolist() == [2, 2]
    for wrong in (Wish(metric="test_acc"), Wish(baseline="adamm"), Wish(metric="status")):
        with pytest.raises(UserError, match=r"--(metric|baseline) "):
            report([tmp_path / "sweep"], tmp_path / "out", wrong)


@pytest.mark.parametrize("metric", ["seed", "parameters", "epochs", "best_epoch"])
def test_what_is_neither_better_nor_worse_is_no_metric(make_run, tmp_path, metric):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    with pytest.raises(UserError, match=f"--metric {metric}: neither higher nor lower values are better"):
        report([tmp_path / "sweep"], tmp_path / "out", Wish(metric))


@pytest.mark.usefixtures("undrawn")
def test_a_plan_brings_its_question_baseline_metric_and_command(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    study = {"question": "Which?", "baseline": "optimizer=adam", "metric": "val_loss", "target": 1.5}
    plan = {"study": study, "command": ["study=mine", "name=a b", "dry_run=true"], "jobs": []}
    (tmp_path / "sweep" / "plan.json").write_text(json.dumps(plan))
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["html"])).results
    assert (results.metric, results.target, results.asked.question) == ("test_loss", 1.5, "Which?")
    assert results.baseline == "optimizer=adam"
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<h1>Which?</h1>" in page
    assert "runner study=mine &#39;name=a b&#39;</pre>" in page


def tuned(make_run, tmp_path, cells):
    """A study that was tuned to a different rate in each cell of its grid."""
    tried = []
    for cell, dataset in cells.items():
        for number, name in enumerate(["sgd", "adam", "lion"]):
            variant, rate = f"{name}{cell}", f"optimizer.learning_rate=0.{len(tried) + 1}"
            tried.append({"variant": variant, "point": rate, "val_accuracy": 0.9, "budget": 3 + number})
            overrides = ["model=mlp", f"optimizer={name}", *filter(None, cell.split(",")), rate]
            for seed in range(2):
                make_run(
                    f"sweep/{len(tried)}_{seed}", overrides=overrides, seed=seed, label=variant, dataset=dataset,
                    fingerprint=dataset, accuracies=[0.5 + number / 10 + seed / 100],
                )  # fmt: skip
    rows = pd.DataFrame(tried).assign(seeds=1, scored=1, chosen=True, on_edge=False)
    rows.to_csv(tmp_path / "sweep" / "tuning.csv", index=False)


def test_what_was_tuned_is_found_whatever_the_report_calls_the_variants(make_run, tmp_path):
    tuned(make_run, tmp_path, {"": "mnist"})
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(by=["optimizer"]), CSV).results
    assert results.variants == ["optimizer=sgd", "optimizer=adam", "optimizer=lion"]
    assert results.aggregate["budget"].tolist() == [3, 4, 5]
    assert results.selection["n"].tolist() == [2, 2, 2]
    assert results.selection["optimism"].tolist() == pytest.approx([0.395, 0.295, 0.195])
    together = report([tmp_path / "sweep"], tmp_path / "out", Wish(by=["model"]), CSV).results
    assert together.aggregate["budget"].tolist() == [5]


def test_the_tuning_budget_has_a_table_a_figure_and_a_sentence(make_run, tmp_path, capsys):
    rows = []
    for variant, scores in {"sgd": [0.1, 0.9], "adam": [0.7, 0.8]}.items():
        make_run(f"sweep/{variant}", label=variant)
        rows += [(variant, f"lr={score}", score) for score in scores]
    table = pd.DataFrame(rows, columns=["variant", "point", "val_accuracy"])
    table = table.assign(seeds=1, scored=1, chosen=False, on_edge=False, budget=2)
    table.to_csv(tmp_path / "sweep" / "tuning.csv", index=False)
    made = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv", "png", "html"]))
    assert pd.read_csv(tmp_path / "out" / "tuning_curve.csv")["expected"].tolist() == [0.5, 0.9, 0.75, 0.8]
    assert tmp_path / "out" / "tuning_curve.png" in made.written
    said = (
        "Tuning budget: sgd leads at 2 points in expected best validation accuracy of points picked at random "
        "(90.00% at 2 points, adam 80.00%); "
    )
    assert f"<p>{said}before that adam at 1 point.</p>" in (tmp_path / "out" / "index.html").read_text()
    show_verdicts(Console(width=400), made.results)
    assert said in capsys.readouterr().out


def test_a_tuned_study_is_ranked_over_the_data_sets_that_it_was_crossed_with(make_run, tmp_path):
    datasets = ("mnist", "digits", "letters")
    tuned(make_run, tmp_path, {f",dataset={name},training.epochs=5": name for name in datasets})
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    assert results.variants[:4] == [
        "sgd,training.epochs=5 [mnist]", "adam,training.epochs=5 [mnist]", "lion,training.epochs=5 [mnist]",
        "sgd,training.epochs=5 [digits]",
    ]  # fmt: skip
    assert results.aggregate["budget"].tolist() == [3, 4, 5] * 3
    assert results.selection["n"].tolist() == [2] * 9
    assert results.selection["variant"][0] == "sgd,dataset=mnist,training.epochs=5"
    ranks = pd.read_csv(tmp_path / "out" / "ranks.csv")
    assert ranks["variant"].tolist() == [f"{name},training.epochs=5" for name in ("lion", "adam", "sgd")]


def test_several_data_sets_are_compared_each_by_itself_and_ranked(make_run, tmp_path):
    for name in ("mnist", "digits", "letters"):
        for number, optimizer in enumerate(["sgd", "adam", "lion"]):
            for seed in range(2):
                make_run(
                    f"{name}/{optimizer}_{seed}", overrides=[f"dataset={name}", f"optimizer={optimizer}"], seed=seed,
                    dataset=name, fingerprint=name, accuracies=[0.5 + number / 10 + seed / 100],
                )  # fmt: skip
    output = Output(["csv", "png"])
    written = report(
        [tmp_path / name for name in ("mnist", "digits", "letters")], tmp_path / "out", output=output
    ).written
    frame = pd.read_csv(tmp_path / "out" / "comparisons.csv")
    assert all(row["variant"].split(" ")[-1] == row["baseline"].split(" ")[-1] for _, row in frame.iterrows())
    assert len(frame) == 6
    ranks = pd.read_csv(tmp_path / "out" / "ranks.csv")
    assert dict(zip(ranks["variant"], ranks["average_rank"], strict=True)) == {
        "optimizer=lion": 1, "optimizer=adam": 2, "optimizer=sgd": 3,
    }  # fmt: skip
    tasks = pd.read_csv(tmp_path / "out" / "tasks.csv")
    means = {"optimizer=adam": 0.605, "optimizer=lion": 0.705, "optimizer=sgd": 0.505}
    assert dict(zip(tasks["variant"], tasks["mean"], strict=True)) == pytest.approx(means)
    assert tasks["baseline"].dropna().tolist() == ["optimizer=adam"] * 2
    figures = [tmp_path / "out" / f"{stem}.png" for stem in ("critical_difference", "performance_profile")]
    assert all(figure.exists() for figure in figures)
    report([tmp_path / "mnist"], tmp_path / "out", output=CSV)  # removes earlier files that it does not write
    names = ("ranks.csv", "tasks.csv", "critical_difference.*", "performance_profile.*")
    assert not [path for name in names for path in tmp_path.glob(f"out/{name}")]
    assert {*figures} <= {*written}


@pytest.mark.usefixtures("undrawn", "few_resamples")
def test_a_comparison_over_data_sets_is_on_the_page_and_among_the_verdicts(make_run, tmp_path):
    for number, name in enumerate(("mnist", "digits", "letters")):
        for optimizer, accuracy in {"sgd": 0.5, "adam": 0.6 - number / 5}.items():
            for seed in range(2):
                make_run(
                    f"runs/{name}_{optimizer}_{seed}", overrides=[f"dataset={name}", f"optimizer={optimizer}"],
                    seed=seed, dataset=name, fingerprint=name, accuracies=[accuracy + seed / 100],
                )  # fmt: skip
    results = report([tmp_path / "runs"], tmp_path / "out", Wish(rope=0.01), Output(["html", "csv"])).results
    (sentence,) = results.task_verdicts
    assert "3 data sets are too few (6 needed)" in sentence
    assert "Bayesian signed-rank test with ±1 percentage point" in sentence
    page = (tmp_path / "out" / "index.html").read_text()
    assert '<section id="data-sets">' in page
    assert "3 data sets are too few (6 needed); probability of improvement" in page
    assert not (tmp_path / "out" / "ranks.csv").exists()  # only with three variants or more
    assert (tmp_path / "out" / "performance_profile.csv").exists()
    report([tmp_path / "runs"], tmp_path / "out", Wish("test_loss"), CSV)
    assert (tmp_path / "out" / "tasks.csv").exists()
    assert not (tmp_path / "out" / "performance_profile.csv").exists()  # losses have no common scale


@pytest.mark.parametrize(
    ("rope", "message"),
    [
        (0.0, "--bayesian-rope 0: must be a number above 0"),
        (-0.01, "--bayesian-rope -0.01: must be a number above 0"),
        (2.0, "--bayesian-rope 2: test_accuracy is a proportion between 0 and 1"),
        (0.01, "--bayesian-rope 0.01: compares two or more variants over 3 or more data sets"),
    ],
)
def test_region_of_equivalence_that_cannot_be_used_is_refused(make_run, tmp_path, rope, message):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]], seeds=1)
    with pytest.raises(UserError, match=f"^{re.escape(message)}"):
        report([tmp_path / "sweep"], tmp_path / "out", Wish(rope=rope), CSV)


def test_a_loss_that_holds_other_penalties_in_each_variant_is_warned_of(make_run, tmp_path):
    make_run("sweep/0", overrides=["regularizer=[]"])
    make_run("sweep/1", overrides=["regularizer=[l2]"], seed=0)
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish("test_loss"), Output(["csv"])).results
    assert any("test_loss: each run's own penalties and smoothing are included" in text for text in results.cautions)
    by_accuracy = report([tmp_path / "sweep"], tmp_path / "out", Wish(), Output(["csv"])).results
    assert not any("penalties" in text for text in by_accuracy.cautions)


@pytest.mark.usefixtures("undrawn")
def test_a_baseline_without_runs_on_one_data_set_is_said_and_nothing_takes_its_place(make_run, tmp_path):
    for dataset, optimizers in {"mnist": ["sgd", "adam", "lion"], "letters": ["adam", "lion"]}.items():
        for optimizer in optimizers:
            name, overrides = f"sweep/{dataset}{optimizer}", [f"dataset={dataset}", f"optimizer={optimizer}"]
            make_run(name, overrides=overrides, dataset=dataset, fingerprint=dataset)
    for wished in ("optimizer=sgd", "optimizer=sgd [mnist]"):
        results = report([tmp_path / "sweep"], tmp_path / "out", Wish(baseline=wished), Output(["csv", "html"])).results
        compared = set(zip(results.comparisons["variant"], results.comparisons["baseline"], strict=True))
        assert compared == {(f"optimizer={name} [mnist]", "optimizer=sgd [mnist]") for name in ("adam", "lion")}
        (said,) = (text for text in results.cautions if "has no runs" in text)
        assert said.startswith(
            "the baseline optimizer=sgd [letters] has no runs, so these variants are not compared: optim"
        )
        assert results.verdicts["optimizer=lion [letters]"].endswith(
            "its baseline, optimizer=sgd [letters], has no result."
        )


def test_whatever_was_measured_of_the_tested_network_can_be_compared_by(make_run, tmp_path):
    for number, name in enumerate(["sgd", "adam"]):
        for seed in range(6):
            value = 0.7 + number / 10 + seed / 100
            make_run(
                f"sweep/{name}{seed}", overrides=[f"optimizer={name}"], seed=seed,
                scores={"roc_auc": value, "macro_recall": value - 0.1, "confusion_matrix": [[1, 0], [0, 1]]},
                test={"accuracy": 0.5, "loss": 0.5, "specificity": value},
            )  # fmt: skip
    for metric, shift in {"test_roc_auc": "0.1000", "test_macro_recall": "10.00 percentage points"}.items():
        results = report([tmp_path / "sweep"], tmp_path / "out", Wish(metric), CSV).results
        assert f"significantly worse than optimizer=adam: -{shift} (" in results.verdicts["optimizer=sgd"]
    with pytest.raises(UserError, match="--metric test_specificity: neither higher nor lower values are better"):
        report([tmp_path / "sweep"], tmp_path / "out", Wish("test_specificity"))


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("metric", ["epochs_to_target", "seconds_to_target", "warm_seconds_to_target"])
def test_variants_are_compared_by_the_time_to_a_target(make_run, tmp_path, metric):
    for name, curve in {"a": [0.1, 0.2, 0.8], "b": [0.1, 0.8, 0.9]}.items():
        for seed in range(6):
            directory = make_run(f"sweep/{name}{seed}", overrides=[f"optimizer={name}"], seed=seed, accuracies=curve)
            table = pd.read_csv(directory / "history.csv").assign(seconds=2.0)
            table.to_csv(directory / "history.csv", index=False)
    output = Output(["csv", "table", "html"])
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(metric), output).results
    assert (results.target, results.target_source) == (0.8, "worst final value of optimizer=a")
    assert (
        f"b reaches a validation accuracy of 80.00% sooner than {results.baseline}" in results.verdicts["optimizer=b"]
    )
    for column in ("difference", "median_difference"):
        assert results.comparisons[column].tolist() == [-1.0 if metric.startswith("epochs") else -2.0]
    figure, target = dict(report_figures(results, None, None, seeds=False))[metric](), "validation accuracy of 80.00%"
    assert f"target: {target}, worst final value of a" in figure.axes[0].get_xlabel().replace("\n", " ")
    assert f"Target: {target}." in (tmp_path / "out" / "table.md").read_text()
    assert "choices and results on validation" in (tmp_path / "out" / "index.html").read_text()


def test_times_to_a_target_that_was_set_have_a_profile_and_others_remove_an_earlier_one(make_run, tmp_path):
    for name, curve in {"a": [0.1, 0.2, 0.8], "b": [0.1, 0.8, 0.9]}.items():
        for seed in range(3):
            make_run(f"sweep/{name}{seed}", label=name, seed=seed, accuracies=curve)
    out, output = tmp_path / "out", Output(["csv"])
    results = report([tmp_path / "sweep"], out, Wish("epochs_to_target"), output).results
    profile = pd.read_csv(out / "time_profile.csv")
    assert profile[["variant", "ratio"]].to_numpy().tolist() == [["a", 1.5]] * 3 + [["b", 1.0]] * 3
    assert "time_profile" in dict(report_figures(results, None, None, seeds=False))
    (out / "time_profile.png").touch()
    results = report([tmp_path / "sweep"], out, Wish(), output).results  # the target is the usual one
    assert not [*out.glob("time_profile.*")]
    assert "time_profile" not in dict(report_figures(results, None, None, seeds=False))


def test_the_curves_of_a_grid_have_panels_by_one_key_and_colours_by_the_other(make_run, tmp_path):
    for number, (rate, batch) in enumerate(itertools.product(("0.1", "0.2", "0.3", "0.4"), ("32", "64"))):
        overrides = [f"optimizer.learning_rate={rate}", f"training.batch_size={batch}"]
        make_run(f"sweep/{number}", overrides=overrides, accuracies=[0.5, 0.6 + number / 50])
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(), CSV).results
    draw = dict(report_figures(results, None, None, seeds=False))
    curves, differences = draw["accuracy"](), draw["difference_over_time"]()
    panels = ["batch size=32", "batch size=64"]
    assert [axes.get_title(loc="left") for axes in curves.axes[::2]] == panels
    assert [axes.get_title(loc="left") for axes in differences.axes] == panels
    lines = [[line for line in axes.lines if len(line.get_xdata()) > 1] for axes in curves.axes]
    assert [len(own) for own in lines] == [4] * 4
    colors = [line.get_color() for line in lines[0]]
    assert len({*colors}) == 4
    assert all([line.get_color() for line in own] == colors for own in lines)
    for figure in (curves, differences):
        (legend,) = figure.legends
        assert legend.get_title().get_text() == "learning rate"
        assert [text.get_text() for text in legend.get_texts()][:4] == ["0.1", "0.2", "0.3", "0.4"]
        assert [line.get_color() for line in legend.get_lines()][:4] == colors
        caption = figure_caption("accuracy", figure, results)
        assert (
            "Each value of batch size has its own panels; a colour stands for the same learning rate in all" in caption
        )


def test_a_grid_in_which_no_run_reached_the_target_has_no_heat_map_of_times(make_run, tmp_path):
    for optimizer in "ab":
        for model in "xy":
            make_run(f"sweep/{optimizer}{model}", overrides=[f"optimizer={optimizer}", f"model={model}"])
    for target, is_drawn in ((0.7, True), (0.9, False)):
        wish = Wish("epochs_to_target", target=target, baseline="optimizer=a,model=x")
        results = report([tmp_path / "sweep"], tmp_path / "out", wish, CSV).results
        assert ("heat_map" in dict(report_figures(results, None, None, seeds=False))) == is_drawn


def test_a_time_to_a_target_that_nothing_sets_is_refused(make_run, tmp_path):
    make_run("sweep/0", status="diverged")
    make_run("sweep/1", overrides=["optimizer=b"])
    with pytest.raises(UserError, match="--metric epochs_to_target: needs --target"):
        report([tmp_path / "sweep"], tmp_path / "out", Wish("epochs_to_target"))


def test_the_same_overrides_in_another_order_are_one_variant(make_run, tmp_path):
    for seed, overrides in enumerate([["optimizer=sgd", "model=mlp"], ["model=mlp", "optimizer=sgd"]]):
        make_run(f"sweep/{seed}", overrides=overrides, seed=seed)
        make_run(f"sweep/{seed + 2}", overrides=["optimizer=adam", "model=cnn"], seed=seed)
    results = report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results
    assert results.variants == ["optimizer=sgd,model=mlp", "optimizer=adam,model=cnn"]
    assert results.aggregate["n"].tolist() == [2, 2]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("metric", "role"),
    [(None, "primary"), ("test_accuracy", "primary"), ("test_loss", "secondary"), ("epochs_to_target", "secondary")],
)
def test_another_metric_than_the_primary_one_is_marked_everywhere(make_run, tmp_path, metric, role):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    wish, output = Wish(metric=metric, target=0.5), Output(["csv", "table", "html"])
    results = report([tmp_path / "sweep"], out := tmp_path / "out", wish, output).results
    for name in ("aggregate.csv", "comparisons.csv"):
        frame = pd.read_csv(out / name)
        assert list(frame)[-1] == "metric_role"
        assert set(frame["metric_role"]) == {role}
    marked = [name for name in ("table.md", "table.tex", "index.html") if "econdary metric" in (out / name).read_text()]
    assert marked == (["table.md", "table.tex", "index.html"] if role == "secondary" else [])
    cautions = [text for text in results.cautions if "is a secondary metric; the primary one is test accuracy" in text]
    assert len(cautions) == (role == "secondary")


def test_the_primary_metric_is_that_of_the_plan(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    (tmp_path / "sweep" / "plan.json").write_text(json.dumps({"study": {"metric": "val_loss"}}))
    roles = {}
    for metric in (None, "test_loss", "test_accuracy"):
        results = report([tmp_path / "sweep"], tmp_path / "out", Wish(metric=metric), CSV).results
        roles[results.metric] = results.metric_role
    assert roles == {"test_loss": "primary", "test_accuracy": "secondary"}


def test_a_short_form_names_the_baseline_and_the_confusion_matrix(make_run, tmp_path):
    sweep(make_run, [["optimizer=sgd"], ["optimizer=adam"]])
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(baseline="adam"), CSV).results
    assert results.baseline == "optimizer=adam"
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["png"], confusion="sgd"))
    with pytest.raises(UserError, match=r"--confusion sdg: no such variant \(allowed: optimizer=adam, optimizer=sgd\)"):
        report([tmp_path / "sweep"], tmp_path / "out", output=Output(["png"], confusion="sdg"))


def grid_of(make_run, seeds):
    """Make runs of momentum crossed with two rates; momentum helps at the smaller rate and harms at the larger one."""
    for seed in range(seeds):
        cells = [("0", "0.01", 0), ("0", "0.3", 0), ("0.9", "0.01", 0.1), ("0.9", "0.3", -0.1)]
        for place, (momentum, rate, effect) in enumerate(cells):
            overrides = [f"optimizer.momentum={momentum}", f"optimizer.learning_rate={rate}"]
            accuracies = [0.5, 0.6 + effect + seed**2 / 5000]
            make_run(f"sweep/{seed}{place}", overrides, seed=seed, accuracies=accuracies)


@pytest.mark.usefixtures("undrawn")
def test_a_grid_has_its_effects_in_a_table_on_the_page_and_on_the_terminal(make_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    grid_of(make_run, seeds=7)
    monkeypatch.chdir(tmp_path)
    report_command(report_arguments(["sweep", "--format", "csv", "html"]))
    effects = pd.read_csv("sweep/effects.csv")
    assert list(effects) == [*EFFECT_COLUMNS, "metric_role"]
    assert effects["difference"].tolist() == pytest.approx([0, -0.1, -0.2], abs=1e-12)
    sentence = "optimizer.momentum=0.9 rather than 0 raises test accuracy by 10.00 percentage points"
    assert sentence in " ".join(capsys.readouterr().out.split())
    page = unescape((tmp_path / "sweep" / "index.html").read_text()).replace("<wbr>", "")
    assert f"<li>{sentence}" in page
    assert '<a href="#effects">Effects</a>' in page
    assert "optimizer.momentum: 0.9 vs 0 x optimizer.learning_rate: 0.3 vs 0.01" in page


@pytest.mark.usefixtures("undrawn")
def test_effects_of_an_earlier_report_do_not_stay_beside_one_without(make_run, tmp_path):
    grid_of(make_run, seeds=2)
    out = tmp_path / "out"
    assert report([tmp_path / "sweep"], out, output=CSV).results.effects is not None
    (out / "interaction.png").write_text("drawn")
    shutil.rmtree(tmp_path / "sweep" / "11")
    results = report([tmp_path / "sweep"], out, output=Output(["csv", "html"])).results
    assert results.effects is None
    assert [
        text for text in results.cautions if text.startswith("effects: none, because at least 2 complete seeds are")
    ]
    assert not [*out.glob("effects.csv"), *out.glob("interaction.*")]
    assert "#effects" not in (out / "index.html").read_text()


def test_effects_are_claimed_only_after_the_last_planned_look(make_run, tmp_path):
    grid_of(make_run, seeds=8)
    plan = tmp_path / "sweep" / "plan.json"

    def reported(sizes):
        plan.write_text(json.dumps({"study": {"looks": {"sizes": sizes}}}))
        return report([tmp_path / "sweep"], tmp_path / "out", output=CSV).results

    assert reported([8, 12]).effect_verdicts == [
        "effects: tested only after the last planned look, so nothing is claimed."
    ]
    assert reported([6, 8]).effect_verdicts[0].startswith("optimizer.momentum=0.9 rather than 0 raises")


def test_a_sweep_along_one_key_has_no_effects(reported):
    assert not (reported / "out" / "effects.csv").exists()
