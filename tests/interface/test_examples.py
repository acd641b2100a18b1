"""Every public name has examples, and they produce the output that they show."""

import doctest
import inspect
import shutil

import pytest

import runner
from runner.interface import command
from tests.interface.made import made_runs
from tests.warm import ended_child

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.fixture(scope="module")
def workplace(once):
    return once("runs of the interface's examples", made_runs)


def examples_of(name):
    return doctest.DocTestFinder().find(getattr(runner, name), name, module=False, globs={})


def public_members(name):
    """Return a public name, its methods and its properties."""
    own = getattr(runner, name)
    members = vars(own) if inspect.isclass(own) else {}
    public = [member for member in members if member[0] != "_"]
    return [name, *(f"{name}.{member}" for member in public)]


@pytest.mark.parametrize("name", runner.__all__)
def test_every_public_name_has_an_example(name):
    with_examples = {test.name for test in examples_of(name) if test.examples}
    assert [member for member in public_members(name) if member not in with_examples] == []


@pytest.mark.parametrize("name", runner.__all__)
def test_the_examples_give_what_they_show(name, workplace, tmp_path, monkeypatch):
    shutil.copytree(workplace / "outputs", tmp_path / "outputs")  # some examples train
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_wait", ended_child)
    said = []
    for test in examples_of(name):
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    assert not said, "".join(said)
