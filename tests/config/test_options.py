import re
from typing import get_origin

import pytest

from runner.config.options import (
    LIST_GROUPS,
    ONE_OPTION_GROUPS,
    WITHOUT,
    groups_in,
    options_markdown,
    options_table,
    split_source,
)
from runner.config.schema import Settings
from runner.core.paths import conf_directory
from runner.core.text import did_you_mean
from tests.imports import REPOSITORY

FILES = [
    file
    for pattern in ("*/*.yaml", "hydra/launcher/*.yaml")
    for file in conf_directory().glob(pattern)
    if not file.name.startswith("_")
]


def test_the_defaults_list_says_how_many_options_a_group_takes(tmp_path):
    entries = ["_self_", "colour: red  # one", "noises: [a, b]  # several", "recipe: null  # none or one"]
    (tmp_path / "config.yaml").write_text("\n  - ".join(["defaults:", *entries]))
    groups = groups_in(tmp_path)
    assert {name: (group.purpose, group.default) for name, group in groups.items()} == {
        "colour": ("one", "red"),
        "noises": ("several", ["a", "b"]),
        "recipe": ("none or one", None),
    }
    assert [group.defaults for group in groups.values()] == [["red"], ["a", "b"], []]


def test_a_group_of_a_run_stands_in_the_defaults_list_and_in_the_schema():
    fields = {name: get_origin(field.annotation) for name, field in Settings.model_fields.items()}
    said = "a group is an entry of the defaults list in conf/config.yaml and a field of Settings in config/schema.py"
    assert {*ONE_OPTION_GROUPS, *LIST_GROUPS} == fields.keys() - {"name", "seed", "stream_seeds"}, said
    assert {*LIST_GROUPS} == {name for name, origin in fields.items() if origin is dict}, f"{said}, of several: a dict"


def test_what_stands_for_nothing_of_a_group_is_an_option():
    assert all((conf_directory() / group / f"{option}.yaml").is_file() for group, option in WITHOUT.items())


def test_every_group_and_option_has_a_line_that_says_what_it_is():
    table = options_table([conf_directory()])
    for file in FILES:
        for line in (rf"^{file.parent.name}: \S+", rf"^  [ *] {file.stem} +\S+"):
            assert re.search(line, table, re.MULTILINE), f"runner --help says nothing of {file.parent.name}={file.stem}"


def without_comment(files):
    """Return the files without a comment that describes them in the first line (after `# @package`)."""
    firsts = {
        file: next((line for line in file.read_text().splitlines() if not line.startswith("# @package")), "")
        for file in files
    }
    return sorted(f"conf/{file.parent.name}/{file.name}" for file, line in firsts.items() if not line.startswith("# "))


def test_every_option_begins_with_a_comment_that_says_what_it_is():
    lacking = without_comment(FILES)
    assert not lacking, f"{', '.join(lacking)}: the first line must be a comment that says what the option is"


def test_a_comment_that_comes_later_is_no_first_one(tmp_path):
    folder = tmp_path / "conf" / "optimizer"
    folder.mkdir(parents=True)
    texts = {"a": "_target_: A\n# later\n", "b": "", "c": "# @package _global_\n# what\n", "d": "#what\n"}
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text)
    lacking = without_comment(folder.iterdir())
    assert lacking == [f"conf/optimizer/{name}.yaml" for name in "abd"]


