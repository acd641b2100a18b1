import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runner.config.output_names import directory_name
from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.core.write import set_aside
from runner.reporting.run_figures import run_figures
from runner.sweeps.cleaning.found import _FIGURES, Wish, find, total
from runner.sweeps.planning.plan import Plan
from tests.imports import REPOSITORY
from tests.sweeps.cleaning.conftest import DAY, aged
from tests.sweeps.made_up import job
from tests.test_documents import named_in

TIME = "2026-01-01_00-00-00-000000"


def named(outputs, wish=None):
    """Return the kinds and the paths, relative to outputs, of the items that a selection finds."""
    return [(item.kind, str(item.path.relative_to(outputs))) for item in find(outputs, wish or Wish()).items]


def ended(days):
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")


class TestWithoutAFlag:
    @pytest.mark.parametrize("status", ["completed", "diverged", "pruned"])
    def test_the_checkpoint_of_a_finished_run_goes(self, outputs, make, status):
        make("runs/a", status, checkpoint=10)
        assert named(outputs) == [("checkpoint", "runs/a/checkpoint")]

    @pytest.mark.parametrize("status", ["interrupted", "running", "failed"])
    def test_the_checkpoint_of_a_run_that_can_continue_stays(self, outputs, make, status):
        make("runs/a", status, checkpoint=10)
        assert named(outputs) == []

    def test_models_and_failed_runs_stay_and_are_counted(self, outputs, make):
        make("runs/a", model=20)
        make("runs/b", "failed")
        found = find(outputs, Wish())
        assert found.items == []
        assert sorted(item.kind for item in found.unasked) == ["failed", "model"]

    def test_empty_directories_with_the_names_of_runs_go(self, outputs, bare):
        names = [directory_name("optimizer=sgd", 3, "0123456789ab"), TIME, f"0123456789ab-{TIME}"]
        for name in names:
            bare(f"s/{name}")
        assert {path for _, path in named(outputs)} == {f"s/{name}" for name in names}

    def test_other_empty_directories_stay(self, outputs, bare):
        bare("runs/mine")
        bare("2026-01-01")
        assert named(outputs) == []

    def test_a_directory_with_a_file_is_not_empty_but_an_empty_log_and_a_lock_are_nothing(self, outputs, bare):
        kept, gone = bare(f"a/{TIME}"), bare(f"b/{TIME}")
        (kept / "run.log").write_text("a line")
        for name in ("run.log", ".lock"):
            (gone / name).touch()
        aged(kept, DAY), aged(gone, DAY)
        assert named(outputs) == [("empty", f"b/{TIME}")]

    def test_a_directory_that_was_just_made_stays(self, outputs, bare):
        aged(bare(f"runs/{TIME}"), 5)
        assert named(outputs) == []

    def test_temporary_files_of_gone_processes_go_wherever_they_are(self, outputs, make, monkeypatch):
        run = make("runs/a", "interrupted", checkpoint=10)
        monkeypatch.setattr("os.getpid", lambda: 2**22 + 1)
        for folder in (outputs, run, run / "checkpoint"):
            (folder / "x").mkdir()
            set_aside(folder / "x")
        monkeypatch.undo()
        (outputs / ".bashrc").touch()
        assert [kind for kind, _ in named(outputs)] == ["temporary"] * 3

    def test_a_run_that_was_set_aside_by_a_killed_cleaning_is_temporary(self, outputs, make, monkeypatch):
        run = make("runs/a", "failed", model=10)
        with monkeypatch.context() as patch:
            patch.setattr("os.getpid", lambda: 2**22 + 1)
            aside = set_aside(run)
        found = find(outputs, Wish(failed=True, models=True))
        assert [(item.kind, item.path) for item in found.items] == [("temporary", aside)]


