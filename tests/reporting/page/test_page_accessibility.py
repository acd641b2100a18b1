"""The page checked against WCAG 2.2 AA in a browser by axe-core (bundled with the tests, MPL-2.0), and on paper."""

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

AXE = Path(__file__).with_name("axe")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHECK = """
const done = arguments[1];
axe.run(document, { runOnly: arguments[0] }).then(({ violations, passes }) => done([
  violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), passes.map(({ id }) => id),
]));
"""


def checked(browser):
    """Return the violations that axe-core finds, and the rules that it checked."""
    browser.execute_script((AXE / "axe.min.js").read_text())
    return browser.execute_async_script(CHECK, RULES)


def test_axe_is_the_published_one():
    recorded = dict(line.split()[::-1] for line in (AXE / "SHA256SUMS").read_text().splitlines())
    assert {path.name for path in AXE.iterdir()} == {*recorded, "SHA256SUMS"}
    for name, digest in recorded.items():
        assert hashlib.sha256((AXE / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("dark", 400)])
def test_nothing_violates_wcag_aa(opened, scheme, width):
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    opened.find_element(By.CSS_SELECTOR, ".legend button").click()  # a hidden variant
    opened.find_element(By.CSS_SELECTOR, "#runs summary").click()  # the choice of columns
    # Rows at whole pixels, also at a zoom of 125%, so that no sticky cell covers the line above it.
    heights = "return [...document.querySelectorAll('.data tbody tr')].map((row) => row.getBoundingClientRect().height)"
    assert {height % 4 for height in opened.execute_script(heights)} == {0}
    violations, rules = checked(opened)
    assert violations == []
    assert {"color-contrast", "button-name", "image-alt", "label", "scrollable-region-focusable"} <= {*rules}


def test_axe_finds_text_without_contrast(opened):
    opened.execute_script("document.querySelector('h1').style.color = 'rgb(200, 200, 200)'")
    assert [found for found, _ in checked(opened)[0]] == ["color-contrast"]


def test_everything_can_be_reached_by_the_keyboard(opened):
    """Pressing Tab from the top: links, the forest plot, the charts' fields, a table's filter."""
    seen = []
    opened.find_element(By.TAG_NAME, "body").send_keys(Keys.NULL)
    for _ in range(40):
        ActionChains(opened).send_keys(Keys.TAB).perform()
        active = opened.switch_to.active_element
        seen.append(active.accessible_name or active.tag_name)
    wanted = ("Verdict", "Verdict on each variant", "sgd", "Curves of", "log axis", "Last half", "Filter", "Copy CSV")
    places = [next((at for at, name in enumerate(seen) if name.startswith(text)), None) for text in wanted]
    assert None not in places, seen
    assert places == sorted(places)


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="no pdftotext on this machine")
def test_a_long_table_repeats_its_header_on_every_sheet(opened, tmp_path):
    opened.execute_script(
        "const body = document.querySelector('#table-runs tbody');"
        "body.append(...Array.from({ length: 150 }, () => body.rows[0].cloneNode(true)));"
    )
    path = tmp_path / "page.pdf"
    path.write_bytes(base64.b64decode(opened.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"]))
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    sheets = [sheet for sheet in text.split("\f") if sheet.count("completed") > 10]
    assert len(sheets) > 1
    assert all("status" in sheet for sheet in sheets)


def test_on_paper_it_is_a4_and_nothing_is_cut_off(opened):
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    opened.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 703, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    )  # 210 mm without the margins, in CSS pixels
    cut = opened.execute_script(
        "const edge = document.documentElement.clientWidth + 1;"
        "return [...document.querySelectorAll('main :not(svg *)')].filter((one) => one.checkVisibility()"
        " && !one.closest('.unseen') && one.getBoundingClientRect().right > edge).map((one) => one.outerHTML)"
    )
    assert cut == []
    assert opened.find_element(By.CSS_SELECTOR, ".forest tbody tr").value_of_css_property("display") == "table-row"
    assert not opened.find_element(By.TAG_NAME, "nav").is_displayed()
    printed = base64.b64decode(opened.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox\s*\[([\d. ]+)\]", printed)}
    for box in boxes:
        assert box == pytest.approx((0, 0, 595, 842), abs=1)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 12
    assert boxes
