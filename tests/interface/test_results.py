import copy
import json
import shlex
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from pandas.testing import assert_frame_equal

import runner
from runner.cli.commands.report import report_arguments, report_command
from runner.reporting.collection.collect import Run as Collected
from runner.reporting.collection.labels import Values
from runner.reporting.statistics import comparisons as statistics
from tests.interface.made import made_runs
from tests.reporting.conftest import run_maker

SWEEP = "outputs/sweeps/optimizers"


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(statistics, "_RESAMPLES", 99)


@pytest.fixture(scope="module")
def made(once):
    return once("runs of the interface's examples", made_runs)


@pytest.fixture
def results(made, monkeypatch):
    monkeypatch.chdir(made)
    return runner.load(SWEEP)


@pytest.fixture
def make_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return run_maker(tmp_path)


def odd_runs(make_run):
    """Runs of every status, an older record, overrides of several kinds, and a run with missing metrics."""
    usual = {"choices": {"optimizer": "sgd"}, "dataset": "mnist"}
    for seed in range(3):
        for name, nesterov in (("a", "true"), ("b", "false")):
            own = {"seed": seed, "accuracies": [0.5, 0.7 + seed / 10 + (name == "b") / 50], **usual}
            overrides = [f"optimizer.nesterov={nesterov}", "optimizer.learning_rate=1e-1", f"name={name}"]
            make_run(f"odd/{name}{seed}", overrides, label=name, scores={"macro_f1": 0.5}, **own)
    make_run("odd/c0", ["clipping.norm=null"], label="c", status="diverged", **usual)
    make_run("odd/c1", ["clipping.norm=0.5"], label="c", seed=1, status="running", **usual)  # killed
    (make_run("odd/c2", label="c", seed=2, status="failed", error="no", **usual) / "history.csv").unlink()
    make_run("odd/d0", ["+mine=NA"], label="d", run_id="000000000012", **usual)


FRAMES = {"runs": "summary", "history": "history", "aggregate": "aggregate", "comparisons": "comparisons"}


@pytest.mark.parametrize("wish", [{}, {"metric": "val_loss", "baseline": "b"}])
def test_frames_are_those_that_pandas_reads_from_the_files_of_the_report(make_run, tmp_path, wish):
    odd_runs(make_run)
    arguments = [text for name, value in wish.items() for text in (f"--{name}", value)]
    report_command(report_arguments(["odd", "--out", "out", "--format", "csv", *arguments]))
    results = runner.load("odd").compare(**wish)
    texts = {"run_id": str, "mine": str}
    for name, file in FRAMES.items():
        frame = getattr(results, name).reset_index(drop=True)
        expected = pd.read_csv(f"out/{file}.csv", dtype=texts)
        if name == "runs":
            assert frame.pop("directory").tolist()[:2] == ["odd/a0", "odd/a1"]
            assert frame.pop("mine").tolist()[-1] == "NA"  # pandas reads this as a missing value
            expected = expected.drop(columns="mine")
        assert_frame_equal(frame, expected, check_dtype=name in ("runs", "history"))


def test_a_grid_has_its_effects_and_sentences_about_them(make_run, tmp_path):
    for seed in range(7):
        for place, (momentum, rate) in enumerate([("0", "0.1"), ("0", "1"), ("0.9", "0.1"), ("0.9", "1")]):
            overrides = [f"optimizer.momentum={momentum}", f"optimizer.learning_rate={rate}"]
            make_run(f"s/{seed}{place}", overrides, seed=seed, accuracies=[0.5 + 0.1 * (place == 2) + seed**2 / 1000])
    results = runner.load(tmp_path / "s")
    effects = results.effects
    assert effects["kind"].tolist() == ["main", "main", "interaction"]
    effects.loc[0, "kind"] = "mine"
    assert results.effects["kind"].tolist()[0] == "main"
    results.report(tmp_path / "out", ["csv"])
    written = pd.read_csv(tmp_path / "out" / "effects.csv")
    assert list(written) == list(effects)
    assert written["p_adjusted"].tolist() == effects["p_adjusted"].tolist()
    assert results.effect_verdicts[0].startswith(
        "optimizer.momentum=0.9 rather than 0 raises test accuracy by 10.00 perc"
    )
    assert "interaction" in results.figures()
    assert results.where({"optimizer.learning_rate": 1}).effects is None
    assert runner.load(tmp_path / "s").by("optimizer.momentum").effects is None


