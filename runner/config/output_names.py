"""Descriptive names for the directories of runs and sweeps."""

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from runner.config.identity import is_volatile
from runner.config.overrides import Override
from runner.config.trust import TRUST

# A comma between values, not one inside brackets or quotes.
_SEPARATOR = re.compile(r""",(?=(?:[^()\[\]{}"']|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|"[^"]*"|'[^']*')*$)""")
_LONGEST = 60  # characters; a file name may have 255 bytes, a path on some systems 260
_LONGEST_STUDY = 100
_LONGEST_GRID = 40
_LONGEST_ABLATION = 50
_SEVERAL = re.compile(r"(range|choice|interval|glob|shuffle|sort|tag)\(")  # Hydra's functions that give several values
_SEEDS = ("seed", "seeds", "study.seeds")


def slug(text: str, *, longest: int = _LONGEST) -> str:
    """Return the text without characters that are special to a shell or a file system."""
    return re.sub(r"[^\w.=+-]+", "-", text, flags=re.ASCII).strip("-.")[:longest].rstrip("-.")


def directory_name(variant: str, seed: int, run_id: str, fold: int | None = None) -> str:
    """Return the name of a run's directory in its sweep: readable, and unique by the run id."""
    parts = (slug(variant), f"seed{seed}", "" if fold is None else f"fold{fold}", run_id)
    return "_".join(filter(None, parts))


def sweep_name(arguments: Sequence[str]) -> str:
    """Return a sweep's directory below `outputs`, the same for equal commands and different for others.

    A command for more seeds of a study, or more trials of a search, gets the same directory and finds its runs there.
    """
    overrides = (Override.parse(argument) for argument in arguments if not argument.startswith("-"))
    given = {f"{one.prefix}{one.key}": one.value for one in overrides if one.has_value}
    given = {key: _in_any_order(value) for key, value in given.items()}
    asked = {key: value for key, value in given.items() if not _is_about_the_sweep(key)}
    if "study" in given:
        return f"studies/{_study_name(asked)}"
    if asked.get("folds") == "null":  # as without it; a study may have folds, which this turns off
        del asked["folds"]
    own = sorted(f"{key}={value}" for key, value in asked.items())
    place = "searches" if "search" in given else "sweeps"
    return f"{place}/" + "_".join(filter(None, (_grid_name(asked), _digest(own))))


def _grid_name(asked: Mapping[str, str]) -> str:
    """Return the varied keys, with their values if these are short."""
    own = {key: value for key, value in sorted(asked.items()) if key not in _SEEDS}
    varied = {key: value for key, value in own.items() if len(_SEPARATOR.split(value)) > 1 or _SEVERAL.match(value)}
    last = {key.rpartition(".")[2]: value for key, value in (varied or own).items()}
    name = slug("_".join(f"{key}={value}" for key, value in last.items()))
    return name if len(name) < _LONGEST_GRID else slug("-".join(last), longest=_LONGEST_GRID)


def _study_name(asked: Mapping[str, str]) -> str:
    """Return the study's name and other overrides, with a digest if any text was shortened."""
    own = {key: value for key, value in asked.items() if key not in _SEEDS and not is_volatile(key)}
    if {"study.base", "study.drop"} & {*own}:
        return _ablation_name(own)
    text = "_".join([own.pop("study"), *(f"{key}={value}" for key, value in sorted(own.items()))])
    readable = slug(text, longest=_LONGEST_STUDY)
    return readable if readable == text else f"{readable}_{_digest([text])}"


def _ablation_name(asked: Mapping[str, str]) -> str:
    """Return an ablation's name: the options that it starts from, the dropped parts if they are few, and a digest."""
    base = [Override.parse(item).value or item for item in _items(asked.get("study.base", ""))]
    drop = sorted(_items(asked.get("study.drop", "")))
    start = slug("_".join([asked["study"], *base]))
    name = slug("_".join([start, "without", "-".join(part.rpartition(".")[2] for part in drop)]))
    own = {**asked, "study.drop": ",".join(drop)}
    digest = _digest(sorted(f"{key}={value}" for key, value in own.items()))
    return f"{name if drop and len(name) < _LONGEST_ABLATION else start}_{digest}"


def _items(value: str) -> list[str]:
    """Return the items of a list on the command line, without their quotes."""
    return [item.strip().strip("'\"") for item in value.strip("[]").split(",") if item]


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:6]


def _in_any_order(values: str) -> str:
    """Return a key's values in sorted order: `adam,sgd` for `sgd,adam`."""
    return ",".join(sorted(_SEPARATOR.split(values), key=_by_number))


def _by_number(value: str) -> tuple[float, str]:
    try:
        number = float(value)
    except ValueError:
        number = math.inf
    return number if math.isfinite(number) else math.inf, value  # NaN cannot be sorted


def _is_about_the_sweep(key: str) -> bool:
    return key.startswith(("hydra.", "hydra/")) or key in ("dry_run", "fail_fast", "search.trials", TRUST)
