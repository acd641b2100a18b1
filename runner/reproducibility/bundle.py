"""Bundle: one ZIP file with everything that another person needs to check the results of a run or sweep."""

import hashlib
import stat
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal

from runner.core.errors import EnvironmentFault, UserError, writing
from runner.core.omissions import LeftOut
from runner.core.read import read_bytes, read_rows
from runner.core.terminal import say, show_warning, waiting
from runner.core.text import counted
from runner.core.write import whole_file
from runner.reporting.collection.collect import Run
from runner.reporting.report import report
from runner.reporting.run_report import report_run
from runner.reproducibility.bundle_readme import Contents, code_text, needs, other_versions, readme, state_text
from runner.reproducibility.bundled import INFERENCE, MODEL, PREDICTIONS, Bundled, files_in, refuse_in_use
from runner.reproducibility.environment import Code, installed, lock_files, package_sources
from runner.reproducibility.unpack import LARGEST_FILE, RESULTS, SUMS, check_bundle

_NAMED = 6  # number of omitted names to list
_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest time in the format
_MODE = (stat.S_IFREG | 0o644) << 16
_UNIX = 3
_LEVEL = 6  # compression level
_FLAGS = {MODEL: "--models", INFERENCE: "--models", PREDICTIONS: "--predictions"}

Files = dict[str, Path | bytes]  # file with the content, or the content itself, by name in the bundle


@dataclass(frozen=True)
class Choice:
    """Parts of a bundle that the user chooses.

    Args:
        trusted: packages whose Python files are added.
    """

    predictions: bool = True
    models: bool = False
    trusted: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Return whether a run's file of this name belongs in the bundle."""
        return {MODEL: self.models, INFERENCE: self.models, PREDICTIONS: self.predictions}.get(name, True)


def bundle(directory: Path, out: Path, choice: Choice, console: Console) -> None:
    """Write the bundle of a run or sweep, and print its contents, omissions and requirements.

    Two bundles of the same results have the same bytes, wherever the directory is.

    Raises:
        UserError: if there is nothing to bundle, a run is in use, a file cannot be read, or `out` exists.
        EnvironmentFault: if the file cannot be written.
    """
    if out.suffix != ".zip":
        raise UserError(f"-o {out}: must end in .zip")
    _refuse_existing(out)
    bundled = Bundled.read(directory)
    sources = {name: text for package in choice.trusted for name, text in package_sources(package).items()}
    code = Code.of([record.code for record in bundled.records])
    with _files_with_report(bundled, console) as (files, trouble):
        kept: Files = {f"{RESULTS}/{name}": path for name, path in files.items() if choice.wants(path.name)}
        contents = Contents(
            predictions=choice.predictions,
            models=choice.models,
            trusted=choice.trusted,
            locks=[*lock_files()],
            sources=[*sources],
            rows=_rows(files),
            is_report_new=trouble is None and not bundled.has_report,
        )
        kept |= _surroundings(code, sources) | {"README.md": readme(bundled, contents, code).encode()}
        with writing(out.parent):
            out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as temporary:
            _write(kept, temporary, directory)
            refuse_in_use([directory, *bundled.runs])  # a run may have been resumed in the meantime
            _refuse_existing(out)  # another process may have written it in the meantime
    say(console, f"{out}: {counted(len(kept) + 1, 'file')}, {decimal(out.stat().st_size)}")
    _tell(bundled, choice, contents, code, trouble, console)


def _refuse_existing(out: Path) -> None:
    if out.exists() or out.is_symlink():
        raise UserError(f"-o {out}: exists; choose another name, or remove it")


@contextmanager
def _files_with_report(bundled: Bundled, console: Console) -> Iterator[tuple[dict[str, Path], str | None]]:
    """Yield the files of a run or sweep with its report, and the reason if there is no report.

    A missing report is written into a copy. The report contains the copy's name, so every copy has the same name.
    """
    files = bundled.files()
    if bundled.has_report:
        yield files, None
        return
    with tempfile.TemporaryDirectory(prefix="runner-") as temporary, waiting(console, "writing the report"):
        copy = Path(temporary) / RESULTS
        for name, path in files.items():
            if path.name != MODEL:
                _copy(path, copy / name)
        trouble = _report(bundled, copy)
        yield files | {path.relative_to(copy).as_posix(): path for path in files_in(copy)}, trouble