class TestFailed:
    def test_the_directory_of_a_failed_run_goes_as_a_whole(self, outputs, make):
        run = make("runs/a", "failed", checkpoint=1000, model=2000)
        make("runs/b")
        found = find(outputs, Wish(failed=True, models=True))
        assert [(item.kind, item.path) for item in found.items] == [("failed", run)]
        assert total(found.items) == sum(path.stat().st_size for path in run.rglob("*") if path.is_file())

    @pytest.mark.parametrize("status", ["completed", "diverged", "pruned", "interrupted", "running"])
    def test_other_runs_stay(self, outputs, make, status):
        make("runs/a", status)
        assert named(outputs, Wish(failed=True)) == []

    def test_a_run_in_the_users_own_directory_stays_with_their_files(self, outputs, make):
        own = make("own", "failed")
        (own / "thesis.tex").touch()
        found = find(outputs, Wish(failed=True))
        assert not found.items
        assert found.kept[own] == "contains files that no run writes: thesis.tex"

    def test_a_directory_that_the_program_named_goes_with_the_files_of_callbacks(self, outputs, make):
        run = make(f"runs/{TIME}", "failed")
        (run / "log.txt").touch()
        assert named(outputs, Wish(failed=True)) == [("failed", f"runs/{TIME}")]

    def test_a_directory_that_contains_other_runs_stays(self, outputs, make):
        (outputs / "record.json").write_text(make("runs/a", "failed").joinpath("record.json").read_text())
        found = find(outputs, Wish(failed=True))
        assert found.kept[outputs] == "contains other runs"
        assert [item.path for item in found.items] == [outputs / "runs" / "a"]

    def test_the_current_directory_stays(self, outputs, make, monkeypatch):
        run = make("runs/a", "failed")
        monkeypatch.chdir(run)
        assert find(outputs, Wish(failed=True)).kept[run] == "contains the current directory"

    def test_the_figures_that_a_run_draws_are_known(self):
        """The directory of a failed run with drawn curves must be removable."""
        module = REPOSITORY / "runner" / (run_figures.__module__.removeprefix("runner.").replace(".", "/") + ".py")
        curves = {"accuracy.png", "loss.png", "negative_log_likelihood.png"}
        assert named_in(module) | curves | {"augmentation.png"} == _FIGURES


class TestModels:
    def test_every_model_goes_whatever_the_status(self, outputs, make):
        for name, status in (("a", "completed"), ("b", "failed"), ("c", "interrupted"), ("d", "diverged")):
            make(f"runs/{name}", status, model=20)
        assert named(outputs, Wish(models=True)) == [("model", f"runs/{name}/model.keras") for name in "abcd"]

    def test_the_preprocessing_goes_and_stays_with_its_model(self, outputs, make):
        for name, status in (("a", "completed"), ("b", "failed")):
            (make(f"runs/{name}", status, model=20) / "inference.npz").write_bytes(b"12345")
        (make("runs/c") / "inference.npz").write_bytes(b"12345")
        found = find(outputs, Wish(models=True, keep_best=True))
        assert [(str(item.path.relative_to(outputs)), item.size) for item in found.items] == [
            ("runs/b/inference.npz", 5), ("runs/b/model.keras", 20),
        ]  # fmt: skip

    def test_the_model_that_another_run_starts_from_stays_and_both_are_named(self, outputs, make):
        start = make("runs/a", model=20)
        make("runs/b", init_from="outputs/runs/a")
        found = find(outputs / "runs" / "a", Wish(models=True))
        assert not found.items
        assert "outputs/runs/b starts from it" in found.kept[start / "model.keras"]

    def test_the_runs_that_start_from_it_are_found_from_inside_the_run_too(self, outputs, make, monkeypatch, tmp_path):
        start = make("runs/a", model=20)
        make("sweeps/s/b", init_from="outputs/runs/a", working_directory=str(tmp_path))
        monkeypatch.chdir(start)
        assert not find(Path(), Wish(models=True)).items

    def test_the_other_runs_of_its_sweep_are_looked_at_wherever_it_lies(self, outputs, make, monkeypatch, tmp_path):
        start = make("../results/a", model=20).resolve()
        Plan([replace(job(), config=job().config | {"model": {"init_from": str(start)}})]).write(tmp_path / "results")
        assert not find(start, Wish(models=True)).items

    def test_a_failed_run_that_another_run_starts_from_stays(self, outputs, make):
        start = make("runs/a", "failed", model=20)
        make("runs/b", init_from=str(start))
        assert not find(outputs, Wish(failed=True, models=True)).items

    def test_the_best_model_stays_even_if_only_others_are_old_enough(self, outputs, make):
        make("s/a", accuracies=[0.7], model=1, finished=ended(9), overrides=["seed=0"])
        make("s/b", accuracies=[0.9], model=1, finished=ended(9), overrides=["seed=1"])
        assert named(outputs, Wish(models=True, keep_best=True)) == [("model", "s/a/model.keras")]
        make("s/c", accuracies=[0.95], model=1, finished=ended(1), overrides=["seed=2"])
        wish = Wish(models=True, keep_best=True, older_than=5 * DAY)
        assert named(outputs, wish) == [("model", "s/a/model.keras"), ("model", "s/b/model.keras")]


