"""What the process that workers are forked from has done before: the imports, and asking git which code they are."""

from runner.engine.importing import uncollected
from runner.records.provenance import code_state

with uncollected():
    import runner.app
    import runner.build
    import runner.reporting.scores
    import runner.sweeps.worker  # noqa: F401

code_state()
