"""Filters, columns and copies of the page's tables in a real browser."""

import csv
import io

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from runner.reporting.page.assets import template_of
from tests.browser import until
from tests.reporting.page.conftest import HOSTILE

DIGEST = '{% from "macros.html" import cell_text %}{{ cell_text(text) }}'


def filtered(browser, text, table="table-runs"):
    """Return the variants and seeds that pass a filter, and the message next to its field."""
    field = browser.find_element(By.CSS_SELECTOR, f"input[data-filters='{table}']")
    field.clear()
    field.send_keys(text)
    rows = browser.find_elements(By.CSS_SELECTOR, f"#{table} tbody tr:not([hidden])")
    cells = [[cell.text for cell in row.find_elements(By.TAG_NAME, "td")[:2]] for row in rows]
    return cells, browser.find_element(By.CSS_SELECTOR, f"output[data-counts='{table}']").text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("test_accuracy > 80", [["sgd", "1"], [HOSTILE, "0"], [HOSTILE, "1"]]),
        ("test_accuracy>=90.00 and seed = 1", [[HOSTILE, "1"]]),
        ("variant = SGD and test_accuracy <= 80", [["sgd", "0"]]),
        ("variant != sgd status != failed seed < 1", [[HOSTILE, "0"], ["=1+1", "0"]]),
        ("model.width = 2 seed=0", [["=1+1", "0"]]),
        ("optimizer=adam", [["broken", "0"]]),
        ("test accuracy > 80 and seed = 1", [["sgd", "1"], [HOSTILE, "1"]]),
        ("completed", [[variant, seed] for variant in ("sgd", HOSTILE, "=1+1") for seed in "01"]),
    ],
)  # fmt: skip
def test_a_filter_compares_columns(opened, text, left):
    cells, count = filtered(opened, text)
    assert cells == left
    assert count == f"{len(left)} of 7"


def test_a_filter_with_an_unknown_column_says_so_and_hides_nothing(opened):
    cells, said = filtered(opened, "acuracy > 80")
    assert len(cells) == 7
    assert said == "no column acuracy"
    for text, why in (("seed > 0 or sgd", "or: not supported; every term must hold"), ("sdg", "no row with sdg")):
        cells, said = filtered(opened, text)
        assert (len(cells), said) == (7, why)
    cells, said = filtered(opened, "seed = 2", "table-variants")  # an equation may also be an override
    assert (len(cells), said) == (4, "no column seed")


def columns(browser, table="table-runs"):
    heads = browser.find_elements(By.CSS_SELECTOR, f"#{table} th")
    return [head.get_attribute("data-name") for head in heads if head.is_displayed()]


def test_columns_are_chosen_and_remembered(opened, page):
    assert "model.width" not in columns(opened)  # varied keys are shown on demand
    assert "epochs" in columns(opened)
    assert "overrides" not in columns(opened)
    chooser = opened.find_element(By.CSS_SELECTOR, "#runs .chooser")
    chooser.find_element(By.TAG_NAME, "summary").click()
    for name, is_shown in (("epochs", False), ("model.width", True)):
        chooser.find_element(By.XPATH, f".//label[contains(., '{name}')]/input").click()
        until(opened, lambda browser, one=name, shown=is_shown: (one in columns(browser)) == shown)

    def reopened(browser):
        browser.get(page.as_uri())
        return "epochs" not in columns(browser) and "model.width" in columns(browser)

    try:
        until(opened, reopened)  # the browser writes what it remembers in the background
    finally:
        opened.execute_script("localStorage.clear()")


def copied(browser, name, section="runs"):
    """Return the text that a button copies; the test replaces the clipboard, which a headless browser lacks."""
    browser.execute_script(
        "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"
    )
    button = browser.find_element(By.XPATH, f"//*[@id='{section}']//button[.='Copy {name}']")
    button.click()
    WebDriverWait(browser, 5).until(lambda _: button.text == f"{name} copied")
    return browser.execute_script("return window.copied")


def test_a_table_is_copied_as_csv_as_it_is_seen_and_holds_no_formula(opened):
    filtered(opened, "variant != sgd and seed = 0")
    head, *rows = csv.reader(io.StringIO(copied(opened, "CSV")))
    assert head[:5] == ["variant", "seed", "status", "val_accuracy (%)", "test_accuracy (%)"]
    assert [row[0] for row in rows] == [HOSTILE, "'=1+1", "broken"]
    assert [row[4] for row in rows] == ["90.00", "70.00", ""]
    assert {len(row) for row in [head, *rows]} == {len(head)}


