"""index.html in a real browser, if one is installed."""

import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.figures.forest_plot import WORDS
from runner.reporting.formats import Output
from runner.reporting.page.page import page_text
from runner.reporting.page.page_tables import environment_table, variants_table
from runner.reporting.page.runs_table import runs_table
from runner.reporting.page.sections import Drawing
from runner.reporting.report import report, results_table
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.tables.paper_table import PaperTable, paper_table
from tests.imports import REPOSITORY
from tests.reporting.page.conftest import HOSTILE


def column(browser, table, position):
    rows = browser.find_elements(By.CSS_SELECTOR, f"#{table} tbody tr:not([hidden])")
    return [row.find_elements(By.TAG_NAME, "td")[position].text for row in rows]


class Text(HTMLParser):
    """The visible text of a page, and its scripts."""

    def __init__(self):
        super().__init__()
        self.text, self.scripts, self.tags = [], 0, set()

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script" and ("type", "application/json") not in attributes
        self.tags |= {(tag, name) for name, value in attributes if value and value.startswith(("http", "//"))}

    def handle_data(self, data):
        self.text.append(data)


def test_what_comes_from_a_configuration_stays_text_and_nothing_points_outside(page):
    parser = Text()
    parser.feed(page.read_text())
    assert parser.scripts == 2  # the library's and the page's own
    assert not parser.tags
    assert f"{HOSTILE} (mean test accuracy 90.50%" in "".join(parser.text)
    assert "E: <script>" in "".join(parser.text)


@pytest.mark.usefixtures("undrawn")
def test_the_best_of_each_data_set_is_bold_as_in_the_paper_s_table(make_run, tmp_path):
    for dataset, accuracies in {"mnist": (0.9, 0.8), "digits": (0.5, 0.6)}.items():
        for label, accuracy in zip("ab", accuracies, strict=True):
            make_run(f"sweep/{dataset}_{label}", label=label, dataset=dataset, accuracies=[accuracy])
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["table", "html"]))
    page = (tmp_path / "out" / "index.html").read_text()
    assert "<h1>Test accuracy of 2 variants</h1>" in page
    assert re.findall(r'class="best">([\d.]+)', page) == ["60.00", "90.00"]
    assert re.findall(r"\*\*([\d.]+)", (tmp_path / "out" / "table.md").read_text()) == ["60.00", "90.00"]


@pytest.mark.usefixtures("undrawn")
def test_commands_to_make_it_again_can_be_pasted(make_run, tmp_path):
    make_run("sweep/0", overrides=["optimizer.layerwise={decay: 0.8}", "seed=0"])
    make_run("sweep/1", overrides=["seed=1"])
    report([tmp_path / "sweep"], tmp_path / "out", output=Output(["html"]))
    page = unescape((tmp_path / "out" / "index.html").read_text())
    assert "runner 'optimizer.layerwise={decay: 0.8}' seed=0\nrunner seed=1</pre>" in page


def test_a_table_sorts_by_its_heads_also_by_keyboard(opened):
    heads = opened.find_elements(By.CSS_SELECTOR, "#table-variants th button")
    heads[1].send_keys(Keys.ENTER)
    assert column(opened, "table-variants", 0) == ["=1+1", "sgd", HOSTILE, "broken"]  # rows without a value are last
    heads[1].send_keys(Keys.ENTER)
    assert column(opened, "table-variants", 0) == [HOSTILE, "sgd", "=1+1", "broken"]
    cell = opened.find_elements(By.CSS_SELECTOR, "#table-variants th")[1]
    assert cell.get_attribute("aria-sort") == "descending"


def test_a_table_shows_the_rows_that_hold_every_word(opened):
    field = opened.find_element(By.CSS_SELECTOR, "input[data-filters='table-runs']")
    field.send_keys("COMPLETED width=2")
    assert column(opened, "table-runs", 0) == ["=1+1", "=1+1"]
    assert opened.find_element(By.CSS_SELECTOR, "output[data-counts='table-runs']").text == "2 of 7"
    field.clear()
    field.send_keys("alert")
    assert column(opened, "table-runs", 0) == [HOSTILE, HOSTILE]


def test_every_figure_is_drawn(opened):
    sizes = opened.execute_script("return [...document.images].map((image) => [image.complete, image.naturalWidth])")
    assert len(sizes) >= 4
    assert all(complete and width > 100 for complete, width in sizes)


