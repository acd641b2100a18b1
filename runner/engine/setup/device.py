"""Device setup: CPU or GPU, threads, precision and compilation."""

import os
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import psutil
import tensorflow as tf

from runner.config.schema import Device
from runner.core.errors import ConfigError
from runner.data.dataset import Split
from runner.engine.keras_internals import gpu_memory


@dataclass(frozen=True)
class ActiveDevice:
    """The active settings of TensorFlow."""

    kind: str  # cpu or gpu
    name: str
    intra_op_threads: int  # 0: TensorFlow chooses
    inter_op_threads: int
    precision: str
    jit_compile: bool

    @property
    def leaves_a_core(self) -> bool:
        """True if training leaves one of this machine's cores idle."""
        return 0 < self.intra_op_threads < _cores()

    def as_record(self) -> dict[str, Any]:
        """Return the plain values for `record.json`."""
        return asdict(self)

    def __str__(self) -> str:
        where = self.name if self.kind == "gpu" else f"CPU, {self.intra_op_threads} x {self.inter_op_threads} threads"
        return f"{where}, {self.precision}{', XLA' if self.jit_compile else ''}"


def prepare_device(settings: Device, small: bool) -> ActiveDevice:
    """Configure TensorFlow; call this before any other use of TensorFlow.

    Args:
        small: whether the model's operations are too small to be split over threads.

    Raises:
        ConfigError: if there is no such device, or TensorFlow already runs with a different number of threads.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if settings.kind == "gpu" and not gpus:
        raise ConfigError("device=gpu: TensorFlow finds no GPU; device=auto uses the CPU instead")
    on_gpu = bool(gpus) and settings.kind != "cpu"
    _set_visible(gpus if on_gpu else [])
    intra, inter = _threads(settings, small and not on_gpu)
    _set_threads(intra, inter, required=settings.threads != "auto")
    if on_gpu:  # CPU kernels are deterministic anyway; the substitutes would be slower
        tf.config.experimental.enable_op_determinism()
    # Override the user's ~/.keras/keras.json, which would change every run without a trace in its record.
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy(settings.precision)
    return ActiveDevice(
        kind="gpu" if on_gpu else "cpu",
        name=tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU") if on_gpu else "CPU",
        intra_op_threads=tf.config.threading.get_intra_op_parallelism_threads(),
        inter_op_threads=tf.config.threading.get_inter_op_parallelism_threads(),
        precision=settings.precision,
        jit_compile=on_gpu if settings.jit_compile == "auto" else settings.jit_compile,
    )


def other_threads(settings: Device, small: bool, active: ActiveDevice) -> str | None:
    """Return a warning if TensorFlow was already running with different numbers of threads, else None.

    Args:
        small: as in `prepare_device`.
    """
    wanted = _threads(settings, small and active.kind == "cpu")
    found = active.intra_op_threads, active.inter_op_threads
    if found == wanted:
        return None
    return (
        f"TensorFlow was already running in this process, with {found[0]} x {found[1]} threads (0: automatic) "
        f"instead of {wanted[0]} x {wanted[1]}; results and times may differ from those in a separate process."
    )


def on_device(array: npt.NDArray[np.generic]) -> tf.Tensor:
    """Return an array as a tensor on the device, whose memory they may share; the array must not change.

    `tf.constant` would copy the array twice, which takes a third of a second for MNIST.
    """
    return tf.raw_ops.Identity(input=array)


def refuse_too_large(split: Split, device: ActiveDevice) -> None:
    """Raise ConfigError if the data do not fit into the device's free memory."""
    size = sum(part.inputs.nbytes for part in (split.train, split.validation, split.test))
    limit = gpu_memory() if device.kind == "gpu" else psutil.virtual_memory().available
    if size > limit:
        raise ConfigError(
            f"dataset: {size / 1e9:.1f} GB of examples do not fit into {limit / 1e9:.1f} GB of {device.name} memory; "
            "use fewer (dataset.train_size=...) or smaller examples"
        )


def _set_visible(gpus: list[Any]) -> None:
    if tf.config.get_visible_devices("GPU") != gpus:
        tf.config.set_visible_devices(gpus, "GPU")
    for gpu in gpus:
        if not tf.config.experimental.get_memory_growth(gpu):
            tf.config.experimental.set_memory_growth(gpu, True)


def _threads(settings: Device, small: bool) -> tuple[int, int]:
    """Return the number of intra-op and of inter-op threads.

    A small model is fastest on one thread: waking a second one takes longer than its share of the work.
    """
    automatic = 1 if small else _cores()
    threads = automatic if settings.threads == "auto" else settings.threads
    return threads, threads


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _set_threads(intra: int, inter: int, required: bool) -> None:
    active = (
        tf.config.threading.get_intra_op_parallelism_threads(),
        tf.config.threading.get_inter_op_parallelism_threads(),
    )
    if active == (intra, inter):
        return
    try:
        tf.config.threading.set_intra_op_parallelism_threads(intra)
        tf.config.threading.set_inter_op_parallelism_threads(inter)
    except RuntimeError as error:  # an earlier run of this process has already started TensorFlow
        if required:
            raise ConfigError(
                f"device.threads: TensorFlow already runs with {active[0]} x {active[1]} threads in this process; "
                "a sweep needs the same number of threads for all its runs"
            ) from error
