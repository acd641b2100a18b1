"""Contents of a bundle, its identical bytes wherever it is made, and the repetition of one of its runs."""

import json
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from runner.core.errors import UserError
from runner.core.lock import run_lock
from runner.core.terminal import Terminal
from runner.reporting import report
from runner.reproducibility import bundle as module
from runner.reproducibility.bundle import Choice, bundle
from runner.reproducibility.unpack import check_bundle

pytestmark = pytest.mark.usefixtures("wide")


@pytest.fixture
def wide(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def bundled(directory: Path, out: Path, **chosen) -> dict[str, bytes]:
    """Bundle a directory, and return the contents of the bundle by name."""
    bundle(directory, out, Choice(**chosen), Terminal())
    return contents(out)


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_bundle_holds_every_file_of_the_sweep_but_the_models_and_their_preprocessing(sweep, tmp_path):
    found = bundled(sweep, tmp_path / "b.zip")
    there = {path.relative_to(sweep).as_posix() for path in sweep.rglob("*") if path.is_file()}
    assert {name.removeprefix("results/") for name in found if name.startswith("results/")} == {
        name for name in there if not name.endswith(("model.keras", "inference.npz"))
    }
    assert all(found[f"results/{name}"] == (sweep / name).read_bytes() for name in there if f"results/{name}" in found)
    assert {name for name in found if "/" not in name} == {"README.md", "SHA256SUMS"}
    assert b"pydantic==" in found["environment/installed.txt"]


def test_models_and_predictions_are_chosen(sweep, tmp_path, capsys):
    found = bundled(sweep, tmp_path / "b.zip", predictions=False, models=True)
    assert sum(name.endswith("model.keras") for name in found) == 4
    assert not any(name.endswith("predictions.npz") for name in found)
    assert "left out: 4 x predictions.npz (--predictions adds them)" in capsys.readouterr().out
    assert "runner bundle DIR -o FILE.zip --models --no-predictions" in found["README.md"].decode()


def test_files_that_the_user_put_there_and_runs_of_an_earlier_plan_are_left_out_and_named(sweep, tmp_path, capsys):
    for name in (".env", "id_rsa.pem", "patients.csv", "notes.json", "adam-0/.hidden.png"):
        (sweep / name).write_text("secret")
    shutil.copytree(sweep / "adam-0", sweep / "earlier")
    found = bundled(sweep, tmp_path / "b.zip")
    assert not any(b"secret" in text for text in found.values())
    assert not any("earlier" in name for name in found)
    said = capsys.readouterr().out
    assert all(name in said for name in (".env", "id_rsa.pem", "patients.csv", "earlier"))


def test_a_bundle_is_the_same_bytes_wherever_the_sweep_lies_and_whoever_makes_it(sweep, tmp_path, monkeypatch):
    first, second = tmp_path / "1.zip", tmp_path / "elsewhere" / "2.zip"
    bundle(sweep, first, Choice(), Terminal())
    copy = tmp_path / "a copy é"
    shutil.copytree(sweep, copy, copy_function=shutil.copy)  # with different times
    for path in copy.rglob("*.csv"):
        path.chmod(0o600)
    monkeypatch.chdir(copy)
    monkeypatch.setenv("LC_ALL", "C")
    before = os.umask(0o077)
    try:
        bundle(Path(), Path("../elsewhere/2.zip"), Choice(), Terminal())
    finally:
        os.umask(before)
    assert first.read_bytes() == second.read_bytes()


def test_entries_have_no_time_and_no_owner_of_their_own_and_are_in_order(sweep, tmp_path):
    bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        entries = archive.infolist()
    assert {(one.date_time, one.external_attr, one.create_system, one.extra) for one in entries} == {
        ((1980, 1, 1, 0, 0, 0), 0o100644 << 16, 3, b"")
    }
    names = [one.filename for one in entries]
    assert names[-1] == "SHA256SUMS"
    assert names[:-1] == sorted(names[:-1])


def test_a_missing_report_is_written_into_the_bundle_alone_and_always_the_same(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "report_figures", lambda *_, **__: ())
    for name in ("index.html", "summary.csv", "accuracy.svg"):
        (sweep / name).unlink()
    there = {*sweep.rglob("*")}
    found = bundled(sweep, tmp_path / "1.zip")
    assert {"results/index.html", "results/summary.csv", "results/aggregate.csv", "results/table.tex"} <= {*found}
    assert "written for this bundle" in found["README.md"].decode()
    assert {*sweep.rglob("*")} == there
    bundle(shutil.copytree(sweep, tmp_path / "other"), tmp_path / "2.zip", Choice(), Terminal())
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_a_single_run_without_figures_gets_them(sweep, tmp_path, monkeypatch):
    drawn = []

    def draw(directory, *_):
        drawn.append((directory.path / "accuracy.png").write_bytes(b"drawn"))

    monkeypatch.setattr(module, "report_run", draw)
    found = bundled(sweep / "sgd-0", tmp_path / "b.zip")
    assert found["results/accuracy.png"] == b"drawn"
    assert found["results/record.json"] == (sweep / "sgd-0" / "record.json").read_bytes()
    (sweep / "sgd-0" / "loss.png").touch()
    bundle(sweep / "sgd-0", tmp_path / "c.zip", Choice(), Terminal())
    assert len(drawn) == 1


def test_a_sweep_without_anything_to_report_is_bundled_without_a_report(sweep, tmp_path, capsys):
    (sweep / "index.html").unlink()
    (sweep / "summary.csv").unlink()
    plan = sweep / "plan.csv"
    plan.write_text(plan.read_text().replace("final,", "tuning,"))
    found = bundled(sweep, tmp_path / "b.zip")
    assert f"note: no report: {sweep}: " in capsys.readouterr().out
    assert "has no report" in found["README.md"].decode()
    assert "results/index.html" not in found


def test_a_sweep_in_use_is_refused_and_leaves_nothing(sweep, tmp_path):
    for used in (sweep, sweep / "adam-1"):
        with run_lock(used), pytest.raises(UserError, match=f"^{used}: in use by another process"):
            bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    assert not (tmp_path / "b.zip").exists()


def test_a_run_that_is_resumed_while_it_is_packed_leaves_no_bundle(sweep, tmp_path, monkeypatch):
    def write(files, path, directory):
        path.touch()
        locked.__enter__()

    locked = run_lock(sweep / "sgd-1")
    monkeypatch.setattr(module, "_write", write)
    with pytest.raises(UserError, match="sgd-1: in use by another process"):
        bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    locked.__exit__(None, None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["sweep"]


def test_a_file_that_appears_while_it_is_packed_stays(sweep, tmp_path, monkeypatch):
    out = tmp_path / "b.zip"
    monkeypatch.setattr(module, "_write", lambda _, path, __: (path.touch(), out.write_text("mine")))
    with pytest.raises(UserError, match=r"b\.zip: exists"):
        bundle(sweep, out, Choice(), Terminal())
    assert out.read_text() == "mine"
    assert {path.name for path in tmp_path.iterdir()} == {"b.zip", "sweep"}


def test_an_unfinished_sweep_says_so_on_the_terminal_and_inside(sweep, tmp_path, capsys):
    record = sweep / "adam-0" / "record.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"status": "running"}))  # as in a killed run
    shutil.rmtree(sweep / "adam-1")
    found = bundled(sweep, tmp_path / "b.zip")
    said = "This sweep is not finished. 4 runs: 2 completed, 1 interrupted, 1 waiting."
    assert said in found["README.md"].decode()
    assert said in capsys.readouterr().out


@pytest.mark.parametrize("make", [lambda path: path.symlink_to("/etc/passwd"), os.mkfifo, Path.mkdir])
def test_a_file_of_a_run_that_is_no_file_is_refused(sweep, tmp_path, make):
    (sweep / "sgd-0" / "history.csv").unlink()
    make(sweep / "sgd-0" / "history.csv")
    with pytest.raises(UserError, match=r"sgd-0/history\.csv: cannot be bundled \("):
        bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    assert not (tmp_path / "b.zip").exists()


def test_a_summary_that_is_no_table_is_refused(sweep, tmp_path):
    (sweep / "summary.csv").write_text("a,b\n1\n")
    with pytest.raises(UserError, match=r"summary\.csv: cannot be bundled \("):
        bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())


def test_what_cannot_be_unpacked_is_not_written(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("runner.reproducibility.unpack.MOST_FILES", 3)
    with pytest.raises(UserError, match=r"sweep: cannot be bundled: \d+ entries; at most 3 are allowed$"):
        bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    assert not (tmp_path / "b.zip").exists()


def test_a_file_that_exists_stays(sweep, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(UserError, match=r"^-o .*b\.zip: exists; choose another name"):
        bundle(sweep, tmp_path / "b.zip", Choice(), Terminal())
    assert (tmp_path / "b.zip").read_text() == "mine"
    with pytest.raises(UserError, match=r"^-o .*/bundle: must end in \.zip$"):
        bundle(sweep, tmp_path / "bundle", Choice(), Terminal())


def test_a_trusted_package_is_added_and_named(sweep, tmp_path, monkeypatch, capsys):
    (tmp_path / "own_parts").mkdir()
    (tmp_path / "own_parts" / "layers.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = bundled(sweep, tmp_path / "b.zip", trusted=("own_parts",))
    assert found["code/packages/own_parts/layers.py"] == b"x = 1\n"
    assert "trusted_packages=[own_parts]" in found["README.md"].decode()
    assert "1 Python file of own_parts" in capsys.readouterr().out


class TestFinished:
    """Bundles of a trained sweep."""

    def test_everything_that_a_training_and_its_report_wrote_is_in_the_bundle(self, finished_sweep, tmp_path, capsys):
        bundle(finished_sweep, tmp_path / "b.zip", Choice(models=True), Terminal())
        assert "left out" not in capsys.readouterr().out
        check_bundle(tmp_path / "b.zip")

    def test_a_row_of_a_bundle_comes_out_bit_identical_elsewhere(self, quick_cli, finished_sweep, tmp_path):
        done = quick_cli("bundle", str(finished_sweep), "-o", "b.zip", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        shutil.move(tmp_path / "b.zip", elsewhere)
        done = quick_cli("reproduce", "b.zip", cwd=elsewhere)
        assert (done.returncode, done.stderr) == (
            2,
            "runner: b.zip: contains 4 runs; choose one: --row N, from 1 to 4 (the rows of results/summary.csv)\n",
        )
        done = quick_cli("reproduce", "b.zip", "--row", "3", "--out", "again", cwd=elsewhere)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "verdict: bit-identical" in done.stdout
        assert re.search(r"probabilities .* bit-identical", done.stdout)
        assert sorted(path.name for path in elsewhere.iterdir()) == ["again", "b.zip"]
