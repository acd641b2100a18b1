"""The charts of the page in a real browser; each test reads the visible text or the drawn data."""

import json
import statistics

import pandas as pd
import pytest
from scipy import stats
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import until
from tests.reporting.page.conftest import HOSTILE

AXES = ("epoch", "step", "seconds")
LAST = [80.5, 90.5, 70.5, 75]  # each variant's mean validation accuracy at its last epoch


def press(browser, text, inside="#curves"):
    browser.find_element(By.XPATH, f"//*[@id='{inside[1:]}']//button[.='{text}']").click()


def tick(browser, text):
    browser.find_element(By.XPATH, f"//*[@id='curves']//label[contains(., '{text}')]/input").click()


def scales(browser, name="curves.plots"):
    """Return the ranges of both axes of each plot."""
    return browser.execute_script(
        f"return {name}.map((plot) => ['x', 'y'].map((key) => [plot.scales[key].min, plot.scales[key].max]))"
    )


def place_of(browser, panel, x, y, plots="curves.plots"):
    """Return a plot's area, and the position of a point relative to its centre, in pixels."""
    over = browser.execute_script(f"return {plots}[{panel}].over")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", over)
    left, top = browser.execute_script(
        f"const plot = {plots}[{panel}]; const {{width, height}} = plot.over.getBoundingClientRect();"
        f"return [plot.valToPos({x}, 'x') - width / 2, plot.valToPos({y}, 'y') - height / 2]"
    )
    return over, round(left), round(top)


def point_at(browser, *place, **plots):
    over, left, top = place_of(browser, *place, **plots)
    ActionChains(browser, duration=50).move_to_element(over).move_to_element_with_offset(over, left, top).perform()
    return over


def groups(browser):
    """Return the names of the curves in the first panel."""
    return browser.execute_script("return curves.plots[0].drawn.curves.map(({group}) => group.name)")


def choose(browser, label, value, place="curves"):
    path = f"//*[@id='{place}']//label[starts-with(., '{label} ')]/select"
    Select(browser.find_element(By.XPATH, path)).select_by_value(value)


def forest_axis(browser):
    return [tick.text for tick in browser.find_elements(By.CSS_SELECTOR, ".forest thead .axis text")]


def caption(browser):
    return browser.find_element(By.CSS_SELECTOR, "#curves > .note").text


def tip(browser):
    return browser.find_element(By.CLASS_NAME, "tip").text.splitlines()


def test_the_pointer_shows_the_mean_and_the_value_of_each_seed(opened):
    point_at(opened, 1, 2, 80.5)  # the second panel: validation
    everywhere = [f"{HOSTILE} 90.50%", "sgd 80.50%", "broken 75.00%", "=1+1 70.50%"]
    below = ["training accuracy (%): 70.50", "seed 0: 80.00, seed 1: 81.00"]
    assert tip(opened) == ["epoch 2, validation accuracy (%): mean", *everywhere, *below]
    assert opened.find_element(By.CSS_SELECTOR, ".tip .nearest").text == "sgd 80.50%"


@pytest.mark.parametrize("width", [1200, 400])
def test_the_tooltip_covers_neither_the_pointer_nor_the_point(opened, width):
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    until(opened, lambda _: opened.execute_script("return curves.plots[1].width < innerWidth - 10"))
    point_at(opened, 1, 1.96, 84)
    covered = (
        "const [box, { left, top }] = [tip, curves.plots[1].over].map((one) => one.getBoundingClientRect());"
        "const plot = curves.plots[1]; const { nearest, pointer } = plot;"
        "const point = [left + plot.valToPos(nearest.x, 'x'), top + plot.valToPos(nearest.y, 'y')];"
        "return [[box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight],"
        " ...[point, [pointer.clientX, pointer.clientY]].map(([x, y]) =>"
        " [x < box.left || x > box.right || y < box.top || y > box.bottom])].flat()"
    )
    assert opened.execute_script(covered) == [True] * 3


