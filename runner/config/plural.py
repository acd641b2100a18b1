"""How many of what, in words."""


def counted(number: int, noun: str) -> str:
    """Return `1 run` or `2 runs`."""
    return f"{number} {noun}{'s' * (number != 1)}"
