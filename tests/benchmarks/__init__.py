"""Benchmarks, which measure alternatives side by side in one run (`make bench`). They are not part of the suite."""
