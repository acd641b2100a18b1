"""Untrusted run directories: their code never runs, nothing is written elsewhere, and omissions are listed."""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from runner.cli import main as cli
from runner.core.errors import EXIT_USER_ERROR, UserError
from runner.core.write import whole_file
from runner.records.run_directory import RunDirectory
from runner.reporting.formats import Output
from runner.reporting.page.assets import assets, source_hash
from runner.reporting.report import report
from runner.reporting.result_reader import Wish
from runner.sweeps.planning.plan import Plan
from tests.composed import config
from tests.torture import hostile
from tests.torture.bounded import bounded_process

SECONDS = 120  # for one command, including its imports, on a busy machine
TRAINED = "this would have been trained"
QUICK = Output(("csv", "table", "svg", "html"))
TABLES = ("--format", "csv")  # options of `runner report` that take little time
COMMANDS = ("report", "status", "ensemble", "resume", "reproduce")
OF_A_RUN = [(file, way) for file, way in hostile.SPOILED if file.startswith("run/")]
OF_A_SWEEP = [case for case in hostile.SPOILED if case not in OF_A_RUN]

pytestmark = pytest.mark.promise(
    "**Records**: an untrusted run directory cannot stop a report, make it run code or make it write elsewhere"
    " ([report.md](report.md#untrusted-run-directories))"
)


@pytest.fixture(scope="module")
def configuration():
    return config("dataset=mnist", "training.epochs=2")


