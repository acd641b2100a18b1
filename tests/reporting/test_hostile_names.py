"""Names that YAML, pandas, matplotlib, LaTeX, spreadsheets or browsers might interpret are treated as text."""

import json
import shutil
from html.parser import HTMLParser

import pandas as pd
import pytest

from runner.core.csv_cells import as_meant
from runner.core.read import read_rows
from runner.core.write import write_csv
from runner.reporting import report as module
from runner.reporting.collection.collect import find_runs
from runner.reporting.figures.drawing.canvas import as_svg
from runner.reporting.figures.drawing.fonts import legible
from runner.reporting.figures.drawing.styles import variant_styles
from runner.reporting.figures.learning_curves import learning_curves
from runner.reporting.figures.of_confusion import confusion_matrix
from runner.reporting.formats import Output
from runner.reporting.report import report
from runner.reporting.result_reader import Wish
from tests.reporting.conftest import run_maker

NAMES = [
    "none", "None", "NA", "N/A", "null", "nan", "NaN", "inf", "-inf", "true", "False", "032", "1e5", "1_000", "0x1f",
    "_base", "__init__", "[l2]", "[l2,dropout]", "*star", "{}", "{a}", "~", "-", "--", "=1+1", "+x", "@x", "'quoted'",
    '"double"', "'=x", "a,b", "a;b", "a b", " a", "a=b", "a#b", "a: b", "# a", "$x$", "$", "$$", "a$b", r"\alpha",
    r"\\", "%", "&amp;", "a&b", "a_b", "a^b", "<b>", "</script>", "a|b", "`x`", "50%", "é", "漢字", "-1.5", "mean",
    "run", "variant", "baseline", "index", "all", "nolegend", "_nolegend_", "seed", "..", ".", "a/b", "CON",
]  # fmt: skip
TABLES = ("summary.csv", "aggregate.csv", "comparisons.csv", "history.csv")


class Texts(HTMLParser):
    """The texts of a page's cells, as shown by a browser."""

    def __init__(self):
        super().__init__()
        self.found, self._open = [], False

    def handle_starttag(self, tag, attrs):
        if tag == "td":
            self._open = True
            self.found.append("")

    def handle_endtag(self, tag):
        self._open = self._open and tag != "td"

    def handle_data(self, data):
        if self._open:
            self.found[-1] += data


def write_study(sweep, *, tuned):
    """Write a study whose variants have these names, two seeds each; the baseline is `None`."""
    make_run = run_maker(sweep)
    rates = {name: f"optimizer.learning_rate=0.{number + 1}" for number, name in enumerate(NAMES)}
    for number, (name, rate) in enumerate(rates.items()):
        for seed in range(1 + (number < 9)):
            accuracies = [0.2, 0.5 + number / 1000 + seed / 10_000]
            make_run(f"{number:03}_{seed}", overrides=[rate], seed=seed, label=name, accuracies=accuracies)
    study = {"baseline": "None", "variants": {name: [rate] for name, rate in rates.items()}}
    (sweep / "plan.json").write_text(json.dumps({"study": study, "command": [], "jobs": []}))
    if tuned:
        columns = {"val_accuracy": 0.9, "seeds": 1, "scored": 1, "chosen": True, "on_edge": False}
        points = [{"variant": name, "point": name} | columns | {"budget": at} for at, name in enumerate(NAMES, start=2)]
        write_csv(sweep / "tuning.csv", points)


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """The directories and results of reports on the study, untuned and tuned, without figures."""
    made = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "report_figures", lambda *_, **__: iter(()))
        for tuned in (False, True):
            out = tmp_path_factory.mktemp("names")
            write_study(out / "sweep", tuned=tuned)
            formats = ["csv", "table", *["html"] * tuned]
            made[tuned] = out, report([out / "sweep"], out, Wish(), Output(formats)).results
    return made


def plain_again(text):
    """Return a text of a figure without the escapes for matplotlib."""
    return text.replace("\\$", "$").removeprefix("\u200b").replace("\n", " ")


def spaced(name):
    """Return a name as a legend breaks it, at commas."""
    return name.replace(",", ", ")


def names_in(path, column="variant"):
    return list(dict.fromkeys(as_meant(row[column]) for row in read_rows(path)))