def test_a_table_is_copied_as_latex(opened):
    filtered(opened, "variant = sgd")
    lines = copied(opened, "LaTeX").splitlines()
    assert lines[1].startswith("\\begin{tabular}{lrlrrr")
    assert lines[3].startswith("variant & seed & status & val\\_accuracy (\\%) & test\\_accuracy (\\%) &")
    assert lines[5].startswith("sgd & 0 & completed & 80.00 & 80.00 & 0.5000 &")
    assert len({line.count(" & ") for line in lines if line.endswith("\\\\")}) == 1
    assert lines[-1] == "\\end{tabular}"
    assert copied(opened, "LaTeX", "variants").count("\\textbf{") == 1  # the best


def test_negative_numbers_have_a_minus_sign_and_are_copied_and_filtered_with_a_hyphen(opened):
    row = opened.find_element(By.XPATH, "//*[@id='table-variants']/tbody/tr[td[.='=1+1']]")
    assert row.find_elements(By.TAG_NAME, "td")[2].text == "\N{MINUS SIGN}10.00"
    assert "\N{MINUS SIGN}10.00" in opened.find_element(By.CSS_SELECTOR, ".forest tr.undecided ~ tr.undecided").text
    cells, _ = filtered(opened, "difference < -5", "table-variants")
    assert [cell[0] for cell in cells] == ["=1+1"]
    head, row = csv.reader(io.StringIO(copied(opened, "CSV", "variants")))
    assert head[2] == f"{head[1]} sd"
    assert row[3] == "-10.00"


def test_two_runs_are_compared_by_the_keys_in_which_they_differ(opened):
    boxes = opened.find_elements(By.CSS_SELECTOR, "#table-runs .pick")
    assert boxes[0].accessible_name == "compare sgd, seed 0"
    boxes[0].click()
    said = opened.find_element(By.CSS_SELECTOR, "#runs [role='status']")
    assert said.text.startswith("sgd, seed 0: choose a second run")
    boxes[2].click()
    first, *lines = said.text.splitlines()
    assert first == f"sgd, seed 0 and {HOSTILE}, seed 0: 1 key differs"
    assert lines[:2] == [f"key or result sgd, seed 0 {HOSTILE}, seed 0", "model.width 0 1"]
    assert "test accuracy (%) 80.00 90.00" in lines
    boxes[3].click()  # replaces the first run
    assert not boxes[0].is_selected()
    same = f"{HOSTILE}, seed 0 and {HOSTILE}, seed 1: the same configuration except for the seed"
    assert said.text.splitlines()[0] == same


def test_values_that_differ_from_the_baseline_are_marked_for_the_ear_too(opened):
    rows = {row.text.split()[0]: row for row in opened.find_elements(By.CSS_SELECTOR, "#table-settings tbody tr")}
    assert rows["sgd"].find_elements(By.TAG_NAME, "mark") == []
    assert [mark.text for mark in rows["=1+1"].find_elements(By.TAG_NAME, "mark")] == ["2"]
    tree = opened.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    assert any("(not as the baseline)" in node.get("name", {}).get("value", "") for node in tree)


def test_a_page_in_a_sandbox_works_without_memory_and_without_complaint(opened, page, tmp_path):
    """The server shows pages from unknown sources in this way."""
    frame = tmp_path / "frame.html"
    frame.write_text(f'<iframe sandbox="allow-scripts" src="{page.as_uri()}" width="1100" height="900"></iframe>')
    opened.get(frame.as_uri())
    opened.switch_to.frame(0)
    try:
        opened.find_element(By.CSS_SELECTOR, "#runs .chooser summary").click()
        opened.find_element(By.XPATH, "//*[@id='runs']//label[contains(., 'epochs')]/input").click()
        assert "epochs" not in columns(opened)
    finally:
        opened.switch_to.default_content()
    assert opened.get_log("browser") == []


def test_a_chart_leads_to_a_row_that_a_filter_hides(opened):
    filtered(opened, "variant = sgd")
    opened.execute_script("goToRun(5)")
    row = opened.find_element(By.ID, "run-5")
    assert row.is_displayed()
    assert opened.switch_to.active_element == row


def test_a_fingerprint_is_short_on_the_page_and_whole_in_copies_and_filters(opened):
    long = "0123456789abcdef" * 4
    opened.execute_script(
        "const cell = document.querySelector('#table-settings tbody tr td:last-child');"
        f"cell.innerHTML = '{template_of(DIGEST).render(text=long)}'"
    )
    shown = opened.find_element(By.CLASS_NAME, "digest")
    assert shown.size["width"] < 100
    assert shown.get_attribute("title") == long
    assert long in copied(opened, "CSV", "settings")
