"""Options are files, and a file may have any name."""

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.types import RunMode

from runner.config.hydra_resolvers import register_resolvers
from runner.core.paths import conf_directory
from runner.run.request import chosen_options
from runner.sweeps.hydra_plugins import register_plugins
from tests.reporting.test_hostile_names import NAMES

TEXT = "# mine\n_target_: keras.optimizers.SGD\nlearning_rate: 0.125\n"
OPTIONS = [name for name in NAMES if not {"/", "\\", "."} & {*name}]


@pytest.fixture(scope="module")
def own_options(tmp_path_factory):
    """Hydra's loader, with a directory of the user's that has an optimizer of each name."""
    own = tmp_path_factory.mktemp("own")
    (own / "optimizer").mkdir()
    for name in OPTIONS:
        (own / "optimizer" / f"{name}.yaml").write_text(TEXT)
    register_resolvers([])
    register_plugins()
    path = create_config_search_path(str(conf_directory()))
    path.prepend("own", str(own))
    return ConfigLoaderImpl(path)


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_of_any_name_is_chosen_by_it_in_quotes(own_options, name):
    quote = "'" if '"' in name else '"'
    override = f"optimizer={quote}{name}{quote}"
    config = own_options.load_configuration("config", [override], RunMode.RUN)
    assert config.optimizer.learning_rate == 0.125
    assert chosen_options(config.hydra, [override])["optimizer"] == name