def test_a_tuned_study_has_its_selection_and_tuning_curve(tmp_path, monkeypatch):
    make_run = run_maker(tmp_path)
    make_run("study/f", label="a", seed=5)
    make_run("study/t", label="a", seed=0)
    (tmp_path / "study" / "plan.csv").write_text("phase,variant,directory\ntuning,a,t\nfinal,a,f\n")
    (tmp_path / "study" / "tuning.csv").write_text(
        "variant,point,val_accuracy,seeds,scored,chosen,on_edge,budget\na,lr=1,0.8,1,1,True,False,1\n"
    )
    results = runner.load(tmp_path / "study")
    assert len(results) == 1
    assert results.selection["optimism"].tolist() == pytest.approx([0.05])
    assert results.tuning_curve["expected"].tolist() == [0.8]
    assert results.importances.empty  # of one trial


def test_a_plan_sets_question_and_metric_also_from_the_directory_above(make_run, tmp_path):
    for name in "ab":
        make_run(f"studies/mine/{name}", label=name)
    study = {"question": "Which?", "baseline": "b", "metric": "val_loss"}
    (tmp_path / "studies" / "mine" / "plan.json").write_text(json.dumps({"study": study, "jobs": []}))
    (tmp_path / "studies" / "mine" / "plan.csv").write_text("phase,variant,directory\nfinal,a,a\nfinal,b,b\n")
    for path in ("studies", "studies/mine", "studies/*", Path("studies")):
        results = runner.load(path)
        assert (results.metric, results.baseline) == ("test_loss", "b")
    assert (results.compare(metric="test_accuracy").aggregate["metric_role"] == "secondary").all()
    assert runner.load("studies/mine/a").metric == "test_accuracy"


def test_paths_are_directories_and_patterns_and_each_run_counts_once(made, monkeypatch):
    monkeypatch.chdir(made)
    monkeypatch.setenv("HOME", str(made))
    every = [SWEEP, "outputs", "~/outputs/s*", f"{SWEEP}/*", Path(SWEEP), "outputs/**/"]
    assert [len(runner.load(path)) for path in every] == [14] * len(every)
    assert len(runner.load(SWEEP, f"{SWEEP}/1?", "outputs")) == 14
    assert len(runner.load(f"{SWEEP}/1?", f"{SWEEP}/0")) == 5


def test_a_directory_whose_name_looks_like_a_pattern_is_itself(make_run):
    make_run("a[1]/0")
    assert len(runner.load("a[1]")) == 1


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["nowhere"], "^nowhere: no such directory$"),
        (["empty"], "^empty: no run found"),
        ([""], r"^a path is empty; is a variable unset\?$"),
        (["nothing*"], r"^nothing\*: matches nothing$"),
        ([], r"^load\(\): name a directory"),
    ],
)
def test_what_holds_no_run_is_refused(make_run, tmp_path, paths, message):
    (tmp_path / "empty").mkdir()
    with pytest.raises(runner.UserError, match=message):
        runner.load(*paths)


def test_importing_and_loading_take_no_tensorflow_and_no_statistics(made, shell):
    script = f"""
import sys, runner
assert not {{"pandas", "numpy", "omegaconf"}} & {{*sys.modules}}
results = runner.load({SWEEP!r})
assert [run.status for run in results] == ["completed"] * 14
assert len(results.where("test_accuracy > 0.8", optimizer="adam")) == 6
print(*{{"tensorflow", "keras", "matplotlib", "scipy"}} & {{*sys.modules}})
results.runs, results.verdicts, results.table()
print(*{{"tensorflow", "keras", "matplotlib.pyplot"}} & {{*sys.modules}})
"""
    done = shell(shlex.join(["python", "-c", script]), cwd=made)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr


def test_a_filtered_result_compares_what_is_left_and_keeps_its_labels(results):
    adam = results.where(variant="adam")
    assert (adam.variants, len(adam), len(results)) == (["optimizer=adam"], 7, 14)
    some = results.where("seed <= 2").where("seed > 0")
    assert some.comparisons["n"].tolist() == [2]
    assert some.runs["seed"].tolist() == [1, 1, 2, 2]


