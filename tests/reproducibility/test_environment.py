"""The environment and the code of a bundle."""

import hashlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from runner.core.errors import UserError
from runner.reproducibility import environment as module
from runner.reproducibility.environment import Code, installed, lock_files, package_sources

COMMIT = "a" * 40


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout with one commit."""
    for name, text in (("runner/core/a.py", "x = 1\n"), ("conf/b.yaml", "b: 1\n"), ("notes.md", "notes\n")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message=a")
    monkeypatch.setattr(module, "checkout", lambda: tmp_path)
    monkeypatch.setattr(module, "code_state", lambda: {"commit": COMMIT, "dirty": True})
    return tmp_path


def git(directory: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=directory, check=True, capture_output=True).stdout


def state(commit=COMMIT, dirty=True):
    return {"commit": commit, "dirty": dirty}


class TestCode:
    def test_the_diff_and_untracked_files_of_the_program_restore_its_code(self, checkout, tmp_path_factory):
        (checkout / "runner" / "core" / "a.py").write_text("x = 2\né = 3\n")
        (checkout / "runner" / "new.py").write_text("new\n")
        for name in ("runner/.env", "runner/key.pem", "runner/data.csv", "notes.md", "other.py"):
            (checkout / name).write_text("secret")
        changes = Code.of([state(), state(dirty=False)]).changes
        assert {*changes} == {"changes.diff", "untracked/runner/new.py"}
        assert not any(b"secret" in text for text in changes.values())
        again = tmp_path_factory.mktemp("again")
        git(again, "clone", "--quiet", str(checkout), ".")
        (again / "x.diff").write_bytes(changes["changes.diff"])
        git(again, "apply", "x.diff")
        assert (again / "runner" / "core" / "a.py").read_text() == "x = 2\né = 3\n"

    def test_the_diff_does_not_follow_the_users_settings(self, checkout):
        (checkout / "conf" / "b.yaml").write_text("b: 2\n")
        before = Code.of([state()]).changes
        for key, value in (("diff.noprefix", "true"), ("color.ui", "always"), ("core.abbrev", "5")):
            git(checkout, "config", key, value)
        assert Code.of([state()]).changes == before
        assert b"--- a/conf/b.yaml" in before["changes.diff"]

    @pytest.mark.parametrize("states", [[state(dirty=False)], [state("b" * 40)], [state(), state("b" * 40)], [{}]])
    def test_changes_that_are_not_those_of_the_runs_are_left_out(self, checkout, states):
        (checkout / "runner" / "core" / "a.py").write_text("x = 2\n")
        assert Code.of(states).changes == {}

    def test_without_a_checkout_there_are_no_changes_and_no_lock_files(self, monkeypatch):
        monkeypatch.setattr(module, "checkout", lambda: None)
        assert Code.of([state()]) == Code([COMMIT], was_dirty=True)
        assert lock_files() == {}

    def test_the_lock_files_of_the_checkout_are_taken_as_they_are(self, checkout):
        (checkout / "requirements.lock").write_bytes(b"a==1 --hash=sha256:0\r\n")
        assert lock_files() == {"requirements.lock": b"a==1 --hash=sha256:0\r\n"}


class TestInstalled:
    def test_every_distribution_has_its_version_and_the_checksum_of_its_record(self):
        lines = installed()
        names = [line.partition("==")[0] for line in lines]
        assert names == sorted(set(names))
        assert any(line.startswith(f"pydantic-core=={version('pydantic_core')} sha256:") for line in lines)

    def test_the_checksum_is_of_the_file_and_the_current_directory_does_not_count(self, tmp_path, monkeypatch):
        for place, number in (("here", 1), ("there", 2)):
            info = tmp_path / place / "Own_Thing-1.dist-info"
            info.mkdir(parents=True)
            (info / "METADATA").write_text(f"Name: Own_Thing\nVersion: {number}\n")
            (info / "RECORD").write_text("a.py,,\n")
        monkeypatch.setattr(sys, "path", ["", str(tmp_path / "here"), str(tmp_path / "there")])
        monkeypatch.chdir(tmp_path / "here")
        assert installed() == [f"own-thing==2 sha256:{hashlib.sha256(b'a.py,,' + bytes([10])).hexdigest()}"]


class TestPackages:
    @pytest.fixture
    def home(self, tmp_path, monkeypatch) -> Path:
        monkeypatch.syspath_prepend(tmp_path)
        return tmp_path

    def test_only_its_python_files_are_taken_and_it_is_not_imported(self, home):
        for name in (
            "own_a/__init__.py", "own_a/deep/er/layers.py", "own_a/.env", "own_a/keys.pem", "own_a/data.csv",
            "own_a/.git/hook.py", "own_a/__pycache__/a.py", "own_a/.hidden.py", "beside.py",
        ):  # fmt: skip
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text("raise AssertionError\n")
        (home / "own_a" / "link.py").symlink_to(home / "beside.py")
        assert {*package_sources("own_a.deep")} == {"own_a/__init__.py", "own_a/deep/er/layers.py"}

    def test_a_single_module_is_taken(self, home):
        (home / "own_b.py").write_text("raise AssertionError\n")
        assert package_sources("own_b") == {"own_b.py": b"raise AssertionError\n"}

    def test_an_installed_package_is_among_the_distributions(self):
        assert package_sources("pydantic") == {}
        assert package_sources("sys") == {}

    def test_a_package_that_is_not_there_is_refused(self):
        with pytest.raises(UserError, match=r"^trusted_packages=\[own_nowhere\]: no such package here"):
            package_sources("own_nowhere")

    def test_too_many_files_are_refused(self, home, monkeypatch):
        monkeypatch.setattr(module, "_MOST_SOURCES", 1)
        (home / "own_c").mkdir()
        for name in ("a.py", "b.py"):
            (home / "own_c" / name).touch()
        with pytest.raises(UserError, match="more than 1 Python file"):
            package_sources("own_c")
