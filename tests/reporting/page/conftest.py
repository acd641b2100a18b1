"""A page with hostile names, opened in the browser."""

from pathlib import Path

import pytest

from runner.reporting.formats import Output
from runner.reporting.report import report
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


@pytest.fixture
def opened(browser, page):
    """The browser with the page as it is when it is opened, and nothing of it in the logs before."""
    return opened_anew(browser, page.as_uri())
