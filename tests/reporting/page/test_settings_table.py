from runner.reporting.collection.settings import Settings
from runner.reporting.page.settings_table import settings_table


def test_variants_follow_their_baseline_and_show_the_keys_that_differ():
    settings = Settings(["optimizer", "rate"], [{"optimizer": "adam", "rate": "1"}, {"optimizer": "sgd"}], [0, 1])
    table = settings_table(["adam", "sgd"], {"adam": "sgd", "sgd": "sgd"}, settings)
    assert [column.name for column in table.columns] == ["variant", "optimizer", "rate"]
    assert [[cell.parts[0] for cell in row] for row in table.rows] == [
        [("sgd", False), ("sgd", False), ("none", False)],
        [("adam", False), ("adam", True), ("1", True)],
    ]
    assert table.variants == [1, 0]


def test_a_variant_whose_runs_differ_shows_each_value():
    settings = Settings(["rate"], [{"rate": str(rate)} for rate in range(6)], [*range(6)])
    table = settings_table(["a", "a", "b", "b", "b", "b"], {"a": "a", "b": "a"}, settings)
    assert [row[1].parts for row in table.rows] == [[("0 or 1", False)], [("4 values", True)]]


def test_without_a_difference_there_is_no_table():
    assert settings_table(["a"], {"a": "a"}, Settings([], [{}], [0])) is None