def test_what_matches_nothing_is_empty_and_has_nothing_to_compare(results):
    none = results.where(status="failed")
    assert (len(none), list(none), len(none.runs), len(none.history), len(none.where(seed=1))) == (0, [], 0, 0, 0)
    assert {*none.runs} <= {*results.runs}
    assert list(none.history) == list(results.history)
    with pytest.raises(runner.UserError, match="no run is left to compare"):
        none.aggregate  # noqa: B018
    assert repr(none) == "<Results: 0 runs; no run is left to compare; choose others with where()>"
    assert none._repr_html_().startswith("<p>&lt;Results: 0 runs")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda results: results.where(optimizr="sgd"), "^optimizr: no run has such a column or key; did you mean opt"),
        (lambda results: results.where("seed ~ 1"), "^seed ~ 1: not understood"),
        (lambda results: results.where(variant="sgdd"), "^variant sgdd: no such variant"),
        (lambda results: results.compare(metric="test_acc"), "^--metric test_acc: no such metric"),
        (
            lambda results: results.compare(baseline="optimizer"),
            "^--baseline optimizer: matches several variants",
        ),
        (lambda results: results.compare(target=97), "^--target 97: .* is a proportion"),
        (lambda results: results.compare(target=float("nan")), "^--target nan: must be a number of at least 0"),
        (lambda results: results.compare(margin=2), "^--margin 2: test_accuracy is a proportion"),
        (lambda results: results.compare(margin=0), "^--margin 0: must be a number above 0"),
        (
            lambda results: results.compare(correction="max-T"),
            r"^--correction max-T: no such correction; did you mean max_t\? \(allowed: holm, max_t\)",
        ),
        (
            lambda results: results.compare(rope=0.01),
            "^--bayesian-rope 0.01: compares .* 2 variants and 1 such data set",
        ),
        (lambda results: results.by("optimizr"), "^--by optimizr: no such key"),
        (lambda results: results.figure("acuracy"), "^acuracy: no such figure; did you mean accuracy"),
        (lambda results: results.table("html"), r"^html: no such table \(allowed: csv, latex, markdown\)"),
        (lambda results: results.report("out", ["jpg"]), "^jpg: no such format"),
        (lambda results: results.report("out", ["csv"], siunitx=True), "^--siunitx: no effect .* csv; add table"),
        (lambda results: results.figure("forest", width="84"), "^width='84': must be a number of millimetres"),
        (lambda results: results.report(f"{SWEEP}/0"), "is a run, and the report would replace its files"),
        (lambda results: results.run(14), "^run 14: there is no such row; there are 14 runs"),
        (lambda results: results.run("0"), "^run 0: several run ids begin with this"),
        (lambda results: results.run("x"), "^run x: no run id begins with this"),
    ],
)
def test_a_wrong_question_is_refused_at_once(results, wrong, message):
    with pytest.raises(runner.UserError, match=message):
        wrong(results)


def test_a_question_does_not_change_the_results_it_is_asked_of(results):
    other = results.compare(metric="test_loss", baseline="adam").by("optimizer")
    assert (other.metric, other.baseline) == ("test_loss", "optimizer=adam")
    assert (results.metric, results.baseline) == ("test_accuracy", "optimizer=sgd")
    runs, aggregate = results.runs, results.aggregate
    runs["seed"], aggregate["mean"] = 0, 0
    assert set(results.runs["seed"]) == set(range(7))
    assert results.aggregate["mean"].round(2).tolist() == [0.78, 0.83]


def test_times_to_a_target_can_be_filtered_by(results):
    assert len(results.compare(target=0.8).where("epochs_to_target <= 2")) == 9


def test_rows_are_runs_in_their_order(results):
    assert [str(run.directory) for run in results][:3] == [f"{SWEEP}/0", f"{SWEEP}/1", f"{SWEEP}/2"]
    assert results.run(-1).directory == results.run("61").directory == Path(SWEEP, "13")
    assert results.run(results.runs.index[3]).directory == Path(SWEEP, "3")


def test_a_secondary_metric_is_marked_in_frames_tables_and_words(results):
    other = results.compare(metric="val_loss")
    assert list(other.aggregate)[-1] == list(other.comparisons)[-1] == "metric_role"
    assert set(other.aggregate["metric_role"]) | set(other.comparisons["metric_role"]) == {"secondary"}
    assert "secondary metric" in other.table("markdown")
    assert "secondary metric" in other.table("latex")
    assert "secondary metric" in other.cautions[0]
    assert "secondary metric" in other._repr_html_()
    assert not [text for text in results.cautions if "secondary" in text]


def test_tables_are_the_texts_of_the_reports_files(results, tmp_path):
    shutil.copytree(SWEEP, tmp_path / "optimizers")
    written = {path.name: path for path in results.report(tmp_path / "optimizers", ["csv", "table"])}
    for form, name in (("latex", "table.tex"), ("markdown", "table.md"), ("csv", "table.csv")):
        assert results.table(form) == written[name].read_bytes().decode()
    assert {"summary.csv", "history.csv", "aggregate.csv", "comparisons.csv"} <= {*written}


def test_every_figure_is_drawn_and_a_notebook_shows_it_without_a_backend(results):
    for name in results.figures():
        figure = results.figure(name)
        assert isinstance(figure, Figure)
        assert figure.axes
        assert copy.deepcopy(figure)._repr_png_().startswith(b"\x89PNG")
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_names_are_escaped_in_a_notebook(make_run):
    for seed in range(2):
        make_run(f"odd/a{seed}", label="<script>alert(1)</script>", seed=seed)
        make_run(f"odd/b{seed}", label="b & \x1b[31m", seed=seed)
    page = runner.load("odd")._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "b &amp; \\x1b[31m" in page


