"""Hold-out test part for data that come without one."""

import numpy as np

from runner.config.errors import ConfigError
from runner.data.dataset import Part
from runner.data.errors import DataError
from runner.data.strata import refuse_single_examples, stratified_order
from runner.data.streams import Stream, seed_sequence


def hold_out(source: str, part: Part, test_size: float, data_seed: int) -> tuple[Part, Part]:
    """Draw a stratified test part, and shuffle the rest.

    Args:
        source: name of the data in error messages.
        test_size: share of the test part, in (0, 1).
        data_seed: seed of the draw.

    Returns:
        training and test part.

    Raises:
        ConfigError: if the share is invalid.
        DataError: if a part would be empty, or a class has only one example.
    """
    key = f"dataset.test_size={test_size}"
    if isinstance(test_size, bool) or not isinstance(test_size, float) or not 0 < test_size < 1:
        raise ConfigError(f"{key}: must be a number above 0 and below 1")
    refuse_single_examples(f"{source}: {key}", part.labels)
    kept = int(len(part) * (1.0 - test_size))
    if not 0 < kept < len(part):
        raise DataError(
            f"{source}: {key}: leaves {kept} of {len(part)} examples for training and {len(part) - kept} for test"
        )
    order = stratified_order(part.labels, np.random.default_rng(seed_sequence(data_seed, Stream.TEST_PART)))
    train, test = order[:kept], order[kept:]
    return Part(part.inputs[train], part.labels[train]), Part(part.inputs[test], part.labels[test])
