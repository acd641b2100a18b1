"""Browser for the tests of pages: one process for all of them."""

import shutil
from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; if it or its driver is missing, the test is skipped."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

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


def opened_anew(browser, address: str):
    """Return the browser with an open page, the default size and colours, and empty logs."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(address)
    return browser


def until(browser, condition: Callable[[Any], Any]):
    """Return the first true value of a condition; while the page changes, its elements may be missing."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.wait import WebDriverWait

    return WebDriverWait(browser, 30, ignored_exceptions=[WebDriverException]).until(condition)
