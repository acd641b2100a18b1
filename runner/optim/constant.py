"""The schedule that is none."""


def constant(initial_learning_rate: float) -> float:
    """Return the rate itself, so that callbacks such as ReduceLROnPlateau may set it."""
    return initial_learning_rate
