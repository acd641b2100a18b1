"""Run identity: the hash of a resolved configuration without its volatile parts."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

# These keys, and all below them, affect where a run is computed and how it is shown, not its result: they do not
# change its id. Of the device's keys, only the precision changes it.
VOLATILE = (
    "name",
    "device",
    "tracking",
    "dataset.root",
    "dataset.url",
    "dataset.memory_limit_gb",
    "dataset.class_names",  # only shown in figures and records
    "model.small",
)
EMPTY: tuple[Any, ...] = (None, {}, [])  # values that do not change the id
PRECISION = "device.precision"
USUAL_PRECISION = "float32"


@lru_cache(maxsize=1024)  # a report looks up the same few keys for each run repeatedly
def is_volatile(key: str) -> bool:
    """Return whether a dotted key, or a key above it, does not belong to a run's identity."""
    return key != PRECISION and any(key == volatile or key.startswith(volatile + ".") for volatile in VOLATILE)


def run_id(config: Mapping[str, Any]) -> str:
    """Return 12 hexadecimal digits that identify the configuration.

    Null and empty values are ignored, so that a new key does not change the id of runs that do not use it.

    Args:
        config: the resolved configuration, plain dictionaries and lists.
    """
    counted = essence(config)
    if (precision := (config.get("device") or {}).get("precision", USUAL_PRECISION)) != USUAL_PRECISION:
        counted[PRECISION] = precision
    return hashlib.sha256(json.dumps(counted, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:12]


def essence(value: Any, key: str = "") -> Any:
    """Return the part of a value that enters the run id: without volatile and empty parts, and with 1 as 1.0.

    Args:
        key: its dotted key; empty for a whole configuration.
    """
    if isinstance(value, Mapping):
        items = {name: essence(item, f"{key}.{name}".lstrip(".")) for name, item in value.items()}
        return {
            name: item
            for name, item in items.items()
            if item not in EMPTY and not is_volatile(f"{key}.{name}".lstrip("."))
        }
    if isinstance(value, list):
        return [essence(item, key) for item in value]
    # 1 and 1.0 are the same number in a configuration; integers beyond 2^53 have no exact float.
    is_count = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53
    return float(value) if is_count else value


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the key and value of each leaf: `optimizer.beta_1`, `model.hidden_units[0]`."""
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from leaves(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from leaves(item, f"{key}[{number}]")
    else:
        yield key, value


def entries(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the dotted key and value of each entry that is not a mapping; unlike in `leaves`, lists stay whole."""
    for name, value in config.items():
        if isinstance(value, Mapping):
            yield from entries(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
