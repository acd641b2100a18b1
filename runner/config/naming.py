"""Names of directories that say what is in them."""

import hashlib
import math
import re
from collections.abc import Iterable, Sequence

from runner.config.trust import TRUST

# A comma between values, not one within brackets or quotes that close behind it.
_SEPARATOR = re.compile(r""",(?=(?:[^()\[\]{}"']|\([^()]*\)|\[[^\[\]]*\]|\{[^{}]*\}|"[^"]*"|'[^']*')*$)""")
_LONGEST = 60  # characters; a file name may have 255 bytes, a path on some systems 260


def slug(text: str) -> str:
    """Return the text with nothing in it that a shell or a file system minds."""
    return re.sub(r"[^\w.=+-]+", "-", text, flags=re.ASCII).strip("-.")[:_LONGEST].rstrip("-.")


def directory_name(variant: str, seed: int, run_id: str) -> str:
    """Return the name of a run's directory in its sweep: readable, and unique by its run id."""
    return "_".join(part for part in (slug(variant), f"seed{seed}", run_id) if part)


def sweep_name(arguments: Sequence[str]) -> str:
    """Return where below `outputs` a sweep is kept: the same command again finds the same place.

    A study keeps its name whatever is overridden, so that more seeds find the runs that are there already.
    """
    given = dict(
        argument.partition("=")[::2] for argument in arguments if "=" in argument and not argument.startswith("-")
    )
    given = {key: _in_any_order(value) for key, value in given.items()}
    if "study" in given:
        parts = [given["study"]]
        if "study.drop" in given:  # `runner ablate`: one study for many bases
            parts.append(slug(given.get("study.base", "")))
        return f"studies/{'_'.join(filter(None, parts))}"
    own = sorted(f"{key}={value}" for key, value in given.items() if not _is_about_the_sweep(key))
    place = "searches" if "search" in given else "sweeps"
    digest = hashlib.sha256("\n".join(own).encode()).hexdigest()[:6]
    return f"{place}/" + "_".join(filter(None, (slug(",".join(own)), digest)))


def _in_any_order(values: str) -> str:
    """Return what a key takes in turn, the same text for any order: `adam,sgd` for `sgd,adam`."""
    return ",".join(sorted(_SEPARATOR.split(values), key=_by_number))


def _by_number(value: str) -> tuple[float, str]:
    try:
        return float(value), value
    except ValueError:
        return math.inf, value


def _is_about_the_sweep(key: str) -> bool:
    return key.startswith(("hydra.", "hydra/")) or key in ("dry_run", "fail_fast", "search.trials", TRUST)


def wants_local_workers(arguments: Sequence[str]) -> bool:
    """Say whether a command will train a sweep on this machine."""
    asks_for_more = {"--help", "-h", "--cfg", "-c", "--info", "-i", "--hydra-help", "-sc", "--shell-completion"}
    elsewhere = any(argument.startswith("hydra/launcher=") for argument in arguments)
    wanted = is_sweep(arguments) or not {"-m", "--multirun"}.isdisjoint(arguments)
    return wanted and not elsewhere and asks_for_more.isdisjoint(arguments)


def is_sweep(arguments: Iterable[str]) -> bool:
    """Say whether a command asks for a sweep without saying -m."""
    return any(argument.partition("=")[0] in ("study", "search", "seeds", "dry_run") for argument in arguments)