def test_the_tooltip_lists_the_interval_of_each_variant_and_not_more_than_eight_lines(opened):
    curve = {"raw": [90.5], "mean": [90.5], "low": [89.126], "high": [91.9], "x": [1], "runs": [], "isVariant": True}
    curves = [{**curve, "group": {"name": str(at), "color": "#000000", "dash": "-"}} for at in range(10)]
    script = f"const curves = {json.dumps(curves)}; const panel = {{ label: 'accuracy' }};"
    script += "showTip(describe({ panel, curves }, { curve: curves[0], at: 0 }), 9, 9);"
    opened.execute_script(script)
    assert tip(opened)[:2] == ["epoch 1, accuracy: mean, 95% interval", "0 90.50% [89.13, 91.90]"]
    assert tip(opened)[8:] == ["7 90.50% [89.13, 91.90]", "and 2 more"]


def test_a_drag_zooms_both_panels_and_reset_shows_all_again(opened):
    before = scales(opened)
    over, left, top = place_of(opened, 0, 1.5, 60)
    ActionChains(opened, duration=50).move_to_element_with_offset(over, left, top).click_and_hold().move_by_offset(
        90, 40
    ).release().perform()
    zoomed = scales(opened)
    assert zoomed[0][0][0] == pytest.approx(1.5, abs=0.02)
    assert zoomed[0][0] == zoomed[1][0] != before[0][0]
    crossing = [50 + (last - 50) * (zoomed[0][0][0] - 1) for last in LAST]
    low, high = zoomed[1][1]  # a zoom between two epochs shows the lines that join them
    assert low < min(crossing[:3])
    assert max(crossing) < high <= before[1][1][1]
    point_at(opened, 1, sum(zoomed[0][0]) / 2, crossing[0])
    assert tip(opened) == []  # no epoch is in view
    assert zoomed[0][1][1] - zoomed[0][1][0] < before[0][1][1] - before[0][1][0]
    press(opened, "Reset")
    assert scales(opened) == before


def test_a_zoom_needs_no_mouse(opened):
    press(opened, "Last half")
    (across, (low, high)), other = scales(opened)
    assert across == other[0] == [1.5, 2]
    assert 45 < low < high  # without the values of the first epoch


def test_a_hidden_variant_leaves_the_charts_the_forest_and_the_tables(opened):
    button = opened.find_element(By.CSS_SELECTOR, ".legend button[data-toggles='1']")
    assert button.text == HOSTILE
    whole = forest_axis(opened)
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    narrower = forest_axis(opened)
    assert narrower[-1] == "0" != whole[-1]  # the visible variant is worse
    assert groups(opened) == ["sgd", "=1+1", "broken"]
    for table in ("variants", "runs"):
        rows = opened.find_elements(By.CSS_SELECTOR, f"#table-{table} tbody tr[data-variant='1']")
        assert rows
        assert not any(row.is_displayed() for row in rows)
        assert opened.find_element(By.CSS_SELECTOR, f"#table-{table} tbody tr[data-variant='0']").is_displayed()
    count = opened.find_element(By.CSS_SELECTOR, "output[data-counts='table-variants']")
    assert count.text == "3 of 4 (1 switched off)"
    assert "off" in opened.find_element(By.CSS_SELECTOR, ".forest tr[data-variant='1']").get_attribute("class")
    opened.find_element(By.CSS_SELECTOR, ".forest tr[data-variant='1'] button").click()
    assert button.get_attribute("aria-pressed") == "true"
    assert opened.find_element(By.CSS_SELECTOR, "#table-runs tr[data-variant='1']").is_displayed()
    assert forest_axis(opened) == whole
    opened.execute_script("[1, 2].forEach(toggle)")  # only the baseline is left, with no difference to draw
    assert forest_axis(opened) == whole
    assert opened.get_log("browser") == []


def test_a_click_on_a_run_leads_to_its_row_with_the_way_to_its_files(opened):
    tick(opened, "every")
    point_at(opened, 1, 2, 91)
    assert tip(opened)[-2:] == ["seed 1: 91.00%", "training accuracy (%): 81.00"]
    ActionChains(opened).click().perform()
    row = opened.switch_to.active_element
    assert row.get_attribute("id") == "run-3"
    assert row.find_elements(By.TAG_NAME, "td")[0].text == HOSTILE
    assert [link.get_attribute("href").rpartition("/sweep/")[2] for link in row.find_elements(By.TAG_NAME, "a")] == [
        "1_1/", "1_1/run.log",
    ]  # fmt: skip


