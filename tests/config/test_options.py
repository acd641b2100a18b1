import re

from runner.config.errors import did_you_mean
from runner.config.locations import conf_directory
from runner.config.options import options_table


def test_every_group_and_option_has_a_line_that_says_what_it_is():
    table = options_table([conf_directory()])
    for file in conf_directory().glob("*/*.yaml"):
        assert re.search(rf"^{file.parent.name}: \S+", table, re.MULTILINE)
        assert re.search(rf"^  [ *] {file.stem} +\S+", table, re.MULTILINE)


def test_the_defaults_are_marked_also_those_of_a_list():
    marked = re.findall(r"^  \* (\w+)", options_table([conf_directory()]), re.MULTILINE)
    assert {"mnist", "adam", "l2", "dropout", "exponential"} <= set(marked)
    assert not {"l1", "sgd", "mnist_5k"} & set(marked)


def test_a_directory_of_the_users_own_joins_in(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "mine.yaml").write_text("# what it does\n_target_: my.Optimizer\n")
    assert re.search(r"^    mine +what it does$", options_table([conf_directory(), tmp_path]), re.MULTILINE)


def test_the_nearest_name_is_suggested_and_a_short_list_shown():
    assert did_you_mean("adamm", ["sgd", "adam"]) == "; did you mean adam? (allowed: adam, sgd)"
    assert did_you_mean("zzz", ["sgd", "adam"]) == " (allowed: adam, sgd)"
    assert did_you_mean("name_77", [f"name_{number}" for number in range(99)]) == "; did you mean name_77?"
    assert did_you_mean("x", []) == ""
