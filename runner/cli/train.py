"""Hydra application that trains a single run."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from runner.cli.observer import Observer
from runner.config.schema import SWEEP_KEYS, resolve
from runner.config.trust import read_trusted, refuse_strangers
from runner.core.errors import ConfigError, Stopped, UserError
from runner.core.lock import run_lock
from runner.core.paths import conf_directory
from runner.core.terminal import Terminal
from runner.records.run_directory import RunDirectory
from runner.run.execute import dry_run, exit_code, run
from runner.run.request import Request


class Application:
    """Application that Hydra calls with the composed configuration of a single run, which it trains.

    For a sweep, Hydra passes the application to the sweeper, which only calls `begun` with the sweep's directory.
    """

    def __init__(self, observer: Observer) -> None:
        self.begun = observer.begun
        self._composed = observer.composed

    def start(self) -> None:
        """Let Hydra read the command line, compose, and call the application or the sweeper."""
        hydra.main(config_path=str(conf_directory()), config_name="config", version_base="1.3")(self)()

    def __call__(self, config: DictConfig) -> None:
        """Train the configuration; raise Stopped, with the exit code, if that fails."""
        try:
            if asked := [key for key in SWEEP_KEYS if key != "dry_run" and config.get(key)]:
                raise ConfigError(f"{', '.join(asked)}: only valid in sweeps; add study=NAME, seeds=N or -m")
            if not isinstance(config.dry_run, bool):
                raise ConfigError(f"dry_run={config.dry_run}: must be true or false")
            resolved = resolve(config)
            refuse_strangers(resolved, read_trusted(config.trusted_packages))
            request = Request.from_hydra(config)
            directory = RunDirectory(request.directory)
            if config.dry_run or self._composed:
                directory.refuse_if_used()
                show = self._composed if self._composed and not config.dry_run else _describe
                show(resolved, request)
                _remove_if_empty(directory.path)
                return
            with run_lock(directory.path):
                directory.refuse_if_used()
                self.begun(directory.path)
                record = run(resolved, request, Terminal())
        except UserError as error:
            _remove_if_empty(Path(HydraConfig.get().runtime.output_dir))
            raise Stopped(error.exit_code) from error
        if code := exit_code(record):
            raise Stopped(code)


def _describe(resolved: dict[str, Any], request: Request) -> None:
    dry_run(resolved, request, Terminal())


def _remove_if_empty(directory: Path) -> None:
    """Remove the directories that Hydra created for a run that does not begin, unless they contain something."""
    directory = directory.absolute()
    with suppress(OSError):
        for made in (directory, *directory.parents):
            if made != directory and not made.is_relative_to(Path.cwd() / "outputs"):
                break
            made.rmdir()