@pytest.fixture
def outside(tmp_path) -> Path:
    """A folder with a file that the report must not touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.json").write_text('{"name": "S3CRET"}')
    return folder


RUN = f"{hostile.VARIANTS[0]}-{hostile.SEEDS[0]}"  # the first run of a sweep


@pytest.fixture(scope="module")
def sound(tmp_path_factory, configuration) -> Path:
    """An undamaged sweep; tests copy it."""
    home = tmp_path_factory.mktemp("sound") / "sweep"
    hostile.write_sweep(home, configuration)
    return home


@pytest.fixture
def sweep(tmp_path, sound, outside) -> Path:
    return shutil.copytree(sound, tmp_path / "sweep")


@pytest.fixture
def run(sweep) -> Path:
    return sweep / RUN


Call = Callable[..., tuple[int, str]]


@pytest.fixture
def call(monkeypatch, capsys, caplog, tmp_path) -> Call:
    """call("report", DIR) -> exit code and all output; the command ends where training would begin."""

    def refuse(*arguments, **options):
        raise UserError(TRAINED)

    monkeypatch.chdir(tmp_path)  # `reproduce` writes below this folder
    monkeypatch.setattr("runner.run.execute.run", refuse)
    monkeypatch.setattr("runner.sweeps.resume.run", refuse)
    monkeypatch.setattr("runner.sweeps.resume.conduct", refuse)

    def command(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["runner", *map(str, arguments)])
        monkeypatch.delenv("HYDRA_FULL_ERROR", raising=False)  # set by a call
        caplog.clear()
        with ended_after(SECONDS):
            code = cli.main()
        printed = capsys.readouterr()
        return code, "\n".join([printed.out, printed.err, *caplog.messages])

    return command


@contextmanager
def ended_after(seconds: int) -> Iterator[None]:
    """Raise TimeoutError if the block takes longer, even while it waits for a pipe."""

    def end(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in sorted(folder.rglob("*"))}


def assert_harmless(said: str, outside: Path) -> None:
    assert "Traceback" not in said
    assert not re.search(r"[^\n\t\x20-\x7e\xa0-\U0010ffff]", said), "a terminal would act on this"
    assert "S3CRET" not in said
    assert tree(outside) == {str(outside / "secret.json"): b'{"name": "S3CRET"}'}


def chosen(cases: list[tuple[str, str]], number: int) -> list[tuple[str, str]]:
    """Return a fixed selection of the cases, with every kind of damage if there are enough."""
    return random.Random(7).sample(cases, min(number, len(cases)))


def test_no_spoiled_file_of_a_run_stops_a_report_or_harms(sweep, outside, call, measured):
    """Omissions are listed, and all other runs are included."""
    (sweep / "plan.csv").unlink()  # it has only the undamaged runs
    for number, (file, way) in enumerate(OF_A_RUN):
        copy = shutil.copytree(sweep / RUN, sweep / f"spoiled-{number}")
        hostile.spoil(sweep, copy, file, way, outside)
    code, said = call("report", sweep, "--out", sweep / "out", *TABLES)
    assert code == 0, said
    assert_harmless(said, outside)
    left_out = re.findall(rf"left out: {sweep}/spoiled-(\d+)/(\S+): ", said)
    assert {name for _, name in left_out} == {"record.json", "history.csv", "predictions.npz"}
    whole = [name for _, name in left_out if name != "predictions.npz"]  # the report includes a run without predictions
    assert all(OF_A_RUN[int(number)][0] == f"run/{name}" for number, name in left_out)
    missing = 1  # without a record, a folder is not a run
    with (sweep / "out" / "summary.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 4 + len(OF_A_RUN) - len(whole) - missing
    measured(f"{len(OF_A_RUN)} runs with a corrupted file: {len(left_out)} left out and listed, the others reported")


def test_no_spoiled_file_of_a_sweep_stops_a_report_or_harms(sound, tmp_path, outside, call, attempts, measured):
    cases = chosen(OF_A_SWEEP, attempts(10, len(OF_A_SWEEP)))
    for number, (file, way) in enumerate(cases):
        home = shutil.copytree(sound, tmp_path / str(number))
        hostile.spoil(home, home / RUN, file, way, outside)
        code, said = call("report", home, "--out", home / "out", *TABLES)
        assert code == 0, (file, way, said)
        assert_harmless(said, outside)
        with (home / "out" / "summary.csv").open(newline="") as stream:
            lost = 4 - len(list(csv.DictReader(stream)))
        # If a plan is cut to half its rows, the other runs do not belong to it.
        assert lost <= (3 if file == "plan.csv" else 0), (file, way)
    measured(f"{len(cases)} sweeps with a corrupted file, all reported")


def test_every_command_answers_spoiled_files_in_a_line(sound, tmp_path, outside, call, attempts, measured):
    cases = chosen(hostile.SPOILED, attempts(12, len(hostile.SPOILED)))
    commands = COMMANDS[1 - attempts(0, 1) :]
    worst = 0.0
    for number, (file, way) in enumerate(cases):
        home = shutil.copytree(sound, tmp_path / str(number))
        hostile.spoil(home, home / RUN, file, way, outside)
        for command in commands:
            began = time.perf_counter()
            code, said = call(command, home / RUN if command == "reproduce" else home)
            worst = max(worst, time.perf_counter() - began)
            assert code in (0, EXIT_USER_ERROR), (file, way, command, said)
            assert_harmless(said, outside)
            if code:
                assert any(line.startswith("runner: ") for line in said.splitlines())
    measured(
        f"{len(cases)} corrupted files, {len(commands)} commands on each: a one-line message or a report within"
        f" {worst:.1f} s"
    )


@pytest.mark.parametrize("way", ["a folder", "a pipe", "a link out", "a link to itself", "an endless device"])
def test_nothing_waits_for_a_lock_that_is_none(run, sweep, outside, call, way):
    (run / ".lock").touch()
    hostile.spoil(sweep, run, "run/.lock", way, outside)
    for command in (["report", sweep, *TABLES], ["status", sweep]):
        code, said = call(*command)
        assert code == 0
        assert_harmless(said, outside)


def fields(path: Path) -> list[tuple[str | int, ...]]:
    """Return the keys of a JSON file on two levels."""
    values = json.loads(path.read_text())
    nodes = {(key,): value for key, value in values.items()}
    items = {(*keys, 0): node[0] for keys, node in nodes.items() if isinstance(node, list) and node}
    below = [(*keys, key) for keys, node in (nodes | items).items() if isinstance(node, dict) for key in node]
    return [*nodes, *items, *below]


def test_no_field_of_a_record_stops_a_report(sweep, run, outside, call, attempts, measured):
    """A record with a wrong field is left out or shown; all undamaged records are shown with every figure."""
    (sweep / "plan.csv").unlink()  # it has only these runs
    refused = ("dataset", "fingerprint")  # runs on two versions of one data set are refused with one line
    places = [place for place in fields(run / "record.json") if place != refused]
    cases = [(place, value) for place in places for value in hostile.WRONG]
    cases = random.Random(7).sample(cases, attempts(200, len(cases)))
    record, history = (run / "record.json").read_text(), (run / "history.csv").read_bytes()
    for number, (place, value) in enumerate(cases):
        path = sweep / f"wrong-{number}" / "record.json"
        path.parent.mkdir()
        path.write_text(record)
        (path.parent / "history.csv").write_bytes(history)
        hostile.with_field(path, place, value)
    code, said = call("report", sweep, "--out", sweep / "out", "--format", *QUICK.formats)
    assert code == 0, said[-2000:]
    assert_harmless(said, outside)
    with (sweep / "out" / "summary.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    left_out = said.count("left out: ")
    assert len(rows) + left_out == len(cases) + 4
    assert left_out > len(cases) / 4
    measured(f"{len(cases)} records with a wrong field: {left_out} left out and listed, the others shown")


def test_no_field_of_a_plan_stops_a_command(sweep, outside, call, attempts):
    sound = (sweep / "plan.json").read_text()
    places = fields(sweep / "plan.json")
    cases = [(place, value) for place in places for value in hostile.WRONG]
    for place, value in random.Random(7).sample(cases, attempts(80, len(cases))):
        (sweep / "plan.json").write_text(sound)
        hostile.with_field(sweep / "plan.json", place, value)
        for command in ("status", "resume", "report")[: 2 + attempts(0, 1)]:
            code, said = call(command, sweep, *(TABLES if command == "report" else ()))
            assert code in (0, EXIT_USER_ERROR), (place, value, command, said)
            assert_harmless(said, outside)


@pytest.mark.parametrize("name", ["", ".", "..", "../outside", "/etc", "a/b", "a\0b"])
def test_a_plan_names_no_path(sweep, outside, name):
    hostile.with_field(sweep / "plan.json", ("jobs", 0, "directory"), name)
    with pytest.raises(UserError, match="must be a name, not a path"):
        Plan.read(sweep)


@pytest.mark.parametrize("above", ["..", "{}"])
def test_a_run_is_trained_again_below_the_outputs_whatever_its_id(run, call, tmp_path, monkeypatch, above):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    own = f"elsewhere-{uuid.uuid4()}"  # a folder of another program may have an ordinary name
    hostile.with_field(run / "record.json", ("run_id",), f"{above.format(tmp_path)}/../../{own}/x")
    assert TRAINED in call("reproduce", run)[1]
    assert not any((folder / own).exists() for folder in (tmp_path / "here", tmp_path, *tmp_path.parents))


def test_nothing_is_resumed_through_a_link_that_leads_out(sweep, run, outside, call):
    (run / "run.log").symlink_to(outside / "secret.json")
    for target in (sweep, run):
        hostile.with_field(run / "record.json", ("status",), "interrupted")
        code, said = call("resume", target)
        assert code == EXIT_USER_ERROR
        assert f"{run / 'run.log'}: a link that points outside" in said
    (run / "run.log").unlink()
    code, said = call("resume", sweep)
    assert TRAINED in said


HOSTILE_TEXTS = (
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</script><script>alert(1)//", "{{ 7 * 7 }}",
    "=cmd|' /C calc'!A0", "@SUM(1)", "+1+1", "-2+3", "\t=1", "\\input{/etc/passwd}", "$\\frac{", "%0a",
    "../../../etc/x",
    "\x1b]0;owned\x07\x1b[2J", "\u202egpj.exe", "]]><x:y", "javascript:alert(1)", "a" * 3000, "\u5b57", "`rm -rf /`|*_",
)  # fmt: skip


def hostile_report(sound: Path, home: Path) -> Path:
    """Report, in every format, on runs in which every text is hostile; return the directory."""
    for number, text in enumerate(HOSTILE_TEXTS):
        sweep = shutil.copytree(sound, home / str(number))
        for seed in (0, 1):
            path = sweep / f"{hostile.VARIANTS[0]}-{seed}" / "record.json"
            for place in (("label",), ("name",), ("error",), ("started",), ("dataset", "source"), ("device", "name")):
                hostile.with_field(path, place, text)
            hostile.with_field(path, ("overrides",), [f"optimizer={text}", f"{text}={text}", f"seed={seed}"])
            hostile.with_field(path, ("versions",), {text: text})
            column = text.replace('"', "")
            (path.parent / "history.csv").write_text(f'epoch,loss,val_accuracy,"{column}"\n1,1,0.5,1\n')
    out = home / "out"
    plan = home / "0" / "plan.json"
    for place in (("study", "question"), ("study", "baseline"), ("command", 0)):
        hostile.with_field(plan, place, HOSTILE_TEXTS[0])
    report(sorted(home.iterdir()), out, Wish(), QUICK)
    report([home / "0"], home / "one", Wish(), QUICK)
    return out


@pytest.fixture(scope="module")
def written(tmp_path_factory, sound) -> Path:
    return hostile_report(sound, tmp_path_factory.mktemp("hostile"))


def pages(out: Path) -> list[Path]:
    return [out / "index.html", out.with_name("one") / "index.html"]


class Elements(HTMLParser):
    """Every element of a page as a browser parses it: name and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_values_stay_text_in_the_page(written):
    for page in pages(written):
        text = page.read_text()
        assert "{{ 7 * 7 }}" in text or page.parent.name == "one"
        assert "default-src 'none'" in text
        scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
        assert [source_hash(script) for script in scripts] == assets()["script_hashes"]
        elements = Elements(text).found
        others = [attributes for tag, attributes in elements if tag == "script" and attributes]
        assert all(attributes == {"type": "application/json", "id": "chart-data"} for attributes in others)
        assert [tag for tag, _ in elements].count("script") == len(scripts) + len(others)
        assert not {"iframe", "object", "embed", "link", "base", "form", "use", "foreignobject"} & dict(elements).keys()
        for tag, attributes in elements:
            assert not [name for name in attributes if name.startswith("on")], "an attribute that runs code"
            assert not (attributes.get("href") or "").lower().startswith("javascript:")
            assert tag != "img" or (attributes["src"] or "").startswith("data:image/svg+xml")


