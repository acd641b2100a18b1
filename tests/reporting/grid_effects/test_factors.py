import numpy as np
import pytest

from runner.core.omissions import LeftOut
from runner.reporting.collection.collect import find_runs
from runner.reporting.collection.labels import Values
from runner.reporting.grid_effects.complete_grids import VARIANT, factorial
from runner.reporting.grid_effects.factors import read_factors
from runner.reporting.result_reader import Wish, read_results

RATE = "optimizer.learning_rate"


@pytest.fixture
def read(tmp_path):
    """read(by=[...], names=[...]) -> the levels and the grids of the runs below `s`."""

    def read(by=(), names=(), **wish):
        left_out = LeftOut()
        runs = find_runs([tmp_path / "s"], left_out)
        results = read_results(runs, [tmp_path / "s"], Wish(by=by, **wish), left_out)
        levels = read_factors(runs, results.summary, by, names, Values(left_out))
        found = None if levels is None else factorial(levels, results.summary, results.metric, results.baselines)
        return levels, found

    return read


@pytest.fixture
def make(make_run):
    """make(*overrides, seed=0, ...) makes the next run."""
    count = iter(range(1000))

    def make(*overrides, seed=0, accuracy=0.5, **others):
        make_run(f"s/{next(count)}", [*overrides, f"seed={seed}"], seed=seed, accuracies=[accuracy], **others)

    return make


def crossed(make, seeds=3, rates=("0.1", "0.01"), **others):
    for seed in range(seeds):
        for number, optimizer in enumerate(("sgd", "adam")):
            for place, rate in enumerate(rates):
                accuracy = 0.5 + number / 10 + place / 20 + seed / 100
                make(f"{RATE}={rate}", f"optimizer={optimizer}", seed=seed, accuracy=accuracy, **others)


def named(grid):
    return {axis.key: axis.levels for axis in grid.axes}


def test_keys_that_a_command_line_crosses_are_the_axes_and_the_baseline_has_their_references(make, read):
    crossed(make)
    levels, found = read()
    assert list(levels) == ["optimizer", RATE]  # the learning rate comes last
    (grid,) = found.grids
    assert named(grid) == {"optimizer": ["sgd", "adam"], RATE: ["0.01", "0.1"]}
    assert found.notes == []
    np.testing.assert_allclose(grid.scores[2], [[0.57, 0.52], [0.67, 0.62]])
    (grid,) = read(baseline=f"{RATE}=0.1,optimizer=adam")[1].grids
    assert named(grid) == {"optimizer": ["adam", "sgd"], RATE: ["0.1", "0.01"]}


def test_a_studys_variants_are_an_axis_beside_its_grid(make, read):
    for seed in range(2):
        for name, own in {"plain": [], "all, of it": ["regularizer=[l2]"]}.items():
            for width in (32, 8):
                overrides = ["training.epochs=3", *own, f"model.width={width}"]
                make(*overrides, seed=seed, label=f"{name},model.width={width}")
    levels, found = read(names=["plain", "all, of it"])
    assert list(levels) == [VARIANT, "model.width"]
    assert named(found.grids[0]) == {VARIANT: ["plain", "all, of it"], "model.width": ["32", "8"]}


def test_keys_of_a_report_are_its_axes_and_other_crossed_keys_are_averaged(make, read):
    crossed(make, seeds=2)
    for width, shift in (("8", 0.1), ("16", 0.2)):
        for seed in range(2):
            for optimizer in ("sgd", "adam"):
                for rate in ("0.1", "0.01"):
                    make(
                        f"{RATE}={rate}",
                        f"optimizer={optimizer}",
                        f"model.width={width}",
                        seed=seed + 7,
                        accuracy=shift,
                    )
    levels, found = read(by=("optimizer", RATE, "optimizer"))
    assert list(levels) == ["optimizer", RATE]
    assert found.grids == []  # each seed has some of the widths
    levels, found = read(by=("model.width", "seed"))
    assert levels is None  # the unit is a seed