def test_curves_are_grouped_by_the_value_of_a_key(opened):
    choose(opened, "grouped by", "optimizer")
    assert groups(opened) == ["adam", "sgd"]
    values = [80, 81, 90, 91, 70, 71]
    curve = opened.execute_script("return curves.plots[1].drawn.curves[1]")
    assert [curve["n"], curve["mean"][1]] == [6, pytest.approx(statistics.mean(values))]
    assert curve["high"][1] - curve["mean"][1] == pytest.approx(statistics.stdev(values))
    point_at(opened, 1, 2, 80.5)
    assert tip(opened)[0] == "epoch 2, validation accuracy (%): mean ± standard deviation"
    assert tip(opened)[1] == "sgd 80.50% [71.54, 89.46]"
    assert "one standard deviation on either side for groups of several variants" in caption(opened)
    opened.find_element(By.CSS_SELECTOR, ".legend button[data-toggles='1']").click()  # one variant of the group
    assert opened.execute_script("return curves.plots[1].drawn.curves[1].n") == 4
    press(opened, "adam")
    assert groups(opened) == ["sgd"]


def test_curves_are_grouped_by_the_values_of_two_keys(opened):
    assert not opened.find_element(By.XPATH, "//label[starts-with(., 'and by')]/select").is_enabled()
    choose(opened, "grouped by", "optimizer")
    choose(opened, "and by", "model.width")
    assert groups(opened)[-3:] == [f"optimizer=sgd, width={width}" for width in range(3)]
    styles = opened.execute_script("return curves.groups.slice(-3).map(({color, dash}) => [color, dash])")
    assert len({color for color, _ in styles}) == 1
    assert len({dash for _, dash in styles}) == 3
    choose(opened, "grouped by", "variant")
    assert groups(opened) == ["sgd", HOSTILE, "=1+1", "broken"]


def test_a_few_runs_are_thin_lines_instead_of_a_band(opened):
    curve, lines = opened.execute_script("const { drawn } = curves.plots[1]; return [drawn.curves[0], drawn.lines]")
    assert curve["low"] == curve["high"] == [None, None]
    assert [line["y"] for line in lines][:2] == [[50, 80], [50, 81]]
    assert "With up to 3 seeds, thin lines are single seeds instead of a band." in caption(opened)
    point_at(opened, 1, 2, 81)
    assert (
        opened.find_element(By.CSS_SELECTOR, ".tip .nearest").text == "sgd 80.50%"
    )  # the pointer finds means, until every seed is asked for


def test_more_runs_have_the_interval_of_their_mean(opened):
    opened.execute_script("data.runs.slice(0, 4).forEach((run) => (run[0] = 0))")
    curve = opened.execute_script("return meanOf([[1], [2], [3], [5]], [0, 1, 2, 3], AXES.epoch)")
    reach = stats.t.ppf(0.975, 3) * statistics.stdev([1, 2, 3, 5]) / 2
    assert [*curve["low"], *curve["high"]] == pytest.approx([2.75 - reach, 2.75 + reach], abs=1e-4)
    found = opened.execute_script("return [meanWithReach([1, 2, 3, 5], true), meanWithReach([1, 2, 3], true)]")
    assert [one["mean"] for one in found] == [2.75, 2]
    assert [one["reach"] for one in found] == [pytest.approx(reach, 1e-4), 0]
    drawn = opened.execute_script(
        "const strokes = [];"
        "const lineTo = (...point) => strokes.at(-1).push(point);"
        "const context = { beginPath: () => strokes.push([]), lineTo, stroke() {} };"
        "drawMean({ valToPos: (value) => value, scales: { y: { min: 0 } } }, context, 1, { mean: 5, reach: 2 }, false);"
        "return strokes"
    )
    mean, bar, *caps = drawn
    assert [point[1] for point in mean] == [5, 5]
    assert bar == [[1, 3], [1, 7]]
    assert [[point[1] for point in cap] for cap in caps] == [[3, 3], [7, 7]]


