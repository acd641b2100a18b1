"""Command that writes JSON Schema for editors: `runner schema`."""

import argparse
from collections.abc import Sequence

from runner.cli.paths import path_argument
from runner.config.json_schema import GROUPS, Schema, group_schema, model_schema, primary_schema, recipe_schema
from runner.core.errors import UserError
from runner.core.paths import refuse_file, shown
from runner.core.terminal import Terminal, say
from runner.core.text import counted, did_you_mean
from runner.core.write import json_text, write_json

KINDS = (*GROUPS, "experiment", "study", "search", "config", "verify")  # kinds of files in conf/


def schema_command(arguments: Sequence[str]) -> None:
    """Print the schema of a kind of file, or write the schemas of one kind or all kinds into a directory.

    Raises:
        UserError: if there is no such kind, or neither a kind nor a directory is given.
    """
    chosen = _parser().parse_args(arguments)
    if chosen.kind and chosen.kind not in KINDS:
        raise UserError(f"schema {chosen.kind}: no such kind of file{did_you_mean(chosen.kind, KINDS)}")
    console = Terminal()
    if chosen.out:
        refuse_file(chosen.out)
        kinds = [chosen.kind] if chosen.kind else KINDS
        chosen.out.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            write_json(chosen.out / f"{kind}.json", file_schema(kind))
        say(console, f"wrote {counted(len(kinds), 'schema')} to {shown(chosen.out)}")
    elif chosen.kind:
        console.out(json_text(file_schema(chosen.kind)), end="")
    else:
        raise UserError(
            "schema: name a kind of file (such as study), or --out DIR for all kinds (runner schema --help)"
        )


def file_schema(kind: str) -> Schema:
    """Return the schema of a kind of file.

    Args:
        kind: one of `KINDS`.
    """
    match kind:
        case "experiment":
            return recipe_schema()
        case "config":
            return primary_schema()
        case "study":
            from runner.sweeps.planning.study import Study

            named = [{"required": [key]} for key in ("variants", "drop")]  # the command may set them
            return model_schema(Study, "runner: study", {"anyOf": named})
        case "search":
            from runner.sweeps.search.request import Search

            return model_schema(Search, "runner: search", {})
        case "verify":
            from runner.reproducibility.verify import PublishedResults

            return model_schema(PublishedResults, "runner: conf/verify.yaml", {})
        case _:
            return group_schema(kind)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="runner schema",
        description="Write the JSON Schema of option files and studies, which editors use to check and complete them.",
    )
    parser.add_argument("kind", nargs="?", metavar="KIND", help=f"a kind of file: {', '.join(KINDS)}")
    parser.add_argument(
        "--out", type=path_argument, metavar="DIR", help="write KIND.json to this directory (without KIND: all kinds)"
    )
    return parser
