"""The containers' files agree with the rest of the repository; no image is built here."""

import json
import re
import tomllib

from tests.imports import REPOSITORY


def read(name: str) -> str:
    return (REPOSITORY / name).read_text()


def test_the_image_gets_every_file_that_the_package_is_built_from():
    sent = re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE)
    settings = tomllib.loads(read("pyproject.toml"))
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]
    locks = re.findall(r"/src/(\S+\.lock)", read("Dockerfile"))
    assert len(locks) == 2
    needed = ["runner", "pyproject.toml", "LICENSE", settings["project"]["readme"], *wheel["force-include"], *locks]
    assert sorted(sent) == sorted(needed)
    assert all((REPOSITORY / name).exists() for name in sent)


def test_the_extras_that_the_page_names_are_those_of_the_package():
    row = re.search(r"^\| `EXTRAS` \|.+", read("docs/containers.md"), re.MULTILINE)[0]
    extras = tomllib.loads(read("pyproject.toml"))["project"]["optional-dependencies"]
    assert {*re.findall(r"`(\w+)`", row)} - {"EXTRAS"} <= {*extras}


def test_the_development_container_names_what_is_there():
    settings = json.loads(re.sub(r"^\s*//.*$", "", read(".devcontainer/devcontainer.json"), flags=re.MULTILINE))
    assert settings["remoteUser"] in read(f".devcontainer/{settings['build']['dockerfile']}")
    makefile = read("Makefile")
    assert re.search(f"^{settings['postCreateCommand'].removeprefix('make ')}:", makefile, re.MULTILINE)
    variable, _, environment = settings["containerEnv"]["MAKEFLAGS"].partition("=")
    assert re.search(f"^{variable} :=", makefile, re.MULTILINE)
    python = settings["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert python == f"{environment}/bin/python"