def test_runs_on_different_data_sets_are_in_different_groups(opened):
    opened.execute_script("data.datasets = data.runs.map((_, run) => (run % 2 ? 'digits' : 'mnist'))")
    choose(opened, "grouped by", "optimizer")
    assert groups(opened) == ["adam [mnist]", "sgd [digits]", "sgd [mnist]"]


def test_the_charts_show_one_data_set_which_can_be_chosen(opened_datasets):
    def shown():
        legend = opened_datasets.find_elements(By.CSS_SELECTOR, ".legend.variants [data-toggles]")
        return {button.text for button in legend if button.is_displayed()}

    assert {*groups(opened_datasets)} == shown() == {"sgd [digits]", "adam [digits]"}
    choose(opened_datasets, "Data set", "mnist", "charts")
    assert {*groups(opened_datasets)} == shown() == {"sgd [mnist]", "adam [mnist]"}
    (_, (low, high)), *_ = scales(opened_datasets, "[scatter.plot]")
    assert 80 < low < high < 100


def test_a_sentence_over_the_data_sets_has_one_line_and_does_not_repeat_its_heading(opened_datasets):
    (sentence,) = opened_datasets.find_elements(By.CSS_SELECTOR, "#verdict .lead li")
    assert sentence.text.startswith("sgd is undecided versus adam: 3 data sets are too few")
    assert "for these data sets" not in sentence.text
    assert sentence.size["height"] < 25


def test_groups_by_numbers_are_in_ascending_order(opened):
    names = [["none"], ["0.01", "wine"], ["1e-05"], ["0.001"], ["0.01", "digits"], ["128"], ["[32]"]]
    found = opened.execute_script(f"return {json.dumps(names)}.sort(byValues)")
    assert found == [["1e-05"], ["0.001"], ["0.01", "digits"], ["0.01", "wine"], ["128"], ["[32]"], ["none"]]


def test_the_axis_holds_the_curves_that_are_smoothed(opened):
    raw = [curve["raw"] for curve in opened.execute_script("return curves.plots[1].drawn.curves")]
    slider = opened.find_element(By.CSS_SELECTOR, "#curves input[type='range']")
    slider.send_keys(Keys.END)
    assert scales(opened)[1][1][1] >= max(value for values in raw for value in values)


def test_smoothing_is_an_exponential_moving_average_and_is_remembered(opened, page):
    values = [3, 1, None, 2, 5]
    found = opened.execute_script(f"return smoothed({json.dumps(values)}, 0.6)")
    expected = pd.Series(values).dropna().ewm(alpha=0.4, adjust=True).mean()
    assert [value for value in found if value is not None] == pytest.approx(expected.tolist())
    slider = opened.find_element(By.CSS_SELECTOR, "#curves input[type='range']")
    assert "zero" in slider.get_attribute("class")
    slider.send_keys(Keys.ARROW_RIGHT * 2)
    assert "zero" not in slider.get_attribute("class")
    opened.get(page.as_uri())
    assert opened.find_element(By.CSS_SELECTOR, "#curves input[type='range']").get_attribute("value") == "0.1"
    curve = opened.execute_script("return curves.plots[1].drawn.curves[0]")
    assert curve["raw"] == [50, 80.5]
    assert curve["mean"][1] == pytest.approx((80.5 * 0.9 + 50 * 0.09) / 0.99)
    opened.execute_script("smoothing = state.smoothing")
    press(opened, "Default view")
    WebDriverWait(opened, 5).until(lambda browser: browser.execute_script("return window.smoothing === undefined"))
    assert opened.execute_script("return state.smoothing") == 0


