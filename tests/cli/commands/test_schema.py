"""The schemas of conf/schema: up to date, valid for every file of conf/, and known to editors."""

import json
from functools import cache

import pytest
from jsonschema import Draft202012Validator
from omegaconf import OmegaConf

from runner.cli.commands.schema import KINDS, file_schema
from runner.config.options import options_table
from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.sweeps.planning.study import read_study
from runner.sweeps.search.request import read_search
from tests.imports import REPOSITORY

CONF = conf_directory()
SCHEMAS = CONF / "schema"
FILES = sorted(path.relative_to(CONF) for path in CONF.rglob("*.yaml") if path.relative_to(CONF).parts[0] != "hydra")
AXES = {"optimizer.learning_rate": [0.1, 1.0]}
TWO = {"variants": {"a": [], "b": ["optimizer=sgd"]}}


@cache
def validator(kind: str) -> Draft202012Validator:
    schema = file_schema(kind)
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schemas_in_conf_are_those_of_this_code(kind):
    assert json.loads((SCHEMAS / f"{kind}.json").read_text()) == file_schema(kind), "runner schema --out conf/schema"


def test_no_schema_is_left_over():
    assert {path.name for path in SCHEMAS.iterdir()} == {f"{kind}.json" for kind in KINDS}


@pytest.mark.parametrize("file", FILES, ids=str)
def test_every_file_of_conf_fits_its_schema(file):
    """All files except those in conf/hydra, which Hydra and its plug-ins check."""
    kind = file.stem if len(file.parts) == 1 else file.parts[0]
    content = OmegaConf.to_container(OmegaConf.load(CONF / file), resolve=False)
    assert [f"{error.json_path}: {error.message}" for error in validator(kind).iter_errors(content)] == []


def test_editors_find_the_schema_of_every_file():
    given = json.loads((REPOSITORY / ".vscode/settings.json").read_text())["yaml.schemas"]
    found = {file: schema for schema, pattern in given.items() for file in REPOSITORY.glob(pattern)}
    kinds = {file: file.stem if len(file.parts) == 1 else file.parts[0] for file in FILES}
    assert found == {CONF / file: f"./conf/schema/{kind}.json" for file, kind in kinds.items()}


@pytest.mark.parametrize("file", sorted((CONF / "study").glob("*.yaml")), ids=lambda file: file.stem)
def test_every_study_names_its_schema_in_its_head(file):
    head = file.read_text().partition("\nquestion:")[0]
    (schema,) = [line.partition("$schema=")[2] for line in head.splitlines() if "yaml-language-server:" in line]
    assert (file.parent / schema).resolve() == (SCHEMAS / "study.json").resolve()


def test_the_line_for_editors_is_no_comment_of_an_option(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "mine.yaml").write_text("# yaml-language-server: $schema=x.json\n# what it asks\nseeds: 2\n")
    table = options_table([CONF, tmp_path])
    assert "what it asks" in table
    assert "yaml-language-server" not in table


@pytest.mark.parametrize("kind", ["study", "search"])
def test_every_key_has_a_description(kind):
    schema = file_schema(kind)
    keys = schema["properties"] | schema["$defs"].get("Tune", {}).get("properties", {})
    assert [key for key, own in keys.items() if key != "defaults" and not own.get("description")] == []


def accepts(read, content) -> bool:
    try:
        read(content)
    except ConfigError:
        return False
    return True


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"seeds": 3, "vary": ["order", "split"], "grid": {"training.batch_size": [8, 16]}},
        {"seeds": [4, 0]},
        {"seeds": {"first": 8, "most": 30}},
        {"looks": {"sizes": [2, 4]}, "seeds": [0, 1, 2, 3]},
        {"metric": "val_loss", "margin": 2, "target": 1.5, "direction": "min"},
        {"tune": {"axes": AXES | {"x": {"choices": ["a", None], "when": "optimizer=sgd,adam"}}, "seeds": 2}},
        {"tune": {"per_variant": {"a": {"x": {"low": 0.1, "high": 0.9, "log": "from_one"}}}, "budget": 4}},
        {"tune": {"axes": {"x": {"low": 1, "high": 64, "log": True, "int": True}}, "budget": 4, "sampler": "sobol"}},
    ],
    ids=str,
)
def test_a_study_that_is_read_fits_the_schema(more):
    assert accepts(read_study, TWO | more)
    assert validator("study").is_valid(TWO | more)


def test_a_study_of_dropped_parts_or_on_top_of_another_needs_no_variants():
    assert validator("study").is_valid({"drop": ["schedule"]})
    assert validator("study").is_valid({"defaults": ["smoke"], "seeds": "${oc.env:RUNNER_SEEDS}"})


