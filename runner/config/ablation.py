"""Translation of `runner ablate` into study=ablation, and back."""

import argparse
import re
from collections.abc import Sequence

from runner.config.overrides import Override, override_key
from runner.core.errors import ConfigError


def ablation_arguments(arguments: Sequence[str]) -> list[str]:
    """Translate `ablate base=experiment/full drop=a,b KEY=VALUE...` into overrides of study=ablation.

    Raises:
        ConfigError: if nothing is dropped, or the base is not an option of a run.
    """
    parser = argparse.ArgumentParser(
        prog="runner ablate",
        usage="runner ablate [base=GROUP/OPTION,...] drop=PART,PART [KEY=VALUE ...]",
        description="Train a recipe, and the recipe without each of the given parts: a shorthand for study=ablation.",
        epilog="PART is schedule, normalization, clipping, averaging, regularizer.dropout, or a key that may be null. "
        "Other overrides apply to every run; seeds=5 and dry_run=true apply to the study.",
    )
    if {"-h", "--help"} & {*arguments}:
        parser.parse_args(["--help"])
    base: list[str] = []
    drop = ""
    others = []
    for argument in arguments:
        key, value = Override.parse(argument)[1:3]
        if key == "base":
            base = [part.replace("/", "=", 1) for part in value.strip("[]").split(",")]
            if not all(re.match(r"\w[\w.]*=", part) for part in base):
                raise ConfigError(f"{argument}: must be GROUP/OPTION,..., as in base=experiment/cnn_batchnorm")
            groups = [override_key(part) for part in base]
            if taken := {"study", "search"} & {*groups}:
                raise ConfigError(
                    f"{argument}: a {taken.pop()} is not a recipe; use base=experiment/NAME or model/NAME"
                )
            if len({*groups}) < len(groups):
                raise ConfigError(f"{argument}: names a group twice; give one option of each group")
        elif key == "drop":
            drop = ",".join(dict.fromkeys(value.strip("[]").split(",")))
        else:
            others.append(argument)
    if not drop:
        raise ConfigError("ablate: needs drop=PART,PART (regularizer.dropout, normalization, schedule, ...)")
    return ["study=ablation", f"study.base=[{','.join(map(_quoted, base))}]", f"study.drop=[{drop}]", *others]


def _quoted(override: str) -> str:
    return f"'{override}'"


def as_typed(command: Sequence[str]) -> list[str]:
    """Return a command's words as the user typed them: an ablation begins with `ablate`."""
    given = {word.key: word.value for word in map(Override.parse, command)}
    if given.get("study") != "ablation" or {"-h", "--help"} & {*command}:
        return [*command]
    base = [item.strip("'").replace("=", "/", 1) for item in given.get("study.base", "").strip("[]").split(",") if item]
    drop = given.get("study.drop", "").strip("[]")
    others = [word for word in command if override_key(word) not in ("study", "study.base", "study.drop")]
    typed = [*([f"base={','.join(base)}"] if base else []), f"drop={drop}", *others]
    try:
        is_one = sorted(ablation_arguments(typed)) == sorted(command)
    except ConfigError:
        is_one = False
    return ["ablate", *typed] if is_one else [*command]