def test_the_axis_may_be_steps_or_seconds_which_are_each_runs_own(opened):
    opened.execute_script("data.steps = [10, 20]; data.seconds = [[1, 3], [2, 6]];")
    assert opened.execute_script("return axesKnown()") == ["epoch", "step", "seconds"]
    found = [opened.execute_script(f"return meanOf([[1, 2], [3, 4]], [0, 1], AXES.{name}, true).x") for name in AXES]
    assert found == [[1, 2], [15, 30], [1.5, 4.5]]


def test_the_difference_from_the_baseline_is_a_chart(opened):
    choose(opened, "Curves of", "difference")
    assert groups(opened) == [HOSTILE, "=1+1"]  # the failed run has no pair
    label = opened.execute_script("return curves.plots[0].root.getAttribute('aria-label')")
    assert label == f"difference (percentage points) by epoch: {HOSTILE} ends at 10, =1+1 ends at \N{MINUS SIGN}10"
    point_at(opened, 0, 1.97, 10)
    assert tip(opened) == [
        "epoch 2, difference (percentage points): mean",
        f"{HOSTILE} 10.00",
        "=1+1 \N{MINUS SIGN}10.00",
    ]
    lines = opened.execute_script("return curves.plots[0].drawn.lines.map(({ group, y }) => [group.name, y])")
    assert lines == [[HOSTILE, [0, 10]]] * 2 + [["=1+1", [0, -10]]] * 2
    assert "With up to 3 seeds, thin lines are single seeds instead of a band." in caption(opened)


def test_a_logarithmic_axis_is_offered(opened):
    tick(opened, "log")
    assert opened.execute_script("return curves.plots.map((plot) => plot.scales.y.distr)") == [3, 3]
    choose(opened, "Curves of", "loss")
    assert opened.execute_script("return curves.plots.map((plot) => plot.scales.y.distr)") == [1, 1]
    assert "loss" in opened.execute_script("return curves.plots[0].root.getAttribute('aria-label')")
    assert "not comparable between variants" in caption(opened)


@pytest.mark.parametrize(
    ("epochs", "low", "high", "step", "ticks"),
    [
        (20, 1, 20, 5, [1, 5, 10, 15, 20]),
        (17, 1, 17, 5, [1, 5, 10, 15]),
        (18, 1, 18, 5, [1, 5, 10, 15, 18]),
        (20, 6.2, 9.8, 2, [7, 9]),
        (4, 3.25, 4, 1, [3.25, 4]),
    ],
)
def test_the_first_and_last_epoch_are_ticks_where_there_is_room(opened, epochs, low, high, step, ticks):
    script = f"return epochTicks({[*range(1, epochs + 1)]}, {low}, {high}, {step})"
    assert opened.execute_script(script) == ticks


def test_a_logarithmic_axis_is_not_offered_for_names(opened):
    boxes = opened.find_elements(By.XPATH, "//*[@id='scatter']//label[starts-with(., 'log ')]/input")
    assert [box.accessible_name for box in boxes] == ["log y", "log x"]
    assert [box.is_enabled() for box in boxes] == [True, False]
    Select(opened.find_element(By.XPATH, "//*[@id='scatter']//label[contains(., 'by')]/select")).select_by_value(
        "epochs"
    )
    assert [box.is_enabled() for box in boxes] == [True, True]
    label = opened.execute_script("return [scatter.plot.axes[0].label, scatter.plot.axes[1].label]")
    assert label == ["epochs", "test accuracy (%)"]
    assert opened.execute_script("return logSplits(0, 0, 0.0000124, 0.2)") == [0.0001, 0.001, 0.01, 0.1]


