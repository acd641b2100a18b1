"""How large a data set may be in memory."""

from runner.data.errors import DataError


def refuse_large(where: str, needed: int, limit_gb: float) -> None:
    """Raise DataError if data that take `needed` bytes once decoded are above the limit."""
    if needed > limit_gb * 1e9:
        raise DataError(
            f"{where}: {needed / 1e9:,.3g} GB decoded, more than dataset.memory_limit_gb={limit_gb:g} allows"
        )
