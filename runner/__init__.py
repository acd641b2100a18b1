"""Config-driven training runs: which optimizer, regularizer or schedule helps, by how much, and is it real?"""

__version__ = "0.1.0"