def test_values_below_the_axis_are_marked_and_shown_on_demand(opened):
    many = {"x": [*range(20)], "mean": [10] + [90] * 19, "low": [], "high": []}
    few = {"x": [0, 1], "mean": [10, 90], "low": [5, 80], "high": [15, 91]}
    drawn = {"lines": [], "metric": {"share": True}, "across": [0, 30]}
    many, few = ({**drawn, "curves": [{**curve, "raw": curve["mean"]}]} for curve in (many, few))
    assert opened.execute_script(f"return rangeOf({json.dumps(many)})[0]") > 80
    assert opened.execute_script(f"return rangeOf({json.dumps(few)})[0]") < 5
    opened.execute_script("state.all = true")
    assert opened.execute_script(f"return rangeOf({json.dumps(many)})[0]") < 10
    narrow = {**drawn, "metric": {"share": False}, "curves": [{**many["curves"][0], "low": [0] + [89] * 19}]}
    assert opened.execute_script(f"return rangeOf({json.dumps(narrow)})[0]") < 0
    opened.execute_script("state.all = false")
    assert opened.execute_script(f"return rangeOf({json.dumps(narrow)})[0]") > 0
    opened.execute_script("Object.assign(curves.plots[1].drawn.curves[0], { low: [50, 40], high: [50, 85] })")
    opened.execute_script("curves.plots[1].setScale('y', { min: 60, max: 90 })")
    note = (
        "Triangles mark values below the axis (\N{LEFT DOUBLE QUOTATION MARK}all values\N{RIGHT DOUBLE QUOTATION MARK}"
    )
    WebDriverWait(opened, 5).until(lambda _: f"{note} shows them): sgd; {HOSTILE}; =1+1; broken." in caption(opened))
    assert "Bands reach beyond the axis" in caption(opened)


def test_runs_are_dots_by_any_two_columns(opened):
    selects = [Select(found) for found in opened.find_elements(By.CSS_SELECTOR, "#scatter select")]
    assert selects[0].first_selected_option.text == "test accuracy"
    selects[1].select_by_visible_text("model.width")
    point_at(opened, 0, 1, 91, plots="[scatter.plot]")
    assert tip(opened) == [HOSTILE, "seed 1", "model.width: 1", "test accuracy (%): 91"]


def test_trials_are_dots_by_their_key_that_lead_to_their_rows(opened_tuned):
    x, y = opened_tuned.execute_script("return [trials.x, trials.y]")
    assert (x, y) == ("lr", "validation accuracy (%)")
    assert opened_tuned.execute_script("return trials.plot.scales.x.distr") == 3  # over three decades
    legend = opened_tuned.find_element(By.CSS_SELECTOR, "#trials-chart .legend")
    assert legend.text.split("\n") == ["adam", "sgd", "★ chosen"]
    point_at(opened_tuned, 0, 0.001, 50, plots="[trials.plot]")
    assert tip(opened_tuned)[1:] == ["trial 1", "lr: 0.001", "validation accuracy (%): 50"]
    ActionChains(opened_tuned).click().perform()
    row = opened_tuned.switch_to.active_element
    assert [cell.text for cell in row.find_elements(By.TAG_NAME, "td")][1:4] == ["1", "50.00", "0.001"]
    opened_tuned.find_element(By.CSS_SELECTOR, ".legend button[data-toggles='0']").click()
    point_at(opened_tuned, 0, 0.1, 90, plots="[trials.plot]")
    assert tip(opened_tuned)[:2] == [
        "sgd",
        "trial 2, chosen",
    ]  # the dot of the other variant, behind that of the hidden one


def test_trials_at_one_value_stand_side_by_side_and_the_axis_names_the_tried_values(opened_tuned):
    assert opened_tuned.execute_script("return trials.plot.axes[0]._splits") == [
        0.001,
        0.1,
    ]  # no trial at 1 has a score
    shifts = opened_tuned.execute_script("return [...trials.plot.shifts.values()]")
    assert shifts == [-6, 6]


def test_ticks_that_would_touch_are_left_out(opened_tuned):
    assert opened_tuned.execute_script("return spacedTicks([1, 2, 3, 100], 1, 100, 500, false)") == [1, 100]
    assert opened_tuned.execute_script("return spacedTicks([1, 10, 100], 1, 100, 500, true)") == [1, 10, 100]