def test_figures_hold_drawings_and_nothing_that_runs(written):
    drawn = [*written.glob("*.svg"), *written.with_name("one").glob("*.svg")]
    assert len(drawn) > 8
    for path in drawn:
        for node in ET.parse(path).iter():
            assert node.tag.rpartition("}")[2] not in ("script", "foreignObject", "a", "iframe"), path
            for name, value in node.attrib.items():
                assert not name.startswith("on")
                assert not name.endswith("href") or value.startswith(("#", "data:image/png;base64,"))


def test_values_stay_values_in_tables(written):
    for path in [*written.glob("*.csv"), *written.with_name("one").glob("*.csv")]:
        with path.open(newline="") as stream:
            cells = [cell for row in csv.reader(stream) for cell in row]
        assert not [cell for cell in cells if cell[:1] in set("=+@-\t\r") and not re.fullmatch(r"[-+][0-9.e-]+", cell)]
    latex = (written / "table.tex").read_text()
    assert "\\input" not in latex
    assert "\\textbackslash{}input\\{/etc/passwd\\}" in latex.replace("\\allowbreak{}", "")
    markdown = (written / "table.md").read_text()
    assert "<script" not in markdown
    assert not re.search(r"(?<!\\)`", markdown)


def test_only_the_report_s_own_files_are_written(written):
    names = {path.name for path in written.iterdir()}
    assert all(re.fullmatch(r"[a-z_]+\.(csv|md|tex|svg|png|pdf|html)", name) for name in names)
    assert not any(path.is_symlink() for path in written.iterdir())


