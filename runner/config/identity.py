"""Run identity: the hash of a resolved configuration without its volatile parts."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

# These keys, and all below them, set where a run computes and what it displays, not its result: they do not change its
# id. Of the device's keys, only the precision changes it.
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
_PRECISION = "device.precision"
_USUAL = "float32"


def is_volatile(key: str) -> bool:
    """Return whether a dotted key is, or lies below, one that does not belong to a run's identity."""
    return key != _PRECISION and any(key == volatile or key.startswith(volatile + ".") for volatile in VOLATILE)


def run_id(config: Mapping[str, Any]) -> str:
    """Return 12 hexadecimal digits that identify the configuration.

    Null and empty values are ignored, so that a new key does not change the id of runs that do not use it.

    Args:
        config: the resolved configuration, plain dictionaries and lists.
    """
    essence = _essence(config, "")
    if (precision := (config.get("device") or {}).get("precision", _USUAL)) != _USUAL:
        essence[_PRECISION] = precision
    return hashlib.sha256(json.dumps(essence, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:12]


def _essence(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        items = {name: _essence(item, f"{key}.{name}".lstrip(".")) for name, item in value.items()}
        return {
            name: item
            for name, item in items.items()
            if item not in (None, {}, []) and not is_volatile(f"{key}.{name}".lstrip("."))
        }
    if isinstance(value, list):
        return [_essence(item, key) for item in value]
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
