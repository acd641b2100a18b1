import pandas as pd

from runner.reporting.comparison.ranks import average_ranks
from runner.reporting.page.ranks_table import ranks_table


def test_ranks_stand_best_first_with_a_p_against_each_other_variant():
    means = pd.DataFrame({"a": [0.7, 0.8, 0.9, 0.6], "b": [0.6, 0.7, 0.8, 0.5], "c": [0.8, 0.9, 0.95, 0.7]})
    table = ranks_table(average_ranks(means, "test_accuracy"), {})
    assert [column.name for column in table.columns] == ["variant", "average rank", "p, c", "p, a", "p, b"]
    texts = [[cell.parts[0][0] for cell in row] for row in table.rows]
    assert [row[:2] for row in texts] == [["c", "1.00"], ["a", "2.00"], ["b", "3.00"]]
    assert [row[place] for place, row in enumerate(texts, start=2)] == ["", "", ""]  # none against itself
    assert texts[0][4] == texts[2][2]
    assert "Friedman p = 0.018" in table.caption  # chi-squared 8 with 2 degrees of freedom
