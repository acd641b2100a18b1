"""A configuration and a seed give the same bits: again, on other workers, in another order, elsewhere, after others.

`test_kill.py` compares runs that were killed and resumed with the same ones. What may differ is said in
docs/reliability.md: the number of threads, the kind of CPU, a GPU.
"""

import pytest

from tests.torture.results import CHOSEN, result_of, results_in

pytestmark = pytest.mark.promise(
    "**Determinism**: the same bits in every repeat, on one worker or two, in another order, after other runs, alone,"
    " and in another directory"
)


@pytest.fixture
def sweep(cli, tmp_path):
    """sweep("repeat", "seed=0,1") -> the results by optimizer and seed of a sweep in a folder of that name."""

    def run(name, *arguments):
        folder = tmp_path / name
        folder.mkdir()
        done = cli("-m", *CHOSEN, "hydra.sweep.dir=sweep", *arguments, cwd=folder, timeout=600)
        assert done.returncode == 0, done.stderr
        return results_in(folder / "sweep")

    return run


def test_the_two_seeds_differ(undisturbed):
    assert undisturbed["adam", 0] != undisturbed["adam", 1]


def test_another_order_after_runs_of_other_configurations_gives_the_same_bits(undisturbed, sweep, attempts, measured):
    # A worker keeps the data, and what it compiled for the run before.
    others = ("sgd", "momentum")[: attempts(1, 2)]
    found = sweep("mixed", "seed=1,0", f"optimizer={','.join(others)},adam", "hydra.launcher.workers=1")
    assert len(found) == 2 * (len(others) + 1)
    assert {key: result for key, result in found.items() if key[0] == "adam"} == undisturbed
    measured(f"2 runs after those of {len(others)} other optimizers in the same worker, in another order")


# In the suite those on two workers and alone are compared where they are stopped and go on, in `test_kill.py`.


@pytest.mark.usefixtures("long_form")
def test_repeats_are_bit_identical_on_one_worker_or_two(undisturbed, sweep, measured):
    for number in range(10):
        how = ("seed=0,1", "hydra.launcher.workers=1") if number % 2 else ("seed=1,0", "hydra.launcher.workers=2")
        assert sweep(f"repeat {number}", *how) == undisturbed
    measured("10 repeats of 2 runs in other directories, every other on 2 workers")


@pytest.mark.usefixtures("long_form")
def test_so_is_a_single_run(undisturbed, cli, measured, tmp_path):
    done = cli(*CHOSEN, "seed=1", "hydra.run.dir=single", cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stderr
    assert dict([result_of(tmp_path / "single")]) == {("adam", 1): undisturbed["adam", 1]}
    measured("a run of its own, outside a sweep: all bit-identical")
