"""Command that exports finished runs to other programs: `runner export`."""

import argparse
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from runner.cli.commands.export_model import MODEL_FILES, export_model
from runner.cli.paths import path_argument
from runner.core.errors import UserError
from runner.core.omissions import LeftOut
from runner.core.paths import refuse_file
from runner.core.terminal import Terminal, show_warning
from runner.core.text import counted


@dataclass(frozen=True)
class Target:
    """A program or format to export to."""

    write: Callable[[argparse.Namespace, Console], None]
    takes: tuple[str, ...] = ()  # names of the flags that have an effect


def export_command(arguments: Sequence[str]) -> None:
    """Write finished runs and sweeps for another program.

    Raises:
        UserError: if there is no finished run, a flag has no effect, or the target's package is not installed.
        EnvironmentFault: if the target cannot be reached or written to.
    """
    chosen = _parser().parse_args(arguments)
    target = TARGETS[chosen.target]
    for flag in _FLAGS:
        if getattr(chosen, flag) and flag not in target.takes:
            others = ", ".join(name for name, other in TARGETS.items() if flag in other.takes)
            raise UserError(f"--{flag}: has no effect on {chosen.target}; it is for {others}")
    target.write(chosen, Terminal())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner export",
        description="Export finished runs and sweeps to another program, from their records, or export the networks of "
        "runs. A second export updates the first.",
    )
    parser.add_argument("target", choices=[*TARGETS], metavar="TARGET", help=f"one of {', '.join(TARGETS)}")
    parser.add_argument(
        "directories", nargs="+", type=path_argument, metavar="DIR", help="directories of runs or sweeps"
    )
    parser.add_argument(
        "--out", metavar="PLACE",
        help="mlflow: a database (sqlite:///runs.db), a folder or a server (default: MLFLOW_TRACKING_URI, or "
        "sqlite:///mlflow.db); csv: a directory (default: export/ in DIR, or outputs/export if there are several); "
        "wandb: a directory (default: the current one); networks: a file or directory (default: in the run's "
        "directory)",
    )  # fmt: skip
    parser.add_argument("--experiment", metavar="NAME", help="mlflow: the experiment (default: runner)")
    parser.add_argument("--models", action="store_true", help="mlflow, wandb: add the trained models")
    return parser


def _mlflow(chosen: argparse.Namespace, console: Console) -> None:
    from runner.engine.mlflow_store import USUAL_EXPERIMENT, USUAL_STORE, MlflowStore
    from runner.export.mlflow import export_mlflow

    store = MlflowStore(chosen.out, chosen.experiment or USUAL_EXPERIMENT)
    left_out = LeftOut()
    written = export_mlflow(chosen.directories, store, left_out, models=chosen.models)
    _say_left_out(left_out, console)
    shown = "mlflow ui" + ("" if store.place == USUAL_STORE else f" --backend-store-uri {shlex.quote(store.place)}")
    where = store.place if store.is_server else f"{store.place} ({shown} shows it)"
    console.print(f"{counted(written, 'run')} in {where}", soft_wrap=True)


def _tensorboard(chosen: argparse.Namespace, console: Console) -> None:
    from runner.export.tensorboard import export_tensorboard

    left_out = LeftOut()
    written = export_tensorboard(chosen.directories, left_out)
    _say_left_out(left_out, console)
    console.print(f"event files of {counted(written, 'run')} (tensorboard --logdir DIR shows them)")


def _csv(chosen: argparse.Namespace, console: Console) -> None:
    from runner.export.csv import export_csv

    only = chosen.directories[0] / "export" if len(chosen.directories) == 1 else Path("outputs/export")
    out = Path(chosen.out) if chosen.out else only
    refuse_file(out)
    left_out = LeftOut()
    written = export_csv(chosen.directories, out, left_out)
    _say_left_out(left_out, console)
    for path in written:
        console.print(str(path), soft_wrap=True)


def _wandb(chosen: argparse.Namespace, console: Console) -> None:
    from runner.export.wandb import export_wandb

    out = Path(chosen.out or ".")
    refuse_file(out)
    left_out = LeftOut()
    written = export_wandb(chosen.directories, out, left_out, models=chosen.models)
    _say_left_out(left_out, console)
    console.print(f"{counted(written, 'run')} in {out / 'wandb'} (wandb sync uploads them)", soft_wrap=True)


def _say_left_out(left_out: LeftOut, console: Console) -> None:
    for reason in left_out.reasons:
        show_warning(console, f"left out: {reason}")


TARGETS: Mapping[str, Target] = {
    "mlflow": Target(_mlflow, ("out", "experiment", "models")),
    "tensorboard": Target(_tensorboard),
    "csv": Target(_csv, ("out",)),
    "wandb": Target(_wandb, ("out", "models")),
    **dict.fromkeys(MODEL_FILES, Target(export_model, ("out",))),
}
_FLAGS = ("out", "experiment", "models")
