"""Preload for forked workers: slow imports, and the commit of the code."""

from runner.engine.tensorflow_import import uncollected
from runner.records.provenance import code_state

with uncollected():
    import runner.reporting.scores
    import runner.run.build
    import runner.run.execute
    import runner.sweeps.worker  # noqa: F401

code_state()
