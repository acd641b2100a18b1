"""Local files of Weights & Biases in LevelDB's log format, read with its own message types."""

import json
from collections.abc import Iterator
from pathlib import Path

_BLOCK, _BEFORE = 32_768, 7  # bytes of a block, and of a record's header: checksum, length and type
_FULL, _LAST = 1, 4  # types of a record, and of the last part of one


def runs(folder: Path) -> dict[str, dict]:
    """The facts, metrics by step, summary and files of each run below `wandb/` in a folder, by name."""
    import wandb

    wandb.teardown()  # by then, its service has written everything
    found = [_read(path) for path in sorted(folder.glob("wandb/offline-run-*/*.wandb"))]
    assert len({run["name"] for run in found}) == len(found)
    return {run["name"]: run for run in found}


def _read(path: Path) -> dict:
    from wandb.proto.wandb_internal_pb2 import Record

    read = {"history": [], "summary": {}, "files": [], "exit_code": None}
    for data in _records(path.read_bytes()):
        record = Record.FromString(data)
        match record.WhichOneof("record_type"):
            case "run":
                one = record.run
                read |= {"id": one.run_id, "name": one.display_name, "group": one.run_group, "job_type": one.job_type}
                read |= {"notes": one.notes, "config": _values(one.config.update)}
            case "config":
                read["config"] |= _values(record.config.update)
            case "history":
                read["history"].append(_values(record.history.item))
            case "summary":
                read["summary"] |= _values(record.summary.update)
            case "files":
                read["files"] += [file.path for file in record.files.files]
            case "exit":
                read["exit_code"] = record.exit.exit_code
    return read


def _values(items) -> dict:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def _records(data: bytes) -> Iterator[bytes]:
    place, whole = _BEFORE, b""  # the file begins with its own header
    while place + _BEFORE < len(data):
        left = _BLOCK - place % _BLOCK
        if left < _BEFORE:  # the rest of a block is empty
            place += left
            continue
        length, kind = int.from_bytes(data[place + 4 : place + 6], "little"), data[place + 6]
        whole += data[place + _BEFORE : place + _BEFORE + length]
        place += _BEFORE + length
        if kind in (_FULL, _LAST):
            yield whole
            whole = b""