def test_there_is_no_console_error_and_nothing_is_fetched(opened, page):
    assert [entry for entry in opened.get_log("browser") if entry["level"] != "INFO"] == []
    asked = [entry["message"] for entry in opened.get_log("performance") if 'requestWillBeSent"' in entry["message"]]
    assert all(f'"url":"{page.as_uri()}"' in message or '"url":"data:' in message for message in asked)
    assert any(page.as_uri() in message for message in asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_a_narrow_window_in_light_and_dark(opened, scheme):
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    size = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    assert opened.execute_script("return document.documentElement.scrollWidth") <= 360
    colors = opened.execute_script("const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]")
    ink, paper = ([int(part) for part in re.findall(r"\d+", color)] for color in colors)
    assert abs(sum(ink) - sum(paper)) > 400
    assert (sum(paper) < sum(ink)) == (scheme == "dark")


def resize(browser, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def hints(browser, kind):
    """Return, for each box of a kind, whether its scroll hint is visible."""
    found = browser.find_elements(By.CSS_SELECTOR, f"{kind} .hint")
    assert found
    return {hint.is_displayed() for hint in found}


def test_texts_of_all_figures_have_the_same_size_and_wide_ones_say_where_they_do_not_fit(opened):
    resize(opened, 1200)
    opened.find_element(By.CSS_SELECTOR, "#figures .tools input").click()  # also those that charts replace
    scales = opened.execute_script(
        "return [...document.querySelectorAll('figure img')].map((image) => image.clientWidth / image.naturalWidth)"
    )
    assert max(scales) < 1.15 * min(scales)
    assert hints(opened, "figure.wide") == {False}
    resize(opened, 400)
    WebDriverWait(opened, 5).until(lambda _: hints(opened, "figure.wide") == {True})
    assert hints(opened, "#variants") == hints(opened, "#runs") == {True}
    assert hints(opened, "#environment") == {False}


def test_figures_with_the_same_title_have_different_names_for_screen_readers(make_run, tmp_path):
    make_run("sweep/0")
    left_out, paths = LeftOut(), [tmp_path / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    drawings = [Drawing(stem, "", "data:,", wide=True, alt="Figure. Errors") for stem in ("accuracy", "heat_map")]
    text = page_text(results, drawings, results_table(results), tmp_path)
    assert re.findall(r'aria-label="(Figure.*?)"', text) == ["Figure. Errors (heat map)", "Figure. Errors (accuracy)"]


def test_in_the_dark_figures_keep_their_colours(opened):
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    filters = opened.execute_script(
        "return [...document.querySelectorAll('figure img')].map((image) => getComputedStyle(image).filter)"
    )
    assert len(filters) >= 4
    assert not [used for used in filters if "invert" in used or "hue" in used]


def links(page):
    return [unescape(found) for found in re.findall(r'<a href="([^#][^"]*)">', page.read_text())]


@pytest.mark.usefixtures("undrawn")
def test_every_run_leads_to_its_directory_whatever_it_is_called(make_run, tmp_path):
    names = ["sweep/plain", "sweep/javascript:alert(1)", "sweep/50%25 #1?x=<b>", "sweep/é \u8bad"]
    made = [make_run(name, label=name) for name in names]
    for out in (tmp_path / "sweep", tmp_path / "far" / "away"):
        report([tmp_path / "sweep"], out, output=Output(["html"]))
        found = links(out / "index.html")
        assert {link[:2] for link in found} == {"./"}
        assert {(out / unquote(link)).resolve() for link in found} == {path.resolve() for path in made}


def test_a_caption_says_what_dots_and_bands_are_and_never_repeats_the_files_name(page):
    captions = re.findall(r"<figcaption>([^<]*)", page.read_text())
    assert len(captions) >= 4
    assert len(set(captions)) == len(captions)
    assert all(" " in caption and caption.endswith(".") for caption in captions)
    assert [caption for caption in captions if "bands their 95% t-intervals" in caption]
    assert [caption for caption in captions if "Each dot is a seed" in caption]


def verdicts_of(results):
    table = variants_table(results, PaperTable([], [""] * len(results.variants), str))
    place = [column.name for column in table.columns].index("verdict")
    return [row[place].parts[0][0] for row in table.rows]


def test_the_verdict_baseline_stands_at_the_baseline_alone(make_run, tmp_path):
    make_run("sweep/0", label="wild", status="diverged")
    make_run("sweep/1", label="sgd")
    make_run("sweep/2", label="odd", status="failed")
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    assert verdicts_of(results) == ["baseline", "undecided: too few seeds", "not compared"]


def predictions(right):
    """Return predictions of two classes that are correct on these test examples."""
    labels = np.zeros(len(right), int)
    probabilities = np.where(np.reshape(right, (-1, 1)), [0.9, 0.1], [0.1, 0.9])
    return {f"{part}_{kind}": own for part in ("test", "validation")
            for kind, own in (("probabilities", probabilities), ("labels", labels))}  # fmt: skip


def test_the_interval_for_new_images_is_a_column_where_predictions_are_known(make_run, tmp_path):
    rights = [[True, True, False, True], [True, True, True, True], [False, True, True, True], [True] * 4]
    for number, right in enumerate(rights):
        own = {"label": "ab"[number % 2], "seed": number // 2, "test": {"accuracy": np.mean(right)}}
        make_run(f"with/{number}", predictions=predictions(right), **own)
        make_run(f"without/{number}", **own)
    tables = {}
    for name in ("with", "without"):
        results = report([tmp_path / name], tmp_path / "out", output=Output(["csv"])).results
        tables[name] = variants_table(results, PaperTable([], [""] * len(results.variants), str))
    heads = {name: [column.name for column in table.columns] for name, table in tables.items()}
    baseline, other = (dict(zip(heads["with"], row, strict=True)) for row in tables["with"].rows)
    assert other["95% interval, new test examples too"].parts[0][0].startswith("[")
    assert baseline["95% interval, new test examples too"].parts[0][0] == ""
    assert {*heads["with"]} - {*heads["without"]} == {"95% interval, new test examples too"}


def test_why_the_seeds_cannot_decide_is_said_once_below_the_variants(make_run, tmp_path):
    for seed in range(2):
        for label in "abc":
            make_run(f"sweep/{label}{seed}", label=label, seed=seed)
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    table = paper_table(results.summary, results.aggregate, results.comparisons, {}, None)
    assert verdicts_of(results) == ["baseline", "undecided: too few seeds", "undecided: too few seeds"]
    assert variants_table(results, table).caption.count("2 seeds are too few (6 needed)") == 1


def test_the_environment_names_the_machine_and_counts_its_runs(make_run, tmp_path):
    one = {"kind": "cpu", "name": "CPU", "processor": "Some CPU", "cores": 4, "memory_gb": 15.5, "system": "Linux 6"}
    other = {
        "kind": "gpu",
        "name": "Some GPU",
        "processor": "Some CPU",
        "cores": 4,
        "memory_gb": 31,
        "system": "Linux 6",
    }
    for number, device in enumerate([one, one, other, {"kind": "cpu", "name": "CPU"}]):
        make_run(f"sweep/{number}", seed=number, device=device)
    runs = find_runs([tmp_path / "sweep"], LeftOut())
    rows = {tuple(cell.parts[0][0] for cell in row) for row in environment_table(run.record for run in runs).rows}
    assert {
        ("device", "Some CPU", "2"), ("device", "Some GPU", "1"), ("device", "CPU", "1"), ("cores", "4", "3"),
        ("memory", "15.5 GB", "2"), ("memory", "31 GB", "1"), ("operating system", "Linux 6", "3"),
    } <= rows  # fmt: skip


def test_overrides_that_the_baseline_does_not_have_are_highlighted(opened):
    found = opened.find_elements(By.CSS_SELECTOR, "#table-runs mark")  # in a column that is shown on demand
    marks = {mark.get_attribute("textContent") for mark in found}
    assert marks == {"model.width=1", "model.width=2", "optimizer=adam"}


def test_overrides_of_all_runs_stand_once_below_the_table(make_run, tmp_path):
    for name in ("adam", "sgd"):
        make_run(f"sweep/{name}", label=name, overrides=["training.epochs=3", f"optimizer={name}", "seed=0"])
    results = report([tmp_path / "sweep"], tmp_path / "out", output=Output(["csv"])).results
    table = runs_table(results, tmp_path / "out")
    place = [column.name for column in table.columns].index("overrides")
    assert [row[place].parts for row in table.rows] == [[("optimizer=adam", False)], [("optimizer=sgd", True)]]
    assert table.caption.endswith("All runs have training.epochs=3.")


def test_the_verdict_stands_before_the_columns_that_a_screen_may_cut_off(make_run, tmp_path):
    for seed in range(7):
        for label, shift in (("a", 0), ("b", 0.0001)):
            make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=(0.5, 0.6 + seed / 100 + shift))
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(margin=0.001), Output(["csv"])).results
    table = variants_table(results, PaperTable([], [""] * 2, str))
    names = [column.name for column in table.columns]
    assert names.index("p (equivalence)") + 1 == names.index("verdict") == names.index("effect size") - 1
    baseline, other = (row[names.index("verdict")] for row in table.rows)
    assert (baseline.parts[0][0], baseline.kind) == ("baseline", "")
    assert (other.parts[0][0], other.kind) == ("equivalent", "same")


@pytest.mark.parametrize("sheet", ["reporting/page/page.css", "gallery/gallery.css"])
def test_verdicts_have_the_colors_of_the_figures(sheet):
    colors = dict(
        re.findall(r"--(good|bad|same): (#\w+)", (REPOSITORY / "runner" / sheet).read_text().split("@media")[0])
    )
    assert {name: color.upper() for name, color in colors.items()} == {
        "good": WORDS["better"], "bad": WORDS["worse"], "same": WORDS["equivalent"],
    }  # fmt: skip


def test_a_failure_shows_its_traceback_on_demand(opened):
    details = opened.find_element(By.CSS_SELECTOR, "#failures details")
    assert not details.find_element(By.TAG_NAME, "pre").is_displayed()
    details.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    assert details.find_element(By.TAG_NAME, "pre").text.startswith("E: <script>")


def test_with_a_margin_the_page_has_its_p_and_the_four_verdicts(make_run, tmp_path):
    for seed in range(7):
        for label, shift in (("a", 0), ("b", 0.0001), ("c", 0.1)):
            make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=(0.5, 0.6 + seed / 100 + shift))
    results = report([tmp_path / "sweep"], tmp_path / "out", Wish(margin=0.001), Output(["csv"])).results
    assert verdicts_of(results) == ["baseline", "equivalent", "better"]
    table = variants_table(results, PaperTable([], [""] * 3, str))
    place = [column.name for column in table.columns].index("p (equivalence)")
    assert [row[place].parts[0][0] for row in table.rows] == ["", "0.016", "1.000"]
    assert {len(row) for row in table.rows} == {len(table.columns)}


def test_a_distant_default_baseline_is_named_above_the_plot_and_the_heat_map_is_below(make_run, tmp_path):
    levels = [(optimizer, rate) for optimizer in ("adam", "sgd") for rate in ("0.001", "0.1")]
    for (optimizer, rate), accuracy in zip(levels, (0.2, 0.8, 0.9, 0.95), strict=True):
        for seed in range(2):
            overrides = [f"optimizer={optimizer}", f"optimizer.learning_rate={rate}"]
            make_run(f"sweep/{optimizer}{rate}{seed}", overrides, seed=seed, accuracies=[0.1, accuracy + seed / 100])
    left_out, paths = LeftOut(), [tmp_path / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    drawings = [Drawing("heat_map", "", "data:,", wide=False, alt="Figure. Heat map")]
    text = page_text(results, drawings, results_table(results), tmp_path)
    assert text.count("is the first variant") == len(results.distant_baselines) == 1
    places = ["is the first variant", 'class="forest', "Effects of the axes", 'id="figure-heat_map"', 'id="charts"']
    assert [*map(text.index, places)] == sorted(map(text.index, places))


def test_the_table_of_variants_has_the_comparisons_with_the_best(make_run, tmp_path):
    scores = {"base": 0.5, "best": 0.8, "bad": 0.2}
    for label, score in scores.items():
        for seed in range(7):
            accuracy = score + 0.01 * seed + 0.001 * (seed * len(label) % 3)
            make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=[0.1, accuracy])
    left_out, paths = LeftOut(), [tmp_path / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    table = variants_table(results, results_table(results))
    places = [
        [column.name for column in table.columns].index(name) for name in ("difference from best", "p versus best")
    ]
    texts = [[row[place].parts[0][0] for place in places] for row in table.rows]
    means = results.aggregate.set_index("variant")["mean"]
    gaps = [f"{100 * (mean - means['best']):+.2f}".replace("-", "\N{MINUS SIGN}") for mean in means]
    assert dict(zip(means.index, texts, strict=True)) == {
        label: ["", ""] if label == "best" else [gap, "0.016"]  # 2 / 2^7
        for label, gap in zip(means.index, gaps, strict=True)
    }