def test_links_in_the_output_directory_are_replaced_not_followed(sweep, outside, call):
    """This includes the temporary names of files."""
    report([sweep], sweep, Wish(), QUICK)
    own = [path for path in sweep.iterdir() if path.is_file() and path.suffix != ".json" and path.name != "tuning.csv"]
    own.remove(sweep / "plan.csv")
    assert len(own) > 8
    for path in own:
        path.unlink()
        path.symlink_to(outside / "secret.json")
    for path in own:
        with whole_file(path.with_name(f"x{path.name}")) as temporary:
            temporary.touch()
        planted = temporary.with_name(temporary.name.replace(f".x{path.stem}.", f".{path.stem}."))
        planted.symlink_to(outside / "secret.json")
        (sweep / f"x{path.name}").unlink()
    code, said = call("report", sweep, "--format", *QUICK.formats)
    assert code == 0, said
    assert_harmless(said, outside)
    assert not [path for path in sweep.iterdir() if path.is_symlink()]


@pytest.fixture
def abyss(sweep) -> Iterator[Path]:
    """A sweep with more nested folders than a path can name or Python's stack can hold."""
    here = os.open(sweep, os.O_RDONLY)
    for _ in range(1_200):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    yield sweep
    subprocess.run(["rm", "-r", sweep / "d"], check=True)  # pytest cannot remove it


