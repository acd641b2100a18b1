"""The Hydra application: one run from the command line."""

from contextlib import suppress
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from runner.config.schema import SWEEP_KEYS, resolve
from runner.config.trust import read_trusted, refuse_strangers
from runner.core.errors import ConfigError, Stopped, UserError
from runner.core.lock import run_lock
from runner.core.paths import conf_directory
from runner.core.terminal import Terminal
from runner.records.run_directory import RunDirectory
from runner.run.execute import dry_run, exit_code, run
from runner.run.request import Request


@hydra.main(config_path=str(conf_directory()), config_name="config", version_base="1.3")
def application(config: DictConfig) -> None:
    """Train what Hydra composed. In a sweep, the sweeper and its workers take this function's place."""
    try:
        if asked := [key for key in SWEEP_KEYS if key != "dry_run" and config.get(key)]:
            raise ConfigError(f"{', '.join(asked)}: of a sweep, and this is one run; use study=NAME, seeds=N or -m")
        if not isinstance(config.dry_run, bool):
            raise ConfigError(f"dry_run={config.dry_run}: must be true or false")
        resolved = resolve(config)
        refuse_strangers(resolved, read_trusted(config.trusted_packages))
        request = Request.from_hydra(config)
        directory = RunDirectory(request.directory)
        if config.dry_run:
            directory.refuse_if_used()
            dry_run(resolved, request, Terminal())
            _remove_if_empty(directory.path)
            return
        with run_lock(directory.path):
            directory.refuse_if_used()
            record = run(resolved, request, Terminal())
    except UserError as error:
        _remove_if_empty(Path(HydraConfig.get().runtime.output_dir))
        raise Stopped(error.exit_code) from error
    if code := exit_code(record):
        raise Stopped(code)


def _remove_if_empty(directory: Path) -> None:
    """Remove the directories that Hydra made for a run that does not begin; one that holds anything stays."""
    directory = directory.absolute()
    with suppress(OSError):
        for made in (directory, *directory.parents):
            if made != directory and not made.is_relative_to(Path.cwd() / "outputs"):
                break
            made.rmdir()
