"""Loading of a finished run's network, with a message while it loads."""

from typing import TYPE_CHECKING

from runner.core.output import errors_held_back
from runner.core.terminal import Terminal, waiting
from runner.engine.setup.tensorflow_import import quick_import
from runner.records.run_directory import RunDirectory

if TYPE_CHECKING:
    from runner.run.trained import Trained


def load_network(directory: RunDirectory) -> "Trained":
    """Import TensorFlow and read a run's network. It uses the CPU, because a training run may need the whole GPU.

    Raises:
        UserError: if the directory contains no finished run, or its network cannot be read.
    """
    directory.refuse_no_model()  # before the slow imports
    with errors_held_back(), waiting(Terminal(stderr=True), "loading TensorFlow and the network"):
        with quick_import():
            from runner.config.schema import Device
            from runner.engine.setup.device import prepare_device
            from runner.run.trained import Trained
        prepare_device(Device(kind="cpu", threads="auto", precision="float32", jit_compile=False), small=False)
        return Trained.read(directory)
