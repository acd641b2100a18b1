"""A configuration and a seed give the same bits when repeated, on other workers, in a different order or directory.

`test_kill.py` compares runs that were killed and resumed with undisturbed ones. docs/reproducibility.md
lists the permitted causes of differences: the number of threads, the kind of CPU, a GPU.
"""

import pytest

from tests.torture.results import CHOSEN, result_of, results_in

pytestmark = pytest.mark.promise(
    "**Determinism**: every repeated run is bit-identical: on one or two workers, in a different order, after other"
    " runs, alone, and in a different directory"
)


@pytest.fixture
def sweep(quick_cli, tmp_path):
    """sweep("repeat", "seed=0,1") -> the results, by optimizer and seed, of a sweep in a folder with this name."""

    def run(name, *arguments):
        folder = tmp_path / name
        folder.mkdir()
        done = quick_cli("-m", *CHOSEN, "hydra.sweep.dir=sweep", *arguments, cwd=folder, timeout=600)
        assert done.returncode == 0, done.stderr
        return results_in(folder / "sweep")

    return run


def test_the_two_seeds_differ(undisturbed):
    assert undisturbed["adam", 0] != undisturbed["adam", 1]


def test_two_workers_another_order_and_other_runs_before_give_the_same_bits(undisturbed, sweep, measured):
    # A worker keeps the data and the compiled functions of its last run, so two workers train other runs first.
    found = sweep("mixed", "optimizer=sgd,momentum,adam", "seed=1,0", "hydra.launcher.workers=2")
    assert len(found) == 6
    assert {key: result for key, result in found.items() if key[0] == "adam"} == undisturbed
    measured("2 runs after runs of other optimizers, on 2 workers and in a different order")


@pytest.mark.usefixtures("long_form")  # the test above covers this in the suite
def test_repeats_are_bit_identical_on_one_worker_or_two(undisturbed, sweep, measured):
    for number in range(10):
        how = ("seed=0,1", "hydra.launcher.workers=1") if number % 2 else ("seed=1,0", "hydra.launcher.workers=2")
        assert sweep(f"repeat {number}", *how) == undisturbed
    measured("10 repeats of 2 runs in other directories, every second repeat on 2 workers")


@pytest.mark.usefixtures("long_form")  # in the suite, `test_kill.py` has a run that is stopped and continued
def test_so_is_a_single_run(undisturbed, cli, measured, tmp_path):
    done = cli(*CHOSEN, "seed=1", "hydra.run.dir=single", cwd=tmp_path, timeout=600)
    assert done.returncode == 0, done.stderr
    assert dict([result_of(tmp_path / "single")]) == {("adam", 1): undisturbed["adam", 1]}
    measured("a single run outside a sweep; all bit-identical")