@pytest.mark.parametrize("tuned", [False, True])
def test_a_variants_name_is_the_same_text_in_every_table(reports, tuned):
    out, results = reports[tuned]
    assert results.variants == NAMES
    assert results.baseline == "None"
    assert list(results.verdicts) == NAMES
    for table in TABLES:
        expected = [name for name in NAMES if name != "None"] if table == "comparisons.csv" else NAMES
        assert names_in(out / table) == expected, table
    assert names_in(out / "comparisons.csv", "baseline") == ["None"]
    assert results.aggregate["budget"].tolist() == [number + 2 if tuned else 1 for number in range(len(NAMES))]
    if tuned:
        assert names_in(out / "selection.csv") == names_in(out / "selection.csv", "point") == NAMES


def test_a_reader_of_the_tables_who_asks_for_text_gets_the_names(reports):
    frame = pd.read_csv(reports[False][0] / "aggregate.csv", dtype={"variant": str}, keep_default_na=False)
    assert frame["variant"].map(as_meant).tolist() == NAMES


def test_a_variants_name_is_the_same_text_on_the_page_and_in_markdown(reports):
    out, _ = reports[True]
    texts = Texts()
    texts.feed((out / "index.html").read_text())
    assert not set(NAMES) - set(texts.found)
    rows = (out / "table.md").read_text().splitlines()[2 : 2 + len(NAMES)]
    assert len(rows) == len(NAMES)
    assert {row.replace("\\\\", "").replace("\\|", "").count("|") for row in rows} == {7}


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex on this machine")
def test_a_table_of_all_names_compiles_in_latex(reports, tmp_path, shell):
    table = (reports[False][0] / "table.tex").read_text().replace("漢字", "")  # LaTeX's fonts lack this character
    (tmp_path / "table.tex").write_text(table)
    head = "\\documentclass{article}\n\\usepackage{array,booktabs,longtable}\n"
    (tmp_path / "paper.tex").write_text(f"{head}\\begin{{document}}\n\\input{{table}}\n\\end{{document}}\n")
    done = shell("pdflatex -interaction=nonstopmode -halt-on-error paper.tex", cwd=tmp_path)
    assert done.returncode == 0, done.stdout[-1500:]
    for name in ("[l2]", "*star"):  # LaTeX would read this as an argument of the preceding line end
        assert f"\n{{}}{name} &" in table


def test_every_variant_has_its_name_in_the_legend():
    for start in range(0, len(NAMES), 12):
        names = NAMES[start : start + 12]
        rows = [{"position": at, "variant": name, "seed": 0, "epoch": epoch, "accuracy": 0.5, "val_accuracy": 0.5}
                for at, name in enumerate(names) for epoch in (1, 2)]  # fmt: skip
        styles = variant_styles(names, names, names[0])
        figure = learning_curves(pd.DataFrame(rows), "accuracy", "", styles, seeds=False)
        shown = [text.get_text() for text in figure.legends[0].get_texts()]
        assert [plain_again(text).removesuffix(" (n\xa0=\xa01)") for text in shown] == [
            legible(spaced(name)) for name in names
        ]
        as_svg(figure)  # no name stops it


def test_classes_have_their_names_on_the_axes():
    for start in range(0, len(NAMES), 9):
        names = NAMES[start : start + 9]
        figure = confusion_matrix(pd.DataFrame(1.0, names, names).to_numpy(), "", names)
        shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
        assert [plain_again(text) for text in shown] == list(map(legible, names))
        as_svg(figure)  # no name stops it


def test_a_run_is_found_under_its_name_again(reports):
    runs = find_runs([reports[False][0] / "sweep"])
    assert list(dict.fromkeys(run.record.variant for run in runs)) == NAMES


def test_a_data_sets_name_is_the_same_text_everywhere(tmp_path):
    datasets = ("NA", "None", "_base", "[l2]", "032", "$x$", "=1+1")
    make_run = run_maker(tmp_path / "sweep")
    for dataset in datasets:
        for number, optimizer in enumerate(("sgd", "adam", "lion")):
            accuracies = [0.2, 0.5 + number / 10]
            overrides = [f"dataset={dataset}", f"optimizer={optimizer}"]
            make_run(f"{dataset}_{optimizer}", overrides, accuracies=accuracies, dataset=dataset, fingerprint=dataset)
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(), Output(["csv"])).results
    assert set(names_in(tmp_path / "out" / "aggregate.csv", "dataset")) == set(datasets)
    assert {name.partition(" ")[2] for name in results.variants} == {f"[{dataset}]" for dataset in datasets}
    (count,) = names_in(tmp_path / "out" / "ranks.csv", "datasets")
    assert count == str(len(datasets))
