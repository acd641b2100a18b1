"""The gallery in a real browser, if one is installed: filter, width, colours, printing, updates."""

import threading

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from runner.gallery.page import write_gallery
from runner.gallery.reports import Reports
from runner.gallery.server import Server
from runner.gallery.site import Site
from tests.browser import opened_anew, until
from tests.gallery.conftest import JOBS, report_on
from tests.reporting.page.test_page_accessibility import checked
from tests.sweeps.made_up import end


@pytest.fixture
def opened(browser, outputs):
    return opened_anew(browser, write_gallery(outputs).as_uri())


@pytest.fixture
def served(browser, outputs, clock):
    """The browser with the gallery of a server."""
    site = Site(outputs, Reports(lambda directory: f"<title>made of {directory.name}</title>"), clock=clock)
    with Server(site.answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield opened_anew(browser, server.url)
        browser.get("about:blank")
        server.shutdown()
        thread.join()


def shown(browser) -> list[str]:
    return [title.text for title in browser.find_elements(By.CSS_SELECTOR, "article:not([hidden]) h3") if title.text]


def test_the_filter_shows_the_entries_that_hold_every_word(opened):
    assert len(shown(opened)) == 11
    opened.find_element(By.ID, "filter").send_keys("INTERRUPTED end?")
    assert shown(opened) == ["Will it end?"]
    assert opened.find_element(By.ID, "count").text == "1 of 11"
    assert [title.text for title in opened.find_elements(By.CSS_SELECTOR, "h2") if title.is_displayed()] == [
        "Studies",
        "Left out",
    ]


def test_entries_are_sorted_by_date_name_or_verdict(opened):
    def sorted_by(order):
        Select(opened.find_element(By.ID, "order")).select_by_value(order)
        return [title.text for title in opened.find_elements(By.CSS_SELECTOR, "#study h3")]

    by_date = sorted_by("date")
    assert sorted_by("name") == sorted(by_date, key=str.casefold)
    assert sorted_by("verdict")[0].startswith("Is sgd worse?")  # the only one with a verdict
    assert sorted_by("date") == by_date


def test_nothing_is_fetched_and_nothing_is_refused(opened):
    asked = [line["message"] for line in opened.get_log("performance") if "requestWillBeSent" in line["message"]]
    assert all("file://" in message for message in asked)
    assert opened.get_log("browser") == []


def test_a_narrow_window_needs_no_scrolling_sideways(opened):
    for width in (400, 1200):
        opened.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": True},
        )
        assert opened.execute_script("return document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("width", [400, 1200])
def test_nothing_violates_wcag_aa(opened, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    violations, rules = checked(opened)
    assert violations == []
    assert {"color-contrast", "select-name", "label"} <= {*rules}


def test_it_is_dark_where_the_system_is(opened):
    def paper() -> str:
        return opened.execute_script("return getComputedStyle(document.body).backgroundColor")

    light = paper()
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    assert (light, paper()) == ("rgb(255, 255, 255)", "rgb(21, 23, 28)")


def test_news_arrive_without_losing_the_filter(served, outputs, clock):
    field = served.find_element(By.ID, "filter")
    field.send_keys("end?")
    assert "2 of 4 runs" in served.find_element(By.CSS_SELECTOR, "article:not([hidden])").text
    end(JOBS[2], outputs / "studies" / "stopped", "completed")
    clock.now += 2
    served.execute_script("look()")
    until(served, lambda browser: "3 of 4 runs" in browser.find_element(By.CSS_SELECTOR, "article:not([hidden])").text)
    assert field.get_attribute("value") == "end?"
    assert shown(served) == ["Will it end?"]
    assert served.get_log("browser") == []


def test_a_report_follows_its_runs_until_the_disk_has_it(served, outputs, clock):
    served.find_element(By.LINK_TEXT, "Will it end?").click()
    inner = "return document.querySelector('iframe').contentDocument.title"
    until(served, lambda browser: browser.execute_script(inner) == "made of stopped")
    assert served.find_element(By.ID, "detail").text == "2 of 4 runs"
    for job in JOBS:
        end(job, outputs / "studies" / "stopped", "completed")
    clock.now += 2
    served.execute_script("look()")
    until(served, lambda browser: browser.find_element(By.ID, "detail").text == "4 runs")
    report_on(outputs / "studies" / "stopped")
    clock.now += 2
    served.execute_script("look()")
    until(served, lambda browser: browser.title == "the report")
    assert served.get_log("browser") == []