def test_two_data_sets_of_one_name_are_not_compared_until_one_is_chosen(make_run):
    for number, letter in enumerate("aabb"):
        make_run(f"s/{number}", [f"optimizer={'sgd' if number % 2 else 'adam'}"], fingerprint=letter * 64)
    results = runner.load("s")
    assert repr(results).startswith("<Results: 4 runs; these runs used 2 different data sets named mnist (aaa")
    with pytest.raises(runner.UserError, match="2 different data sets named mnist"):
        results.aggregate  # noqa: B018
    assert results.runs["fingerprint"].str[0].tolist() == ["a", "a", "b", "b"]
    assert len(results.history) > 0
    assert len(results.where(fingerprint="a" * 64).runs) == 2


def test_a_configuration_is_read_once_for_all_questions(make_run, monkeypatch):
    make_run("s/0", ["optimizer.learning_rate=0.1"])
    (make_run("s/1") / "config.yaml").write_text("optimizer: {learning_rate: 0.2}\n")
    read = []
    of_run = Values._config
    monkeypatch.setattr(
        Values,
        "_config",
        lambda self, run: (read.append(self) if run.directory.path not in self._configs else None, of_run(self, run))[
            1
        ],
    )
    results = runner.load("s")
    results.compare(metric="test_loss").where({"optimizer.learning_rate": 0.2}).compare(metric="val_loss")
    assert len(read) == 1


def test_a_damaged_run_is_left_out_and_named(make_run, caplog):
    make_run("s/0")
    (make_run("s/1") / "record.json").write_text("{")
    assert len(runner.load("s")) == 1
    assert "left out: s/1/record.json: not a valid run record" in caplog.text
    assert isinstance(runner.load("s")._runs[0], Collected)


def test_results_over_data_sets_are_those_of_the_report(make_run):
    for name in ("mnist", "digits", "letters"):
        for optimizer, accuracy in {"sgd": 0.5, "adam": 0.6}.items():
            for seed in range(2):
                make_run(
                    f"runs/{name}_{optimizer}_{seed}", [f"dataset={name}", f"optimizer={optimizer}"], seed=seed,
                    dataset=name, fingerprint=name, accuracies=[accuracy + seed / 100],
                )  # fmt: skip
    compared = runner.load("runs").compare(baseline="sgd", rope=0.01)
    compared.report("paper", ["csv"])
    written = pd.read_csv("paper/tasks.csv").fillna(dict.fromkeys(("baseline", "verdict", "reason"), ""))
    assert_frame_equal(compared.tasks, written, check_dtype=False)
    assert compared.tasks.set_index("variant").loc["optimizer=adam", "p_better"] > 0.95


def test_a_figure_is_drawn_into_given_axes_without_a_title_or_a_change_of_their_size(results):
    own = Figure(figsize=(8, 3))
    left, right = own.subplots(1, 2)
    assert results.figure("forest", ax=left) is own
    results.figure("test_accuracy", ax=right)
    assert [label.get_text() for label in left.get_yticklabels()] == ["adam"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["sgd", "adam"]
    assert (own.get_suptitle(), own.legends, own.get_size_inches().tolist()) == ("", [], [8, 3])
    assert left.get_legend().get_texts()[0].get_text() == "paired difference of one seed"
    assert len(own.axes) == 2


def test_every_panel_needs_its_axes(results):
    axes = Figure().subplots(1, 2)
    assert results.figure("accuracy", ax=axes).axes == [*axes]
    with pytest.raises(
        runner.UserError, match=r"accuracy: has 2 panels, but ax contains 1 Axes; pass one for each panel, as from "
    ):
        results.figure("accuracy", ax=axes[0])


def test_a_figure_has_the_style_the_width_and_the_font_that_were_asked_for(results):
    figure = results.figure("forest", style="paper", width=140, font="DejaVu Serif")
    assert figure.get_figwidth() * 25.4 == pytest.approx(140)
    assert not figure.get_suptitle()
    figure.draw_without_rendering()  # as with the user's savefig
    assert figure.axes[0].get_yticklabels()[0].get_fontname() == "DejaVu Serif"
    with pytest.raises(runner.UserError, match="--style screens: no such style; did you mean screen"):
        results.report("paper", ["png"], style="screens")


def test_a_report_has_the_tables_and_the_figures_data_that_were_asked_for(results, tmp_path):
    written = results.report(tmp_path / "paper", ["table", "png"], order="result", siunitx=True, figure_data=True)
    assert "forest_data.csv" in {path.name for path in written}
    table = (tmp_path / "paper" / "table.tex").read_text()
    assert "siunitx" in table
    assert table.index("adam") < table.index("sgd &")
    with pytest.raises(runner.UserError, match="results: no such order; did you mean result"):
        results.report(tmp_path / "paper", order="results")
