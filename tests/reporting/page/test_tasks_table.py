import pytest

from runner.reporting.page.tasks_table import tasks_table
from tests.reporting.comparison.test_tasks import DATASETS, compared, runs

pytestmark = pytest.mark.usefixtures("few_resamples")

GAINS = {"a": 0.0, "b": 0.02}


def texts(table):
    heads = [column.name for column in table.columns]
    return [dict(zip(heads, (cell.parts[0][0] for cell in row), strict=True)) for row in table.rows]


def test_table_has_the_aggregates_and_the_comparison_of_every_variant():
    baseline, other = texts(tasks_table(compared(runs(GAINS))))
    assert baseline["mean test accuracy (%)"].startswith("68.60 [")
    assert baseline["verdict"] == "baseline"
    assert baseline["P(improvement)"] == ""
    assert other["P(improvement)"].startswith("0.")
    assert (other["p (Holm)"], other["verdict"], other["runs"]) == ("0.008", "better", "24")
    assert "P(within)" not in other


def test_region_of_equivalence_adds_its_columns_and_is_named():
    table = tasks_table(compared(runs(GAINS), rope=0.01))
    assert texts(table)[1]["P(better)"] == "1.00"
    assert "±1 percentage point" in table.caption


def test_a_loss_has_no_mean_over_data_sets():
    table = tasks_table(compared(runs(GAINS, "test_loss"), "test_loss"))
    assert [column.name for column in table.columns] == [
        "variant", "P(improvement)", "p (Holm)", "verdict", "runs", "lost",
    ]  # fmt: skip


def test_undecided_says_why():
    found = texts(tasks_table(compared(runs(GAINS), datasets=DATASETS[:3])))[1]
    assert found["verdict"] == "undecided: 3 data sets are too few (6 needed)"
    assert found["p (Holm)"] == ""
