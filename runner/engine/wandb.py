"""Weights & Biases tracker: parameters, tags and metrics of a run as it trains, by default in local files."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.core.errors import UserError
from runner.engine.tracking import Table, Tracker, scalars_of_epoch, scalars_of_test
from runner.records.description import digest, parameters, study_of, tags
from runner.records.record import DONE, Row, RunRecord
from runner.records.run_directory import RunDirectory

if TYPE_CHECKING:
    import wandb

USUAL_PROJECT = "runner"
_LONGEST = 64  # characters in the names of a group and a type


class Wandb(Tracker):
    """Tracker that writes a run into `wandb/` of the current directory while it trains; `wandb sync` uploads it.

    The environment variable WANDB_MODE decides whether anything is sent; a configuration file cannot.
    """

    def __init__(self, directory: Path, project: str = USUAL_PROJECT) -> None:
        refuse_no_wandb("tracking=wandb")
        self._directory = directory
        self._project = project
        self._run: wandb.Run | None = None

    def begin(self, record: RunRecord) -> None:
        """Create the run's files, replacing those of an earlier attempt."""
        config = RunDirectory(self._directory).read_config()
        self._run = begun(record, config, self._directory, self._project, Path.cwd())

    def epoch(self, row: Row, diagnostics: Sequence[Table]) -> None:
        """Write the epoch's metrics."""
        assert self._run
        self._run.log(scalars_of_epoch(row, diagnostics), step=int(row["epoch"]))

    def end(self, record: RunRecord) -> None:
        """Write the test metrics and the final status."""
        if self._run:
            end(self._run, record)


def refuse_no_wandb(asked: str) -> None:
    """Raise UserError if the package of Weights & Biases is not installed.

    Args:
        asked: the option or command that needs it, such as `tracking=wandb`.
    """
    if find_spec("wandb") is None:
        raise UserError(f"{asked} needs Weights & Biases: pip install 'wandb>=0.20'")


def begun(
    record: RunRecord, config: Mapping[str, Any], directory: Path, project: str, out: Path, key: str = ""
) -> "wandb.Run":
    """Create the files of a run, in a group with the runs of its study.

    Args:
        config: resolved, as plain dictionaries and lists.
        out: the directory for `wandb/`.
        key: distinguishes a run that is written several times, in addition to run id and directory.
    """
    described = tags(record, directory)
    return new_run(
        digest(record.run_id, described["directory"], key),
        out,
        project=project,
        name=f"{record.variant} seed {record.seed}",
        group=study_of(directory)[:_LONGEST] or None,
        job_type=record.variant[:_LONGEST],
        config=parameters(record, config) | {"runner": described},
    )


def new_run(key: str, out: Path, **facts: Any) -> "wandb.Run":
    """Create a run's files, replacing earlier local files.

    Args:
        key: hexadecimal digits, the run's id.
        out: the directory for `wandb/`.
        facts: arguments of `wandb.init`.
    """
    import wandb

    for earlier in (out / "wandb").glob(f"offline-run-*-{key}"):
        shutil.rmtree(earlier)
    mode = os.environ.get("WANDB_MODE", "offline")
    settings = wandb.Settings(mode=mode, console="off", silent=True, disable_git=True, disable_code=True)
    return wandb.init(id=key, dir=str(out), settings=settings, reinit="create_new", **facts)


def add_files(run: "wandb.Run", paths: Iterable[Path]) -> None:
    """Copy files into a folder of a run's files, because W&B itself writes a config.yaml."""
    folder = Path(run.dir) / "runner"
    folder.mkdir(exist_ok=True)
    for path in paths:
        copy = shutil.copyfile(path, folder / path.name)
        run.save(str(copy), base_path=run.dir, policy="now")


def end(run: "wandb.Run", record: RunRecord) -> None:
    """Write the test metrics and the final status of a run, and close its files."""
    run.summary.update(scalars_of_test(record) | {"status": record.status})
    run.finish(exit_code=0 if record.status in DONE else 1)
