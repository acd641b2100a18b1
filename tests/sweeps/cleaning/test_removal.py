import os
from pathlib import Path

import pytest

from runner.core.errors import UserError
from runner.core.lock import Locked, run_lock
from runner.reporting.collection.collect import find_runs
from runner.sweeps.cleaning import removal
from runner.sweeps.cleaning.found import Wish, find
from runner.sweeps.cleaning.removal import remove

EVERYTHING = Wish(failed=True, models=True)


def remove_all(directory, wish=EVERYTHING):
    for item in find(directory, wish).items:
        remove(item, directory)


def test_what_is_removed_is_gone_and_the_rest_stays(outputs, make, bare):
    done = make("runs/done", checkpoint=1, model=1)
    make("runs/failed", "failed")
    bare("runs/2026-01-01_00-00-00-000000")
    left = {path for path in done.rglob("*") if path.name not in ("checkpoint", "state.npz", "model.keras")}
    remove_all(outputs)
    assert {path for path in outputs.rglob("*") if not path.is_dir()} == left
    assert os.listdir(outputs / "runs") == ["done"]  # noqa: PTH208


class TestKilled:
    def test_a_kill_before_the_first_deletion_leaves_a_whole_run(self, outputs, make, monkeypatch):
        run = make("runs/a", "failed")
        files = {path.relative_to(run) for path in run.rglob("*")}
        with monkeypatch.context() as patch:
            patch.setattr(removal, "_delete_run", killed)
            with pytest.raises(KeyboardInterrupt):
                remove_all(outputs)
        (aside,) = (outputs / "runs").iterdir()
        assert {path.relative_to(aside) for path in aside.rglob("*")} - {Path(".lock")} == files

    def test_a_kill_between_two_deletions_leaves_nothing_that_a_report_reads(self, outputs, make, monkeypatch):
        make("runs/a", "failed")
        make("runs/b")
        with monkeypatch.context() as patch:
            patch.setattr("shutil.rmtree", killed)
            patch.setattr("os.getpid", lambda: 2**22 + 1)
            with pytest.raises(KeyboardInterrupt):
                remove_all(outputs)
        assert [run.directory.path.name for run in find_runs([outputs])] == ["b"]
        remove_all(outputs, Wish())
        assert os.listdir(outputs / "runs") == ["b"]  # noqa: PTH208


def killed(*_):
    raise KeyboardInterrupt


class TestNotRemoved:
    def test_a_run_that_a_process_uses_by_now(self, outputs, make):
        run = make("runs/a", "failed")
        (item,) = find(outputs, EVERYTHING).items
        with run_lock(run), pytest.raises(Locked):
            remove(item, outputs)
        assert (run / "record.json").exists()

    def test_a_run_that_has_been_trained_again_since(self, outputs, make):
        run = make("runs/a", "failed")
        (item,) = find(outputs, EVERYTHING).items
        record = run / "record.json"
        record.with_name("new").write_text(record.read_text().replace("failed", "completed"))
        record.with_name("new").replace(record)
        with pytest.raises(UserError, match="has changed since the search"):
            remove(item, outputs)
        assert record.exists()

    def test_an_empty_directory_in_which_a_run_has_begun(self, outputs, bare):
        path = bare("runs/2026-01-01_00-00-00-000000")
        (item,) = find(outputs, Wish()).items
        (path / "config.yaml").touch()
        with pytest.raises(OSError, match="not empty"):
            remove(item, outputs)
        assert (path / "config.yaml").exists()

    @pytest.mark.parametrize("depth", ["runs", "runs/a", "runs/a/model.keras"])
    def test_what_a_link_has_moved_out_of_the_directory(self, outputs, make, tmp_path, depth):
        make("runs/a", model=1)
        (item,) = find(outputs, EVERYTHING).items
        (outputs / depth).rename(tmp_path / "elsewhere")
        (outputs / depth).symlink_to(tmp_path / "elsewhere")
        before = {path: path.lstat().st_ino for path in tmp_path.rglob("*")}
        with pytest.raises(UserError, match="points outside"):
            remove(item, outputs)
        assert {path: path.lstat().st_ino for path in tmp_path.rglob("*")} == before

    def test_the_target_of_a_link_in_a_failed_run(self, outputs, make, tmp_path):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "thesis.tex").touch()
        run = make("runs/a", "failed")
        (run / "tensorboard").symlink_to(tmp_path / "mine")
        remove_all(outputs)
        assert not run.exists()
        assert (tmp_path / "mine" / "thesis.tex").exists()


def test_what_is_already_gone_is_no_error(outputs, make):
    run = make("runs/a", model=1)
    (item,) = find(outputs, EVERYTHING).items
    (run / "model.keras").unlink()
    remove(item, outputs)
    assert not (run / ".lock").exists()


def test_a_failed_run_may_be_named_itself(outputs, make):
    run = make("runs/a", "failed")
    make("runs/b")
    remove_all(run)
    assert os.listdir(outputs / "runs") == ["b"]  # noqa: PTH208
