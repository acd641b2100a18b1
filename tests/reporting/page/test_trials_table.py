import pandas as pd
import pytest

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.page.trials_table import trials_table
from runner.reporting.result_reader import Wish, read_results


@pytest.fixture
def results(make_run, tmp_path):
    rows = []
    for variant in ("sgd", "adam"):
        make_run(f"sweep/{variant}", label=variant)
        rows += [(variant, f"lr={rate} optimizer={variant}", score) for rate, score in ((0.1, 0.9), (0.2, None))]
    rows.append(("gone", "lr=1", 0.5))  # its final runs are missing
    table = pd.DataFrame(rows, columns=["variant", "point", "val_accuracy"])
    table = table.assign(seeds=1, scored=1, chosen=[True, False] * 2 + [True], on_edge=False, budget=2)
    table.to_csv(tmp_path / "sweep" / "tuning.csv", index=False)
    left_out = LeftOut()
    return read_results(find_runs([tmp_path / "sweep"], left_out), [tmp_path / "sweep"], Wish(), left_out)


def test_every_trial_has_a_row_with_its_values_its_score_and_whether_it_was_chosen(results):
    table = trials_table(results)
    assert [column.name for column in table.columns] == [
        "variant", "trial", "validation accuracy (%)", "lr", "optimizer", "state", "choice",
    ]  # fmt: skip
    texts = [[cell.parts[0][0] for cell in row] for row in table.rows]
    assert texts == [
        ["sgd", "1", "90.00", "0.1", "sgd", "completed", "chosen"],
        ["sgd", "2", "", "0.2", "sgd", "no score", ""],
        ["adam", "1", "90.00", "0.1", "adam", "completed", "chosen"],
        ["adam", "2", "", "0.2", "adam", "no score", ""],
        ["gone", "1", "50.00", "1", "", "completed", "chosen"],
    ]
    assert table.variants == [1, 1, 0, 0, -1]  # the report's variants begin with adam, in the order of their paths
    assert table.rows[0][3].sort == 0.1


def test_without_tuning_there_is_no_table(make_run, tmp_path):
    make_run("sweep/0")
    left_out, paths = LeftOut(), [tmp_path / "sweep"]
    assert trials_table(read_results(find_runs(paths, left_out), paths, Wish(), left_out)) is None
