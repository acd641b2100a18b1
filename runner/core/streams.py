"""Independent random streams under one seed: drawing more from one does not change the others."""

from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # the schema needs only the names, and NumPy takes as long to load as Hydra's composition
    import numpy as np

StreamName = Literal["weights", "order", "dropout", "augmentation"]  # streams whose seeds can be set separately


class Stream(IntEnum):
    """Purpose of a stream. The numbers are part of every result: never change or reuse one."""

    SPLIT = 0
    WEIGHTS = 1
    SHUFFLE = 2
    DROPOUT = 3
    AUGMENTATION = 4
    LABEL_NOISE = 5
    TEST_PART = 6
    FOLDS = 7


def seed_sequence(seed: int, stream: Stream, *keys: int) -> "np.random.SeedSequence":
    """Return the seed sequence of a stream; `keys` (an epoch, an index) select independent children."""
    import numpy as np

    return np.random.SeedSequence(entropy=seed, spawn_key=(stream, *keys))


def integer_seed(sequence: "np.random.SeedSequence") -> int:
    """Return 31 bits of a sequence, for libraries that take a non-negative int32."""
    return int(sequence.generate_state(1)[0] >> 1)
