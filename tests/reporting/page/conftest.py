"""A browser for the tests of the page: one process for all of them."""

import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from runner.reporting.formats import Output
from runner.reporting.report import report
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


@pytest.fixture(scope="session")
def browser():
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and chromedriver):
        pytest.skip("no Chromium with its driver on this machine")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(chromedriver))
    yield driver
    driver.quit()


@pytest.fixture
def opened(browser, page):
    """The browser with the page as it is when it is opened, and nothing of it in the logs before."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(page.as_uri())
    return browser