def _copy(path: Path, copy: Path) -> None:
    with writing(copy):
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(_content(path))


def _report(bundled: Bundled, copy: Path) -> str | None:
    """Write the report into a copy; return the reason if there is nothing to report."""
    try:
        if bundled.kind == "sweep":
            report([copy], copy)
        else:
            run = Run.read(copy)
            report_run(run.directory, run.record, LeftOut())
    except EnvironmentFault:
        raise
    except UserError as error:
        return str(error).replace(str(copy), str(bundled.path))
    return None


def _rows(files: Mapping[str, Path]) -> int:
    """Return the number of rows in the report's summary; 0 without a report."""
    if (path := files.get("summary.csv")) is None:
        return 0
    try:
        return len(read_rows(path))
    except ValueError as error:
        raise UserError(f"{path}: cannot be bundled ({error})") from error


def _surroundings(code: Code, sources: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files that describe the environment and the code, by their names in the bundle."""
    found = {f"environment/{name}": text for name, text in lock_files().items()}
    found["environment/installed.txt"] = "".join(f"{line}\n" for line in installed()).encode()
    found |= {f"code/{name}": text for name, text in code.changes.items()}
    return found | {f"code/packages/{name}": text for name, text in sources.items()}


def _write(files: Files, path: Path, directory: Path) -> None:
    """Write files and their checksums into an archive, and check it in the same way as its reader does."""
    try:
        _write_archive(files, path)
        check_bundle(path)
    except (ValueError, zipfile.LargeZipFile) as error:
        raise UserError(f"{directory}: cannot be bundled: {error}") from error


def _write_archive(files: Files, path: Path) -> None:
    sums = []
    with zipfile.ZipFile(path, "w", allowZip64=False) as archive:
        for name, source in sorted(files.items()):
            content = source if isinstance(source, bytes) else _content(source)
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            archive.writestr(_entry(name), content, compresslevel=_LEVEL)
        archive.writestr(_entry(SUMS), "".join(sums), compresslevel=_LEVEL)


def _entry(name: str) -> zipfile.ZipInfo:
    """Return an entry whose metadata depend only on its name."""
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system, entry.external_attr, entry.compress_type = _UNIX, _MODE, zipfile.ZIP_DEFLATED
    return entry


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path, LARGEST_FILE)
    except (FileNotFoundError, ValueError) as error:
        reason = str(error)
    # Raised outside the handler: `writing` would blame the written file for an error in the source.
    raise UserError(f"{path}: cannot be bundled ({reason})")


def _tell(
    bundled: Bundled, choice: Choice, contents: Contents, code: Code, trouble: str | None, console: Console
) -> None:
    """Print a bundle's contents, omissions and requirements."""
    if bundled.is_whole:
        say(console, state_text(bundled))
    else:
        show_warning(console, state_text(bundled))
    if code.changes:
        say(console, f"code: {', '.join(code.changes)}")
    if contents.sources:
        say(console, f"code/packages: {counted(len(contents.sources), 'Python file')} of {', '.join(choice.trusted)}")
    if left_out := _left_out(bundled, choice):
        say(console, f"left out: {left_out}")
    for need in needs(bundled, contents):
        say(console, f"external requirement: {need}", style="yellow")
    for note in _notes(bundled, code, trouble):
        say(console, f"note: {note}", style="yellow")


def _notes(bundled: Bundled, code: Code, trouble: str | None) -> Iterator[str]:
    if trouble:
        yield f"no report: {trouble}"
    if others := other_versions(bundled.records):
        yield f"versions that the runs recorded: {'; '.join(others)}"
    if code.was_dirty or len(code.commits) > 1:
        yield code_text(code)


def _left_out(bundled: Bundled, choice: Choice) -> str:
    """Return the names of omitted files, with the flags that add them."""
    unwanted = Counter(path.name for path in bundled.files().values() if not choice.wants(path.name))
    said = [f"{_times(name, number)} ({_FLAGS[name]} adds them)" for name, number in unwanted.items()]
    others = [_times(name, number) for name, number in sorted(bundled.left_out().items())]
    said += others[:_NAMED]
    return ", ".join(said) + (f" and {counted(len(others) - _NAMED, 'other name')}" if len(others) > _NAMED else "")


def _times(name: str, number: int) -> str:
    return name if number == 1 else f"{number} x {name}"
