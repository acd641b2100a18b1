import json

import pytest

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.comparison.looks import looks_frame
from runner.reporting.page.looks_table import looks_table
from runner.reporting.result_reader import Wish, read_results
from runner.reporting.results import Results


@pytest.fixture
def sequential(make_run, tmp_path):
    """sequential({"b": ..., ...}) -> results; each variant has these differences from `a`, one per seed."""

    def make(differences, sizes=(6, 9, 12)) -> Results:
        for label, (seeds, shift) in {"a": (12, lambda _: 0.0), **differences}.items():
            for seed in range(seeds):
                value = round(0.5 + seed / 1000 + shift(seed), 4)
                make_run(f"sweep/{label}{seed}", label=label, seed=seed, accuracies=[0.1, value])
        (tmp_path / "sweep" / "plan.json").write_text(json.dumps({"study": {"looks": {"sizes": list(sizes)}}}))
        left_out = LeftOut()
        return read_results(find_runs([tmp_path / "sweep"], left_out), [tmp_path / "sweep"], Wish(), left_out)

    return make


def test_each_look_covers_its_seeds_and_a_comparison_that_stopped_has_no_later_ones(sequential):
    results = sequential(
        {
            "early": (9, lambda seed: 0.02 + seed / 10_000),
            "never": (12, lambda seed: 0.001 * (-1) ** seed * (1 + seed)),
        }
    )
    frame = looks_frame(results)
    found = {(row["variant"], row["look"]): row for row in frame.to_dict("records")}
    assert {key: row["n"] for key, row in found.items()} == {
        ("early", 1): 6, ("early", 2): 9, ("never", 1): 6, ("never", 2): 9, ("never", 3): 12,
    }  # fmt: skip
    assert found["early", 1]["difference"] == pytest.approx(0.02 + sum(range(6)) / 6 / 10_000)
    final = {row["variant"]: row for row in results.comparisons.to_dict("records")}
    assert found["never", 3]["p_adjusted"] == final["never"]["p_adjusted"]
    assert found["early", 2]["verdict"] == final["early"]["verdict"] == "higher"


def test_the_table_names_the_looks_and_what_each_decided(sequential):
    results = sequential({"b": (12, lambda seed: 0.02 + seed / 10_000)})
    table = looks_table(looks_frame(results), results.asked.looks)
    texts = [[cell.parts[0][0] for cell in row] for row in table.rows]
    assert [row[1] for row in texts] == ["1 of 3", "2 of 3", "3 of 3"]
    assert texts[-1][-1] == "better"
    assert "6, 9, 12 seeds" in table.caption


def test_without_planned_looks_there_is_nothing(make_run, tmp_path):
    make_run("sweep/0")
    left_out = LeftOut()
    paths = [tmp_path / "sweep"]
    assert looks_frame(read_results(find_runs(paths, left_out), paths, Wish(), left_out)) is None
