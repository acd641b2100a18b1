"""Options are files, and files may have any name."""

import pytest
from hydra.types import RunMode

from runner.run.request import chosen_options
from tests.loader import config_loader
from tests.reporting.test_hostile_names import NAMES

TEXT = "# mine\n_target_: keras.optimizers.SGD\nlearning_rate: 0.125\n"
OPTIONS = [name for name in NAMES if not {"/", "\\", "."} & {*name}]


@pytest.fixture(scope="module")
def own_options(tmp_path_factory):
    """own_options(override) composes with a user's directory that has an optimizer for each name."""
    own = tmp_path_factory.mktemp("own")
    (own / "optimizer").mkdir()
    for name in OPTIONS:
        (own / "optimizer" / f"{name}.yaml").write_text(TEXT)
    loader = config_loader()
    return lambda override: loader.load_configuration(
        "config", [f"hydra.searchpath=[file://{own}]", override], RunMode.RUN
    )


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_any_name_is_chosen_by_it_in_quotes(own_options, name):
    quote = "'" if '"' in name else '"'
    override = f"optimizer={quote}{name}{quote}"
    config = own_options(override)
    assert config.optimizer.learning_rate == 0.125
    assert chosen_options(config.hydra, [override])["optimizer"] == name
