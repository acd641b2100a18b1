from runner.reporting.grid_effects.variance_sources import variance_frame
from runner.reporting.page.variance_table import variance_table
from tests.reporting.grid_effects.test_variance_sources import results


def test_a_row_shows_spread_ratio_and_share_and_no_interval_where_there_is_none():
    table = variance_table(variance_frame(results(all=0.2, order=0.1, split=0.0), "test_accuracy"))
    texts = [[cell.parts[0][0] for cell in row] for row in table.rows]
    assert [len(row) for row in table.rows] == [len(table.columns)] * 3
    assert texts[0][1:5] == ["all", "0.20", "[0.15, 0.29]", "1.00"]
    assert texts[0][5] == texts[2][3] == texts[2][5] == ""
    assert texts[1][6:] == ["25%", "20"]
