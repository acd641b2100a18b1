from dataclasses import replace

import pytest

from runner.records.job import Job
from runner.records.provenance import machine
from runner.records.run_directory import RunDirectory
from runner.sweeps.progress.earlier_runs import earlier_runs
from runner.sweeps.progress.estimate import Pace, estimate_range, learnt_pace
from tests.sweeps import made_up


def jobs(count: int, epochs: int = 10) -> list[Job]:
    config = {"training": {"epochs": epochs}}
    return [Job(f"{n:012x}", f"v{n}", n, [], {}, config, f"run{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("count", "workers", "kinds", "fewest", "most"),
    [
        # 10 epochs of 0.5 s and 0.3 s outside them; 4 s to compile each network; 3 s for the report
        (1, 1, 1, 5.3 + 4 + 3, 5.3 + 4 + 3),
        (6, 2, 1, 3 * 5.3 + 2 + 3, 3 * 5.3 + 4 + 3),  # the other worker may help, and also compile it
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


def test_a_pace_is_learnt_from_records():
    job = made_up.job(epochs=10)
    records = [replace(made_up.record(job), seconds={"train": 20.0, "total": total}) for total in (21.0, 22.0, 90.0)]
    unfinished = replace(made_up.record(job, "interrupted"), final={})
    pace = learnt_pace([("adam", record) for record in [*records, unfinished]])
    assert pace == Pace({"adam": 2.0}, overhead=2.0)
    assert learnt_pace([]) == Pace({})
    # 10 epochs of 2 s and 2 s outside them, 2 s to compile, 3 s for the report
    assert estimate_range([job], pace, 1, 1) == pytest.approx((22 + 2 + 3, 1.5 * (22 + 2 + 3)))


class TestEarlierRuns:
    @pytest.fixture
    def write(self, tmp_path):
        """write(name, *overrides, ...) puts a completed run of an earlier sweep below tmp_path."""

        def write(name, *overrides, **changes):
            directory = RunDirectory(tmp_path / "sweeps" / "one" / name)
            directory.path.mkdir(parents=True)
            made = replace(made_up.record(made_up.job(seed=len(name))), name=name, choices={"model": "mlp"})
            directory.write_record(replace(made, **{"overrides": [*overrides], "device": machine()} | changes))

        return write

    @staticmethod
    def planned(variant, *overrides, model="mlp"):
        return replace(made_up.job(variant), choices={"model": model}, overrides=[*overrides])

    def test_are_those_of_the_same_model_and_data_on_this_machine(self, write, tmp_path):
        write("alike", "model.units=3", "training.epochs=7", "optimizer=sgd", "seed=4")
        write("larger", "model.units=4")
        write("elsewhere", "model.units=3", device=machine() | {"cores": 999})
        write("failed", "model.units=3", status="failed")
        write("other", "model.units=3", choices={"model": "cnn"})
        (tmp_path / "sweeps" / "one" / "broken").mkdir()
        (tmp_path / "sweeps" / "one" / "broken" / "record.json").write_text("{")
        (tmp_path / "sweeps" / "one" / "gone").mkdir()
        (tmp_path / "sweeps" / "one" / "gone" / "record.json").symlink_to("nothing")
        jobs = [self.planned(name, f"optimizer={name}", "model.units=3") for name in ("adam", "lion")]
        found = earlier_runs(jobs, tmp_path)
        assert {(variant, record.name) for variant, record in found} == {("adam", "alike"), ("lion", "alike")}

    def test_count_only_where_every_variant_has_one(self, write, tmp_path):
        write("alike")
        both = [self.planned("a"), self.planned("b", model="cnn")]
        assert earlier_runs(both[:1], tmp_path)
        assert earlier_runs(both, tmp_path) == []
        assert earlier_runs(both, tmp_path / "nowhere") == []