@pytest.mark.parametrize("columns", [40, 80, 250])
def test_the_table_is_as_wide_as_the_terminal_and_breaks_no_word(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", "1000")
    words = options_table([conf_directory()]).split()
    monkeypatch.setenv("COLUMNS", str(columns))
    table = options_table([conf_directory()])
    assert table.split() == words
    longest = max(map(len, table.splitlines()))
    assert longest <= 118
    assert longest < columns or max(map(len, words)) > columns - 27


def test_the_defaults_are_marked_also_those_of_a_list():
    marked = re.findall(r"^  \* (\w+)", options_table([conf_directory()]), re.MULTILINE)
    assert {"mnist", "adam", "l2", "dropout", "exponential"} <= set(marked)
    assert not {"l1", "sgd", "mnist_5k"} & set(marked)


def test_a_directory_of_the_users_own_joins_in(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "mine.yaml").write_text("# what it does\n_target_: my.Optimizer\n")
    assert re.search(r"^    mine +what it does$", options_table([conf_directory(), tmp_path]), re.MULTILINE)


def test_a_name_with_an_underscore_in_front_is_no_option(tmp_path):
    (tmp_path / "optimizer").mkdir()
    (tmp_path / "optimizer" / "_shared.yaml").write_text("# what others are made of\nepsilon: 1\n")
    for table in (options_table, options_markdown):
        assert "_shared" not in table([conf_directory(), tmp_path])


def test_only_the_first_line_of_a_comment_counts(tmp_path):
    (tmp_path / "optimizer").mkdir()
    text = "# @package _global_\n# w <- |w|   (Nobody 2031)\n# and more of it\n_target_: my.Optimizer\n"
    (tmp_path / "optimizer" / "mine.yaml").write_text(text)
    page = options_markdown([conf_directory(), tmp_path])
    assert r"| optimizer | mine | w <- \|w\| | Nobody 2031 |" in page.splitlines()
    assert "and more of it" not in page + options_table([conf_directory(), tmp_path])


@pytest.mark.parametrize(
    ("comment", "meaning", "source"),
    [
        ("w <- w - eta g   (Robbins & Monro 1951)", "w <- w - eta g", "Robbins & Monro 1951"),
        ("r = sqrt(6 / (a + b))   (He et al. 2015, eq. 10)", "r = sqrt(6 / (a + b))", "He et al. 2015, eq. 10"),
        ("columns made orthogonal   (Keras)", "columns made orthogonal", "Keras"),
        ("after the paper of 1998 (in 1998 with tanh)", "after the paper of 1998", "in 1998 with tanh"),
        ("N(0, 0.01^2)", "N(0, 0.01^2)", ""),
        ("halve it (needs schedule=constant)", "halve it (needs schedule=constant)", ""),
        ("a device (GPU)", "a device (GPU)", ""),
        ("digits (LeCun et al. 1998); read from root", "digits (LeCun et al. 1998); read from root", ""),
        ("f(Theta)", "f(Theta)", ""),
    ],
)
def test_the_source_is_the_year_or_name_in_parentheses_at_the_end(comment, meaning, source):
    assert split_source(comment) == (meaning, source)


def test_the_page_of_all_options_is_up_to_date():
    page = REPOSITORY / "docs" / "options.md"
    message = "out of date: python -m runner.config.options > docs/options.md"
    assert page.read_text(encoding="utf-8") == options_markdown([conf_directory()]), message


def test_the_page_has_a_row_of_four_cells_for_every_option():
    page = options_markdown([conf_directory()])
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in page.splitlines() if line.startswith("|")][2:]
    assert {len(row) for row in rows} == {4}
    assert sorted((group.strip(), option.strip(" *")) for group, option, _, _ in rows) == sorted(
        (file.parent.name, file.stem) for file in FILES
    )


def test_the_nearest_name_is_suggested_and_a_short_list_shown():
    assert did_you_mean("adamm", ["sgd", "adam"]) == "; did you mean adam? (allowed: adam, sgd)"
    assert did_you_mean("zzz", ["sgd", "adam"]) == " (allowed: adam, sgd)"
    assert did_you_mean("name_77", [f"name_{number}" for number in range(99)]) == "; did you mean name_77?"
    assert did_you_mean("x", []) == ""


def test_a_file_of_the_users_that_cannot_be_read_keeps_no_one_from_the_help(tmp_path):
    (tmp_path / "optimizer" / "folder.yaml").mkdir(parents=True)
    (tmp_path / "optimizer" / "binary.yaml").write_bytes(b"\xff\xfe\0")
    (tmp_path / "optimizer" / "broken.yaml").write_text("# mine\n_target_: [\n")
    table = options_table([conf_directory(), tmp_path])
    assert re.search(r"^    broken +mine$", table, re.MULTILINE)
    assert re.search(r"^    binary", table, re.MULTILINE)
    assert "folder" not in table