def test_cells_of_another_key_are_averaged_within_a_seed(make, read):
    for seed in range(2):
        for width, shift in (("8", 0.1), ("16", 0.3)):
            for optimizer in ("sgd", "adam"):
                for rate in ("0.1", "0.01"):
                    overrides = [f"{RATE}={rate}", f"optimizer={optimizer}", f"model.width={width}"]
                    make(*overrides, seed=seed, accuracy=shift + 0.1 * (optimizer == "adam"))
    (grid,) = read(by=("optimizer", RATE))[1].grids
    np.testing.assert_allclose(grid.scores, np.broadcast_to([[0.2], [0.3]], (2, 2, 2)))
    (grid,) = read()[1].grids
    assert grid.scores.shape == (2, 2, 2, 2)


@pytest.mark.parametrize(
    "variants",
    [
        [["optimizer=sgd"], ["optimizer=adam"], ["optimizer=lion"]],
        [["optimizer=sgd", "model=mlp"], ["optimizer=adam", "model=cnn"]],
        [["optimizer=sgd", "model=mlp"], ["optimizer=sgd", "model=cnn"], ["optimizer=adam", "regularizer=[l2]"]],
    ],
    ids=["one axis", "two arms", "what only some override"],
)
def test_other_variants_are_no_grid(make, read, variants):
    for seed in range(2):
        for variant in variants:
            make(*variant, seed=seed)
    assert read() == (None, None)


def test_combinations_that_differ_in_another_key_are_no_grid(make, read):
    crossed(make)
    make(f"{RATE}=0.1", "optimizer=sgd", "regularizer=[l2]")
    assert read()[0] is None


@pytest.mark.parametrize("status", ["diverged", "failed", "interrupted", "pruned", "running"])
def test_a_seed_with_a_run_without_a_result_is_left_out_as_a_whole_and_counted(make, make_run, read, status):
    crossed(make)
    for optimizer in ("sgd", "adam"):
        for rate in ("0.1", "0.01"):
            lost = (optimizer, rate) == ("adam", "0.01")
            make(f"{RATE}={rate}", f"optimizer={optimizer}", seed=3, status=status if lost else "completed")
    _, found = read()
    assert len(found.grids[0].scores) == 3
    (note,) = found.notes
    assert note.startswith("effects: cover 3 of 4 seeds (the others lack a result in some of the 4 combinations, most")
    assert f"most often in optimizer=adam,{RATE}=0.01" in note
    assert ("1 seed with a diverged run, which counts as lost" in note) == (status == "diverged")


def test_a_lost_run_is_not_hidden_by_another_of_the_same_combination_and_seed(make, read):
    crossed(make)
    make(f"{RATE}=0.1", "optimizer=adam", seed=1, status="diverged")
    assert len(read()[1].grids[0].scores) == 2


def test_too_few_complete_seeds_are_said_to_be_too_few(make, read):
    crossed(make, seeds=1)
    make(f"{RATE}=0.1", "optimizer=sgd", seed=4)
    _, found = read()
    assert found.grids == []
    assert found.notes[0].startswith(
        "effects: none, because at least 2 complete seeds are needed, but only 1 of 2 seeds is complete ("
    )


def test_a_combination_without_any_run_is_named(make, read):
    for seed in range(2):
        for optimizer, rate in (("sgd", "0.1"), ("sgd", "0.01"), ("adam", "0.1")):
            make(f"{RATE}={rate}", f"optimizer={optimizer}", seed=seed)
    _, found = read()
    assert found.grids == []
    assert (
        "0 of 2 seeds are complete (the others lack a result in some of the 4 combinations, most often in "
        f"optimizer=adam,{RATE}=0.01" in (found.notes[0])
    )


def test_two_data_sets_are_two_grids_and_never_an_axis(make, read):
    for dataset in ("mnist", "digits"):
        crossed(make, dataset=dataset, fingerprint=dataset)
    levels, found = read()
    assert list(levels) == ["optimizer", RATE]
    assert [grid.dataset for grid in found.grids] == ["mnist", "digits"]


def test_very_many_cells_are_refused_at_once(make, read, monkeypatch):
    crossed(make)
    monkeypatch.setattr("runner.reporting.grid_effects.complete_grids._MOST_ROWS", 3)
    assert read()[1].notes == ["effects: none, because the runs differ in too many other keys."]
