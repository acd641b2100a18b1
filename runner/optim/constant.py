"""Constant learning rate."""


def constant(initial_learning_rate: float) -> float:
    """Return the rate as a number, which callbacks such as ReduceLROnPlateau can change."""
    return initial_learning_rate