def test_a_view_is_an_address_that_shows_it_again(opened):
    Select(opened.find_element(By.CSS_SELECTOR, "#curves select")).select_by_value("loss")
    tick(opened, "every seed")
    opened.find_element(By.CSS_SELECTOR, ".legend button[data-toggles='1']").click()
    opened.execute_script("curves.plots[0].setScale('x', { min: 1.25, max: 1.75 })")
    Select(opened.find_elements(By.CSS_SELECTOR, "#scatter select")[1]).select_by_value("epochs")
    press(opened, "Copy link to this view")
    address = opened.current_url
    opened.get("about:blank")
    opened.get(address)
    shown = "return [curves.metric.name, curves.seeds, curves.plots[1].scales.x.max, [...hidden], scatter.x]"
    assert opened.execute_script(shown) == ["loss", True, 1.75, [1], "epochs"]
    assert opened.find_element(By.CSS_SELECTOR, "#curves select").get_attribute("value") == "loss"
    opened.execute_script("""location.hash = 'view={"metric": "<b>", "by": 3, "hidden": {}, "runs": null}'""")
    WebDriverWait(opened, 5).until(lambda browser: browser.execute_script("return hidden.size") == 0)
    assert opened.execute_script("return [curves.metric.name, curves.by]") == ["loss", "variant"]


def test_charts_are_saved_with_their_legend(opened):
    """A picture is as wide as the panels, and taller by the legend."""
    opened.execute_script("saved = []; HTMLAnchorElement.prototype.click = function () { saved.push(this); };")
    press(opened, "Save PNG")
    press(opened, "Save PNG", "#scatter")
    opened.find_element(By.CSS_SELECTOR, "figure:not(.replaced) .save").click()
    names, size = opened.execute_async_script(
        "const done = arguments[0], image = new Image(), box = document.querySelector('#curves .plots');"
        "image.onload = () => done([saved.map((link) => link.download),"
        " [image.width - box.clientWidth, image.height - box.clientHeight]]);"
        "image.src = saved[0].href;"
    )
    assert names[:2] == ["accuracy.png", "test_accuracy.png"]
    assert names[2].endswith(".svg")
    assert size[0] == pytest.approx(0, abs=1)
    assert size[1] == pytest.approx(20, abs=1)


def test_a_chart_has_words_for_those_who_do_not_see_it(opened):
    label = opened.execute_script("return curves.plots[1].root.getAttribute('aria-label')")
    ends = ", ".join(
        f"{name} ends at {end}" for name, end in zip(["sgd", HOSTILE, "=1+1", "broken"], LAST, strict=True)
    )
    assert label == f"validation accuracy (%) by epoch: {ends}"


def test_figures_that_a_chart_replaces_are_shown_on_demand_and_in_print(opened):
    figure = opened.find_element(By.ID, "figure-accuracy")
    assert not figure.is_displayed()
    opened.find_element(By.CSS_SELECTOR, "#figures .tools input").click()
    assert figure.is_displayed()
    opened.find_element(By.CSS_SELECTOR, "#figures .tools input").click()
    opened.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert figure.is_displayed()
    assert not opened.find_element(By.ID, "charts").is_displayed()


def test_without_scripts_the_figures_take_the_charts_place(opened, page):
    opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened.get(page.as_uri())
        shown = {
            name: opened.find_element(By.ID, name).is_displayed()
            for name in ("charts", "figure-accuracy", "figure-difference_over_time", "figure-forest")
        }
    finally:
        opened.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert shown == {
        "charts": False,
        "figure-accuracy": True,
        "figure-difference_over_time": True,
        "figure-forest": True,
    }


def test_a_chart_follows_the_window(opened):
    widths = []
    for width in (1200, 700):
        opened.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False},
        )
        WebDriverWait(opened, 5).until(
            lambda browser: browser.execute_script(
                "return curves.plots.every((plot) => plot.width === plot.root.parentElement.clientWidth)"
            )
        )
        widths.append(opened.execute_script("return curves.plots[0].width"))
    assert widths[0] > 500
    assert widths[1] < 700


def test_the_legend_follows_the_colours_of_the_system(opened):
    def stroke():
        return opened.execute_script("return document.querySelector('.legend .swatch line').getAttribute('stroke')")

    light = stroke()
    opened.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    )
    WebDriverWait(opened, 5).until(lambda _: stroke() != light)  # after the browser's next frame
    assert stroke() == opened.execute_script("return tone(data.variants[0].color)")
