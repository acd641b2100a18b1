"""What the process that workers are forked from has done before: the imports, and asking git which code they are."""

import runner.app
import runner.build
import runner.reporting.scores
import runner.sweeps.worker  # noqa: F401
from runner.records.provenance import code_state

code_state()
