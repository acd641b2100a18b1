"""The parallel coordinates of the page in a real browser."""

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By


def chart_of(browser):
    chart = browser.find_element(By.ID, "trials-parallel")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", chart)
    return chart


def faded(chart):
    """Return the trials whose lines are faint."""
    lines = chart.find_elements(By.TAG_NAME, "polyline")
    return {line.get_attribute("data-trial") for line in lines if float(line.value_of_css_property("opacity")) < 1}


def drag(browser, axis, start, end):
    """Drag along an axis between two shares of its height, from the bottom."""
    grip = chart_of(browser).find_elements(By.CLASS_NAME, "grip")[axis]
    length = browser.execute_script("return AXIS_HEIGHT")
    places = [round((0.5 - share) * length) for share in (start, end)]
    actions = ActionChains(browser, duration=50).move_to_element_with_offset(grip, 0, places[0]).click_and_hold()
    actions.move_by_offset(0, places[1] - places[0]).release().perform()


def test_a_drag_along_axes_selects_trials_and_a_click_selects_all(opened_tuned_over_two_keys):
    browser = opened_tuned_over_two_keys
    chart = chart_of(browser)
    names = [text.text for text in chart.find_elements(By.CSS_SELECTOR, "text:not(.tick)")]
    assert names == ["lr", "size", "validation accuracy (%)"]
    assert chart.text.count("Selected: 3 of 3") == 1  # the trial without a score has no line
    drag(browser, 2, 0.4, 1.05)  # scores of 70 and 90
    assert faded(chart) == {"0"}
    drag(browser, 1, -0.04, 0.5)  # the smaller size
    assert faded(chart) == {"0", "1"}
    assert "Selected: 1 of 3" in chart.text
    drag(browser, 2, 0.2, 0.2)
    assert faded(chart) == {"1"}
    chart.find_element(By.XPATH, ".//button[.='Reset']").click()
    assert not faded(chart)


def test_a_line_names_its_trial_and_leads_to_its_row(opened_tuned_over_two_keys):
    browser = opened_tuned_over_two_keys
    chart = chart_of(browser)
    points = chart.find_element(By.CSS_SELECTOR, "polyline[data-trial='1']").get_attribute("points").split()
    (x, y), (to_x, to_y) = [map(float, point.split(",")) for point in points[:2]]
    svg = chart.find_element(By.TAG_NAME, "svg")
    x, y = 0.7 * x + 0.3 * to_x - svg.size["width"] / 2, 0.7 * y + 0.3 * to_y - svg.size["height"] / 2
    ActionChains(browser, duration=50).move_to_element_with_offset(svg, round(x), round(y)).perform()
    tip = browser.find_element(By.CLASS_NAME, "tip").text.split("\n")
    assert tip == ["sgd, trial 2", "lr: 0.1", "size: 32", "validation accuracy (%): 90.00"]
    ActionChains(browser).click().perform()
    row = browser.switch_to.active_element
    assert [cell.text for cell in row.find_elements(By.TAG_NAME, "td")][:3] == ["sgd", "2", "90.00"]


def test_a_single_tuned_key_has_no_parallel_coordinates(opened_tuned):
    assert opened_tuned.find_element(By.ID, "trials-parallel").text == ""