class TestOlderThan:
    def test_only_runs_that_ended_longer_ago_are_found(self, outputs, make):
        for days in (1, 40):
            make(f"runs/failed{days}", "failed", finished=ended(days))
            make(f"runs/model{days}", checkpoint=1, model=1, finished=ended(days))
        wish = Wish(failed=True, models=True, older_than=30 * DAY)
        assert [path for _, path in named(outputs, wish)] == [
            "runs/failed40",
            "runs/model40/checkpoint",
            "runs/model40/model.keras",
        ]

    def test_a_killed_run_is_as_old_as_its_directory(self, outputs, make):
        run = make("runs/a", "running", model=1)
        assert named(outputs, Wish(models=True, older_than=DAY)) == []
        aged(run, 2 * DAY)
        assert named(outputs, Wish(models=True, older_than=DAY)) == [("model", "runs/a/model.keras")]

    def test_leftovers_count_by_their_own_time(self, outputs, bare):
        bare(f"runs/{TIME}")
        assert named(outputs, Wish(older_than=DAY)) == []
        assert named(outputs, Wish(older_than=60)) == [("empty", f"runs/{TIME}")]


class TestWhatIsLeftAlone:
    def test_a_run_in_use(self, outputs, make):
        run = make("runs/a", "failed", checkpoint=1, model=1)
        with run_lock(run):
            found = find(outputs, Wish(failed=True, models=True))
        assert not found.items
        assert found.kept == {run: "in use by a process"}

    def test_a_run_whose_record_cannot_be_read_is_named(self, outputs, make):
        run = make("runs/a", "failed", checkpoint=1, model=1)
        (run / "record.json").write_text("{")
        found = find(outputs, Wish(failed=True, models=True))
        assert not found.items
        assert "not a valid run record" in found.left_out.reasons[0]

    def test_a_directory_that_cannot_be_read_is_named_and_the_others_are_found(self, outputs, make, monkeypatch):
        closed = make("runs/a")
        make("runs/b", checkpoint=1)

        def refuse(folder):
            if folder == closed:
                raise PermissionError(13, "Permission denied", str(folder))
            return False

        monkeypatch.setattr("runner.sweeps.cleaning.found.is_locked", refuse)
        found = find(outputs, Wish())
        assert [item.path for item in found.items] == [outputs / "runs" / "b" / "checkpoint"]
        assert found.kept == {closed: "Permission denied"}

    def test_nothing_behind_a_link_is_found(self, outputs, make, tmp_path):
        (outputs / "runs").mkdir()
        run = make("../elsewhere/a", "failed", checkpoint=1, model=1)
        (outputs / "runs" / "a").symlink_to(run)
        done = make("runs/done")
        (done / "checkpoint").symlink_to(run / "checkpoint")
        (done / "model.keras").symlink_to(run / "model.keras")
        assert named(outputs, Wish(failed=True, models=True)) == []

    def test_the_bytes_of_a_file_with_another_link_are_not_freed(self, outputs, make, tmp_path):
        run = make("runs/a", model=1000)
        os.link(run / "model.keras", tmp_path / "backup")
        (item,) = find(outputs, Wish(models=True)).items
        assert item.size == 0

    def test_a_directory_that_is_a_link_is_refused_with_the_place_it_names(self, outputs, tmp_path):
        (tmp_path / "link").symlink_to(outputs)
        with pytest.raises(UserError, match=f"a link, which is not followed; give the directory itself: {outputs}$"):
            find(tmp_path / "link", Wish())

    @pytest.mark.parametrize("name", ["missing", "file"])
    def test_what_is_no_directory_is_refused(self, tmp_path, name):
        (tmp_path / "file").touch()
        with pytest.raises(UserError, match=f"{name}: no such directory"):
            find(tmp_path / name, Wish())

    def test_finding_changes_nothing(self, outputs, make, bare):
        make("runs/a", "failed", checkpoint=1, model=1)
        bare(f"runs/{TIME}")
        before = {path: aged(path, 120).lstat().st_mtime_ns for path in outputs.rglob("*")}
        find(outputs, Wish(failed=True, models=True, keep_best=True))
        assert {path: path.lstat().st_mtime_ns for path in outputs.rglob("*")} == before
