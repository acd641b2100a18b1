"""Preload for forked workers: slow imports, and the commit of the code."""

# Before TensorFlow: each pydantic model that a module defines makes pydantic look at all modules loaded so far.
import runner.run.execute
import runner.sweeps.worker
from runner.engine.setup.tensorflow_import import quick_import
from runner.records.provenance import code_state

with quick_import():
    import runner.reporting.scores
    import runner.run.build  # noqa: F401

code_state()
