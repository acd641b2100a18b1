"""Malformed overrides, option files and study files lead promptly to exit code 0 or 2 and a message with the key.

Every command goes through composition, the schema, the trust rules and, for a sweep, planning in a warm process;
nothing is trained.
"""

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runner.core.paths import conf_directory
from runner.core.text import printable
from tests.composed import config
from tests.program import Program

FILES = sorted(path for path in conf_directory().glob("*/*.yaml") if path.parent.name not in ("hydra", "study"))
STUDIES = [conf_directory() / "study" / f"{name}.yaml" for name in ("smoke", "ablation", "l2_strength")]  # few runs
GROUPS = sorted({"study", *(path.parent.name for path in FILES)})
pytestmark = pytest.mark.promise(
    "**Configuration**: no override, option file or study file causes a traceback or a hang; the exit code is 0 or 2,"
    " and the message names the key"
)
CANARY = "{_target_:os.system,command:'touch canary'}"


@dataclass(frozen=True)
class Case:
    """A command, and the files below `theirs` that it may use."""

    arguments: tuple[str, ...]
    files: dict[str, str | bytes] = field(default_factory=dict)


def keys_of(node: object, above: str = "") -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield f"{above}{name}"
            yield from keys_of(value, f"{above}{name}.")


KEYS = sorted(keys_of(config()))
WORDS = st.sampled_from(
    [
        "", " ", "null", "true", "~", "???", "0", "-1", "1e400", "nan", "-inf", "0x10", "1_0", "9" * 40, "9" * 5000,
        "1e-400", "[]", "{}", "[[[[]]]]", "{a:{b:{c:1}}}", "[1,[2,{a:3}]]", CANARY, "os.system", "keras.layers.Lambda",
        "${seed}", "${nowhere}", "${oc.env:HOME}", "${oc.env:RUNNER_NOTHING}", "${oc.create:'{a: 1}'}", "${", "}",
        "${${seed}}",
        "${training}", "${now:%Y}", "${now:%99999999d}", "${hydra:runtime.cwd}", "${.}", "${..seed}", "x" * 5000,
        "[" * 40,
        "\N{SNOWMAN}", "\N{RIGHT-TO-LEFT OVERRIDE}abc", "\x1b[2J", "\x00", "\n", "a\nb", "'", '"', "\\", "=", ",",
        "a,b",
        "range(3)", "range(1,1000000000)", "range(0,1,1e-9)", "range(1,3,0)", "shuffle(range(1,1000000000))",
        "interval(0,1)",
        "choice(1,2)", "glob(a*)", "glob([b*],exclude=x)", "sort(3,1)", "int(nan)", "extend_list(1)", "1:2:3",
        "2020-01-01",
    ]
)  # fmt: skip
VALUES = WORDS | st.text(max_size=20) | st.integers().map(str) | st.floats().map(str)
NAMES = (
    st.sampled_from(KEYS)
    | st.sampled_from(GROUPS)
    | st.sampled_from([
        "hydra.run.dir.x", "hydra.job.name", "hydra/launcher", "hydra.callbacks", "hydra.searchpath",
        "trusted_packages",
        "seeds", "study", "search", "study.variants", "dry_run", "fail_fast", "optimizer._target_", "callbacks.own",
        "optimizer@model", "a/b", "_target_", "_self_", "defaults", "model.hidden_units[0]", ".", "..", "a..b", "a.",
        "",
    ])
    | st.text(max_size=12)
)  # fmt: skip
OVERRIDES = st.tuples(
    st.sampled_from(["", "", "", "+", "++", "~"]), NAMES, st.sampled_from(["=", "=", "=", "=", ""]), VALUES
)
OVERRIDE = OVERRIDES.map("".join).filter(lambda text: not text.startswith("-") and "\x00" not in text and text != "")
SOUND = st.sampled_from(
    [
        "seed=3", "name=x", "training.epochs=2", "optimizer=sgd", "model=cnn", "schedule=cosine", "regularizer=[]",
        "callbacks=[early_stopping]", "optimizer.learning_rate=0.1", "model.hidden_units=[8,8]", "dataset=digits",
        "experiment=smoke", "clipping=by_norm", "augmentation=[rotation]", "training.metrics=[accuracy]",
        "averaging=ema",
    ]
)  # fmt: skip
NEAR = st.builds(
    "{}={}".format, st.sampled_from(KEYS), st.sampled_from(["1", "2", "0.5", "0.1", "relu", "[1]", "null"])
)
COMMANDS = st.builds(
    lambda sound, odd, flags: Case((*flags, *sound, *odd)),
    st.lists(SOUND, max_size=2),
    st.lists(OVERRIDE | NEAR, min_size=1, max_size=2),
    st.sampled_from([(), (), (), ("-m",)]),
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | VALUES
TREES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(NAMES | st.text(max_size=8), below, max_size=3),
    max_leaves=12,
)
SNIPPETS = st.sampled_from(
    [
        "&a ", "*a", "<<: *a", "- ", ": ", "? ", "!!python/object/apply:os.system [ls]", "!!binary x", "!!set {a}",
        "---\n",
        "# @package _global_\n", "# @package hydra\n", "# @package a.b.c\n", "# @package\n", "\t", "\n", "\n  ", "{",
        "}", "[", "]",
        "defaults: [/optimizer: sgd]\n", "defaults:\n  - nowhere\n", "hydra: {job: {env_set: {A: b}}}\n",
        "x: &b [*b]\n",
        "_target_: os.system\n", "learning_rate: 1\n", "a: " + "9" * 5000, "b: " + "[" * 50, "\x85", "\ufeff",
        "%YAML 9.9\n", "|\n",
    ]
)  # fmt: skip


