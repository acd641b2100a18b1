"""Memory limit for data sets."""

from runner.data.errors import DataError


def refuse_large(where: str, needed: int, limit_gb: float) -> None:
    """Raise DataError if decoded data of `needed` bytes exceed the limit."""
    if needed > limit_gb * 1e9:
        raise too_large(where, needed, limit_gb)


def too_large(where: str, needed: int, limit_gb: float) -> DataError:
    """Return the error for decoded data of `needed` bytes above the limit."""
    allowed = f"more than dataset.memory_limit_gb={limit_gb:g} allows"
    return DataError(f"{where}: {needed / 1e9:,.3g} GB decoded, {allowed}")
