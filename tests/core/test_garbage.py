"""Garbage collection: suspended in a block, and restored after it."""

import gc

from runner.core.garbage import no_collections


def test_nothing_is_collected_in_the_block_and_what_exists_at_its_end_stays_out_of_later_collections():
    try:
        with no_collections():
            assert not gc.isenabled()
            with no_collections():
                assert not gc.isenabled()
            assert not gc.isenabled()  # the inner block leaves it to the outer one
            kept = [object()]
        assert gc.isenabled()
        assert not any(found is kept for found in gc.get_objects())
    finally:
        gc.unfreeze()