@pytest.mark.parametrize(
    "study",
    [
        {},
        {"variants": {"a": "optimizer=sgd"}},
        {"variants": {"a": [1]}},
        TWO | {"variant": {}},
        TWO | {"question": 5},
        TWO | {"metric": "test_accuracy"},
        TWO | {"correction": "bonferroni"},
        TWO | {"margin": 0},
        TWO | {"margin": 2},
        TWO | {"target": 97},
        TWO | {"seeds": 0},
        TWO | {"seeds": 10_001},
        TWO | {"seeds": []},
        TWO | {"seeds": [1, 1]},
        TWO | {"seeds": [-1]},
        TWO | {"seeds": {"first": 1, "most": 30}},
        TWO | {"seeds": {"first": 8}},
        TWO | {"vary": ["wights"]},
        TWO | {"vary": ["order", "order"]},
        TWO | {"grid": {"x": []}},
        TWO | {"tune": {"axes": AXES, "sampler": "tpee"}},
        TWO | {"tune": {"axes": AXES, "bugdet": 3}},
        TWO | {"tune": {"axes": AXES, "budget": 0}},
        *(
            TWO | {"tune": {"axes": {"x": axis}, "budget": 4}}
            for axis in (
                [],
                3,
                {"low": 0.1},
                {"lo": 0.1, "high": 1.0},
                {"choices": []},
                {"choices": [1], "log": True},
                {"low": 0, "high": 1, "log": True},
                {"low": 1, "high": 9, "log": True, "step": 2},
                {"low": 0.1, "high": 1.0, "log": "from_one"},
                {"low": 0.1, "high": 1.0, "log": "yes"},
                {"low": 0.1, "high": 1.0, "when": "optimizer"},
                {"low": 0.1, "high": 1.0, "step": 0},
            )
        ),
    ],
    ids=str,
)
def test_what_is_no_study_does_not_fit_the_schema(study):
    assert not accepts(read_study, study)
    assert not validator("study").is_valid(study)


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        ({"axes": {"x": {"low": 0.1, "high": 1.0, "log": True}}, "trials": 4, "seed": None, "seeds": [3]}, True),
        ({"axes": {"x": [1, 2]}, "sampler": "grid", "pruner": "none", "per_variant": {}, "fresh_seeds": 2}, True),
        ({"axes": {"x": [1, 2]}, "sampler": "tpe", "budget": {"epochs": 9, "seconds": None}}, True),
        ({"axes": {"x": [1]}, "budget": 3, "fresh_seeds": [7, 8], "seed": 4}, True),
        ({"axes": {"x": [1]}, "trials": 0}, False),
        ({"axes": {"x": [1]}, "trails": 3}, False),
        ({"axes": {"x": [1]}, "budget": {"epochs": 9, "seconds": 9}}, False),
        ({"axes": {"x": [1]}, "budget": {}}, False),
        ({"axes": {"x": [1]}, "budget": {"epochs": 0.5}}, False),
        ({"axes": {"x": [1]}, "sampler": "tpee", "budget": 3}, False),
        ({"axes": {"x": [1]}, "per_variant": {"a": {"x": [1]}}}, False),
        ({"axes": {"x": [1]}, "reduction_factor": 1}, False),
        ({"axes": {"x": [1]}, "fresh_seeds": {"first": 8, "most": 30}}, False),
    ],
    ids=str,
)
def test_a_search_fits_the_schema_if_it_is_read(search, fits):
    assert accepts(lambda content: read_search(content, []), search) is fits
    assert validator("search").is_valid(search) is fits


def test_a_search_may_leave_its_axes_to_the_command():
    assert validator("search").is_valid({"axes": None})
    assert validator("search").is_valid({"budget": 3})


def test_the_command_prints_one_schema_or_writes_one_or_all(program, tmp_path):
    printed = program("schema", "study", cwd=tmp_path)
    assert (printed.code, json.loads(printed.out)) == (0, file_schema("study"))

    assert program("schema", "study", "--out", "one", cwd=tmp_path).code == 0
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["study.json"]
    said = program("schema", "--out", "a/schema", cwd=tmp_path)
    assert said.out == f"wrote {len(KINDS)} schemas to a/schema\n"
    for kind in KINDS:
        assert (tmp_path / "a/schema" / f"{kind}.json").read_text() == (SCHEMAS / f"{kind}.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stdy"], "schema stdy: no such kind of file; did you mean study?"),
        ([], "schema: name a kind of file (such as study), or --out DIR for all kinds"),
        (["study", "--out", "file"], "--out file: not a directory"),
    ],
)
def test_a_wrong_argument_is_named(program, tmp_path, arguments, said):
    (tmp_path / "file").touch()
    done = program("schema", *arguments, cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
