import pytest

from runner.sweeps.estimate import Pace, estimate_range
from runner.sweeps.job import Job


def jobs(count: int, epochs: int = 10) -> list[Job]:
    config = {"training": {"epochs": epochs}}
    return [Job(f"{n:012x}", f"v{n}", n, [], {}, config, f"run{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("count", "workers", "kinds", "fewest", "most"),
    [
        # 10 epochs of 0.5 s and 0.3 s beside; 4 s of compiling for each network; 3 s for the report
        (1, 1, 1, 5.3 + 4 + 3, 5.3 + 4 + 3),
        (6, 2, 1, 3 * 5.3 + 2 + 3, 3 * 5.3 + 4 + 3),  # the other worker may help out, and compile it as well
        (6, 2, 6, 3 * 5.3 + 3 * 4 + 3, 3 * 5.3 + 3 * 4 + 3),
        (2, 8, 1, 5.3 + 2 + 3, 5.3 + 4 + 3),
    ],
)
def test_a_sweep_takes_its_epochs_its_compiling_and_its_report(count, workers, kinds, fewest, most):
    pace = Pace({"v0": 0.5}, compiling=4.0)
    assert estimate_range(jobs(count), pace, workers, kinds) == pytest.approx((fewest, 1.5 * most))


def test_nothing_is_said_of_what_is_done_or_unknown():
    assert estimate_range([], Pace({"v0": 0.5}), 1, 0) is None
    assert estimate_range(jobs(1), Pace({}), 1, 1) is None