def damaged(text: str, cuts: list[tuple[int, int, str]]) -> str:
    """Return a text with some parts replaced."""
    for start, length, snippet in cuts:
        at = start % (len(text) + 1)
        text = text[:at] + snippet + text[at + length :]
    return text


CUTS = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 12), SNIPPETS | VALUES), min_size=1, max_size=3)


def dumped(tree: object) -> str:
    return yaml.safe_dump(tree, allow_unicode=True)


def option(path: Path, text: str | bytes) -> Case:
    group = path.parent.name
    value = "[fuzz]" if group in ("augmentation", "callbacks", "diagnostics", "regularizer") else "fuzz"
    return Case(("--config-dir=theirs", f"{group}={value}"), {f"{group}/fuzz.yaml": text})


OPTION_FILES = st.builds(
    option,
    st.sampled_from(FILES),
    st.builds(lambda path, cuts: damaged(path.read_text(), cuts), st.sampled_from(FILES), CUTS)
    | TREES.map(dumped)
    | st.builds(
        lambda tree: "# @package _global_\n" + dumped(tree), st.dictionaries(st.sampled_from(KEYS), TREES, max_size=3)
    )
    | st.binary(max_size=60),
)

LINES = st.lists(OVERRIDE, max_size=3)
STUDY = st.fixed_dictionaries(
    {"variants": st.dictionaries(st.text(max_size=6) | SCALARS, LINES | TREES, max_size=3) | TREES},
    optional={
        "base": LINES | TREES,
        "seeds": st.sampled_from([1, 0, [0, 1], [1, 1], 10**9, [2**70]]) | TREES,
        "baseline": SCALARS,
        "grid": st.dictionaries(NAMES, st.lists(SCALARS, max_size=3), max_size=2) | TREES,
        "drop": st.lists(NAMES, max_size=2),
        "tune": st.fixed_dictionaries({"axes": st.dictionaries(NAMES, st.lists(SCALARS, max_size=3), max_size=2)})
        | TREES,
        "metric": SCALARS,
        "target": SCALARS,
    },
)
STUDY_FILES = st.builds(
    lambda text: Case(("--config-dir=theirs", "study=fuzz"), {"study/fuzz.yaml": text}),
    STUDY.map(dumped)
    | st.builds(lambda path, cuts: damaged(path.read_text(), cuts), st.sampled_from(STUDIES), CUTS)
    | TREES.map(dumped),
)


def hold(program: Program, folder: Path, case: Case, found: Counter[str]) -> None:
    """Run one command, and check the properties that every answer must have."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in case.files.items():
        path = folder / "theirs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    folder.mkdir(exist_ok=True)
    started = time.monotonic()
    answer = program(*case.arguments, cwd=folder)
    found["longest (ms)"] = max(found["longest (ms)"], round(1000 * (time.monotonic() - started)))
    assert answer.code in (0, 2), answer
    assert "Traceback" not in answer.err, answer
    assert not (folder / "canary").exists()
    if answer.code == 2 and not answer.err.startswith("usage: "):
        lines = [line for line in answer.err.splitlines() if line.startswith("runner: ")]
        assert lines, answer
        assert all(line == printable(line) for line in lines), answer
        assert names_a_key(" ".join(lines), case), answer
    found["rejected" if answer.code else "accepted"] += 1


def names_a_key(message: str, case: Case) -> bool:
    """Return whether a message names an existing key, the beginning of a key of the command, or a file and line."""
    own = [argument.lstrip("+~").partition("=")[0] for argument in case.arguments]
    written = re.findall(r"[^\s:=,\[\]{}'\"]{2,}", " ".join(map(str, case.files.values())))
    known = (*case.arguments, *own, *written, *KEYS, *GROUPS, "fuzz", "no key")
    return any(printable(key[:50]) in message for key in known if key)


@pytest.mark.parametrize(
    ("what", "cases", "many"),
    [("overrides", COMMANDS, 800), ("option files", OPTION_FILES, 700), ("study files", STUDY_FILES, 500)],
)
def test_is_an_answer_in_time_with_exit_code_0_or_2(
    what: str,
    cases: st.SearchStrategy[Case],
    many: int,
    program: Program,
    tmp_path: Path,
    attempts: Callable[[int, int], int],
    measured: Callable[[str], None],
):
    found: Counter[str] = Counter()

    @settings(
        max_examples=attempts(10, many),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def holds(case: Case) -> None:
        hold(program, tmp_path / "work", case, found)

    holds()
    measured(
        f"{what}: {found['accepted']} accepted, {found['rejected']} rejected, each within {found['longest (ms)']} ms"
    )
