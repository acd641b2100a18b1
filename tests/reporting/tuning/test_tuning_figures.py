import pandas as pd
import pytest
from matplotlib.figure import Figure

from runner.core.omissions import LeftOut
from runner.reporting import report as reports
from runner.reporting.collection.collect import find_runs
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.tuning.importances import IMPORTANCE_COLUMNS
from runner.reporting.tuning.tuning_figures import tuning_figures

FIGURES = ["tuning_curve", "tuning_history", "tuning_slices", "importances", "tuning_parallel"]
TWO_KEYS = [f"rate={n / 12:.3f} beta={n % 5}" for n in range(12)]
CSV = Output(["csv"])


@pytest.fixture
def sweep(make_run, tmp_path):
    make_run("sweep/0", label="sgd")
    return tmp_path / "sweep"


def tune(sweep, points, variant="sgd", scores=None):
    """Write the tuning table of a study that tried these points of its only variant."""
    rows = {"variant": variant, "point": points, "val_accuracy": scores or [0.1 * n % 0.9 for n in range(len(points))]}
    table = pd.DataFrame(rows | {"seeds": 1, "scored": 1, "on_edge": False, "budget": len(points)})
    table.assign(chosen=table.index == 0).to_csv(sweep / "tuning.csv", index=False)


@pytest.mark.parametrize(
    ("points", "stems"),
    [
        (TWO_KEYS, [stem for stem in FIGURES if stem != "importances"]),  # the forest predicts nothing
        (["rate=1 beta=2", "rate=2 beta=3"], [stem for stem in FIGURES if stem != "importances"]),
        (["rate=1", "rate=2"], FIGURES[:3]),
        (["", ""], FIGURES[:2]),
        (["rate=1"], []),
        ([], []),
    ],
)
def test_a_study_has_the_figures_that_its_trials_allow(sweep, points, stems):
    tune(sweep, points)
    results = read_results(find_runs([sweep]), [sweep], Wish(), LeftOut())
    assert [stem for stem, _ in tuning_figures(results, {})] == stems
    assert results.left_out.reasons == (
        [] if points else [f"{sweep / 'tuning.csv'}: not a tuning table (chosen holds object)"]
    )


def test_importances_are_drawn_if_the_forest_predicts_unseen_trials(sweep):
    tune(sweep, TWO_KEYS, scores=[n / 12 for n in range(12)])
    results = read_results(find_runs([sweep]), [sweep], Wish(), LeftOut())
    assert [stem for stem, _ in tuning_figures(results, {})] == FIGURES


def test_the_history_of_a_search_keeps_its_name(make_run, tmp_path):
    make_run("sweep/0", label="search")
    tune(tmp_path / "sweep", ["rate=1", "rate=2"], variant="search")
    results = read_results(find_runs([tmp_path / "sweep"]), [tmp_path / "sweep"], Wish(), LeftOut())
    assert [stem for stem, _ in tuning_figures(results, {})] == ["tuning_curve", "search", "tuning_slices"]


def test_a_study_that_was_not_tuned_has_none(sweep):
    results = read_results(find_runs([sweep]), [sweep], Wish(), LeftOut())
    assert [*tuning_figures(results, {})] == []
    assert results.importances.notes == []


def test_figures_of_the_tuning_stand_in_its_section_of_the_page(sweep, tmp_path, monkeypatch):
    tune(sweep, TWO_KEYS[:9])
    monkeypatch.setattr(reports, "report_figures", lambda *_, **__: ((stem, Figure) for stem in ["accuracy", *FIGURES]))
    made = report([sweep], tmp_path / "out", output=Output(["html"]))
    page = (tmp_path / "out" / "index.html").read_text()
    section = page.partition('<section id="tuning">')[2].partition("</section>")[0]
    assert section.count("<figure ") == len(FIGURES)
    assert page.count("<figure ") == len(FIGURES) + 1
    assert made.results.importances.notes[0] in section


def test_importances_have_their_table_until_another_report_lacks_them(sweep, tmp_path):
    tune(sweep, TWO_KEYS)
    report([sweep], tmp_path / "out", output=CSV)
    frame = pd.read_csv(tmp_path / "out" / "importances.csv")
    assert list(frame) == IMPORTANCE_COLUMNS
    assert {*frame["key"]} == {"rate", "beta"}
    for name in ("importances.png", "tuning_parallel.svg", "tuning_slices.svg", "tuning_notes.txt"):
        (tmp_path / "out" / name).touch()
    tune(sweep, ["rate=1", "rate=2"])
    report([sweep], tmp_path / "out", output=CSV)
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert not {"importances.csv", "importances.png", "tuning_parallel.svg"} & left
    assert {"tuning_slices.svg", "tuning_notes.txt"} <= left


def test_importances_that_a_search_wrote_stay(sweep, tmp_path):
    (tmp_path / "out").mkdir()
    for name in ("trials.csv", "importances.csv"):
        (tmp_path / "out" / name).write_text("key,importance\nrate,1\n")
    report([sweep], tmp_path / "out", output=CSV)
    assert (tmp_path / "out" / "importances.csv").read_text() == "key,importance\nrate,1\n"
