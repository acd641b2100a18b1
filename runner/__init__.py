"""Config-driven experiment runner: trains and compares optimizers, regularizers and schedules."""

__version__ = "0.1.0"
