"""What makes two runs the same run."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

# Where and how loudly a run computes, not what: these keys (and what lies below them) do not make a run another run.
# Of the device, the precision does.
VOLATILE = (
    "name",
    "device",
    "tracking",
    "dataset.root",
    "dataset.url",
    "dataset.memory_limit_gb",
    "dataset.class_names",  # for figures and records alone
    "model.small",
)
_PRECISION = "device.precision"
_USUAL = "float32"


def is_volatile(key: str) -> bool:
    """Say whether a dotted key lies under one that does not belong to a run's identity."""
    return key != _PRECISION and any(key == volatile or key.startswith(volatile + ".") for volatile in VOLATILE)


def run_id(config: Mapping[str, Any]) -> str:
    """Return 12 hexadecimal digits that name the configuration.

    Null and empty values are left out, so that a new key which a run does not use leaves its identity as it was.

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
    # 1 and 1.0 are one number in a configuration; integers beyond 2^53 have no float of their own.
    is_count = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= 2**53
    return float(value) if is_count else value
