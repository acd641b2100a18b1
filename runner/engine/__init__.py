"""Compiled training loop: the only package that imports TensorFlow."""
