from collections.abc import Sequence

import pytest
from hydra.types import RunMode

from runner.sweeps.planning.compose import Composed, Composer
from tests.loader import config_loader


class Remembering(Composer):
    """Composer that composes equal overrides only once for all tests, because each composition takes 0.1 seconds."""

    def compose(self, overrides: Sequence[str]) -> Composed:
        composed = vars(self).setdefault("composed", {})
        if (*overrides,) not in composed:
            composed[*overrides,] = super().compose(overrides)
        return composed[*overrides,]


@pytest.fixture(scope="session")
def composer() -> Composer:
    """Composer of jobs from conf/, as a multirun composes them."""
    loader = config_loader()
    return Remembering(loader, loader.load_configuration("config", ["hydra.mode=MULTIRUN"], RunMode.MULTIRUN))