def test_folders_beyond_counting_are_not_walked(abyss, outside, call):
    code, said = call("report", abyss, *TABLES)
    assert code == 0
    assert "directories deeper than" in said
    assert_harmless(said, outside)
    assert call("resume", abyss)[0] == EXIT_USER_ERROR


def _read(kind: str, path: Path) -> int:
    """Read a file of the largest size that is allowed."""
    if kind == "plan":
        return len(Plan.read(path).jobs)
    directory = RunDirectory(path)
    return len(directory.read_history()) if kind == "history" else len(str(directory.read_record()))


@pytest.fixture(scope="module")
def bounded() -> Iterator[Callable[..., int]]:
    """A process that gets 1 GB in addition to its own memory."""
    with bounded_process() as call:
        yield call


@pytest.mark.parametrize(
    ("value", "count"), [("1.5", 1_000_000), ("[1]", 130_000), ('{"a":1}', 130_000), ('{"a":1}', 2_000_000)]
)
def test_a_record_of_all_values_or_bytes_that_are_read_takes_bounded_memory(run, bounded, value, count):
    """The last record has the largest size, and is not parsed."""
    (run / "record.json").write_text(f'{{"scores": {{"a": [{",".join([value] * count)}]}}}}')
    with pytest.raises(UserError, match="not a valid run record"):
        bounded(_read, "record", run, seconds=120)


@pytest.mark.parametrize("value", ["{}", "1", "[]", '{"choices":{"a":1,"b":2}}'])
def test_a_plan_of_wrong_jobs_takes_bounded_memory(sweep, bounded, value):
    """Each job has many errors; the first error is enough."""
    (sweep / "plan.json").write_text(f'{{"jobs": [{",".join([value] * 180_000)}]}}')
    with pytest.raises(UserError, match="not a valid sweep plan"):
        bounded(_read, "plan", sweep, seconds=120)


@pytest.mark.parametrize("part", ["versions", "final", "dataset", "scores"])
def test_a_record_of_many_wrong_keys_takes_bounded_memory(run, bounded, part):
    many = ",".join(f'"{number:x}": []' for number in range(120_000))
    (run / "record.json").write_text(f'{{"{part}": {{{many}}}}}')
    with pytest.raises(UserError, match="not a valid run record"):
        bounded(_read, "record", run, seconds=120)


def test_a_large_history_takes_bounded_memory(run, bounded, attempts):
    """The same limit applies to four million cells."""
    rows = attempts(20_000, 52_000)
    head = ",".join(["epoch", *(f"metric_{number}" for number in range(75))])
    (run / "history.csv").write_text(f"{head}\n" + ("1," * 75 + "1\n") * rows)
    assert bounded(_read, "history", run, seconds=120) == rows
