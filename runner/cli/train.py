"""Hydra application that trains a single run."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from runner.cli.observer import Observer
from runner.config.schema import SWEEP_KEYS, check, resolve
from runner.config.trust import read_trusted, refuse_strangers
from runner.core.errors import ConfigError, Stopped, UserError


class Application:
    """Application that Hydra calls with the composed configuration of a single run; it trains the run.

    For a sweep, Hydra passes the application to the sweeper, which only calls `begun` with the sweep's directory.
    """

    def __init__(self, observer: Observer) -> None:
        self.begun = observer.begun
        self._composed = observer.composed

    def __call__(self, config: DictConfig) -> None:
        """Train the run of a configuration; raise Stopped, with the exit code, if that fails."""
        try:
            if asked := [key for key in SWEEP_KEYS if key != "dry_run" and config.get(key)]:
                raise ConfigError(f"{', '.join(asked)}: only valid in sweeps; add study=NAME, seeds=N or -m")
            if not isinstance(config.dry_run, bool):
                raise ConfigError(f"dry_run={config.dry_run}: must be true or false")
            resolved = resolve(config)
            refuse_strangers(resolved, read_trusted(config.trusted_packages))
            check(resolved)
            code = self._train(config, resolved)
        except UserError as error:
            _remove_if_empty(Path(HydraConfig.get().runtime.output_dir))
            raise Stopped(error.exit_code) from error
        if code:
            raise Stopped(code)

    def _train(self, config: DictConfig, resolved: dict[str, Any]) -> int:
        """Train the run of a checked configuration, or describe it; return the exit code."""
        # Imported after the checks, because a rejected configuration needs none of these modules.
        from runner.core.lock import run_lock
        from runner.core.terminal import Terminal
        from runner.records.run_directory import RunDirectory
        from runner.run.execute import dry_run, exit_code, run
        from runner.run.request import Request

        request = Request.from_hydra(config)
        directory = RunDirectory(request.directory)
        if config.dry_run or self._composed:
            directory.refuse_if_used()
            if self._composed and not config.dry_run:
                self._composed(resolved, request)
            else:
                dry_run(resolved, request, Terminal())
            _remove_if_empty(directory.path)
            return 0
        with run_lock(directory.path):
            directory.refuse_if_used()
            self.begun(directory.path)
            return exit_code(run(resolved, request, Terminal()))


def _remove_if_empty(directory: Path) -> None:
    """Remove the directories that Hydra created for a run that was never started, unless they contain something."""
    directory = directory.absolute()
    with suppress(OSError):
        for made in (directory, *directory.parents):
            if made != directory and not made.is_relative_to(Path.cwd() / "outputs"):
                break
            made.rmdir()
