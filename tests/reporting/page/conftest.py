"""Pages with hostile names, opened in the browser."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.formats import Output
from runner.reporting.page.page import write_page
from runner.reporting.report import report, results_table
from runner.reporting.result_reader import Wish, read_results
from tests.browser import opened_anew
from tests.reporting.conftest import run_maker

HOSTILE = "<script>alert(1)</script>"


def study(base: Path) -> None:
    """Three variants, one of them hostile; a failure; accuracies that differ."""
    make_run = run_maker(base)
    for number, (variant, accuracy) in enumerate([("sgd", 0.8), (HOSTILE, 0.9), ("=1+1", 0.7)]):
        for seed in range(2):
            directory = make_run(
                f"sweep/{number}_{seed}",
                overrides=["optimizer=sgd", f"model.width={number}"],
                label=variant,
                seed=seed,
                accuracies=[0.5, accuracy + seed / 100],
            )
            (directory / "run.log").touch()
    make_run("sweep/failed", overrides=["optimizer=adam"], label="broken", status="failed", error=f"E: {HOSTILE}\n  it")
    report([base / "sweep"], base / "out", output=Output(["html"]))


@pytest.fixture(scope="session")
def page(once) -> Path:
    return once("page", study) / "out" / "index.html"


RATES = {"lr=0.001": 0.5, "lr=0.1": 0.9, "lr=1.0": None}
RATES_AND_SIZES = {"lr=0.001 size=8": 0.5, "lr=0.1 size=32": 0.9, "lr=0.01 size=8": 0.7, "lr=1.0 size=16": None}


def tuned_study(base: Path, points: Mapping[str, float | None] = RATES) -> None:
    """Two variants, each with a trial of each point and its score; the page has no figures."""
    make_run, rows = run_maker(base), []
    for variant in ("sgd", "adam"):
        make_run(f"sweep/{variant}", label=variant)
        rows += [(variant, point, score) for point, score in points.items()]
    table = pd.DataFrame(rows, columns=["variant", "point", "val_accuracy"])
    table = table.assign(seeds=1, scored=1, chosen=table["val_accuracy"] == 0.9, on_edge=False, budget=len(points))
    table.to_csv(base / "sweep" / "tuning.csv", index=False)
    left_out, paths = LeftOut(), [base / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    write_page(results, [], results_table(results), base / "index.html")


def two_datasets(base: Path) -> None:
    """Two variants on three data sets; the page has no figures."""
    make_run = run_maker(base)
    for dataset, accuracy in (("digits", 0.5), ("mnist", 0.9), ("wine", 0.7)):
        for label in ("sgd", "adam"):
            make_run(f"sweep/{label}_{dataset}", label=label, dataset=dataset, accuracies=[0.1, accuracy])
    left_out, paths = LeftOut(), [base / "sweep"]
    results = read_results(find_runs(paths, left_out), paths, Wish(), left_out)
    write_page(results, [], results_table(results), base / "index.html")


@pytest.fixture
def opened_datasets(browser, once):
    """The browser with the page on two data sets."""
    yield opened_anew(browser, (once("page of data sets", two_datasets) / "index.html").as_uri())
    browser.execute_script("localStorage.clear()")


@pytest.fixture
def opened_tuned(browser, once):
    return opened_anew(browser, (once("tuned page", tuned_study) / "index.html").as_uri())


@pytest.fixture
def opened_tuned_over_two_keys(browser, once):
    build = partial(tuned_study, points=RATES_AND_SIZES)
    return opened_anew(browser, (once("page tuned over two keys", build) / "index.html").as_uri())


@pytest.fixture
def opened(browser, page):
    """The browser with the newly opened page, and empty logs."""
    yield opened_anew(browser, page.as_uri())
    browser.execute_script("localStorage.clear()")  # permission for all files
