"""Config-driven training runs: which optimizer, regularizer or schedule helps, by how much, and is it real?"""
