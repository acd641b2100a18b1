"""Untrusted YAML, which is read as PyYAML reads it, or refused with a message that names file, line and key."""

import os
import time

import pytest
import yaml

from runner.core.errors import ConfigError
from runner.core.paths import conf_directory
from runner.core.read_yaml import LARGEST, read_yaml

OPTIONS = sorted(conf_directory().rglob("*.yaml"))
LAUGHS = "a: &a [ha, ha]\n" + "".join(f"a{n}: &{'a' * n} [{f'*{(n - 1) * chr(97)}, ' * 9}]\n" for n in range(2, 12))


@pytest.mark.parametrize("path", OPTIONS, ids=lambda path: str(path.relative_to(conf_directory())))
def test_sound_files_read_as_pyyaml_reads_them(path):
    assert read_yaml(path) == yaml.safe_load(path.read_text())


def test_aliases_of_a_moderate_size_are_written_out(tmp_path):
    (tmp_path / "a.yaml").write_text("a: &a {x: 1}\nb: [*a, *a]\nc: {<<: *a, y: 2}\n")
    assert read_yaml(tmp_path / "a.yaml") == {"a": {"x": 1}, "b": [{"x": 1}, {"x": 1}], "c": {"x": 1, "y": 2}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n  b: 1\n  b: 2\n", "line 3: a.b: given twice"),
        ("a: {b: [{c: 1, c: 2}]}\n", "line 1: a.b.0.c: given twice"),
        (LAUGHS, "KB after its aliases are expanded"),
        ("a: [1, &b [2, *b]]\n", r"line 1: a.1.1: \*b contains itself"),
        ("a: " + "[" * 40 + "]" * 40, "line 1: a.0.0.*: nested more than 32 levels deep"),
        ("[" * 60_000, "more than 32 levels deep|exceeded maximum nesting depth"),  # runner's message, or libyaml's
        ("a: " + "b" * LARGEST, "more than 64 KB of YAML"),
        ("a:\n  b: " + "9" * 5000, "line 2: a.b: a number with 5000 characters"),
        ("a: [1\n", "line 2: while parsing a flow sequence"),
        ("a: *b\n", "line 1: found undefined alias"),
        ("[a, b]: 1\n", "line 1: a key must be a name"),
        ("a: !!python/object/apply:os.system [ls]\n", "line 1: could not determine a constructor for .*os.system"),
        ("a:\n  ~: 1\n", "line 2: a.~: the key is YAML's null; quote it"),
        ("a: 1\n---\nb: 2\n", "another document"),
        ("a: 2020-99-99\n", "month must be in 1..12"),
        ('"\\e[2J": 1\n"\\e[2J": 2\n', r"line 2: \\x1b\[2J: given twice"),
        ("a: \0", "#x0000"),
    ],
)
def test_what_is_no_sound_yaml_is_one_line_with_file_line_and_key(tmp_path, text, said):
    (tmp_path / "a.yaml").write_text(text)
    started = time.monotonic()
    with pytest.raises(ConfigError, match=said) as caught:
        read_yaml(tmp_path / "a.yaml")
    assert time.monotonic() - started < 1
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'a.yaml'}: ")
    assert message.isprintable()


def test_what_is_no_text_is_named(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"a\.yaml: cannot be read"):
        read_yaml(tmp_path / "a.yaml")
    os.mkfifo(tmp_path / "b.yaml")
    with pytest.raises(ConfigError, match=r"b\.yaml: not a file"):
        read_yaml(tmp_path / "b.yaml")
