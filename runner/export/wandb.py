"""Export to local Weights & Biases files: a group for each sweep, with its training runs and its findings."""

from collections.abc import Sequence
from pathlib import Path

from runner.core.errors import EnvironmentFault
from runner.core.omissions import LeftOut
from runner.core.text import shortened
from runner.engine.tracking import scalars_of_epoch
from runner.engine.wandb import USUAL_PROJECT, add_files, begun, end, new_run, refuse_no_wandb
from runner.export.finished import FinishedRun, FinishedSweep, finished_sweeps
from runner.records.description import digest, text_files


def export_wandb(paths: Sequence[Path], out: Path, left_out: LeftOut, *, models: bool = False) -> int:
    """Write finished runs and sweeps into `wandb/` in a directory, replacing earlier files; return the runs.

    Args:
        left_out: collects runs and files that cannot be exported.
        models: also copy the trained models.

    Raises:
        UserError: if the paths contain no run that has ended, or the package is not installed.
        EnvironmentFault: if a run cannot be written.
    """
    refuse_no_wandb("runner export wandb")
    sweeps = finished_sweeps(paths, left_out)
    import wandb

    out.mkdir(parents=True, exist_ok=True)
    try:
        for sweep in sweeps:
            for run in sweep.runs:
                _write_run(run, out, models=models)
            if sweep.path and sweep.findings:
                _write_findings(sweep, sweep.path, out)
    except (wandb.Error, OSError) as error:
        raise EnvironmentFault(f"{out / 'wandb'}: {shortened(str(error))}; files written so far are kept") from error
    return sum(len(sweep.runs) for sweep in sweeps)


def _write_run(finished: FinishedRun, out: Path, *, models: bool) -> None:
    named, directory = finished.run.named(finished.variant), finished.run.directory
    key = f"place {finished.place}" if finished.place else ""
    run = begun(named.record, finished.config, directory.path, USUAL_PROJECT, out, key)
    run.config.update({"kind": finished.kind})
    for _, row in finished.epochs():
        run.log(scalars_of_epoch(row, finished.tables), step=int(row["epoch"]))
    add_files(run, text_files(directory.path))
    if models and directory.model_path.is_file():
        add_files(run, [directory.model_path])
    end(run, named.record)


def _write_findings(sweep: FinishedSweep, path: Path, out: Path) -> None:
    notes, key = "\n\n".join(sweep.findings), digest("sweep", str(path.resolve()))
    run = new_run(key, out, project=USUAL_PROJECT, name=sweep.name, group=sweep.name, job_type="study", notes=notes)
    add_files(run, text_files(path))
    run.finish()
